"""What was chosen on the very patients that are reported."""

import re
from collections.abc import Iterable, Mapping
from pathlib import PurePath
from typing import Any

from radiogenomics.evaluation.audit.facts import Facts
from radiogenomics.evaluation.audit.fitted import is_trained
from radiogenomics.evaluation.audit.tell import NOT_YET, count, some, tell
from radiogenomics.evaluation.wording import OUTSIDE
from radiogenomics.recipe import CHOSEN, Phase
from radiogenomics.records import Finding

NESTED = "choose on validation patients (--protocol nested), and touch the test fold once"
ON_TEST = re.compile(r"\btest\b|\breported\b", re.IGNORECASE)


def _entries(entry: object) -> Iterable[Mapping[str, Any]]:
    """An entry of selection.json, and its values: one a fold and phase."""
    if isinstance(entry, Mapping):
        yield entry
        yield from _entries(entry.get("values"))
    elif isinstance(entry, list | tuple):
        for inner in entry:
            yield from _entries(inner)


def _on_test(entry: object) -> list[str]:
    """The words by which an entry says that test patients chose."""
    words = (str(one[key]) for one in _entries(entry) for key in ("by", "on") if key in one)
    return sorted({word for word in words if ON_TEST.search(word)})


def _chosen(check: str, facts: Facts, what: str, is_open: bool) -> Finding:
    """The finding of something that is chosen.

    Args:
        check: Its name, also that of its entry in selection.json.
        facts: Of the run.
        what: In words, plural.
        is_open: Whether the recipe leaves it to be chosen.
    """
    if facts.selection.get("protocol") == OUTSIDE:
        return _outside(check, facts, what)
    published, said = facts.recipe.split.protocol == "published", _on_test(facts.selection.get(check))
    if said or (published and is_open):
        who = sorted({patient for fold in facts.folds for patient in fold.test})
        told = f" ({some(said, 1)})" if said else ""
        folds = count(len(facts.folds), "fold")
        sentence = f"{what} are chosen on the {count(len(who), 'test patient')} of {folds} who are reported{told}"
        return tell(check, "found", sentence, NESTED, who)
    if not is_open:
        return tell(check, "clean", f"{what} are fixed by the recipe")
    if is_trained(facts) and check not in facts.selection:
        return tell(check, "unknown", f"selection.json does not say what chose {what}")
    if not is_trained(facts):
        return tell(check, "clean", f"{NOT_YET}{what} will be chosen on validation patients")
    return tell(check, "clean", f"{what} are chosen on validation patients")


def _outside(check: str, facts: Facts, what: str) -> Finding:
    """The finding on an outside cohort, whose model and threshold another run chose."""
    told = facts.selection.get(OUTSIDE)
    told = told if isinstance(told, Mapping) else {}
    seen, run = told.get("patients_seen"), PurePath(str(told.get("run") or "another run")).name
    if not isinstance(seen, int):
        return tell(
            check, "unknown", f"{what} were chosen by {run}, of which is not known whether it had these patients"
        )
    if not seen:
        return tell(check, "clean", f"{what} were chosen by {run}, which had none of these patients: an outside cohort")
    patients = count(seen, "of these patients", "of these patients")
    return tell(check, "suspected", f"{what} were chosen by {run}, which had {patients}", "leave these patients out")


def _is_watched(phase: Phase) -> bool:
    return phase.keep == "best" or phase.early_stopping is not None or phase.reduce_learning_rate is not None


def epoch(facts: Facts) -> Finding:
    """Which epoch's weights are kept, or when training stops."""
    return _chosen("epoch", facts, "epochs", any(map(_is_watched, facts.recipe.training.phases)))


def threshold(facts: Facts) -> Finding:
    """From which probability on the answer is positive."""
    return _chosen("threshold", facts, "thresholds", isinstance(facts.recipe.evaluation.threshold, str))


def aggregator(facts: Facts) -> Finding:
    """How slices become a patient's score."""
    return _chosen("aggregator", facts, "aggregators", facts.recipe.evaluation.aggregator == CHOSEN)


def combination(facts: Facts) -> Finding:
    """Which of several runs is the one that is told of."""
    check = "combination"
    if said := _on_test(facts.selection.get(check)):
        return tell(check, "found", f"the combination was chosen on test patients ({some(said, 1)})", NESTED)
    command = facts.environment.get("command")
    words = [str(word) for word in command] if isinstance(command, list | tuple) else str(command or "").split()
    if "sweep" in words[:3]:
        sentence = "the run is one cell of a sweep, and the best of several is better than it will be again"
        return tell(check, "suspected", sentence, "report every cell (radiogen compare), or name the cell beforehand")
    if not words and is_trained(facts):
        return tell(check, "unknown", "environment.json does not say by which command the run was made")
    return tell(check, "clean", "the run was made by itself" if words else f"{NOT_YET}nothing was picked")
