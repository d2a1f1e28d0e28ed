"""Statements on what came out: figures with their intervals, and what speaks for and against them."""

import math

from radiogenomics.evaluation.calibration import calibration
from radiogenomics.evaluation.doubts import check_title
from radiogenomics.evaluation.estimate import METRICS, confusion
from radiogenomics.evaluation.evidence import Evidence
from radiogenomics.evaluation.heat import heat_shares
from radiogenomics.evaluation.heat_words import beyond_chance, cells_of, coarseness, in_words, is_coarse, is_occluded
from radiogenomics.evaluation.subgroups import TITLES as TRAITS
from radiogenomics.evaluation.subgroups import many_looks, subgroups
from radiogenomics.evaluation.verdict import scope, verdict
from radiogenomics.evaluation.wording import INTERVALS, TITLES, number, with_interval

MAIN = ("auc", "average_precision", "accuracy", "balanced_accuracy")
DECISIONS = ("sensitivity", "specificity", "precision", "npv", "f1", "mcc")


def noted(text: str, evidence: Evidence) -> str:
    """The sentence, with the words that every figure in it carries, where it does not end with them already."""
    end = f"Every figure is: {evidence.note}."
    return f"{text} {end}" if evidence.note and text and not text.endswith(end) else text


def _figures(evidence: Evidence, names: tuple[str, ...]) -> str:
    found = evidence.figures("patient", evidence.last)
    told = [f"{TITLES[name]} {with_interval(found[name])}" for name in names if name in found]
    return noted(f"{'; '.join(told)}.", evidence) if told else ""


def measures(evidence: Evidence) -> str:
    """Which measures were taken of the patients."""
    known = evidence.figures("patient", evidence.last)
    names = ", ".join(TITLES.get(name, name) for name in METRICS if name in known)
    return (
        f"Of patients, never of slices: {names}; calibration slope and intercept, Brier score, expected calibration "
        "error; net benefit. Plots: ROC, precision-recall, reliability, decision curve, confusion matrix (report.html)."
    )


def intervals(_: Evidence) -> str:
    """By which methods uncertainty is told."""
    return (
        f"95% intervals: {INTERVALS}; for the Brier score the same bootstrap's quantiles. None covers the variance of "
        "training."
    )


def performance(evidence: Evidence) -> str:
    """How well the classes are told apart."""
    return _figures(evidence, MAIN)


def decisions(evidence: Evidence) -> str:
    """How often decisions are right."""
    return _figures(evidence, DECISIONS)


def robustness(evidence: Evidence) -> str:
    """How the AUC moves over repeats, or over folds."""
    for of in ("repeats", "folds"):
        mean, spread = (evidence.figures("patient", evidence.last, fold=f"{name} of {of}") for name in ("mean", "sd"))
        if mean and not math.isnan(spread["auc"].value):
            told = (
                f"AUC over {spread['auc'].n} {of}: mean {number(mean['auc'].value)}, sd {number(spread['auc'].value)}."
            )
            return noted(told, evidence)
    return ""


def calibrated(evidence: Evidence) -> str:
    """Whether probabilities can be taken at their word."""
    units = evidence.tested(evidence.last)
    if not units:
        return ""
    found = calibration(units)
    told = [f"Brier score {with_interval(found.brier)} (of the prevalence alone {number(found.brier_prevalence)})"]
    for name, figure in (("slope", found.slope), ("intercept", found.intercept)):
        if not math.isnan(figure.value):
            told.append(f"calibration {name} {with_interval(figure)}")
    told.append(
        f"expected calibration error {number(found.expected_error)} (chance alone would make it "
        f"{number(found.expected_error_if_calibrated)})"
    )
    return noted(f"{'; '.join(told)}.", evidence)


def updating(evidence: Evidence) -> str:
    """Whether the model was changed after it was scored."""
    if evidence.outside:
        return "None: the run's models and threshold were applied as they were."
    return (
        "None: no prediction was changed. What a temperature fitted on validation patients would do stands in "
        "statistics.json."
    )


def explained(evidence: Evidence) -> str:
    """What was done to see where the model looks."""
    if not evidence.explanations:
        return ""
    patients: dict[str, set[str]] = {}
    for row in evidence.explanations:
        patients.setdefault(row.get("method", "heat"), set()).add(row.get("patient_id", ""))
    counts = {method: len(patients[method]) for method in sorted(patients)}
    methods = ", ".join(f"{method} of {count} patient{'s' * (count > 1)}" for method, count in counts.items())
    cells, told = cells_of(evidence.explanations), [f"Maps by {methods} (explanations.csv)."]
    coarse = coarseness(cells, is_occluded(evidence.explanations))
    told.append(coarse.replace("`", ""))  # there is no mark-up in checklists
    for share in heat_shares(evidence.explanations):
        if share.outcome == "all":
            told += [in_words(share), beyond_chance(share, is_coarse(cells))]
    return noted(" ".join(filter(None, told)), evidence)


def failures(evidence: Evidence) -> str:
    """How the decisions went wrong."""
    units = evidence.tested(evidence.last)
    if not units:
        return ""
    tp, fp, tn, fn = confusion(units)
    told = f"{tp} true positives, {fp} false positives, {tn} true negatives, {fn} false negatives (predictions.csv)."
    return noted(told, evidence)


def groups(evidence: Evidence) -> str:
    """The AUC by subgroup, where traits are known."""
    found = [grouping for grouping in subgroups(evidence) if grouping.groups]
    if not found:
        return ""
    told = []
    for grouping in found:
        each = (f"{group.name} ({group.n}) {with_interval(group.auc)}" for group in grouping.groups)
        told.append(f"{TRAITS[grouping.trait]}: {', '.join(each)}")
    return noted(f"AUC by subgroup. {'; '.join(told)}. {many_looks(found)}", evidence)


def of_trait(evidence: Evidence, *traits: str) -> str:
    """As `groups`, of some traits only."""
    found = [grouping for grouping in subgroups(evidence) if grouping.trait in traits and grouping.groups]
    clauses = []
    for grouping in found:
        each = (f"{group.name} ({group.n}) {with_interval(group.auc)}" for group in grouping.groups)
        clauses.append(f"AUC by {TRAITS[grouping.trait].lower()}: {', '.join(each)}")
    return noted(f"{'; '.join(clauses)}.", evidence) if clauses else ""


def by_site(evidence: Evidence) -> str:
    """The AUC by site, where there are several."""
    return of_trait(evidence, "site")


def inside(evidence: Evidence) -> str:
    """The figures on the run's own patients."""
    return "" if evidence.outside else performance(evidence)


def outside(evidence: Evidence) -> str:
    """The figures on a cohort that was no part of the run."""
    if not evidence.outside:
        return ""
    seen = evidence.patients_seen
    told = "is not recorded" if seen is None else f"is {seen}"
    return f"{performance(evidence)} How many of the patients the run was made with {told}."


def audited(evidence: Evidence) -> str:
    """What the audit found."""
    if not evidence.audit:
        return ""
    bad = [one for one in evidence.audit if one.status in {"found", "suspected"}]
    clean, unknown = (sum(one.status == status for one in evidence.audit) for status in ("clean", "unknown"))
    tally = f"{len(evidence.audit)} checks: {clean} clean, {unknown} that this run can't tell."
    found = (f"{one.status.capitalize()}: {check_title(one.check)}. {one.sentence}" for one in bad)
    return " ".join([tally, *found])


def signal(evidence: Evidence) -> str:
    """What the tests of signal say."""
    return noted(str(evidence.signal.get("sentence", "")).strip().removesuffix(f" ({evidence.note})"), evidence)


def judged(evidence: Evidence) -> str:
    """The verdict of the report."""
    return " ".join(verdict(evidence))


def limits(evidence: Evidence) -> str:
    """What the figures do not cover, and what speaks against them."""
    told = (scope(evidence)[0], robustness(evidence), audited(evidence), signal(evidence), evidence.recipe.caution)
    return noted(" ".join(filter(None, told)), evidence)
