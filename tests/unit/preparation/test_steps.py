"""The steps of a recipe are done in order, to the series they are meant for, and what is worse is left out."""

from dataclasses import replace

import pytest
import SimpleITK as sitk

from radiogenomics.errors import CohortError, RecipeError
from radiogenomics.overrides import override
from radiogenomics.preparation.steps import take_steps, targets
from radiogenomics.preparation.volumes import Outcome, Volume, Volumes
from radiogenomics.recipe import BiasStep, BrainStep, ResampleStep, RigidStep
from radiogenomics.recipes import find
from radiogenomics.records import Figure
from radiogenomics.tables import steps as table

NAMES = ("ct", "t1w", "flair", "dose")


def _volumes() -> Volumes:
    image = sitk.Image(4, 4, 4, sitk.sitkFloat32)
    return Volumes("ct", {name: Volume(image, follows="ct" if name == "dose" else "") for name in NAMES})


def _darker(volumes: Volumes, modality: str, part: object) -> Outcome:
    volume = volumes.by_modality[modality]
    figures = (Figure("brightness", 0.0, -1.0),)
    after = volumes.put(modality, replace(volume, image=volume.image - 1))
    return Outcome(after, figures, worse="it fell" if modality == "flair" else "")


def _failing(volumes: Volumes, modality: str, part: object) -> Outcome:
    raise CohortError(f"its {modality} can't be moved")


@pytest.fixture
def darker(monkeypatch: pytest.MonkeyPatch) -> None:
    for name, row in table.STEPS.items():
        monkeypatch.setitem(table.STEPS, name, replace(row, function=f"{__name__}:_darker"))
    monkeypatch.setattr("radiogenomics.preparation.steps.load", lambda path: globals()[path.partition(":")[2]])


def test_each_step_is_done_to_what_it_is_meant_for():
    volumes = _volumes()
    assert targets(volumes, RigidStep(step="rigid")) == ["t1w", "flair"]  # not the reference, nor what follows it
    assert targets(volumes, RigidStep(step="rigid", modalities=("flair", "t2w"))) == ["flair"]
    assert targets(volumes, ResampleStep(step="resample")) == list(NAMES)
    assert targets(volumes, BiasStep(step="n4")) == ["t1w", "flair"]
    assert targets(volumes, BrainStep(step="brain")) == [""]


def test_what_is_worse_by_its_own_figure_is_told_and_left_out(darker):
    taken = take_steps(_volumes(), [BiasStep(step="n4")])
    brightness = {name: volume.image[0, 0, 0] for name, volume in taken.volumes.by_modality.items()}
    assert brightness == {"ct": 0, "t1w": -1, "flair": 0, "dose": 0}
    records = {record.modality: record for record in taken.records}
    assert records["t1w"].used
    assert not records["flair"].used
    assert records["flair"].worse == "it fell"
    assert records["flair"].figures == (Figure("brightness", 0.0, -1.0),)
    assert records["flair"].parameters["iterations"]
    assert records["flair"].seconds >= 0


def test_what_is_worse_is_kept_where_the_recipe_says_so(darker):
    taken = take_steps(_volumes(), [BiasStep(step="n4", use_worse=True)])
    assert taken.volumes.by_modality["flair"].image[0, 0, 0] == -1
    assert taken.records[-1].worse
    assert taken.records[-1].used


def test_the_volumes_before_they_were_resampled_are_kept_for_what_was_drawn_on_them(darker):
    taken = take_steps(_volumes(), [RigidStep(step="rigid"), ResampleStep(step="resample")])
    assert taken.moved.by_modality["t1w"].image[0, 0, 0] == -1
    assert taken.volumes.by_modality["t1w"].image[0, 0, 0] == -2


def test_a_step_that_fails_fails_the_patient(monkeypatch):
    monkeypatch.setattr("radiogenomics.preparation.steps.load", lambda path: _failing)
    with pytest.raises(CohortError, match="its t1w can't be moved"):
        take_steps(_volumes(), [RigidStep(step="rigid")])


@pytest.mark.parametrize(
    ("steps", "fault"),
    [
        ('[{"step": "rigid"}]', "preparation.steps: needs resample once, and has it 0 times"),
        ('[{"step": "resample"}, {"step": "rigid"}]', "preparation.steps.1: rigid comes before resample"),
        ('[{"step": "affine"}, {"step": "resample"}]', "preparation.steps.0: affine comes after rigid"),
        ('[{"step": "brain"}, {"step": "resample"}]', "preparation.steps.0: brain comes after resample"),
        ('[{"step": "rigit"}, {"step": "resample"}]', "preparation.steps.0.step: unknown step 'rigit': did you mean"),
        ('[{"step": "rigid", "bin": 5}, {"step": "resample"}]', "unknown field 'preparation.steps.0.bin': did you"),
        ('[{"step": "rigid", "voxel_mm": [4]}, {"step": "resample"}]', "steps.0: smoothing_mm needs a value for each"),
        ('[{"step": "resample", "modalities": ["flair"]}]', "steps.0: resample is done to all series"),
        ('[{"step": "rigid", "modalities": ["dose"]}, {"step": "resample"}]', "steps.0: dose lies where its ct lies"),
        ('[{"step": "n4", "modalities": ["ct"]}, {"step": "resample"}]', "steps.0: ct is no MR series"),
        ('[{"step": "resample"}, {"step": "brain", "on": "ct"}]', "steps.1: ct is no MR series"),
        (
            '[{"step": "deformable"}, {"step": "deformable"}, {"step": "resample"}]',
            "steps.1: deformable is there twice",
        ),
        ('[{"step": "resample"}, {"step": "brain", "command": "x"}]', "steps.1.command: needs {input} and {output}"),
        ('[{"step": "n4", "modalities": ["t3"]}, {"step": "resample"}]', "unknown modality 't3'"),
    ],
)
def test_steps_that_make_no_sense_are_told_by_their_path(steps, fault):
    with pytest.raises(RecipeError) as told:
        override(find("glioma"), [f"preparation.steps={steps}"])
    assert fault in str(told.value)


def test_the_grid_is_that_of_the_lesions_unless_the_recipe_says_otherwise():
    recipe = find("sarcoma-metastasis")
    assert recipe.grid == "ct"
    assert recipe.needed == ("dose", "t2w", "t1wce", "ct")
    on_mr = override(recipe, ["preparation.reference=t1wce", "region.drawn_on=t1w"])
    assert on_mr.grid == "t1wce"
    assert on_mr.needed == ("dose", "t2w", "t1wce", "t1w", "ct")  # the CT on which the dose was planned leads it
    assert override(on_mr, ["preparation.steps=[]"]).needed == ("dose", "t2w", "t1wce", "t1w")
    assert override(find("mgmt"), ['preparation.steps=[{"step": "resample"}]']).grid == "t1w"
