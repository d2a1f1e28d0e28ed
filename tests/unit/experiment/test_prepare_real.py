"""Real patients (TCGA-LGG) whose missing sequences were filled with copies: skipped where ../shared is absent."""

import importlib.util
from pathlib import Path

import numpy as np
import pytest

from radiogenomics.experiment.cases import Request, find_cases
from radiogenomics.experiment.prepare import prepare
from radiogenomics.overrides import override
from radiogenomics.recipes import find
from radiogenomics.store import Store

DATA = Path(__file__).parents[4] / "shared" / "data"
COPIED = (
    "TCGA_DU_7013",
    "TCGA_FG_7634",
    "TCGA_FG_A60K",
    "TCGA_HT_7877",
    "TCGA_HT_A616",
    "TCGA_HT_A61B",
)
WHOLE = ("TCGA_CS_4941", "TCGA_DU_5849")

pytestmark = pytest.mark.skipif(not (DATA / "tcga-lgg" / "slices.npz").is_file(), reason="needs ../shared: real slices")


@pytest.fixture(scope="module")
def cohort(tmp_path_factory):
    """The eight patients as DICOM, as many of them as there are."""
    spec = importlib.util.spec_from_file_location("make_lgg_dicom", DATA / "make_lgg_dicom.py")
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)
    slices, root = np.load(DATA / "tcga-lgg" / "slices.npz"), tmp_path_factory.mktemp("lgg")
    patients, numbers, images = slices["patient"], slices["slice"], slices["images"]
    for row in np.flatnonzero(np.isin(patients, (*COPIED, *WHOLE))):
        for name, (description, channel) in maker.CHANNELS.items():
            folder = root / patients[row] / name
            folder.mkdir(parents=True, exist_ok=True)
            number = int(numbers[row])
            path = folder / f"Image-{number}.dcm"
            maker.write_slice(path, images[row, ..., channel], str(patients[row]), name, description, number)
    return root


@pytest.mark.parametrize("modalities", ["t1wce,flair,t1w", "t1w,t1wce,flair"])
def test_patients_with_copied_sequences_are_left_out(cohort, tmp_path, modalities):
    recipe = override(find("mgmt"), [f"modalities={list(modalities.split(','))}".replace("'", '"'), "image.size=32"])
    store = Store(tmp_path / "store")
    _, cases = find_cases(Request(str(cohort)), recipe, store)
    prepared = prepare(cohort, list(cases.values()), recipe, store, 0)
    assert {s.patient_id for s in prepared.samples} == set(WHOLE)
    assert {e.patient_id for e in prepared.exclusions} == set(COPIED) & set(cases)
    assert all("is a copy of its" in e.reason for e in prepared.exclusions)
