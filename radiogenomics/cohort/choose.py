"""Which series of each patient are used, one a modality, and for every other one the reason why not."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from radiogenomics.cohort.copies import ACROSS
from radiogenomics.cohort.sheet import some
from radiogenomics.cohort.ties import References, Ties, frames_of, in_turn, kin_of
from radiogenomics.errors import CohortError, raise_faults
from radiogenomics.records import Cohort, Exclusion, Series
from radiogenomics.tables.modalities import MODALITIES

SeriesPolicy = Literal["most-slices", "latest", "error"]
AskedPlane = Literal["any", "axial", "coronal", "sagittal"]
_UNTOLD = References()


@dataclass(frozen=True, slots=True)
class _Wanted:
    """By what the series of every patient are chosen."""

    modalities: Sequence[str]
    policy: SeriesPolicy
    plane: AskedPlane
    masks: References


@dataclass(slots=True)
class _Patient:
    """What is decided of one patient's series, step by step."""

    patient_id: str
    series: list[Series]
    chosen: dict[str, Series]  # by modality
    unused: dict[int, str]  # reasons, by place in `series`
    excluded: str = ""
    fault: str = ""


def _joined(*reasons: str) -> str:
    return "; ".join(filter(None, reasons))


def _rank(series: Series, policy: SeriesPolicy) -> tuple[object, ...]:
    """Greater is better; the UID breaks the last tie, the smallest first."""
    descending_uid = tuple(-ord(character) for character in series.series_uid)
    if policy == "latest":
        return (series.acquired, len(series.slices), descending_uid)
    return (len(series.slices), series.acquired, descending_uid)


def _why_second(series: Series, best: Series, policy: SeriesPolicy) -> str:
    """Why `best` was taken and not `series`."""
    slices, others = len(series.slices), len(best.slices)
    head = f"{series.modality}, {slices} slices: series {best.series_uid}"
    if policy == "latest" and series.acquired != best.acquired:
        return f"{head} was acquired later (policy latest)"
    if slices != others:
        tie = " and was acquired at the same time" if policy == "latest" else ""
        return f"{head} has {others}{tie} (policy {policy})"
    if series.acquired != best.acquired:
        return f"{head} has as many and was acquired later (policy {policy})"
    return f"{head} has as many, of the same time, and the smaller UID (policy {policy})"


def _asked(modality: str, plane: AskedPlane) -> str:
    """The plane that a modality's series must have, or "" where any will do."""
    return "" if plane == "any" or MODALITIES[modality].any_plane else plane


def _why_not(series: Series, modalities: Sequence[str], plane: AskedPlane) -> str:
    """Why a series is no candidate, or ""."""
    if not series.modality or series.status == "unused":
        return series.reason or "role unsure"
    if series.modality not in modalities:
        return f"{series.modality} is not asked for"
    if series.plane != plane and _asked(series.modality, plane):
        return f"{series.modality}, {series.plane or 'plane unknown'}: {plane} is asked for"
    return ""


def _upright(patient: _Patient, places: list[int]) -> list[int]:
    """The series in which something can be placed by geometry; all, where there is none."""
    upright = [place for place in places if not patient.series[place].sheared]
    if not upright:
        return places
    uid = patient.series[upright[0]].series_uid
    for place in places:
        if place not in upright:
            patient.unused[place] = f"{patient.series[place].modality}: series {uid} is not sheared"
    return upright


def _ties(patient: _Patient, modality: str, candidates: Mapping[str, list[int]], masks: References) -> Ties:
    """What binds a modality: of its kin the series chosen already, else any that may be."""
    kin = {}
    for name in kin_of(modality, candidates):
        chosen = patient.chosen.get(name)
        kin[name] = frames_of([chosen] if chosen else [patient.series[place] for place in candidates[name]])
    return Ties(masks, kin)


def _bound(patient: _Patient, places: list[int], ties: Ties) -> list[int]:
    """The series that belong to the rest of the patient's data more than the others do; all, where none does."""
    series = patient.series
    most = max(ties.bond(series[place]) for place in places)
    bound = [place for place in places if ties.bond(series[place]) == most]
    best = series[bound[0]]
    for place in places:
        if place not in bound:
            head = f"{series[place].modality}, {len(series[place].slices)} slices: series {best.series_uid}"
            patient.unused[place] = f"{head} {ties.why(best, series[place])}"
    return bound


def _choose_one(patient: _Patient, modality: str, places: list[int], policy: SeriesPolicy) -> None:
    best = max(places, key=lambda place: _rank(patient.series[place], policy))
    patient.chosen[modality] = patient.series[best]
    if policy == "error" and len(places) > 1:
        uids = some([patient.series[place].series_uid for place in places], 3)
        patient.fault = _joined(
            patient.fault, f"patient {patient.patient_id} has {len(places)} {modality} series ({uids})"
        )
        return
    for place in places:
        if place != best:
            patient.unused[place] = _why_second(patient.series[place], patient.series[best], policy)


def _check_whole(patient: _Patient, modalities: Sequence[str], plane: AskedPlane, copies: Sequence[Exclusion]) -> None:
    """Exclude a patient who lacks a modality, and say where an unusable series or files copied elsewhere may be why."""
    missing = [modality for modality in modalities if modality not in patient.chosen]
    if missing:
        named = " and no ".join(f"{_asked(modality, plane)} {modality}".strip() for modality in missing)
        useless = [one.reason for one in patient.series if one.modality in missing and one.status == "unused"]
        patient.excluded = f"no {named} series{f' that can be used ({useless[0]})' if useless else ''}{_told(copies)}"


def _told(copies: Sequence[Exclusion]) -> str:
    """A patient's files that are another patient's, in words; "" where there are none."""
    if not copies:
        return ""
    detail = copies[0].reason.removeprefix(f"{ACROSS}: ")
    return f": {len(copies)} left out as duplicates of another patient's files ({copies[0].path}: {detail})"


def _decide(patient_id: str, series: list[Series], copies: Sequence[Exclusion], wanted: _Wanted) -> _Patient:
    patient = _Patient(patient_id, series, {}, {})
    candidates: dict[str, list[int]] = defaultdict(list)
    for place, one in enumerate(series):
        if reason := _why_not(one, wanted.modalities, wanted.plane):
            patient.unused[place] = reason
        else:
            candidates[one.modality].append(place)
    upright = {modality: _upright(patient, places) for modality, places in candidates.items()}
    for modality in in_turn([name for name in wanted.modalities if name in upright], wanted.masks.modality):
        bound = _bound(patient, upright[modality], _ties(patient, modality, upright, wanted.masks))
        _choose_one(patient, modality, bound, wanted.policy)
    _check_whole(patient, wanted.modalities, wanted.plane, copies)
    return patient


def _with_status(patient: _Patient) -> Iterable[Series]:
    for place, one in enumerate(patient.series):
        if place in patient.unused:
            # An unsure series' reason is already the whole story.
            said = patient.unused[place]
            reason = said if said == one.reason else _joined(said, one.reason)
            yield replace(one, status="unused", reason=reason)
        elif patient.excluded:
            yield replace(one, status="unused", reason=_joined(f"patient left out: {patient.excluded}", one.reason))
        else:
            yield replace(one, status="used")


def _nobody(cohort: Cohort, modalities: Sequence[str], patients: Sequence[_Patient]) -> str:
    """The sentence for a cohort of which nobody is left."""
    found = sorted({series.modality for series in cohort.series if series.modality})
    reasons = sorted({patient.excluded for patient in patients if patient.excluded})
    return (
        f"no patient under {cohort.root} can be used for {', '.join(modalities)} ({some(reasons, 3)}). Modalities "
        f"found in {len(cohort.series)} series: {', '.join(found) or 'none'}; ask for another modality or "
        "plane, or name roles with --roles CSV"
    )


def choose_series(
    cohort: Cohort,
    modalities: Sequence[str],
    series_policy: SeriesPolicy,
    plane: AskedPlane,
    masks: References = _UNTOLD,
) -> tuple[Cohort, dict[str, tuple[Series, ...]]]:
    """Choose one series a modality for each patient, and say of every other series why it is not used.

    What belongs to the rest of the patient's data comes first, however many slices another has: the series on which the
    masks were drawn, then one in their frame of reference, then the CT that shares the dose's and the dose that shares
    the CT's. The policy decides between those that belong alike.

    Of equals the policy takes, for most-slices, the latest acquired, for latest, the one with most slices; then the
    smallest SeriesInstanceUID. Whether the series of several modalities can be laid over each other is for
    `imaging.matching` to say, slice by slice.

    Args:
        cohort: What a scan found; a series that it calls unused stays so.
        modalities: The channels, in order.
        series_policy: Which of two series of one modality that belong alike; "error" takes neither.
        plane: The plane to use, or "any".
        masks: What the masks say of the series on which they were drawn.

    Returns:
        The cohort with statuses and reasons set and an exclusion (path "") for each patient left out; and each other
        patient's series in channel order.

    Raises:
        CohortError: Policy "error" and several such series of one modality, all patients listed; or nobody is left.
    """
    series: dict[str, list[Series]] = defaultdict(list)
    for one in cohort.series:
        series[one.patient_id].append(one)
    copies: dict[str, list[Exclusion]] = defaultdict(list)
    for exclusion in cohort.exclusions:
        if exclusion.reason.startswith(ACROSS):
            copies[exclusion.patient_id].append(exclusion)
    # Patients all of whose files were rejected are patients too, and must not vanish without a word.
    known = sorted({*series, *(e.patient_id for e in cohort.exclusions if e.patient_id)})
    wanted = _Wanted(modalities, series_policy, plane, masks)
    patients = [_decide(name, series.get(name, []), copies.get(name, []), wanted) for name in known]
    mend = "choose --series-policy most-slices or latest, or name the roles of the others none with --roles CSV"
    faults = [f"{patient.fault}: {mend}" for patient in patients if patient.fault]
    raise_faults(CohortError, faults, "--series-policy error")
    chosen = {p.patient_id: tuple(p.chosen[m] for m in modalities) for p in patients if not p.excluded}
    if not chosen:
        raise CohortError(_nobody(cohort, modalities, patients))
    left_out = [Exclusion(patient.patient_id, "", patient.excluded) for patient in patients if patient.excluded]
    told = tuple(one for patient in patients for one in _with_status(patient))
    return replace(cohort, series=told, exclusions=(*cohort.exclusions, *left_out)), chosen
