"""What several commands show: a cohort, a plan, metrics."""

from collections import Counter
from math import isnan
from typing import TYPE_CHECKING

from radiogen import console

SET = "set "  # how `sources` begins for a value that is not the recipe's own: set on the command line, in a file

if TYPE_CHECKING:
    from radiogenomics.experiment.compare import Comparison
    from radiogenomics.experiment.start import Ready
    from radiogenomics.records import Cohort, Estimate
    from radiogenomics.rundir.run import Run


def show_cohort(cohort: "Cohort") -> None:
    """Series by modality and plane, then what was left out and why."""
    from radiogenomics.experiment.plan import reasons

    patients = {series.patient_id for series in cohort.series}
    console.heading(f"{len(cohort.series)} series of {len(patients)} patients in {cohort.n_files} files")
    groups = Counter((s.modality or "unsure", s.plane or "unknown", s.status) for s in cohort.series)
    slices = Counter[tuple[str, str, str]]()
    for s in cohort.series:
        slices[s.modality or "unsure", s.plane or "unknown", s.status] += len(s.slices)
    console.table(
        ("modality", "plane", "status", "series", "slices"),
        ((*group, count, slices[group]) for group, count in sorted(groups.items())),
        numeric=3,
    )
    left_out = reasons(cohort)
    if left_out:
        console.table(("left out", "reason", "count"), left_out, numeric=2)
    for note in cohort.notes:
        console.say(f"Note: {note}")


def show_plan(ready: "Ready") -> None:
    """Who is trained on and scored, from what, on what, and for how long."""
    plan, recipe = ready.plan, ready.plan.recipe
    show_cohort(plan.cohort)
    for note in plan.notes[len(plan.cohort.notes) :]:
        console.say(f"Note: {note}")
    labels = plan.labels
    rows = []
    for fold in plan.folds:
        for split in ("train", "validation", "test"):
            members = getattr(fold, split)
            positive = sum(labels[patient] for patient in members)
            rows.append((fold.index, split, len(members), positive, len(members) - positive))
    console.table(("fold", "split", "patients", recipe.positive, recipe.negative), rows, "Split, by patient", numeric=2)
    phases = "; ".join(
        f"{phase.name}: {phase.epochs} epochs, batch {phase.batch_size}, lr {phase.learning_rate:g}"
        for phase in recipe.training.phases
    )
    size = "x".join(map(str, recipe.image.size))
    slices = plan.slices_a_patient()
    console.say(
        f"Recipe   {recipe.name}: {', '.join(recipe.modalities)}; {recipe.model.backbone} at {size}; {phases}\n"
        f"Slices   about {slices:.0f} a patient, {slices * len(plan.cases):.0f} in all\n"
        f"Weights  {'; '.join(ready.starts)}\n"
        f"Device   {ready.device}\n"
        f"Time     {ready.reckoned}"
    )
    changed = [path for path, source in recipe.sources.items() if source.startswith(SET)]
    console.say(f"Changed  {', '.join(changed) or 'nothing'} (against the recipe's own values)")


def _number(value: float) -> str:
    return "-" if isnan(value) else f"{value:.3f}"


def _interval(estimate: "Estimate") -> str:
    return f"{_number(estimate.value)} ({_number(estimate.low)}-{_number(estimate.high)})"


def show_comparison(comparison: "Comparison") -> None:
    """Runs side by side with the published figures, then the paired tests."""
    rows = (
        (
            *(row.run, row.modality, row.backbone, row.n, _interval(row.figures["auc"])),
            _interval(row.figures["accuracy"]),
            f"{_number(row.accuracy_first_phase.value)} -> {_number(row.figures['accuracy'].value)}",
            f"{_number(row.published_accuracy_first_phase)} -> {_number(row.published_accuracy)}",
        )
        for row in comparison.rows
    )
    title = "Patients, test split, after the last phase; 95% intervals"
    columns = ("run", "modality", "backbone", "patients", "AUC", "accuracy", "accuracy by phase", "as published")
    console.table(columns, rows, title, numeric=3)
    for pair in comparison.pairs:
        if isnan(pair.p):
            console.say(f"{pair.first} and {pair.second}: no paired test, {pair.note}")
        else:
            console.say(
                f"{pair.first} - {pair.second}: AUC difference {_interval(pair.difference)} on the {pair.n} patients "
                f"both scored; paired DeLong p = {pair.p:.3f}, after Holm {pair.p_holm:.3f}"
                + (f" ({pair.note})" if pair.note else "")
            )
    console.say(f"Paired tests made: {comparison.tests}. No interval covers what another seed would have given.")


def show_scores(run: "Run", title: str) -> None:
    """Each figure of the test patients with its interval, before and after fine-tuning; then of their slices."""
    from radiogenomics.evaluation.classification import as_text, classification_report
    from radiogenomics.evaluation.estimate import METRICS
    from radiogenomics.experiment.report import read_evidence

    evidence = read_evidence(run)
    last = evidence.last
    phases = [phase for phase in (1, last) if evidence.figures("patient", phase)]
    columns = {f"patients, after phase {phase}": evidence.figures("patient", phase) for phase in reversed(phases)}
    columns[f"slices, after phase {last}"] = evidence.figures("slice", last)
    rows = ((name, *(_interval(figures[name]) for figures in columns.values())) for name in METRICS)
    console.table(("metric", *columns), rows, title)
    units = evidence.tested(last)
    console.say(f"{len(units)} patients; in brackets 95% intervals, which do not cover what another seed would give.")
    console.say(f"\n{as_text(classification_report(units, evidence.classes))}\n")
