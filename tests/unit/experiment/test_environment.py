"""What a run says that it was made with."""

from dataclasses import replace
from importlib.metadata import version

import pytest
import toy_models

from radiogenomics.experiment.cases import Request
from radiogenomics.experiment.environment import environment, samples_hash
from radiogenomics.models.weights import resolve
from radiogenomics.records import Plane, Sample

SAMPLES = tuple(Sample(f"p{k}", "1", "s", k, 0, (Plane("a" * 64, k), Plane("b" * 64, k))) for k in range(3))


@pytest.mark.parametrize(
    "change",
    [{"patient_id": "q"}, {"lesion_id": "2"}, {"planes": (Plane("c" * 64, 1),)}, {"planes": (Plane("a" * 64, 2),)}],
)
def test_another_entry_row_or_lesion_gives_another_hash(change):
    changed = (SAMPLES[0], replace(SAMPLES[1], **change), SAMPLES[2])
    assert samples_hash(SAMPLES) == samples_hash(list(SAMPLES)) != samples_hash(changed)


def test_every_package_that_touches_a_number_is_told_where_it_is_installed(tmp_path):
    labels = tmp_path / "labels.csv"
    labels.write_text("id,label\n")
    recipe = toy_models.recipe()
    facts = environment(Request("data", str(labels)), recipe, resolve(recipe.model.backbone, "none"), SAMPLES)
    told = facts["packages"]
    assert {"tensorflow", "keras", "scipy", "simpleitk", "highdicom"} <= set(told)
    assert told == {name: version(name) for name in told}
    assert facts["hashes"]["samples"] == samples_hash(SAMPLES)
