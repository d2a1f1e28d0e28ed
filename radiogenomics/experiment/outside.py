"""Score a finished run on an outside cohort: once, with everything chosen inside."""

from pathlib import Path

from radiogenomics.errors import CohortError, ExistsError
from radiogenomics.evaluation.decide import Threshold
from radiogenomics.evaluation.score import score
from radiogenomics.experiment.cases import Request, find_cases, label_cases, read_request_labels, without_others
from radiogenomics.experiment.evaluate import write_scores
from radiogenomics.experiment.predict import Scored, open_scorer, score_cases
from radiogenomics.experiment.quality import write_quality
from radiogenomics.experiment.report import write_report
from radiogenomics.files import explained, must_be_new
from radiogenomics.records import SILENT, Cohort, Estimate, PreparedSlice, Progress
from radiogenomics.rundir.rows import read_records
from radiogenomics.rundir.run import Run, write_cohort
from radiogenomics.store import Store


def patients_seen(run: Run, scored: Scored) -> list[str]:
    """The scored patients of whom the run already has an image, told by pixels and by series UID, not by name."""
    known = read_records(run.slices, PreparedSlice)
    pixels, series = {s.pixel_hash for s in known}, {s.series_uid for s in known}
    return sorted({s.patient_id for s in scored.prepared if s.pixel_hash in pixels or s.series_uid in series})


def evaluate_outside(
    run: Run,
    request: Request,
    out: Path,
    store: Store,
    *,
    workers: int = 0,
    force: bool = False,
    progress: Progress = SILENT,
) -> dict[str, Estimate]:
    """Predict an outside cohort with the run's models and score it against its labels.

    The threshold is the mean of the run's folds', the aggregator the recipe's or the most frequent among them; nothing
    is chosen on the outside cohort. Writes predictions.csv,
    slice_predictions.csv, cohort.csv, exclusions.csv, metrics.json, scores.csv and report.html into `out`; and, where
    the recipe prepares raw series, qc.html and preparation.csv.

    Raises:
        ExistsError: `out` is in use and `force` was not given, or it is a trained run.
        CohortError: No patient has both the series and a label.
    """
    must_be_new(out, "output folder", force)
    if Run(out).folds.is_file() or Run(out).model(0).parent.exists():
        raise ExistsError(f"{out} is a run that was trained: name another folder for the outside cohort's scores")
    scorer = open_scorer(str(run.root))
    labels = read_request_labels(request, scorer.recipe, both_classes=False)
    cohort, unlabelled = find_cases(request, scorer.recipe, store, workers, progress)
    cases, without_label, notes = label_cases(labels, cohort, unlabelled, both_classes=False)
    if not cases:
        raise CohortError(f"no patient under {request.data} has {' and '.join(scorer.recipe.modalities)} and a label")
    for note in (*cohort.notes, *notes):
        progress.say(note)
    scored = score_cases(scorer, cohort, list(cases.values()), store, workers, progress)
    phase = len(scorer.recipe.training.phases)
    threshold = Threshold(0, phase, scorer.threshold, f"mean of the thresholds of {run.root.name}'s folds")
    scores = score(scored.slices, scorer.recipe, [threshold])
    seen = patients_seen(run, scored)
    if seen:
        progress.say(
            f"{len(seen)} of {len(scored.patients)} patients have images that {run.root} was made with (such as "
            f"{seen[0]}): this is no outside evaluation"
        )
    write_scores(out, scores, scorer.recipe, outside={"run": str(run.root), "patients_seen": len(seen)})
    cohort = without_others(scored.cohort, without_label, {p.patient_id for p in scored.patients})
    write_cohort(out, cohort)
    _write_quality(Run(out), scored, cohort, store, progress)
    write_report(Run(out))
    return scores.metrics


def _write_quality(run: Run, scored: Scored, cohort: Cohort, store: Store, progress: Progress) -> None:
    """What was done to each patient; what tells of an earlier evaluation here goes."""
    for path in (run.quality, run.preparation):
        with explained(path):
            path.unlink(missing_ok=True)
    if scored.volumes:
        recipe, exclusions = scored.scorer.recipe, cohort.exclusions
        write_quality(run.quality, run.preparation, recipe, scored.volumes, exclusions, store, progress)
