"""The tables of calibration, operating points and subgroups, and the sentences to read with them."""

from radiogenomics.evaluation.calibration import CLIP, Calibration
from radiogenomics.evaluation.decide import UNREACHED
from radiogenomics.evaluation.evidence import Evidence
from radiogenomics.evaluation.judgement import Calibrated, calibrated
from radiogenomics.evaluation.operating import OperatingPoint, operating_points
from radiogenomics.evaluation.subgroups import TITLES, many_looks, subgroups
from radiogenomics.evaluation.tables import Table, noted
from radiogenomics.evaluation.temperature import LEAST, MOST
from radiogenomics.evaluation.wording import number, with_interval
from radiogenomics.recipe import floor_of
from radiogenomics.records import Estimate


def _or_reason(figure: Estimate, reason: str) -> str:
    return f"{with_interval(figure)}: {reason}" if reason else with_interval(figure)


def _column(found: Calibration) -> tuple[str, ...]:
    return (
        _or_reason(found.intercept, found.intercept_reason),
        _or_reason(found.slope, found.slope_reason),
        with_interval(found.brier),
        number(found.brier_prevalence),
        number(found.scaled_brier),
        number(found.expected_error),
        number(found.expected_error_if_calibrated),
    )


def calibration_table(evidence: Evidence) -> Table:
    """How well calibrated the test patients' probabilities are, as they are and after temperature scaling."""
    found = calibrated(evidence)
    if not found.units:
        return Table((), ())
    titles = (
        "Intercept (0 is right; above: probabilities too low)",
        "Slope (1 is right; below: probabilities too extreme)",
        "Brier score (0 is perfect)",
        "Brier score of giving everyone the prevalence",
        "Scaled Brier score (1 is perfect, 0 no better than that)",
        f"Expected calibration error, {found.before.bins} bins",
        "The same, of a perfectly calibrated model by chance",
    )
    header, columns = ["", noted("Test patients", evidence)], [_column(found.before)]
    if found.after:
        header.append(noted("After temperature scaling", evidence))
        columns.append(_column(found.after))
    return Table(tuple(header), tuple(zip(titles, *columns, strict=True)))


def _temperatures(found: Calibrated, part: str) -> str:
    if found.why_not:
        return found.why_not
    values = [row.value for row in found.temperatures]
    low, high, lacking = min(values), max(values), sum(row.by.startswith("1, since") for row in found.temperatures)
    span = f"{low:.2f}" if low == high else f"{low:.2f} to {high:.2f}"
    whose = f"one number for each {part}, fitted on its" if len(values) > 1 else "one number, fitted on the"
    sentence = (
        f"Temperature scaling divides the logits by {whose} validation patients only: {span} here, above 1 where "
        "probabilities were too extreme. It is shown for information, and changes no prediction."
    )
    for bound, word, other in ((LEAST, "least", "lower"), (MOST, "most", "higher")):
        if stopped := values.count(bound):
            who = f"{stopped} of {len(values)} {part}s stand" if len(values) > 1 else "It stands"
            sentence += (
                f" {who} at the {word} that is allowed: a {other} one would fit validation patients better still."
            )
    if lacking:
        sentence += f" {lacking} of {len(values)} {part}s keep 1, since their validation patients lack a class."
    return sentence


def calibration_sentences(evidence: Evidence) -> list[str]:
    """What to know when reading calibration_table and the reliability diagram."""
    found = calibrated(evidence)
    if not found.units:
        return []
    sentences = [
        "Intercept and slope are of two logistic regressions of the outcome on the logits, the intercept with the "
        "slope held at 1 and the slope with an intercept of its own, with Wald's intervals; the Brier score's interval "
        "is the patient bootstrap's. The expected calibration error is biased upwards in small cohorts, for chance "
        "alone keeps it above 0: compare it with the row beneath.",
        _temperatures(found, evidence.part),
    ]
    if found.before.clipped:
        sentences.append(
            f"{found.before.clipped} probabilities nearer than {CLIP:g} to 0 or 1 count as that far away in intercept "
            "and slope."
        )
    return sentences


def _policy(policy: str) -> str:
    if floor := floor_of(policy):
        return f"{floor[0].capitalize()} of at least {floor[1]:g}"
    return "Youden's J" if policy == "youden" else f"Threshold {policy}"


def _thresholds(point: OperatingPoint) -> str:
    values = [row.value for row in point.thresholds]
    if not values:
        return "-"
    return number(values[0]) if min(values) == max(values) else f"{number(min(values))} to {number(max(values))}"


def _chosen(point: OperatingPoint, part: str) -> str:
    reasons = [row.by for row in point.thresholds if row.by.startswith(UNREACHED)]
    others = sorted({row.by for row in point.thresholds} - set(reasons))
    if not reasons:
        return "; ".join(others)
    told = (
        reasons[0]
        if len(point.thresholds) == 1
        else (
            f"{point.unreached} of {len(point.thresholds)} {part}s: {reasons[0]}"
            + (", and alike" if len(set(reasons)) > 1 else "")
        )
    )
    return "; ".join([*others, told])


def operating_table(evidence: Evidence) -> Table:
    """The run's own decisions and other operating points, chosen on validation and evaluated on test patients."""
    points = operating_points(evidence)
    rows = []
    for index, point in enumerate(points):
        figures = (with_interval(point.figures[name]) for name in ("sensitivity", "specificity", "precision", "npv"))
        title = _policy(point.policy) + (" (this run's decisions)" if index == 0 else "")
        rows.append((title, _thresholds(point), *figures, _chosen(point, evidence.part)))
    titles = ("Sensitivity", "Specificity", "PPV", "NPV")
    header = ("", "Threshold", *(noted(title, evidence) for title in titles), "Chosen by")
    return Table(header, tuple(rows), frozenset({0}))


def subgroups_table(evidence: Evidence) -> Table:
    """The test patients by site, scanner, field strength, sex and age, where known."""
    rows = []
    for grouping in subgroups(evidence):
        for group in grouping.groups:
            name = f"others ({group.name})" if group.kind == "others" else group.name
            figures = (with_interval(figure) for figure in (group.auc, group.sensitivity, group.specificity))
            patients = f"{group.n} ({group.positives})"
            rows.append((TITLES[grouping.trait], name, patients, *figures))
    if not rows:
        return Table((), ())
    titles = ("AUC", "Sensitivity", "Specificity")
    header = ("", "Group", f"Test patients ({evidence.recipe.positive})", *(noted(t, evidence) for t in titles))
    return Table(header, tuple(rows))


def subgroups_sentences(evidence: Evidence) -> list[str]:
    """Warnings first, then what to bear in mind, then by what nobody could be grouped."""
    groupings = subgroups(evidence)
    warnings = [grouping.warning for grouping in groupings if grouping.warning]
    looks = many_looks(groupings)
    return [*warnings, *([looks] if looks else []), *(grouping.note for grouping in groupings if grouping.note)]
