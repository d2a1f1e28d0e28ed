"""Options that several commands share, so that each has one name, one help text and one default."""

from collections.abc import Mapping
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from radiogenomics.tables.backbones import BACKBONES
from radiogenomics.tables.modalities import MODALITIES

if TYPE_CHECKING:
    from radiogenomics.experiment.cases import Request
    from radiogenomics.store import Store


class PatientFrom(StrEnum):
    """Where a patient's id comes from."""

    auto = "auto"
    folder = "folder"
    header = "header"


class SeriesPolicy(StrEnum):
    """Which of two series of one role is used."""

    most_slices = "most-slices"
    latest = "latest"
    error = "error"


class Protocol(StrEnum):
    """On whom epoch, threshold and aggregator are chosen."""

    nested = "nested"
    published = "published"


class PlaneName(StrEnum):
    """Which plane a series must have."""

    any = "any"
    axial = "axial"
    coronal = "coronal"
    sagittal = "sagittal"


def _modalities(incomplete: str) -> list[str]:
    *before, last = incomplete.split(",")
    return [",".join([*before, name]) for name in MODALITIES if name.startswith(last)]


def _backbones(incomplete: str) -> list[str]:
    return [name for name in BACKBONES if name.startswith(incomplete)]


Data = Annotated[Path, typer.Argument(help="The folder that holds the patients' DICOM files.", show_default=False)]
DataOption = Annotated[
    Path | None,
    typer.Option("--data", envvar="RADIOGEN_DATA", help="The folder that holds the patients' DICOM files."),
]
LabelsOption = Annotated[
    Path | None,
    typer.Option("--labels", envvar="RADIOGEN_LABELS", help="CSV: one row a patient, an id and a label column."),
]
IdColumn = Annotated[
    str | None, typer.Option(help="Column of the patient ids. Default: BraTS21ID, patient_id and the like.")
]
LabelColumn = Annotated[str | None, typer.Option(help="Column of the labels. Default: MGMT_value or label.")]
Positive = Annotated[
    str | None, typer.Option(help="The label that counts as positive; 1 matches 1.0. Default: 1 of 0/1 labels.")
]
PatientFromOption = Annotated[
    PatientFrom,
    typer.Option("--patient-from", help="Patient id: the first folder under DATA, or the header's PatientID."),
]
Roles = Annotated[
    Path | None,
    typer.Option(help="CSV that says which series is which modality: series_uid or series_description, modality."),
]
Lesions = Annotated[
    Path | None,
    typer.Option(help="CSV of lesion boxes: patient_id, lesion_id, slice, x_min, y_min, x_max, y_max (max exclusive)."),
]
Masks = Annotated[
    Path | None, typer.Option(help="Folder of lesion masks: NIfTI (<patient>.nii.gz), DICOM SEG or RTSTRUCT.")
]
BrainMasks = Annotated[
    Path | None,
    typer.Option(
        help="Folder of brain masks (<patient>.nii.gz). Default: the recipe's brain step, or voxels not zero."
    ),
]
Roi = Annotated[
    str | None,
    typer.Option(help="Which structures or segments of the masks are lesions: a regular expression of their names."),
]
Review = Annotated[
    Path | None, typer.Option(help="CSV of patients whom you rejected: patient_id, reason (qc.html writes it).")
]
PreparedOption = Annotated[
    bool,
    typer.Option("--prepared", help="The images are co-registered and corrected already: skip the recipe's steps."),
]
Modality = Annotated[
    list[str] | None,
    typer.Option(
        help=f"Modality, or several for channels: commas or repeats. Known: {', '.join(MODALITIES)}.",
        autocompletion=_modalities,
    ),
]
RecipeOption = Annotated[str, typer.Option("--recipe", help="A recipe's name, or a JSON file (`radiogen recipes`).")]
Set = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="PATH=VALUE", help="Set a recipe's field, e.g. training.phases.1.epochs=5. Repeats."),
]
Series = Annotated[
    SeriesPolicy | None, typer.Option("--series-policy", help="Two series of one modality: which one is used.")
]
Plane = Annotated[PlaneName | None, typer.Option(help="Use only series of this plane.")]
StoreOption = Annotated[
    Path | None,
    typer.Option(
        "--store", envvar="RADIOGEN_STORE", help="Where prepared slices are kept. Default: ~/.cache/radiogen."
    ),
]
Workers = Annotated[
    str,
    typer.Option(
        help="Folds trained at once, a process each: a number, auto, or tcp://HOST:PORT of a Dask scheduler; 0 trains "
        "in this process. Changes no result."
    ),
]
Patients = Annotated[
    str,
    typer.Option(
        "--workers", help="Patients at once: a number, auto, or tcp://HOST:PORT of a Dask scheduler. Changes no result."
    ),
]
AllowLeak = Annotated[
    bool,
    typer.Option("--allow-leak", help="Train although the audit found a leak; every figure of the run then says so."),
]
Force = Annotated[bool, typer.Option("--force", help="Replace what lies there.")]
RunArgument = Annotated[Path, typer.Argument(help="A run folder, made by `radiogen train`.", show_default=False)]
Backbone = Annotated[
    str, typer.Argument(help=f"One of {', '.join(BACKBONES)}.", autocompletion=_backbones, show_default=False)
]


def request(given: "Mapping[str, Any]", roi: str | None = None) -> "Request":
    """What a command's options say of data, labels and lesions; those that it lacks are empty.

    `roi` is --roi of a command that has a finished recipe; elsewhere it is one of the recipe's `settings`.
    """
    from radiogenomics.experiment.cases import Request

    paths = ("data", "labels", "roles", "splits", "lesions", "masks", "brain_masks", "review")
    words = {name: given[name] for name in ("id_column", "label_column", "positive") if name in given}
    return Request(
        **{name: absolute(given.get(name)) for name in paths},
        **words,
        patient_from=given["patient_from"].value,
        allow_leak=bool(given.get("allow_leak")),
        roi=roi,
    )


def settings(given: "Mapping[str, Any]") -> dict[str, Any]:
    """What a command's options say of the images, by the dotted paths of the recipe's fields."""
    if given.get("roi") and not given.get("masks"):
        raise typer.BadParameter("it names structures of masks: give --masks DIR, or drop it", param_hint="--roi")
    return {
        "modalities": split_commas(given["modality"]),
        "region.roi": given.get("roi"),
        "preparation.steps": [] if given.get("prepared") else None,
    }


def absolute(path: Path | None) -> str:
    """The path as text that stays right when the working folder changes; "" for none."""
    return str(path.absolute()) if path else ""


def open_store(path: Path | None) -> "Store":
    """The store at `path`, or the user's own."""
    from radiogenomics.store import Store

    return Store((path or Path.home() / ".cache" / "radiogen").absolute())


def workers(text: str) -> int | str:
    """What --workers says: processes, or the address of a cluster."""
    from radiogenomics.engine import parse_workers
    from radiogenomics.errors import WorkerError

    try:
        return parse_workers(text)
    except WorkerError as error:
        raise typer.BadParameter(str(error), param_hint="--workers") from None


def split_commas(values: list[str] | None) -> list[str] | None:
    """Values given with commas or repeats, as one list; None for none."""
    return [name.strip() for value in values for name in value.split(",")] if values else None
