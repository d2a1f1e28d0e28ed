"""What several commands show: a cohort, a plan, metrics."""

from collections import Counter
from math import isnan
from typing import TYPE_CHECKING

from radiogen import console

MOST_TESTED = 12  # runs, of which all paired tests are shown: of more they would bury the table
COMPARED = {"auc": "AUC", "accuracy": "accuracy"}
SET = "set "  # how `sources` begins for a value that is not the recipe's own: set on the command line, in a file

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from radiogenomics.evaluation.comparison import Optimism, Pair
    from radiogenomics.evaluation.side_by_side import Comparison
    from radiogenomics.experiment.start import Ready
    from radiogenomics.records import Cohort, Estimate
    from radiogenomics.rundir.run import Run


def say_quality(page: "Path", sheet: "Path") -> None:
    """Where to look at what preparation did."""
    console.say(f"What was done to each patient: {page}, as a table {sheet}")


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


MOST_FOLDS = 10  # shown of a plan


def show_plan(ready: "Ready") -> None:
    """Who is trained on and scored, from what, on what, and for how long."""
    plan, recipe = ready.plan, ready.plan.recipe
    show_cohort(plan.cohort)
    for note in plan.notes[len(plan.cohort.notes) :]:
        console.say(f"Note: {note}")
    labels = plan.labels
    rows = []
    for fold in plan.folds[:MOST_FOLDS]:
        for split in ("train", "validation", "test"):
            members = getattr(fold, split)
            if not members:
                continue  # by the published protocol nobody validates
            positive = sum(labels[patient] for patient in members)
            rows.append((fold.index, split, len(members), positive, len(members) - positive))
    console.table(("fold", "split", "patients", recipe.positive, recipe.negative), rows, "Split, by patient", numeric=2)
    if len(plan.folds) > MOST_FOLDS:
        console.say(f"... and {len(plan.folds) - MOST_FOLDS} more folds, split likewise")
    phases = "; ".join(
        f"{phase.name}: {phase.epochs} epochs, batch {phase.batch_size}, lr {phase.learning_rate:g}"
        for phase in recipe.training.phases
    )
    size = "x".join(map(str, recipe.image.size))
    slices = plan.slices_a_patient()
    lesions = sum(len(case.lesions) for case in plan.cases)
    if lesions:
        console.say(f"Lesions  {lesions} of {len(plan.cases)} patients, drawn on {recipe.drawn_on}")
    if recipe.preparation.steps:
        steps = ", ".join(part.step for part in recipe.preparation.steps)
        console.say(f"Raw      {steps}, on the grid of {recipe.grid}; kept in the store (--prepared skips these steps)")
    if recipe.split.protocol == "published":
        console.say("Protocol published: epoch, threshold and aggregator are selected on the reported fold")
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


def show_comparison(comparison: "Comparison", tests: bool | None = None) -> None:
    """Runs side by side, what papers print of them, both protocols of one recipe, and the paired tests.

    Args:
        comparison: What `compare` found.
        tests: Whether to show the paired tests; None: for up to MOST_TESTED runs.
    """
    rows = comparison.rows
    # What all runs share is told above the table, and leaves its columns to what differs.
    columns = {
        "run": [row.run for row in rows],
        "modality": [row.modality for row in rows],
        "backbone": [row.backbone for row in rows],
        "patients": [str(row.n) for row in rows],
    }
    shared = [name for name, values in columns.items() if name != "run" and len(set(values)) == 1]
    told = "".join(f"; {name}: {columns.pop(name)[0]}" for name in shared)
    columns["protocol"] = [noted(row.protocol, row.note, ": ") for row in rows]
    columns |= {title: [_interval(row.figures[name]) for row in rows] for name, title in COMPARED.items()}
    phases = [(row.accuracy_first_phase.value, row.figures["accuracy"].value) for row in rows]
    if any(first != last for first, last in phases):
        columns["accuracy by phase"] = [f"{_number(first)} -> {_number(last)}" for first, last in phases]
    title = f"Patients, test split, after the last phase; 95% intervals{told}"
    console.table(list(columns), zip(*columns.values(), strict=True), title, list(columns).index("protocol") + 1)
    _show_published(comparison)
    _show_optimism(comparison)
    if tests or (tests is None and len(rows) <= MOST_TESTED):
        _show_tests(comparison)
    elif tests is None:
        console.say(f"Of more than {MOST_TESTED} runs paired tests are shown on request: --tests")
    for warning in comparison.warnings:
        console.say(f"Note: {warning}")
    console.say(
        f"Paired tests made: {comparison.tests}. No interval of an AUC covers what another seed would have given"
        + ("; the corrected resampled t over folds allows for other trainings." if comparison.resampled_tests else ".")
    )


def noted(text: str, note: str, between: str = ", ") -> str:
    """The text with the words that its figures carry."""
    return f"{text}{between}{note}" if note else text


def _show_published(comparison: "Comparison") -> None:
    names = list(dict.fromkeys(figure.name for row in comparison.rows for figure in row.beside))
    if not names:
        return
    rows = []
    for row in comparison.rows:
        found = {figure.name: figure for figure in row.beside}
        cells = (f"{_number(found[n].ours.value)}\npaper {found[n].paper}" if n in found else "-" for n in names)
        rows.append((row.run, noted(row.modality, row.note), *cells))
    title = "Beside the paper's figures, as printed there of its own patients: never a target"
    console.table(("run", "modality", *names), rows, title, numeric=2)


def _show_optimism(comparison: "Comparison") -> None:
    from radiogenomics.evaluation.comparison import holding_chance, mean_optimism
    from radiogenomics.evaluation.wording import SELECTED

    pairs = comparison.optimism
    if not pairs:
        return

    def cells(chosen: "Sequence[Optimism]") -> list[str]:
        return [_number(value) for metric in COMPARED for value in mean_optimism(chosen, metric)]

    rows = [(pair.nested, pair.published, *cells([pair])) for pair in pairs]
    rows.append(("mean", f"of {len(pairs)}", *cells(pairs)))
    sides = ("nested", f"published ({SELECTED})", "optimism")
    columns = [f"{title}, {side}" for title in COMPARED.values() for side in sides]
    title = "The same recipe, labels and test folds by both protocols"
    console.table(("nested", "published", *columns), rows, title, numeric=2)
    nested, published = (holding_chance([pair.figures["auc"][side] for pair in pairs]) for side in (0, 1))
    console.say(
        f"The AUC's interval holds .5 in {nested} of {len(pairs)} nested runs, and in {published} of the published "
        f"ones ({SELECTED}). Optimism is published - nested: what choosing on the reported fold adds, and what "
        "training on the validation patients too adds."
    )


def _show_tests(comparison: "Comparison") -> None:
    for pair in comparison.pairs:
        if isnan(pair.p):
            console.say(f"{pair.first} and {pair.second}: no paired test, {pair.note}")
        else:
            console.say(
                f"{pair.first} - {pair.second}: AUC difference {_interval(pair.difference)} on the {pair.n} patients "
                f"both scored; paired DeLong p = {pair.p:.3f}, after Holm {pair.p_holm:.3f}"
                + _over_folds(pair)
                + (f" ({pair.note})" if pair.note else "")
            )


def _over_folds(pair: "Pair") -> str:
    if isnan(pair.p_resampled):
        return ""
    return (
        f"; over {pair.fold_difference.n} folds {_interval(pair.fold_difference)}, corrected resampled t "
        f"p = {pair.p_resampled:.3f}, after Holm {pair.p_resampled_holm:.3f}"
    )


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
    console.table(("metric", *(noted(column, evidence.note) for column in columns)), rows, noted(title, evidence.note))
    units = evidence.tested(last)
    console.say(
        f"{len(units)} patients{f' ({evidence.note})' if evidence.note else ''}; in brackets 95% intervals, which do "
        "not cover what another seed would give."
    )
    console.say(f"\n{as_text(classification_report(units, evidence.classes))}\n")
