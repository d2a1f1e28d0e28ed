"""Score a finished run on an outside cohort: once, with everything chosen inside."""

from pathlib import Path

from radiogenomics.errors import CohortError
from radiogenomics.evaluation.decide import Threshold
from radiogenomics.evaluation.score import score
from radiogenomics.experiment.evaluate import write_scores
from radiogenomics.experiment.plan import Request, label_cases, merged, read_request_labels, scan_series
from radiogenomics.experiment.predict import open_scorer, score_cases
from radiogenomics.experiment.report import write_report
from radiogenomics.files import must_be_new, must_exist
from radiogenomics.records import SILENT, Cohort, Estimate, Progress
from radiogenomics.rundir.run import Run, write_cohort
from radiogenomics.store import Store


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

    The threshold is the mean of the run's folds'; nothing is chosen on the outside cohort. Writes predictions.csv,
    slice_predictions.csv, cohort.csv, exclusions.csv, metrics.json, scores.csv and report.html into `out`.

    Raises:
        ExistsError: `out` is in use and `force` was not given.
        CohortError: No patient has both the series and a label.
    """
    must_be_new(out, "output folder", force)
    scorer = open_scorer(str(run.root))
    data = must_exist(Path(request.data), "DATA folder")
    labels = read_request_labels(request)
    cohort, unlabelled = scan_series(
        data,
        scorer.recipe,
        store,
        patient_from=request.patient_from,
        roles=request.roles,
        workers=workers,
        progress=progress,
    )
    cases, without_label, notes = label_cases(labels, cohort, unlabelled)
    if not cases:
        raise CohortError(f"no patient under {data} has {' and '.join(scorer.recipe.modalities)} and a label")
    for note in (*cohort.notes, *notes):
        progress.say(note)
    scored = score_cases(scorer, cohort, list(cases.values()), store, workers, progress)
    phase = len(scorer.recipe.training.phases)
    threshold = Threshold(0, phase, scorer.threshold, f"mean of the thresholds of {run.root.name}'s folds")
    scores = score(scored.slices, scorer.recipe, [threshold])
    write_scores(out, scores, scorer.recipe)
    exclusions = merged([*scored.cohort.exclusions, *without_label])
    write_cohort(out, Cohort(cohort.root, cohort.n_files, scored.cohort.series, exclusions, cohort.notes))
    write_report(Run(out))
    return scores.metrics
