"""Which of a patient's dose objects is the dose: the planning system's own sum, or the parts of a plan added."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import NamedTuple

from radiogenomics.cohort.planes import SAME_PLACE_MM
from radiogenomics.cohort.sheet import plural, some
from radiogenomics.imaging.geometry import same_orientation
from radiogenomics.imaging.kinds import PLAN
from radiogenomics.imaging.plans import GROUP, PARTS, SEVERAL, Share
from radiogenomics.records import Series

_UNTOLD = "that these are all can't be told without the plan"
_UNSUMMED = "and no dose sums them (MULTI_PLAN)"
_ADDED = (*PARTS, GROUP)


class Beside(NamedTuple):
    """A plan, or a dose that can't be used, lying among the files."""

    path: str
    share: Share


@dataclass(slots=True, eq=False)
class _Dose:
    """A dose object as a series, and what becomes of it."""

    series: Series
    share: Share
    gone: bool = False  # into a sum

    @property
    def is_free(self) -> bool:
        return self.series.status == "used" and not self.gone

    @property
    def path(self) -> str:
        return self.series.slices[0].path

    @property
    def named(self) -> str:
        """The object in words."""
        what = ", ".join(self.share.parts) or f"DoseSummationType {self.share.kind}"
        return f"{what} ({self.path})"

    def drop(self, reason: str) -> None:
        self.series = replace(self.series, status="unused", reason=_joined([reason, self.series.reason]))


def settle_doses(series: Sequence[tuple[Series, Share | None]], beside: Sequence[Beside]) -> list[Series]:
    """Make of each patient's dose objects the doses of whole plans; what is no part of one is unused, with the reason.

    A sum of several plans (MULTI_PLAN) counts before the plans that it sums, a plan's whole dose (PLAN) before that of
    its parts. Where there are only parts, on one grid and each of other beams, they are added (`Slice.also`). The plan
    itself, where it lies among the files, says whether these are all; a sum of some would be too small unnoticed.

    Args:
        series: All series; with its share whatever one said of a plan.
        beside: Plans, and doses that were rejected file by file.

    Returns:
        The series in their order, a sum in the place of the first of its parts; their files are the same.
    """
    doses = {place: _Dose(one, share) for place, (one, share) in enumerate(series) if share and one.modality == "dose"}
    patients: dict[str, list[_Dose]] = defaultdict(list)
    for dose in doses.values():
        patients[dose.series.patient_id].append(dose)
    for those in patients.values():
        _settle(those, beside)
    settled = [doses[place].series if place in doses else one for place, (one, _) in enumerate(series)]
    return [one for place, one in enumerate(settled) if place not in doses or not doses[place].gone]


def dose_notes(series: Sequence[Series]) -> list[str]:
    """What the user should hear of doses that may be too small: a sentence of each kind that there is."""
    used = [one for one in series if one.status == "used"]
    return [*_untold([one for one in used if _UNTOLD in one.reason]), *_unsummed(used)]


def _untold(unsure: Sequence[Series]) -> list[str]:
    if not unsure:
        return []
    one = unsure[0]
    return [
        f"{plural(len(unsure), 'dose')} made of parts, and nothing says whether these are all: lay the plans "
        f"(RTPLAN) beside them (patient {one.patient_id}: {one.reason})"
    ]


def _unsummed(used: Sequence[Series]) -> list[str]:
    """Of patients with a dose a plan: whichever is chosen, be it the boost's alone, is less than was given."""
    paths: dict[str, list[str]] = defaultdict(list)
    for one in used:
        if _UNSUMMED in one.reason:
            paths[one.patient_id].append(one.slices[0].path)
    if not paths:
        return []
    patient, those = next(iter(paths.items()))
    return [
        f"{plural(len(paths), 'patient')} with doses of several plans, {_UNSUMMED}: one plan's alone is taken, be it a "
        "boost's; export the dose of the plan sum, or call those not meant none with --roles CSV "
        f"(patient {patient}: {some(those, 3)})"
    ]


def _joined(reasons: Iterable[str]) -> str:
    return "; ".join(dict.fromkeys(filter(None, reasons)))


def _settle(doses: Sequence[_Dose], beside: Sequence[Beside]) -> None:
    for several in (dose for dose in doses if dose.share.kind == SEVERAL):
        _cover(several, [dose for dose in doses if dose.share.kind != SEVERAL])
    for whole in (dose for dose in doses if dose.is_free and dose.share.kind not in (SEVERAL, *_ADDED)):
        _cover(whole, [dose for dose in doses if dose.share.kind in _ADDED])
    plans: dict[tuple[str, ...], list[_Dose]] = defaultdict(list)
    for dose in doses:
        if dose.is_free and dose.share.kind in _ADDED:
            plans[dose.share.plans].append(dose)
    for plan, parts in plans.items():
        _add(plan, parts, [one for one in beside if set(one.share.plans) & set(plan)])
    _remark(doses)


def _cover(sum_of: _Dose, others: Sequence[_Dose]) -> None:
    """Drop the doses that a sum holds already; one of several plans that does not say which holds all."""
    mine = set(sum_of.share.plans)
    for dose in others:
        known = mine & set(dose.share.plans) or (not mine and sum_of.share.kind == SEVERAL)
        if known and dose.is_free:
            what = "part of a plan" if dose.share.kind in _ADDED else "dose of one plan"
            dose.drop(f"{what} (DoseSummationType {dose.share.kind}): the sum ({sum_of.share.kind}) is {sum_of.path}")


def _add(plan: Sequence[str], parts: list[_Dose], beside: Sequence[Beside]) -> None:
    """Put the parts of one plan together, or say of each why that can't be."""
    if any(dose.share.kind == GROUP for dose in parts):
        groups = [dose for dose in parts if dose.share.kind == GROUP]
        for dose in parts:
            if dose not in groups:
                dose.drop(
                    f"part of a plan (DoseSummationType {dose.share.kind}): the sum (FRACTION) is {groups[0].path}"
                )
        parts = groups
    parts, alike = _distinct(parts), _alike(parts[0].share.kind)
    whole = next((one.share for one in beside if one.share.kind == PLAN), None)
    wanted = {part for part in whole.parts if (GROUP in alike) == part.startswith("fraction group")} if whole else set()
    if fault := _fault(plan, parts, wanted, [one for one in beside if one.share.kind in alike]):
        for dose in parts:
            dose.drop(f"part of a plan (DoseSummationType {dose.share.kind}): {fault}")
        return
    said = "all that its plan names" if wanted else _UNTOLD
    parts[0].series = _sum([dose.series for dose in parts], f"the sum of {_counted(parts)}; {said}")
    for dose in parts[1:]:
        dose.gone = True


def _alike(kind: str) -> tuple[str, ...]:
    """The kinds that make one dose together with that kind: those of beams and of brachytherapy do."""
    return (GROUP,) if kind == GROUP else PARTS


def _distinct(parts: Sequence[_Dose]) -> list[_Dose]:
    """Drop the dose of beams that another dose holds, of which the later acquired stays."""
    kept: list[_Dose] = []
    for dose in sorted(parts, key=lambda one: one.series.acquired, reverse=True):
        mine = set(dose.share.parts)
        twin = next((one for one in kept if mine and mine <= set(one.share.parts)), None)
        if twin is None:
            kept.append(dose)
        else:
            dose.drop(f"duplicate: {', '.join(dose.share.parts)} of its plan is in {twin.path} too")
    return [dose for dose in parts if dose in kept]


def _fault(plan: Sequence[str], parts: Sequence[_Dose], wanted: set[str], lost: Sequence[Beside]) -> str:
    """Why the parts of a plan don't make up its dose, or ""."""
    mend = "export the dose of the whole plan"
    if len(plan) != 1:
        return f"it names {'several plans' if plan else 'no plan'} (ReferencedRTPlanSequence); {mend}"
    named = [part for dose in parts for part in dose.share.parts]
    if twice := sorted({part for part in named if named.count(part) > 1}):
        return f"{some(twice, 3)} of its plan is in several doses that also hold others ({_paths(parts)}); {mend}"
    if gone := [one for one in lost if not one.share.parts or not set(one.share.parts) <= set(named)]:
        return (
            f"another part of its plan takes no part itself ({gone[0].path}: see its reason), so the sum is too small"
        )
    return _unlike_plan(parts, named, wanted, mend) or _unlike_each_other(parts, mend)


def _unlike_plan(parts: Sequence[_Dose], named: Sequence[str], wanted: set[str], mend: str) -> str:
    if not wanted:
        return ""
    if not all(dose.share.parts for dose in parts):
        told = f"{plural(len(parts), 'dose')} that don't say of which beam (ReferencedBeamNumber), where its plan names"
        return "" if len(parts) == len(wanted) else f"there are {told} {len(wanted)}; {mend}"
    if missing := sorted(wanted - set(named)):
        return f"no dose of {some(missing, 5)}, which its plan names too; {mend}"
    strange = sorted(set(named) - wanted)
    return f"its plan names no {some(strange, 5)}; {mend}" if strange else ""


def _unlike_each_other(parts: Sequence[_Dose], mend: str) -> str:
    first = parts[0]
    for other in parts[1:]:
        if other.share.quantity != first.share.quantity:
            kinds = f"{first.share.quantity or 'not stated'} and {other.share.quantity or 'not stated'}"
            return f"{first.named} and {other.named} are doses of different types (DoseType {kinds}); {mend}"
        if what := _off_grid(first.series, other.series):
            return f"{first.named} and {other.named} lie on different grids ({what}); {mend}"
    return ""


def _off_grid(one: Series, other: Series) -> str:
    """In what two grids differ, or ""."""
    differs = {
        "frame of reference": one.frame_of_reference_uid != other.frame_of_reference_uid,
        "rows and columns": (one.rows, one.columns) != (other.rows, other.columns),
        "pixel spacing": not _near(one.spacing or (), other.spacing or ()),
        "orientation": not same_orientation(one.orientation, other.orientation),
        "origin": not _near(one.origin, other.origin),
        "planes": not _near(_heights(one), _heights(other)),
    }
    return ", ".join(what for what, is_so in differs.items() if is_so)


def _near(some_mm: Sequence[float], others: Sequence[float]) -> bool:
    return len(some_mm) == len(others) and all(
        abs(a - b) <= SAME_PLACE_MM for a, b in zip(some_mm, others, strict=True)
    )


def _heights(series: Series) -> list[float]:
    """The places of the slices along the normal; where one states none, no number is near it."""
    return [float("nan") if s.position is None else s.position for s in series.slices]


def _sum(parts: Sequence[Series], said: str) -> Series:
    slices = (replace(s, also=tuple(more)) for s, *more in zip(*(one.slices for one in parts), strict=True))
    return replace(
        parts[0],
        slices=tuple(slices),
        n_files=sum(one.n_files for one in parts),
        acquired=max(one.acquired for one in parts),
        reason=_joined([said, *(one.reason for one in parts)]),
    )


def _counted(parts: Sequence[_Dose]) -> str:
    """The parts in words: their names, or how many there are."""
    names = [part for dose in parts for part in dose.share.parts]
    beams = all(name.startswith("beam") for name in names)
    if len(names) < len(parts) or not all(dose.share.parts for dose in parts):
        return f"{plural(len(parts), 'part')} that don't say of which beam they are"
    return f"{plural(len(names), 'beam' if beams else 'part')} ({some(sorted(names), 5)})"


def _remark(doses: Sequence[_Dose]) -> None:
    """Say of the doses of several plans that nothing sums them."""
    left = [dose for dose in doses if dose.is_free]
    plans: Mapping[tuple[str, ...], list[_Dose]] = {dose.share.plans: [] for dose in left if dose.share.plans}
    if len(plans) > 1 and not any(dose.share.kind == SEVERAL for dose in left):
        said = f"the dose of one of {len(plans)} plans of this patient, {_UNSUMMED}"
        for dose in left:
            dose.series = replace(dose.series, reason=_joined([said, dose.series.reason]))


def _paths(parts: Sequence[_Dose]) -> str:
    return some([dose.path for dose in parts], 3)
