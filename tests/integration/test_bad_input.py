"""What a user gets wrong: one sentence with the mend, exit code 1, nothing half-written."""

import shutil

import pytest


def wrong(case: str, phantom, tmp_path) -> list[object]:
    """The command line of a mistake."""
    data, labels, run = phantom.data, phantom.labels, tmp_path / "run"
    base = ["train", "--data", data, "--labels", labels, "--run", run, "--store", phantom.store, "--weights", "none"]
    base += ["--modality", "t1wce"]
    small = ["--set", "model.backbone=mobilenet-0.25"]
    empty = tmp_path / "empty"
    empty.mkdir()
    (tmp_path / "typo.json").write_text('{"name": "mine", "modalitis": ["t1w"]}')
    (tmp_path / "weights.h5").write_bytes(b"no weights")
    (tmp_path / "used").mkdir()
    (tmp_path / "used" / "thesis.txt").write_text("precious")
    return {
        "wrong path": [*base, "--data", tmp_path / "nowhere"],
        "empty folder": [*base, "--data", empty],
        "no such column": [*base, "--label-column", "MGMT"],
        "wrong positive": [*base, "--positive", "7"],
        "recipe with a typo": [*base, "--recipe", tmp_path / "typo.json"],
        "unknown recipe": [*base, "--recipe", "mgmtt"],
        "unknown backbone": [*base, "--set", "model.backbone=efficientnet0"],
        "weights that are none": [*base, *small, "--weights", tmp_path / "weights.h5"],
        "no download": [*base, "--weights", "imagenet", "--set", "model.backbone=alexnet"],
        "folder in use": [*base, "--run", tmp_path / "used", "--force"],
        "too many folds": [*base, "--folds", "30"],
        "no such run": ["evaluate", tmp_path / "nowhere"],
        "no such model": ["predict", tmp_path / "nowhere", data, "--out", tmp_path / "x.csv"],
        "nothing to resume": ["train", "--resume", "--run", tmp_path / "nowhere"],
        "missing modality": [*base, "--modality", "t2w"],
    }[case]


CASES = {
    "wrong path": "does not exist",
    "empty folder": "holds no file",
    "no such column": "MGMT_value",
    "wrong positive": "rows have",
    "recipe with a typo": "modalities",
    "unknown recipe": "did you mean 'mgmt'",
    "unknown backbone": "efficientnetb0",
    "weights that are none": "weights.h5",
    "no download": "--weights none",
    "folder in use": "no run of ours",
    "too many folds": "--folds",
    "no such run": "does not exist",
    "no such model": "does not exist",
    "nothing to resume": "does not exist",
    "missing modality": "ask for another modality",
}


@pytest.mark.parametrize("case", CASES)
def test_one_sentence_says_what_and_the_mend(radiogen, phantom, tmp_path, case):
    done = radiogen(*wrong(case, phantom, tmp_path))
    assert done.code == 1, done.out
    assert CASES[case] in done.out
    assert "Error:" in done.out
    assert "Traceback" not in done.out
    assert not (tmp_path / "run").exists()
    assert (tmp_path / "used" / "thesis.txt").read_text() == "precious"


def test_wrong_usage_exits_with_two(radiogen):
    assert radiogen("train", "--foldz", "5").code == 2
    assert radiogen("train", "--folds", "many").code == 2


def test_resume_takes_nothing_but_the_run(radiogen, run):
    done = radiogen("train", "--resume", "--run", run, "--labels", "other.csv")
    assert done.code == 2
    assert "--labels" in done.out
    finished = radiogen("train", "--resume", "--run", run)
    assert finished.code == 1
    assert "nothing to resume" in finished.out


def test_given_splits_stand_alone(radiogen):
    assert radiogen("train", "--splits", "x.csv", "--folds", "5").code == 2


def test_a_damaged_model_is_told_in_a_sentence(radiogen, phantom, run, tmp_path):
    copy = tmp_path / "run"
    shutil.copytree(run, copy)
    model = copy / "models" / "fold-1.keras"
    damaged = bytearray(model.read_bytes())
    damaged[len(damaged) // 2] ^= 255
    model.write_bytes(damaged)
    done = radiogen("predict", copy, phantom.data, "--out", tmp_path / "x.csv", "--store", phantom.store)
    assert done.code == 1
    assert "fold-1.keras can't be loaded" in done.out
    assert "Traceback" not in done.out
