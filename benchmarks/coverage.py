"""How often 95% intervals hold the truth: cohorts of 60 test patients, drawn from scores whose AUC is known.

    python benchmarks/coverage.py [--positives 16 23 30] [--cohorts 1000] [--resamples 500] [--seed 20261121]

Three kinds of scores: normal in both classes (the usual case of the literature); exponential in both, where a few
positives lie among the negatives and the others far above (skewed: the hardest for an interval near an AUC of 1); and
normal but cut to six ratings (tied). The rule of the default interval was settled on draws of other seeds (seed 0 here
had been looked at before, and sent us to look for it); the default seed was first drawn when it stood.
Scores are independent: one model, test patients it has never seen. What another training would give, is not in it.

Then the figures of decisions, F1, balanced accuracy and Matthews' correlation, at known sensitivity and specificity:
summed over all that could be decided, hence without a standard error; beside the percentile bootstrap.
"""

import argparse
import math
from collections.abc import Callable, Sequence
from itertools import product

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import ndtr, ndtri
from scipy.stats import binom

from radiogenomics.evaluation.average_precision import precision_interval, resampled_average_precision
from radiogenomics.evaluation.estimate import decision_limits, of_counts
from radiogenomics.evaluation.intervals import auc_intervals, bootstrap_weights, percentile

PATIENTS = 60
POSITIVES = (16, 23, 30)
AREAS = (0.6, 0.7, 0.8, 0.9, 0.95)
RATES = tuple(product((0.6, 0.8, 0.9), (0.6, 0.8, 0.9)))  # sensitivity, specificity
DECIDED = ("f1", "balanced_accuracy", "mcc")
METHODS = ("logit-DeLong", "DeLong", "bootstrap")
Array = NDArray[np.float64]
Draw = Callable[[np.random.Generator, int, int], Array]  # positives first


def normal(area: float) -> Draw:
    """Two normal distributions of one width."""
    shift = ndtri(area) * math.sqrt(2)
    return lambda random, m, n: np.concatenate([random.normal(shift, size=m), random.normal(size=n)])


def skewed(area: float) -> Draw:
    """Two exponential distributions: a positive exceeds a negative with probability scale / (1 + scale)."""
    scale = area / (1 - area)
    return lambda random, m, n: np.concatenate([random.exponential(scale, m), random.exponential(1.0, n)])


def tied(area: float) -> Draw:
    """Two normal distributions cut to six ratings, shifted until the area, ties a half, is the one asked for."""

    def cuts(shift: float) -> Array:
        return np.linspace(-1, shift + 1, 5)

    def of_ratings(shift: float) -> float:
        above, below = (np.diff(ndtr(cuts(shift) - by), prepend=0, append=1) for by in (shift, 0.0))
        return float(above @ (below.cumsum() - below / 2))

    shift = brentq(lambda by: of_ratings(by) - area, 0, 10)

    def draw(random: np.random.Generator, m: int, n: int) -> Array:
        values = np.concatenate([random.normal(shift, size=m), random.normal(size=n)])
        return np.digitize(values, cuts(shift)).astype(np.float64)

    return draw


KINDS: dict[str, Callable[[float], Draw]] = {"normal": normal, "skewed": skewed, "tied": tied}


def true_precision(draw: Draw, positives: int) -> float:
    """Average precision at this share of positives, from a million scores a class."""
    size = 1_000_000
    scores = draw(np.random.Generator(np.random.Philox(1)), size, size)
    labels = np.repeat([1, 0], size)
    weights = np.array([[positives, PATIENTS - positives]], dtype=np.float64)
    return float(resampled_average_precision(labels, scores, 1 - labels, weights)[0])


def cell(
    kind: str, positives: int, area: float, cohorts: int, resamples: int, seed: int
) -> tuple[dict[str, float], float]:
    """The share of cohorts in which each interval holds the truth, and the default's median width."""
    draw, place = KINDS[kind](area), (list(KINDS).index(kind) * 100 + positives) * 100 + round(area * 100)
    random = np.random.Generator(np.random.Philox(seed * 1_000_000 + place))
    labels = np.repeat([1, 0], [positives, PATIENTS - positives])
    weights, precision = bootstrap_weights(labels, resamples), true_precision(draw, positives)
    held, widths = dict.fromkeys((*METHODS, "precision"), 0), []
    for _ in range(cohorts):
        scores = draw(random, positives, PATIENTS - positives)
        of_area = auc_intervals(labels, scores, resamples)
        for method, figure in of_area.items():
            held[method] += figure.low <= area <= figure.high
        widths.append(of_area["logit-DeLong"].high - of_area["logit-DeLong"].low)
        found = precision_interval(labels, scores, np.arange(PATIENTS), weights)
        held["precision"] += found.low <= precision <= found.high
    return {method: count / cohorts for method, count in held.items()}, float(np.median(widths))


def decided(positives: int, sensitivity: float, specificity: float, resamples: int) -> dict[str, tuple[float, float]]:
    """The chance that each figure's limits hold the truth: the package's, and the percentile bootstrap's.

    Where a figure is undefined there are none, and such cohorts do not count.
    """
    m, n = positives, PATIENTS - positives
    true = np.array([m * sensitivity, n * (1 - specificity), n * specificity, m * (1 - sensitivity)])
    truths = {name: float(of_counts(name, true)) for name in DECIDED}
    random, held = np.random.Generator(np.random.Philox(1)), {name: np.zeros(3) for name in DECIDED}
    for tp, tn in product(range(m + 1), range(n + 1)):
        chance = float(binom.pmf(tp, m, sensitivity) * binom.pmf(tn, n, specificity))
        hits, kept = random.binomial(m, tp / m, resamples), random.binomial(n, tn / n, resamples)
        drawn = np.stack([hits, n - kept, kept, m - hits], -1).astype(np.float64)
        counts = np.repeat(np.eye(4), (tp, n - tn, tn, m - tp), axis=0)
        for name, truth in truths.items():
            if not np.isnan(of_counts(name, counts.sum(0))):
                limits = decision_limits(name, counts), percentile(of_counts(name, drawn))
                held[name] += chance * np.array([1, *(low <= truth <= high for low, high in limits)])
    return {name: (float(found[1] / found[0]), float(found[2] / found[0])) for name, found in held.items()}


def decisions(positives: Sequence[int], resamples: int) -> None:
    """Print a row for each number of positives, sensitivity and specificity, and the range of each figure."""
    print("positives  sensitivity  specificity  " + "  ".join(f"{name} (bootstrap)" for name in DECIDED))
    rows = []
    for count, (sensitivity, specificity) in product(positives, RATES):
        rows.append(decided(count, sensitivity, specificity, resamples))
        cells = (f"{ours:{len(name)}.3f} ({theirs:.3f})    " for name, (ours, theirs) in rows[-1].items())
        print(f"{count:9}  {sensitivity:11.1f}  {specificity:11.1f}  " + "  ".join(cells), flush=True)
    for name in DECIDED:
        ours, theirs = zip(*(row[name] for row in rows), strict=True)
        print(f"{name}: {min(ours):.3f} to {max(ours):.3f}, bootstrap {min(theirs):.3f} to {max(theirs):.3f}")


def areas(positives: Sequence[int], cohorts: int, resamples: int, seed: int) -> None:
    """Print a row for each kind of scores, number of positives and AUC, and the range of each kind."""
    columns = ("logit-DeLong (default)", *METHODS[1:], "average precision")
    print("scores  positives   AUC  " + "  ".join(columns) + "  median width of the default")
    for kind in KINDS:
        found: dict[str, list[float]] = {}
        for count, area in product(positives, AREAS):
            shares, width = cell(kind, count, area, cohorts, resamples, seed)
            cells = (f"{share:{len(name)}.3f}" for share, name in zip(shares.values(), columns, strict=True))
            print(f"{kind:6}  {count:9}  {area:4.2f}  " + "  ".join(cells) + f"  {width:.2f}", flush=True)
            for method, share in shares.items():
                found.setdefault(method, []).append(share)
        print(f"{kind}: " + ", ".join(f"{method} {min(s):.3f} to {max(s):.3f}" for method, s in found.items()))


def main() -> None:
    """Print both."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--positives", type=int, nargs="+", default=POSITIVES, help=f"of {PATIENTS} patients")
    parser.add_argument("--cohorts", type=int, default=1000)
    parser.add_argument("--resamples", type=int, default=500, help="of the bootstrap, which has 2,000 in a report")
    parser.add_argument("--seed", type=int, default=20261121, help="of the cohorts, which differ from cell to cell")
    given = parser.parse_args()
    error = math.sqrt(0.95 * 0.05 / given.cohorts)
    print(f"{given.cohorts} cohorts of {PATIENTS} a row; a share of .95 has a standard error of {error:.3f} here")
    areas(given.positives, given.cohorts, given.resamples, given.seed)
    decisions(given.positives, given.resamples)


if __name__ == "__main__":
    main()
