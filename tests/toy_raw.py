"""Small cohorts as the scanners leave them, and recipes that prepare them quickly."""

import hashlib
from collections.abc import Callable
from pathlib import Path

import pydicom
from pydicom.encaps import encapsulate
from pydicom.uid import JPEG2000Lossless

from radiogenomics import registry
from radiogenomics.experiment.cases import Request, find_cases
from radiogenomics.overrides import override
from radiogenomics.phantom.case import Case
from radiogenomics.phantom.cohort import PhantomCohort, write_cohort
from radiogenomics.phantom.raw_sarcoma import write_raw_sarcoma
from radiogenomics.preparation import steps
from radiogenomics.preparation.volumes import Outcome, Volumes
from radiogenomics.recipe import Recipe
from radiogenomics.recipes import find
from radiogenomics.store import Store
from radiogenomics.tables.steps import STEPS

SLICES, SIZE, SEED = 12, 40, 3
RIGID = '{"step":"rigid","samples":2000,"iterations":20,"voxel_mm":[8,6],"smoothing_mm":[4,3]}'
RESAMPLE = '{"step":"resample"}'
N4 = '{"step":"n4","iterations":[5]}'
HEADS = override(find("lung-subtype"), ['modalities=["t1wce","flair"]', f"preparation.steps=[{RESAMPLE}]"])
LIMBS = override(find("sarcoma-metastasis"), ['modalities=["ct","dose"]', f"preparation.steps=[{RESAMPLE}]"])
MOVED = override(HEADS, [f"preparation.steps=[{RIGID},{RESAMPLE},{N4}]"])


def write_heads(out: Path, patients: int = 3, size: int = SIZE) -> PhantomCohort:
    """Raw brains of two sequences."""
    more = {"slices": SLICES * size // SIZE, "size": size, "seed": SEED, "modalities": ("t1wce", "flair")}
    return write_cohort(out, patients=patients, raw=True, **more)


def limb(out: Path, index: int, beams: str = "", modalities: tuple[str, ...] = ("ct", "dose")) -> Case:
    """A raw limb, not yet written."""
    return Case(
        out, f"STS{index:03d}", SEED, index, bool(index % 2), 0, 1, SLICES, SIZE, modalities, raw=True, beams=beams
    )


def write_limbs(*limbs: Case) -> PhantomCohort:
    """Raw limbs of one folder."""
    for one in limbs:
        write_raw_sarcoma(one)
    data = limbs[0].out / "data"
    return PhantomCohort(data, data, None, data)


def found(cohort: PhantomCohort, recipe: Recipe, store: Store, **given: object):
    """The cohort and the list of cases; lesions are the phantom's own unless given."""
    named = {"lesions": cohort.lesions} if cohort.lesions else {"masks": cohort.masks}
    request = Request(str(cohort.data), **{name: str(path) for name, path in (named | given).items()})
    everyone, cases = find_cases(request, recipe, store)
    return everyone, list(cases.values())


def garble(path: Path) -> None:
    """Leave a file whose header says that all is well, and whose pixels no decoder can read."""
    dataset = pydicom.dcmread(path)
    dataset.file_meta.TransferSyntaxUID = JPEG2000Lossless
    dataset.PixelData = encapsulate([b"\xff\x4f\xff\x51 and then nothing of use"])
    dataset["PixelData"].is_undefined_length = True
    dataset.save_as(path)


def hashes(store: Store) -> dict[str, str]:
    """Of every file of the store's volumes but those that may differ between writings."""
    folder = store.root / "volumes"
    files = [path for path in folder.rglob("*") if path.is_file() and path.name != "aside.json"]
    return {str(path.relative_to(folder)): hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(files)}


def accounted(cohort) -> bool:
    """Whether every file lies in one series, or among the exclusions."""
    return sum(s.n_files for s in cohort.series) + sum(bool(e.path) for e in cohort.exclusions) == cohort.n_files


def before_step(monkeypatch, step: str, function: Callable[..., Outcome | None]) -> None:
    """Do function(place of the patient, volumes, modality, part) instead of a step; where it gives None, the step.

    Patients are told apart by where their reference lies.
    """
    patients: list[tuple[float, ...]] = []

    def load(path: str) -> Callable[..., Outcome]:
        real = registry.load(path)

        def taken(before: Volumes, modality: str, part: object) -> Outcome:
            patients.extend({before.fixed.GetOrigin()} - set(patients))
            instead = function(patients.index(before.fixed.GetOrigin()), before, modality, part)
            return instead or real(before, modality, part)

        return taken if path == STEPS[step].function else real

    monkeypatch.setattr(steps, "load", load)
