"""The nouns of the project as frozen records, and the protocol by which long work reports its progress."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, Protocol

Split = Literal["train", "validation", "test"]


@dataclass(frozen=True, slots=True)
class Slice:
    """One image plane: a file, or one frame of a multi-frame file."""

    path: str  # relative to the cohort's root
    sop_uid: str
    frame: int | None  # from 0; None for a single-frame file
    number: int  # as people count: InstanceNumber, or frame + 1, or place in the series from 1
    position: float | None  # mm along the slice normal
    size: int  # bytes of the file
    mtime_ns: int
    also: tuple["Slice", ...] = ()  # of other files, to be added to it pixel by pixel: the doses of a plan's beams

    @property
    def stamp(self) -> list[object]:
        """What tells that its pixels are the same, as JSON takes it."""
        return [self.sop_uid, self.frame, self.size, self.mtime_ns, *(one.stamp for one in self.also)]


@dataclass(frozen=True, slots=True)
class Series:
    """One series of one patient, its slices in anatomical order (along the slice normal)."""

    patient_id: str
    study_uid: str
    series_uid: str
    modality: str  # a name of tables.modalities, or "" where the role is unsure
    modality_source: str  # "folder", "header", "roles" or ""
    plane: str  # "axial", "coronal", "sagittal", "oblique" or ""
    slices: tuple[Slice, ...]
    n_files: int  # files accepted into the series
    rows: int
    columns: int
    spacing: tuple[float, float] | None  # mm between rows, between columns
    orientation: tuple[float, ...]  # ImageOrientationPatient, 6 cosines, or ()
    frame_of_reference_uid: str
    description: str
    scanner: str  # manufacturer and model
    field_strength: float | None  # tesla
    site: str  # "site-1": the institution's place in the cohort, never its name
    acquired: str  # DICOM date and time, for --series-policy latest; never written to a run
    status: Literal["used", "unused"] = "used"
    reason: str = ""  # why unused, or what was noticed
    origin: tuple[float, ...] = ()  # ImagePositionPatient of the first slice (mm), or ()
    numbered: bool = True  # Slice.number is as the files say; else the place, for theirs are missing or repeat
    sheared: float = 0.0  # mm by which its slices shift sideways, as with a tilted gantry; 0 in an upright stack
    volume: str = ""  # of a series that preparation made: the key of the store's volumes, in which `modality` names it


@dataclass(frozen=True, slots=True)
class Exclusion:
    """A file, or a whole patient (path ""), that takes no part, and why."""

    patient_id: str
    path: str  # relative to the cohort's root
    reason: str


@dataclass(frozen=True, slots=True)
class Cohort:
    """What a scan found; its series' files and its exclusions' paths are all files under root, each once."""

    root: str
    n_files: int
    series: tuple[Series, ...]
    exclusions: tuple[Exclusion, ...]
    notes: tuple[str, ...] = ()  # what the user should hear, one sentence each


@dataclass(frozen=True, slots=True)
class Outline:
    """What a lesion covers of one slice of the series on which it was drawn, as a rectangle of pixels."""

    slice: int  # Slice.number in that series
    x_min: int  # x counts columns, y rows, both from 0; max is exclusive
    y_min: int
    x_max: int
    y_max: int
    area: int  # pixels inside the contour; of a box, all of them
    inside: bytes = b""  # which pixels of the rectangle, row by row, as numpy.packbits packs them; b"" is all


@dataclass(frozen=True, slots=True)
class Lesion:
    """One lesion of a patient, by its outlines."""

    patient_id: str
    lesion_id: str
    outlines: tuple[Outline, ...]  # at least one, sorted by slice number; of each slice at most one


@dataclass(frozen=True, slots=True)
class Case:
    """One patient ready to be prepared: a label, one series for each channel, and lesions where they are used."""

    patient_id: str
    label: int  # 1 positive, 0 negative, -1 unknown (prediction)
    series: tuple[Series, ...]  # in channel order; one series fills all channels
    lesions: tuple[Lesion, ...] = ()  # sorted by lesion_id
    drawn_on: Series | None = None  # the series whose slices and pixels the lesions count; None: the first channel's
    brain_mask: str = ""  # path of a NIfTI file; "": none is given
    others: tuple[Series, ...] = ()  # series that are no channels but that preparation needs, such as a dose's CT
    grid: Series | None = None  # the series on whose grid preparation lays all; None: the reference's

    @property
    def reference(self) -> Series:
        """The series whose slices are chosen, and on whose grid all channels lie."""
        return self.drawn_on or self.series[0]


@dataclass(frozen=True, slots=True)
class Figure:
    """A measure of what a step of preparation did; before is None where there was nothing to measure."""

    name: str
    before: float | None
    after: float
    unit: str = ""


@dataclass(frozen=True, slots=True)
class StepRecord:
    """What one step of preparation did to one series of a patient, or to the patient as a whole (modality "")."""

    step: str  # a name of tables.steps; or "read", "carry" or "lesions", which no recipe names
    modality: str
    parameters: Mapping[str, object]
    seconds: float
    figures: tuple[Figure, ...]
    used: bool  # False: what it made was worse by its own figure, and was dropped
    worse: str = ""  # the sentence that says so
    note: str = ""


@dataclass(frozen=True, slots=True)
class PatientQuality:
    """What preparation did to one patient: a row of qc.html."""

    patient_id: str
    steps: tuple[StepRecord, ...]  # in the order they were done
    pictures: Mapping[str, bytes]  # JPEG by caption, such as "flair on t1wce"
    excluded: str = ""  # why the patient takes no part, by a step or on review; "" who does


@dataclass(frozen=True, slots=True)
class Plane:
    """Where one prepared slice lies: a row of one entry of the store."""

    entry: str  # key of the store's entry
    row: int


@dataclass(frozen=True, slots=True)
class Sample:
    """One model input: the planes to stack as channels, and whose they are."""

    patient_id: str
    lesion_id: str  # "" for whole slices
    series_uid: str  # of the reference series
    slice: int  # Slice.number in that series
    label: int
    planes: tuple[Plane, ...]


@dataclass(frozen=True, slots=True)
class PreparedSlice:
    """A row of slices.csv: one plane of pixels that reached the store."""

    patient_id: str
    series_uid: str
    sop_uid: str
    slice: int
    pixel_hash: str  # of the decoded pixels, before normalisation
    perceptual_hash: str  # 64 hex digits; near-duplicates differ in few bits


@dataclass(frozen=True, slots=True)
class Trait:
    """A row of traits.csv: one thing known of a patient besides the pixels."""

    patient_id: str
    modality: str  # of the series it is of, one of those used; "" where it is of the patient as a whole
    kind: str  # "acquisition", "identity", "word" or "clinical"
    name: str  # such as "echo_time", "birth_date", "StudyDescription" (the field in which the word stands), "age"
    value: str  # of identity, and of words that may be a name, a digest, its salt thrown away; rare words are left out


@dataclass(frozen=True, slots=True)
class Fold:
    """Who trains, who chooses and who is scored; patient ids, sorted."""

    index: int
    train: tuple[str, ...]
    validation: tuple[str, ...]
    test: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class SlicePrediction:
    """A row of slice_predictions.csv."""

    patient_id: str
    lesion_id: str
    series_uid: str
    slice: int
    fold: int
    phase: int  # from 1
    split: str
    label: int
    probability: float


@dataclass(frozen=True, slots=True)
class Prediction:
    """A row of predictions.csv: one patient, unique by (patient_id, fold, phase, split)."""

    patient_id: str
    fold: int
    phase: int  # from 1
    split: str
    label: int
    probability: float


@dataclass(frozen=True, slots=True)
class EpochRow:
    """A row of history.csv."""

    fold: int
    phase: int  # from 1
    epoch: int  # from 1 within its phase
    metrics: dict[str, float]


@dataclass(frozen=True, slots=True)
class Estimate:
    """A figure, its 95% interval, and the number of independent units (patients) behind it."""

    value: float  # nan where undefined
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class Finding:
    """What one check of the audit says."""

    check: str  # a name of tables.checks
    kind: Literal["leak", "shortcut", "protocol"]
    status: Literal["found", "suspected", "clean", "unknown"]  # unknown: what it needs is not there
    sentence: str
    mend: str = ""  # what to do about it, where it was found
    patients: tuple[str, ...] = ()  # whom it is about, sorted
    figure: Estimate | None = None  # the AUC of a shortcut


class Progress(Protocol):
    """How long work tells of itself; calls may come from any thread, and must be cheap."""

    def update(self, task: str, done: int, total: int | None, note: str = "") -> None:
        """Say that `done` of `total` steps of `task` are over; done == total ends the task."""

    def say(self, message: str) -> None:
        """Say one sentence the user should hear."""


class Silent:
    """A Progress that says nothing."""

    def update(self, task: str, done: int, total: int | None, note: str = "") -> None:
        """Ignore the step."""

    def say(self, message: str) -> None:
        """Ignore the sentence."""


SILENT: Progress = Silent()
