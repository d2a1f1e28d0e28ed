"""Show where the models of a run find their evidence: heat over slices of test patients, by the model that tested each.

What is explained is always the evidence for the positive class, also where the model decided against it, so that heat
can be compared over outcomes.
"""

import difflib
import itertools
from collections import defaultdict
from collections.abc import Collection, Container, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from radiogenomics.errors import RunError, UnknownNameError
from radiogenomics.evaluation.heat import (
    GRAD_CAM,
    MOST_SLICES,
    NAMED,
    SLICES_NAMED,
    SUREST,
    Explanation,
    HeatShare,
    heat_shares,
)
from radiogenomics.evaluation.outcomes import Decided, once_each, surest
from radiogenomics.experiment.anew import laid_out_again
from radiogenomics.experiment.lesion_cover import NOTHING, Drawn, check_drawn, lesion_cover
from radiogenomics.experiment.pictures import sheet
from radiogenomics.experiment.report import read_evidence
from radiogenomics.experiment.sheets import write_sheets
from radiogenomics.files import must_be_new, must_exist
from radiogenomics.records import SILENT, Progress, Sample, SlicePrediction
from radiogenomics.rundir.rows import read_csv, read_records, write_records
from radiogenomics.rundir.run import Run
from radiogenomics.store import Store

if TYPE_CHECKING:
    from radiogenomics.experiment.looking import Seen, Subject

CLOSEST = 5  # patients named to whoever asks for one who was not tested
Place = tuple[str, str, str, int]  # patient, lesion, series and slice
Said = Mapping[int, Mapping[Place, float]]  # the probability of each test slice, by fold


@dataclass(frozen=True, slots=True)
class Wanted:
    """What the user wants explained."""

    patients: tuple[str, ...] = ()  # these; or, where none is named, the surest of every outcome
    each: int = 3  # so many of every outcome
    methods: tuple[str, ...] = (GRAD_CAM,)
    drawn: Drawn = NOTHING


@dataclass(frozen=True, slots=True)
class Explained:
    """What an explanation left in the run."""

    sheets: tuple[Path, ...]
    shares: tuple[HeatShare, ...]  # empty where no lesion is known
    cells: tuple[int, int]  # height and width of the feature map that Grad-CAM is made of


def explain(
    run: Run, wanted: Wanted, store: Store, *, workers: int | str = 1, force: bool = False, progress: Progress = SILENT
) -> Explained:
    """Write explanations.csv and figures/explain-<outcome>.png of a finished run.

    Of a patient at most MOST_SLICES slices are looked at, spread evenly; shown are those of the highest probability.
    Where lesions are known (the run's own, or drawn for this), Grad-CAM is taken of every test patient, so that the
    share of heat in the lesion is that of the cohort and not of a few chosen patients.

    Args:
        run: Trained and evaluated.
        wanted: Whom, how, and lesions.
        store: Where prepared slices lie or go.
        workers: Patients prepared at once, where the store no longer holds them.
        force: Replace an earlier explanation: explanations.csv and the sheets of all outcomes, whoever is wanted now.
        progress: Hears of everything.

    Raises:
        ExistsError: The run was explained before, and `force` was not given.
        UnknownNameError: A named patient took no part in the run, or was never tested.
        RunError: The run has no models, or its images are no longer those it was made with.
    """
    must_be_new(run.explanations, "explanations", force)
    evidence = read_evidence(run)
    check_drawn(wanted.drawn, evidence.recipe)
    if evidence.outside:
        raise RunError(f"{run.root} holds the scores of an outside cohort, not a model: explain the run that made them")
    tested = once_each(evidence)
    chosen = _chosen(tested, wanted, evidence.labels)
    for fold in sorted({one.fold for one in tested}):
        must_exist(run.model(fold), "trained model")
    plan, prepared = laid_out_again(run, store, workers, progress)
    cover = lesion_cover(plan, prepared, wanted.drawn, workers if isinstance(workers, int) else 0, progress)
    said = _said(run, evidence.last)
    from radiogenomics.experiment.looking import look  # loads TensorFlow

    subjects = _subjects(tested if cover else chosen, chosen, prepared.samples, said, bool(wanted.patients))
    seen, cells = look(run, evidence.recipe, subjects, wanted.methods, cover, store, progress)
    shown = [one for one in seen if one.picture is not None and one.method in wanted.methods]
    sheets = write_sheets(run, evidence, shown, tested, cells, bool(wanted.patients))
    write_records(run.explanations, Explanation, _rows(run, seen, wanted, cells))
    return Explained(sheets, heat_shares(read_csv(run.explanations)), cells)


def _chosen(tested: Sequence[Decided], wanted: Wanted, took_part: Container[str]) -> tuple[Decided, ...]:
    if not wanted.patients:
        return surest(tested, wanted.each)
    known = {one.patient_id: one for one in tested}
    for patient in wanted.patients:
        if patient not in known:
            why = f"no patient '{patient}' was tested"
            if patient in took_part:
                why = f"patient '{patient}' took part, but was never tested, and only test patients are explained"
            raise UnknownNameError(f"{why}: the closest are {', '.join(_closest(patient, known))}")
    return tuple(known[patient] for patient in dict.fromkeys(wanted.patients))


def _closest(patient: str, known: Collection[str]) -> list[str]:
    """Those first that end in it, for whoever leaves out the zeros of "00008"; then those spelt most alike."""
    ending = sorted((name for name in known if patient and name.endswith(patient)), key=lambda name: (len(name), name))
    alike = difflib.get_close_matches(patient, known, n=CLOSEST, cutoff=0)
    return list(dict.fromkeys([*ending, *alike]))[:CLOSEST]


def _said(run: Run, phase: int) -> Said:
    said: dict[int, dict[Place, float]] = defaultdict(dict)
    for row in read_records(run.slice_predictions, SlicePrediction):
        if (row.split, row.phase) == ("test", phase):
            said[row.fold][row.patient_id, row.lesion_id, row.series_uid, row.slice] = row.probability
    return said


def _place(sample: Sample) -> Place:
    return sample.patient_id, sample.lesion_id, sample.series_uid, sample.slice


def _subjects(
    tested: Sequence[Decided], chosen: Sequence[Decided], samples: Sequence[Sample], said: Said, named: bool
) -> list["Subject"]:
    """Whom to look at and on which slices; shown are those of the highest probability, whatever was decided."""
    from radiogenomics.experiment.looking import Subject  # loads TensorFlow

    of = {name: list(own) for name, own in itertools.groupby(samples, key=lambda sample: sample.patient_id)}
    subjects = []
    for one in tested:
        spread, probability = _spread(of[one.patient_id]), said[one.fold]
        ranked = sorted(spread, key=lambda sample, p=probability: (-p[_place(sample)], _place(sample)))  # type: ignore[misc]
        shown = ranked[: SLICES_NAMED if named else 1] if one in chosen else []
        probabilities = tuple(probability[_place(sample)] for sample in spread)
        subjects.append(Subject(one, tuple(spread), probabilities, frozenset(shown)))
    return subjects


def _spread(samples: Sequence[Sample]) -> list[Sample]:
    """At most MOST_SLICES of them, evenly, the first and the last among them."""
    places = np.linspace(0, len(samples) - 1, min(len(samples), MOST_SLICES)).round().astype(int)
    return [samples[place] for place in places]


def _rows(run: Run, seen: Sequence["Seen"], wanted: Wanted, cells: tuple[int, int]) -> Iterator[Explanation]:
    why, fineness = NAMED if wanted.patients else SUREST, f"{cells[0]}x{cells[1]}"
    for one in seen:
        drawn = one.picture is not None and one.method in wanted.methods
        yield Explanation(
            one.tested.patient_id,
            one.tested.fold,
            one.tested.outcome,
            one.sample.lesion_id,
            one.sample.series_uid,
            one.sample.slice,
            one.probability,
            one.method,
            one.heat_share,
            one.area_share,
            one.others_share,
            sheet(run, one.tested.outcome).name if drawn else "",
            why if drawn else "",
            fineness if one.method == GRAD_CAM else "",
            one.hottest,
        )
