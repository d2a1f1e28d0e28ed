"""The tests of a cohort as a whole, on features that are drawn: who is told a signal, and who is not."""

import json
from dataclasses import replace

import numpy as np
import pytest

from radiogenomics.evaluation.signal.study import BASELINES, Material, study
from radiogenomics.records import Estimate
from radiogenomics.rundir.run import read_json, write_json


def material(seed: int, shift: float = 0.0, n: int = 70, columns: int = 100, folds: int = 5) -> Material:
    """Features of many directions, eight of which differ by `shift` between the classes."""
    random = np.random.Generator(np.random.Philox([5, seed]))
    labels = (random.permutation(n) < 0.4 * n).astype(np.int64)
    order = np.concatenate([np.flatnonzero(labels == 1), np.flatnonzero(labels == 0)])
    parts = [(np.setdiff1d(order, order[k::folds]), np.sort(order[k::folds])) for k in range(folds)]
    plain = random.normal(size=(n, columns))
    plain[:, :8] += shift * labels[:, None]
    return Material(
        labels,
        parts,
        plain,
        plain + 2 * np.eye(columns)[0],
        hidden=random.normal(size=(n, columns)),
        baselines={"metadata": random.normal(size=(n, 4)), "shape": random.normal(size=(n, 5))},
        whole=True,
        classes=("wild", "mutant"),
    )


def verdicts(shift: float) -> list[str]:
    """Of 20 cohorts, whose seeds are 0 to 19."""
    return [study(material(seed, shift), resamples=199, targets=())["verdict"] for seed in range(20)]


def test_of_20_cohorts_without_signal_at_most_3_are_told_one():
    assert sum(verdict != "none" for verdict in verdicts(0.0)) <= 3


def test_of_20_cohorts_with_a_strong_signal_at_least_18_are_told_so():
    assert verdicts(1.0).count("signal") >= 18


@pytest.mark.parametrize("name", ["metadata", "shape", "hidden"])
def test_a_shortcut_is_named(name):
    plain = material(0, shift=1.0)
    told = plain.labels[:, None] + 0.5 * plain.plain[:, 50:55]
    changed = replace(plain, hidden=told) if name == "hidden" else replace(plain, baselines={name: told})
    found = study(changed, resamples=199, targets=())
    assert found["verdict"] == "shortcut"
    assert len(found["reasons"]) == 1
    # A crop's own outline is the lesion's: no shortcut.
    crops = study(replace(changed, whole=False), resamples=199, targets=())
    assert (crops["verdict"] == "signal") == (name == "shape")


def test_what_is_written_is_read_back_flat_and_the_same_each_time(tmp_path):
    own = replace(material(1, 1.0), model=Estimate(0.8, 0.7, 0.9, 70), note="LEAK ALLOWED (x)")
    for name in ("one.json", "two.json"):
        write_json(tmp_path / name, study(own, resamples=120, draws=2))
    assert (tmp_path / "one.json").read_bytes() == (tmp_path / "two.json").read_bytes()
    found = read_json(tmp_path / "one.json")
    assert found["note"] == "LEAK ALLOWED (x)"
    assert found["head"]["auc"].keys() == {"value", "low", "high", "n"}
    assert len(found["head"]["null"]) == 120
    assert [row["auc"] for row in found["control"]] == [0.65, 0.75, 0.85, 1.0]
    assert 0.6 < found["smallest_auc"] < 0.8
    assert set(found["baselines"]) <= set(BASELINES)
    assert found["positives"] + found["negatives"] == 70
    assert "NaN" not in json.dumps(found)


def test_so_few_permutations_that_nothing_can_be_sure_are_refused():
    with pytest.raises(ValueError, match=r"of 99 permutations no p is below 0\.01: take at least 100"):
        study(material(0), resamples=99, targets=())
    assert study(material(0), resamples=100, targets=())["resamples"] == 100
