import json
import math
import os
from pathlib import Path

import pytest

from radiogenomics.errors import MissingPathError, RunError
from radiogenomics.recipes import find
from radiogenomics.records import Cohort, Estimate, Exclusion, Fold, Series
from radiogenomics.rundir.run import (
    Run,
    newest_run,
    open_run,
    read_folds,
    read_json,
    read_metrics,
    read_recipe,
    write_cohort,
    write_folds,
    write_json,
)

FOLDS = (Fold(0, ("a", "b"), ("c",), ("d",)), Fold(1, ("c", "d"), ("a",), ("b",)))
LABELS = {"a": 0, "b": 1, "c": 0, "d": 1}


def begin(folder: Path, when: int = 0) -> Run:
    folder.mkdir(parents=True)
    run = Run(folder)
    run.recipe.write_text(find("mgmt").to_json())
    os.utime(run.recipe, ns=(when, when))
    return run


def test_folds_come_back_and_are_written_as_the_contract_says(tmp_path: Path) -> None:
    run = Run(tmp_path)
    write_folds(run, FOLDS, LABELS)
    assert run.folds.read_text().splitlines()[:2] == ["patient_id,fold,split,label", "a,0,train,0"]
    assert read_folds(run) == (FOLDS, LABELS)


@pytest.mark.parametrize("row", ["a,zero,train,0", "a,0,holdout,0", "a,0,train,", "a"])
def test_damaged_folds_are_one_sentence(tmp_path: Path, row: str) -> None:
    run = Run(tmp_path)
    run.folds.write_text(f"patient_id,fold,split,label\n{row}\n")
    with pytest.raises(RunError, match=r"folds\.csv"):
        read_folds(run)


def test_a_run_is_opened_by_its_folder_only(tmp_path: Path) -> None:
    run = begin(tmp_path / "run")
    assert open_run(tmp_path / "run") == run
    assert read_recipe(run) == find("mgmt")
    with pytest.raises(MissingPathError, match=r"has no recipe\.json"):
        open_run(tmp_path)
    with pytest.raises(MissingPathError, match="does not exist"):
        open_run(tmp_path / "other")


def test_the_newest_run_is_the_one_begun_last(tmp_path: Path) -> None:
    with pytest.raises(MissingPathError, match="radiogen train"):
        newest_run(tmp_path)
    begin(tmp_path / "b", when=2)
    late = begin(tmp_path / "a", when=3)
    begin(tmp_path / "c", when=1)
    assert newest_run(tmp_path) == late


def test_figures_come_back_and_undefined_ones_are_null(tmp_path: Path) -> None:
    run = Run(tmp_path)
    write_json(run.metrics, {"auc": Estimate(2 / 3, 0.5, 0.8, 30), "recall": Estimate(math.nan, math.nan, math.nan, 0)})
    text = json.loads(run.metrics.read_text())
    assert text["auc"] == {"value": 2 / 3, "low": 0.5, "high": 0.8, "n": 30}
    assert text["recall"]["value"] is None
    found = read_metrics(run)
    assert found["auc"] == Estimate(2 / 3, 0.5, 0.8, 30)
    assert math.isnan(found["recall"].low)


@pytest.mark.parametrize("text", ["{", "[1]", "3"])
def test_damaged_json_is_one_sentence(tmp_path: Path, text: str) -> None:
    (tmp_path / "selection.json").write_text(text)
    with pytest.raises(RunError, match=r"selection\.json is damaged"):
        read_json(tmp_path / "selection.json")


def test_a_run_that_was_stopped_is_told_how_to_go_on(tmp_path: Path) -> None:
    run = Run(tmp_path / "run")
    for read in (read_metrics, read_folds, lambda run: read_json(run.selection)):
        with pytest.raises(
            MissingPathError, match=rf"is {run.root} a finished run\? `radiogen train --resume --run {run.root}`"
        ):
            read(run)


def series(**changes: object) -> Series:
    fields: dict[str, object] = {
        **{"patient_id": "a", "study_uid": "1", "series_uid": "1.2", "modality": "t1w", "modality_source": "folder"},
        **{"plane": "axial", "slices": (), "n_files": 3, "rows": 64, "columns": 48, "spacing": (0.5, 1.0)},
        **{"orientation": (), "frame_of_reference_uid": "1", "description": "", "scanner": "A, B", "site": "site-1"},
        **{"field_strength": 1.5, "acquired": "19990101120000"},
    }
    return Series(**{**fields, **changes})  # type: ignore[arg-type]


def test_the_cohorts_tables_have_the_contracts_columns_and_no_dates(tmp_path: Path) -> None:
    unknown = series(spacing=None, field_strength=None, status="unused", reason="two series")
    write_cohort(tmp_path, Cohort("data", 7, (series(), unknown), (Exclusion("a", "x.txt", "no DICOM"),)))
    header, first, second = (tmp_path / "cohort.csv").read_text().splitlines()
    assert header == (
        "patient_id,series_uid,modality,plane,n_files,n_slices,status,reason,scanner,field_strength,matrix,spacing,site"
    )
    assert first == 'a,1.2,t1w,axial,3,0,used,,"A, B",1.5,64x48,0.5x1,site-1'
    assert second == 'a,1.2,t1w,axial,3,0,unused,two series,"A, B",,64x48,,site-1'
    assert (tmp_path / "exclusions.csv").read_text() == "patient_id,path,reason\na,x.txt,no DICOM\n"
