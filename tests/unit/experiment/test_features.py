"""Features of a frozen base are kept for what they were computed with, and for nothing else."""

import numpy as np
import pytest

from radiogenomics.experiment import features
from radiogenomics.records import SILENT, Plane, Sample
from radiogenomics.store import Store

SAMPLES = (Sample("p", "", "s", 1, 0, (Plane("a" * 64, 0),)),)


@pytest.mark.parametrize("package", ["tensorflow", "keras"])
def test_another_version_of_what_computes_them_computes_them_anew(tmp_path, monkeypatch, package):
    computed, versions = [], {"tensorflow": "2.18", "keras": "3.9"}
    monkeypatch.setattr(features, "version", versions.__getitem__)
    monkeypatch.setattr(features, "scoring_batches", lambda *_: None)
    monkeypatch.setattr(features, "outputs", lambda *_: computed.append(1) or np.ones((1, 4), np.float32))

    def compute():
        features.compute_features(None, Store(tmp_path), SAMPLES, "base", turn=0, task="", progress=SILENT)

    compute()
    compute()
    assert len(computed) == 1
    versions[package] += ".1"
    compute()
    assert len(computed) == 2
