"""The parts of a recipe that bring raw series onto one grid and to one scale: the steps, in the order they are done."""

from collections.abc import Sequence
from typing import Annotated, Literal, Self

from pydantic import Field, field_validator, model_validator

from radiogenomics.recipe.base import ClashError, Millimetres, ModalityName, ModalityOrNone, Part
from radiogenomics.tables.modalities import MODALITIES

Count = Annotated[int, Field(ge=1, le=1000)]
Shrink = Annotated[int, Field(ge=1, le=16)]
Width = Annotated[float, Field(gt=0, le=100)]  # mm


class Step(Part):
    """What all steps share."""

    modalities: tuple[ModalityName, ...] = ()  # which series it is done to; none named: all that it is meant for
    use_worse: bool = False  # keep what it did even where, by its own figure, it made things worse


class Registration(Step):
    """A series is laid on the reference by mutual information, coarse to fine; the reference moves never.

    Each step begins where the one before it ended. Nothing is resampled: the transform is kept until `resample`.
    """

    bins: Annotated[int, Field(ge=8, le=256)] = 32  # of the joint histogram
    voxel_mm: Annotated[tuple[Width, ...], Field(min_length=1)] = (6.0, 4.0, 3.0)  # by level; never finer than scanned
    smoothing_mm: tuple[Millimetres, ...] = (4.0, 2.0, 1.5)  # sd of the Gaussian, by level; at least .3 of a slice

    @model_validator(mode="after")
    def _levels(self) -> Self:
        levels, smoothed = len(self.voxel_mm), len(self.smoothing_mm)
        if levels != smoothed:
            raise ValueError(
                f"smoothing_mm needs a value for each of the {levels} levels of voxel_mm, and has {smoothed}"
            )
        return self


class LinearRegistration(Registration):
    """By gradient descent (Mattes 2003)."""

    samples: Annotated[int, Field(ge=1000, le=10_000_000)] = 50_000  # voxels looked at, a level, drawn with `seed`
    iterations: Count = 100  # at most, a level
    seed: Annotated[int, Field(ge=0)] = 1


class RigidStep(LinearRegistration):
    """Six parameters: turned and shifted."""

    step: Literal["rigid"]


class AffineStep(LinearRegistration):
    """Twelve parameters: scaled and sheared too."""

    step: Literal["affine"]


class DeformableStep(Registration):
    """A cubic B-spline on a mesh of control points (Rueckert 1999), by L-BFGS over all voxels of a level."""

    step: Literal["deformable"]
    # mesh_mm lies between control points, about; twice that at the first level.
    mesh_mm: Annotated[float, Field(ge=5, le=500)] = 60.0
    stiffness: Annotated[float, Field(ge=0, le=100)] = 2.0  # what bends cost: nats, where slopes change by 1 a cell
    voxel_mm: Annotated[tuple[Width, ...], Field(min_length=1)] = (6.0, 4.0, 3.0)
    smoothing_mm: tuple[Millimetres, ...] = (3.0, 2.0, 1.0)
    iterations: Count = 40


class ResampleStep(Step):
    """Every series is interpolated on the reference's grid, once; beyond its field of view is 0, in CT its lowest."""

    step: Literal["resample"]
    interpolation: Literal["linear", "bspline"] = "linear"


class BrainStep(Step):
    """The brain is found in one series, and all that is not brain becomes 0 in the MR series.

    Not where --brain-masks gives the mask, nor where the skull is stripped already.
    """

    step: Literal["brain"]
    on: ModalityOrNone = ""  # the modality to find it in; "" is the reference
    command: str = ""  # another program's, with {input} and {output} for NIfTI files: "hd-bet -i {input} -o {output}"
    strip: bool = True  # whether voxels outside become 0

    @field_validator("command")
    @classmethod
    def _command(cls, value: str) -> str:
        if value and not ("{input}" in value and "{output}" in value):
            raise ValueError("needs {input} and {output}, as in 'mri_synthstrip -i {input} -m {output}'")
        return value


class BiasStep(Step):
    """N4 bias-field correction (Tustison 2010) of MR series, over the brain where it is known, else the foreground."""

    step: Literal["n4"]
    shrink: Shrink = 4
    iterations: Annotated[tuple[Count, ...], Field(min_length=1)] = (50, 50, 50)
    # at most, by level; a fourth would take anatomy for shading
    spline_mm: Annotated[float, Field(ge=10, le=1000)] = 200.0  # between control points at the first level


StepPart = Annotated[
    RigidStep | AffineStep | DeformableStep | ResampleStep | BrainStep | BiasStep, Field(discriminator="step")
]
_MOVING = ("rigid", "affine", "deformable")  # they say where a series lies, so they come before it is resampled


class PreparationPart(Part):
    """What is done to a patient's raw series before slices are taken; without steps they are taken as they are."""

    reference: ModalityOrNone = ""  # on whose grid all come to lie; "": that of the lesions, else the first channel's
    steps: tuple[StepPart, ...] = ()

    @field_validator("steps")
    @classmethod
    def _order(cls, value: tuple[StepPart, ...]) -> tuple[StepPart, ...]:
        names = [part.step for part in value]
        if names and names.count("resample") != 1:
            raise ClashError(f"preparation.steps: needs resample once, and has it {names.count('resample')} times")
        faults = [f"preparation.steps.{k}: {fault}" for k, part in enumerate(value)
                  if (fault := _misplaced(names, k) or _useless(part))]  # fmt: skip
        if faults:
            raise ClashError(*faults)
        return value


def _misplaced(names: Sequence[str], k: int) -> str:
    """Why a step can't come where it does, or ""."""
    name, before = names[k], names[:k]
    if name in _MOVING and "resample" in before:
        return f"{name} comes before resample"
    if name == "brain" and "resample" not in before:
        return "brain comes after resample"
    if name == "affine" and "rigid" not in before:
        return "affine comes after rigid"
    return f"{name} is there twice" if name in {"deformable", "brain"} and name in before else ""


def _useless(part: StepPart) -> str:
    """Why a step can't be done to what it names, or ""."""
    if part.modalities and part.step in {"resample", "brain"}:
        return f"{part.step} is done to all series: leave modalities out"
    never = [name for name in part.modalities if MODALITIES[name].follows]
    if never and part.step in _MOVING:
        return f"{never[0]} lies where its {MODALITIES[never[0]].follows} lies, and is not registered by itself"
    others = [name for name in part.modalities if MODALITIES[name].dicom != "MR"]
    if others and part.step == "n4":
        return f"{others[0]} is no MR series, and knows no coil"
    if part.step == "brain" and part.on and MODALITIES[part.on].dicom != "MR":
        return f"{part.on} is no MR series: the brain is found in one"
    return ""
