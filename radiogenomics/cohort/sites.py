"""Leave one site out: each fold tests the patients of one site, of whom nobody trained."""

import re
from collections import Counter
from collections.abc import Mapping, Sequence

from radiogenomics.cohort.sheet import plural, some
from radiogenomics.cohort.split import CLASSES, GivenFolds, fold_around
from radiogenomics.errors import CohortError
from radiogenomics.recipe import SplitPart
from radiogenomics.records import Exclusion

LEAST = 5  # patients of a site that is a fold of its own
OTHERS = "other sites"
SOURCE = "leave-one-site-out"
MEND = "give the labels file a column called site that names each patient's hospital, or split by patient"
_LONGEST = 40  # characters of a site's name in a sentence
_Groups = Mapping[str, Sequence[str]]  # patients by what is tested together


def leave_site_out(labels: Mapping[str, int], sites: Mapping[str, str], plan: SplitPart, seed: int) -> GivenFolds:
    """Make a fold of each site: its patients are tested, all others train and validate.

    Sites of fewer than five patients, or of one class, are tested together where that gives both classes; else they
    train in every fold, and so does a site without which the others lack a class. Patients whose site is not known are
    left out: they might be of the very site that is tested. Validation patients are `plan.validation` of those who are
    not tested, of whatever site; by the published protocol nobody validates.

    Args:
        labels: 0 or 1 by patient.
        sites: By patient; "" or absent is not known.
        plan: Its share of validation and its protocol.
        seed: Of the whole run.

    Returns:
        Folds in the natural order of the sites, those tested together last.

    Raises:
        CohortError: There are not two sites, or none that can be tested; says what was found.
    """
    known = {patient: label for patient, label in labels.items() if sites.get(patient)}
    groups: dict[str, list[str]] = {}
    for patient in sorted(known):
        groups.setdefault(sites[patient], []).append(patient)
    if len(groups) < 2:
        raise CohortError(f"{SOURCE} needs at least 2 sites, and {_found(groups, len(labels))}: {MEND}")
    tested = _tested(groups, known, plan)
    if not tested:
        raise CohortError(
            f"{SOURCE} can test no site: each has fewer than {LEAST} patients or one class, or leaves too few of a "
            f"class to train and to choose ({_counted(groups, known)}): add patients, or split by patient"
        )
    folds = tuple(fold_around(index, patients, known, plan, seed) for index, patients in enumerate(tested.values()))
    absent = sorted(labels.keys() - known.keys())
    exclusions = tuple(Exclusion(patient, "", f"site not known, as {SOURCE} needs") for patient in absent)
    return GivenFolds(folds, exclusions, tuple(_notes(groups, tested, absent)))


def _natural(site: str) -> tuple[list[tuple[int, str]], str]:
    """By which site-2 comes before site-10."""
    parts = re.split(r"([0-9]{1,18})", site.casefold())
    return [(int(part), "") if part.isdecimal() and part.isascii() else (-1, part) for part in parts], site


def _tested(groups: _Groups, labels: Mapping[str, int], plan: SplitPart) -> dict[str, Sequence[str]]:
    """Who is tested together, by the name of the fold."""
    order = sorted(groups, key=_natural)
    tested = {site: groups[site] for site in order if _both(groups[site], labels)}
    pool = [patient for site in order if site not in tested for patient in groups[site]]
    if _both(pool, labels):
        tested[_free(groups)] = pool
    return {name: patients for name, patients in tested.items() if _leaves_enough(patients, labels, plan)}


def _free(groups: _Groups) -> str:
    """A name for the sites tested together that is none of theirs."""
    return OTHERS if OTHERS not in groups else f"all {OTHERS}"


def _both(patients: Sequence[str], labels: Mapping[str, int]) -> bool:
    return len(patients) >= LEAST and {labels[patient] for patient in patients} == set(CLASSES)


def _leaves_enough(test: Sequence[str], labels: Mapping[str, int], plan: SplitPart) -> bool:
    """Whether of either class enough are left to train, and by the nested protocol to choose."""
    left = Counter(label for patient, label in labels.items() if patient not in set(test))
    return all(left[label] >= (1 if plan.protocol == "published" else 2) for label in CLASSES)


def _short(site: str) -> str:
    return site if len(site) <= _LONGEST else f"{site[:_LONGEST]}..."


def _found(groups: _Groups, patients: int) -> str:
    if not groups:
        return f"of {plural(patients, 'patient')} none has one (no InstitutionName in the headers, no column of sites)"
    (site, members), *_ = groups.items()
    return f"all {plural(len(members), 'patient')} whose site is known are of {_short(site)}"


def _counted(groups: _Groups, labels: Mapping[str, int]) -> str:
    return some(
        [
            f"{_short(site)}: {sum(labels[p] for p in groups[site])} of {plural(len(groups[site]), 'patient')} positive"
            for site in sorted(groups, key=_natural)
        ]
    )


def _notes(groups: _Groups, tested: _Groups, absent: Sequence[str]) -> list[str]:
    """What the user should hear: what each fold tests, and who is tested in none."""
    named = ", ".join(
        f"fold {index} tests {_short(name)} ({plural(len(patients), 'patient')})"
        for index, (name, patients) in enumerate(tested.items())
    )
    notes = [f"{SOURCE}: {named}"]
    placed = {patient for patients in tested.values() for patient in patients}
    pooled = [site for site in sorted(groups, key=_natural) if site not in tested and set(groups[site]) <= placed]
    always = [site for site in sorted(groups, key=_natural) if not set(groups[site]) <= placed]
    if pooled:
        why = f"fewer than {LEAST} patients, or one class only"
        notes.append(f"{SOURCE}: {some(list(map(_short, pooled)))} are tested together ({why})")
    if always:
        why = f"fewer than {LEAST} patients, one class only, or the others would lack a class"
        names = some([_short(site) for site in always])
        notes.append(f"{SOURCE}: patients of {names} train in every fold and are tested in none ({why})")
    if absent:
        notes.append(f"{SOURCE}: {plural(len(absent), 'patient')} of unknown site left out ({some(absent)})")
    return notes
