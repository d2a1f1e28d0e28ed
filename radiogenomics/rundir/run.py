"""Where each file of a run lies, and how a run is read and written."""

import json
import math
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from radiogenomics.errors import MissingPathError, RunError
from radiogenomics.files import must_exist, write_text
from radiogenomics.recipe import Recipe, parse_json
from radiogenomics.records import Cohort, Estimate, Exclusion, Fold, Series
from radiogenomics.rundir.rows import absent, read_rows, write_csv, write_records

COHORT_COLUMNS = (
    *("patient_id", "series_uid", "modality", "plane", "n_files", "n_slices", "status", "reason"),
    *("scanner", "field_strength", "matrix", "spacing", "site"),
)


@dataclass(frozen=True, slots=True)
class Run:
    """A run folder; every path in it has one name, here."""

    root: Path

    def __truediv__(self, name: str) -> Path:
        return self.root / name

    @property
    def recipe(self) -> Path:
        """The resolved recipe."""
        return self.root / "recipe.json"

    @property
    def cohort(self) -> Path:
        """One row a series found."""
        return self.root / "cohort.csv"

    @property
    def exclusions(self) -> Path:
        """One row a rejected file or patient."""
        return self.root / "exclusions.csv"

    @property
    def quality(self) -> Path:
        """What preparation did to every patient, to be looked at, where the recipe has steps."""
        return self.root / "qc.html"

    @property
    def preparation(self) -> Path:
        """What each step of preparation did to each series, where the recipe has steps."""
        return self.root / "preparation.csv"

    @property
    def slices(self) -> Path:
        """One row a prepared slice."""
        return self.root / "slices.csv"

    @property
    def folds(self) -> Path:
        """Who is where, written before training starts."""
        return self.root / "folds.csv"

    @property
    def selection(self) -> Path:
        """What data chose what."""
        return self.root / "selection.json"

    @property
    def environment(self) -> Path:
        """Versions, device, threads, seed, hashes, command."""
        return self.root / "environment.json"

    @property
    def history(self) -> Path:
        """Every metric of every epoch."""
        return self.root / "history.csv"

    @property
    def slice_predictions(self) -> Path:
        """One row a slice, validation and test."""
        return self.root / "slice_predictions.csv"

    @property
    def predictions(self) -> Path:
        """One row a patient, fold, phase and split."""
        return self.root / "predictions.csv"

    @property
    def metrics(self) -> Path:
        """Patient level, test split, last phase."""
        return self.root / "metrics.json"

    @property
    def scores(self) -> Path:
        """Every metric of every level, phase, split and fold."""
        return self.root / "scores.csv"

    @property
    def statistics(self) -> Path:
        """Calibration, decision curve, operating points, subgroups, and the AUC by other intervals."""
        return self.root / "statistics.json"

    @property
    def traits(self) -> Path:
        """What is known of the patients besides their pixels, for audit and subgroups."""
        return self.root / "traits.csv"

    @property
    def audit(self) -> Path:
        """What the audit found."""
        return self.root / "audit.json"

    @property
    def signal(self) -> Path:
        """Is there signal? The tests and the verdict."""
        return self.root / "signal.json"

    @property
    def signal_page(self) -> Path:
        """The page of signal.json."""
        return self.root / "signal.html"

    @property
    def features(self) -> Path:
        """What the frozen base, and simple radiomics, say of each patient's images."""
        return self.root / "features.npz"

    @property
    def explanations(self) -> Path:
        """One row an explained slice: where the heat lies."""
        return self.root / "explanations.csv"

    @property
    def card(self) -> Path:
        """The model card."""
        return self.root / "model_card.md"

    @property
    def checklists(self) -> Path:
        """CLAIM 2024 and TRIPOD+AI, filled in where the run knows the answer."""
        return self.root / "checklists.md"

    @property
    def report(self) -> Path:
        """The page to read."""
        return self.root / "report.html"

    @property
    def log(self) -> Path:
        """What was said while the run was made."""
        return self.root / "log.txt"

    @property
    def figures(self) -> Path:
        """Pictures."""
        return self.root / "figures"

    @property
    def checkpoints(self) -> Path:
        """States that --resume goes on from; removed when the run is complete."""
        return self.root / "checkpoints"

    def model(self, fold: int) -> Path:
        """The trained model of one fold."""
        return self.root / "models" / f"fold-{fold}.keras"


def open_run(path: Path) -> Run:
    """The run at `path`.

    Raises:
        MissingPathError: No folder there, or one without recipe.json.
    """
    run = Run(must_exist(path, "run"))
    if not run.recipe.is_file():
        raise MissingPathError(f"{path} is no run: it has no recipe.json. Name a folder that `radiogen train` made")
    return run


def newest_run(folder: Path) -> Run:
    """The run under `folder` whose training was begun last.

    Raises:
        MissingPathError: There is none.
    """
    runs = sorted(folder.glob("*/recipe.json"), key=lambda path: (path.stat().st_mtime_ns, path.parent.name))
    if not runs:
        raise MissingPathError(f"no run lies under {folder}/: name one, or make one with `radiogen train`")
    return Run(runs[-1].parent)


def read_recipe(run: Run) -> Recipe:
    """The recipe that the run was made with."""
    return parse_json(must_exist(run.recipe, "recipe").read_bytes(), str(run.recipe))


def _cells(series: Series) -> list[object]:
    strength = "" if series.field_strength is None else f"{series.field_strength:g}"
    spacing = "" if series.spacing is None else "x".join(f"{value:g}" for value in series.spacing)
    return [
        series.patient_id, series.series_uid, series.modality, series.plane, series.n_files, len(series.slices),
        series.status, series.reason, series.scanner, strength, f"{series.rows}x{series.columns}", spacing, series.site,
    ]  # fmt: skip


def series_rows(cohort: Cohort) -> list[dict[str, str]]:
    """The rows of cohort.csv, as they are read back."""
    return [dict(zip(COHORT_COLUMNS, map(str, _cells(series)), strict=True)) for series in cohort.series]


def write_series(path: Path, cohort: Cohort) -> None:
    """Write one row a series: cohort.csv, wherever it is to lie."""
    write_csv(path, COHORT_COLUMNS, (_cells(series) for series in cohort.series))


def write_cohort(folder: Path, cohort: Cohort) -> None:
    """Write cohort.csv and exclusions.csv into `folder` (a run, or a scan's --out)."""
    write_series(folder / "cohort.csv", cohort)
    write_records(folder / "exclusions.csv", Exclusion, cohort.exclusions)


def write_folds(run: Run, folds: Iterable[Fold], labels: Mapping[str, int]) -> None:
    """Write folds.csv: patient_id, fold, split, label."""
    rows = (
        (patient, fold.index, split, labels[patient])
        for fold in folds
        for split in ("train", "validation", "test")
        for patient in getattr(fold, split)
    )
    write_csv(run.folds, ["patient_id", "fold", "split", "label"], rows)


def read_folds(run: Run) -> tuple[tuple[Fold, ...], dict[str, int]]:
    """The folds, and each patient's label; raises RunError where the file is damaged."""
    members: dict[int, dict[str, list[str]]] = {}

    def place(row: dict[str, str]) -> tuple[str, int]:
        splits = members.setdefault(int(row["fold"]), {"train": [], "validation": [], "test": []})
        splits[row["split"]].append(row["patient_id"])
        return row["patient_id"], int(row["label"])

    labels = dict(read_rows(run.folds, place))
    folds = tuple(
        Fold(index, **{split: tuple(sorted(ids)) for split, ids in splits.items()})
        for index, splits in sorted(members.items())
    )
    return folds, labels


def _plain(value: Any) -> Any:
    if isinstance(value, Estimate):
        return _plain(asdict(value))
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(item) for item in value]
    return None if isinstance(value, float) and not math.isfinite(value) else value


def write_json(path: Path, data: Mapping[str, Any]) -> None:
    """Write JSON whole or not at all; estimates become objects, nan becomes null."""
    write_text(path, json.dumps(_plain(data), indent=2, ensure_ascii=False) + "\n")


def read_json(path: Path, command: str = "evaluate") -> dict[str, Any]:
    """Read a JSON object.

    Args:
        path: Of the file, in a run.
        command: Which makes it anew.

    Raises:
        MissingPathError: There is no such file.
        RunError: The file is damaged.
    """
    try:
        return dict(json.loads(path.read_bytes()))
    except FileNotFoundError:
        raise absent(path) from None
    except (ValueError, TypeError) as error:
        raise RunError(f"{path} is damaged: {error}. Make it anew with `radiogen {command} {path.parent}`") from None


def read_metrics(run: Run) -> dict[str, Estimate]:
    """The figures of metrics.json."""

    def number(value: float | None) -> float:
        return math.nan if value is None else value

    return {
        name: Estimate(number(row["value"]), number(row["low"]), number(row["high"]), row["n"])
        for name, row in read_json(run.metrics).items()
    }
