"""Our statistics beside the values that R computes of the same data: fixtures/statistics.R says how."""

import csv
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from radiogenomics.evaluation.average_precision import average_precision
from radiogenomics.evaluation.comparison import holm
from radiogenomics.evaluation.decide import Scored
from radiogenomics.evaluation.delong import auc, auc_variance, informants, paired_test
from radiogenomics.evaluation.estimate import estimate
from radiogenomics.evaluation.intervals import auc_interval, auc_intervals, clopper_pearson, newcombe_interval
from radiogenomics.evaluation.resampled_t import corrected_resampled_t

FIXTURES = Path(__file__).parent / "fixtures"
R = json.loads((FIXTURES / "statistics.json").read_text())
COLUMNS = {"pair.first": ("pair", "first"), "pair.second": ("pair", "second"),
           "ratings": ("ratings", "rating"), "near": ("near", "score")}  # fmt: skip
TEN = [0.05, 0.1, -0.025, 0.075, 0.15, 0, 0.05, 0.125, 0.1, 0.025]


def column(name):
    file, score = COLUMNS[name]
    with (FIXTURES / f"{file}.csv").open() as lines:
        rows = list(csv.DictReader(lines))
    return [int(row["label"]) for row in rows], [float(row[score]) for row in rows]


def close(values, rel=1e-9, absolute=1e-10):
    return pytest.approx(values, rel=rel, abs=absolute)


def limits(figure):
    return [figure.low, figure.high]


def test_there_are_enough_of_them_to_mean_something():
    assert sum(len(values) for values in R.values()) >= 90


@pytest.mark.parametrize("name", COLUMNS)
def test_areas_variances_and_intervals_are_procs(name):
    labels, scores = column(name)
    assert [auc(labels, scores)] == close(R[f"{name}.auc"])
    assert [auc(labels, scores)] == close(R[f"{name}.ranksum"])
    assert [auc_variance(labels, scores)[1]] == close(R[f"{name}.variance"])
    assert limits(auc_intervals(labels, scores)["DeLong"]) == close(R[f"{name}.delong"])
    assert [average_precision(labels, scores)] == close(R[f"{name}.average_precision"])


@pytest.mark.parametrize("name", ["pair.first", "pair.second", "ratings"])
def test_the_default_interval_is_procs_variance_on_the_logit_scale(name):
    assert limits(auc_interval(*column(name))) == close(R[f"{name}.logit"])


def test_where_the_variance_rests_on_fewer_than_two_it_is_hanley_and_mcneils():
    assert [informants(*column("near"))] == close(R["near.informants"])
    assert limits(auc_interval(*column("near"))) == close(R["near.default"])
    assert R["near.default"][0] < R["near.logit"][0]


def test_newcombes_limits_are_the_roots_that_r_finds():
    assert list(newcombe_interval(1.0, 16, 44)) == close(R["newcombe.perfect"])
    assert list(newcombe_interval(0.5, 16, 44)) == close(R["newcombe.alike"])


@pytest.mark.parametrize("name", ["pair.first", "ratings"])
def test_the_bootstrap_agrees_with_procs_as_far_as_chance_lets_it(name):
    assert limits(auc_intervals(*column(name))["bootstrap"]) == pytest.approx(R[f"{name}.bootstrap"], abs=0.015)


def test_the_paired_test_is_procs():
    (labels, first), (_, second) = column("pair.first"), column("pair.second")
    found = paired_test(labels, first, second)
    assert [found.p] == close(R["paired.p"])
    assert limits(found.difference) == close(R["paired.interval"])
    spread = found.difference.high - found.difference.low
    assert [found.difference.value / (spread / 2 / 1.959963984540054)] == close(R["paired.z"])


@pytest.mark.parametrize("which", ["first", "second"])
def test_figures_of_decisions_and_their_exact_intervals_are_base_rs(which):
    labels, scores = column(f"pair.{which}")
    found = estimate(
        [Scored(f"{i}", y, p, 0.5) for i, (y, p) in enumerate(zip(labels, scores, strict=True))], "patient"
    )
    for name in ("accuracy", "sensitivity", "specificity", "precision", "npv"):
        assert [found[name].value, *limits(found[name])] == close(R[f"{which}.{name}"]), name
    for name in ("f1", "balanced_accuracy", "mcc"):
        assert [found[name].value] == close(R[f"{which}.{name}"]), name
        assert found[name].low < found[name].value < found[name].high


def test_exact_limits_of_none_and_of_all():
    assert list(clopper_pearson(0, 10)) == close(R["binom.none"])
    assert list(clopper_pearson(16, 16)) == close(R["binom.all"])


def test_holms_correction_is_p_adjusts():
    assert holm([0.04, 0.001, 0.03, 0.2, 0.0125, 0.04]) == close(R["holm"])


@pytest.mark.parametrize(
    ("name", "differences", "sizes"),
    [("ten", TEN, (54, 6)),
     ("twice.five", [0.08, 0.02, -0.04, 0.11, 0.05, 0.03, 0.09, -0.02, 0.06, 0.01], (48, 12))],
)  # fmt: skip
def test_the_corrected_t_is_its_formula_by_rs_distribution(name, differences, sizes):
    found = corrected_resampled_t(differences, *sizes)
    values = [found.difference.value, found.t, found.df, found.p, *limits(found.difference)]
    assert values == close(R[f"resampled.{name}"])


def test_without_overlap_the_corrected_t_is_students():
    assert [corrected_resampled_t(TEN, 1e15, 1).t] == close(R["uncorrected.ten"])


def run_r(*arguments):
    """What Rscript prints; the test is skipped where R or pROC is absent."""
    if not shutil.which("Rscript"):
        pytest.skip("R is not installed (apt-get install r-cran-proc)")
    known = subprocess.run(["Rscript", "-e", "library(pROC)"], capture_output=True, check=False)
    if known.returncode:
        pytest.skip("R has no package pROC (apt-get install r-cran-proc)")
    return subprocess.run(["Rscript", *arguments], cwd=FIXTURES, capture_output=True, text=True, check=True).stdout


def test_r_still_computes_these_values():
    found = json.loads(run_r("statistics.R"))
    assert found.keys() == R.keys()
    for name, values in found.items():  # another pROC may draw another bootstrap
        assert values == close(R[name], rel=1e-6, absolute=0.02 if "bootstrap" in name else 1e-9), name


def test_procs_own_example():
    text = run_r("-e", "library(pROC); data(aSAH); write.csv(aSAH[, c('outcome', 's100b')], row.names = FALSE)")
    rows = list(csv.DictReader(text.splitlines()))
    labels, scores = [int(row["outcome"] == "Poor") for row in rows], [float(row["s100b"]) for row in rows]
    found = auc_intervals(labels, scores)["DeLong"]
    assert len(rows) == 113
    assert [found.value, *limits(found)] == pytest.approx([0.7314, 0.6301, 0.8326], abs=5e-5)
