"""Cohorts as records, for the audit: patients, folds, slices and traits that are drawn without a look at the label."""

from collections.abc import Sequence

import numpy as np

from radiogenomics import recipes
from radiogenomics.cohort.split import make_folds
from radiogenomics.evaluation.audit.audit import audit
from radiogenomics.evaluation.audit.facts import Facts
from radiogenomics.overrides import override
from radiogenomics.records import Finding, PreparedSlice, Trait

RECIPE = override(recipes.find("mgmt"), ["split.folds=5", "model.weights=none"])
WORDS = ("ax", "t1", "se", "fs", "brain", "head", "neuro", "routine", "gad", "post", "pre", "tse", "flair", "thin")
SLICES = 4


def ids_of(patients: int) -> list[str]:
    """Ids whose order means nothing."""
    return [f"P{number:03d}" for number in range(1, patients + 1)]


def coin_labels(ids: Sequence[str], random: np.random.Generator, positives: int | None = None) -> dict[str, int]:
    """Labels dealt at random."""
    positives = len(ids) // 2 if positives is None else positives
    dealt = random.permutation([1] * positives + [0] * (len(ids) - positives))
    return dict(zip(ids, map(int, dealt), strict=True))


def slices_of(ids: Sequence[str], random: np.random.Generator) -> list[PreparedSlice]:
    """Slices whose hashes have nothing to do with one another."""
    return [
        PreparedSlice(p, f"1.2.{p}", f"1.2.{p}.{k}", k, random.bytes(16).hex(), random.bytes(32).hex())
        for p in ids
        for k in range(1, SLICES + 1)
    ]


def traits_of(ids: Sequence[str], random: np.random.Generator, modalities=("flair", "t1w"), sites=3) -> list[Trait]:
    """What headers say in a cohort of several sites, each with scanners and habits of its own, and drawn by lot."""
    found = []
    for patient in ids:
        site = int(random.integers(sites))
        model, day = int(random.integers(2)), int(random.integers(2000))
        for modality in modalities:
            acquisition = {
                "site": f"site-{site + 1}",
                "scanner": f"maker {site} model {model}",
                "manufacturer": f"maker {site}",
                "field_strength": ("1.5", "3")[model],
                "day": str(day),
                "echo_time": f"{random.normal(90 + 5 * site, 2):.1f}",
                "repetition_time": f"{random.choice([2000, 2500, 3000])}",
                "flip_angle": f"{random.choice([90, 120, 150])}",
                "slice_thickness": ("3", "5")[int(random.integers(2))],
                "matrix": ("256x256", "512x512", "320x320")[int(random.integers(3))],
                "n_slices": str(int(random.integers(18, 40))),
            }
            found += [Trait(patient, modality, "acquisition", name, value) for name, value in acquisition.items()]
        identity = {name: random.bytes(12).hex() for name in ("name", "header_id", "study", "frame", "accession")}
        identity["birth_date"] = f"day {random.integers(21_900)}"
        found += [Trait(patient, "", "identity", name, value) for name, value in identity.items()]
        found += [Trait(patient, "", "word", "SeriesDescription", word) for word in WORDS if random.random() < 0.5]
    return found


def made_up(seed: int, patients: int = 40, positives: int | None = None, **more) -> Facts:
    """A clean cohort before its training; the seed alone decides it."""
    random = np.random.default_rng(seed)
    ids = ids_of(patients)
    labels = coin_labels(ids, random, positives)
    folds = make_folds(labels, RECIPE.split, 0)
    facts = Facts(RECIPE, labels, folds, slices_of(ids, random), traits=traits_of(ids, random))
    return Facts(**{name: more.get(name, getattr(facts, name)) for name in Facts.__dataclass_fields__})


def accused(findings: Sequence[Finding]) -> list[str]:
    """The checks that accuse, for reading in a failed test."""
    return [f"{f.check} {f.status}: {f.sentence}" for f in findings if f.status in {"found", "suspected"}]


def of_check(facts: Facts, check: str) -> Finding:
    """What one check says; the first of several."""
    return next(finding for finding in audit(facts) if finding.check == check)
