from dataclasses import replace

import numpy as np
import pytest

from radiogenomics.rundir.features import PatientFeatures, read_features, write_features

PLAIN = np.arange(6, dtype=np.float32).reshape(2, 3)
FEATURES = PatientFeatures(
    ("a", "\udcfc"), PLAIN, PLAIN + 1, PLAIN + 2, PLAIN[:, :1], ("shape: area",), "a base", ("said",), {"samples": "x"}
)


@pytest.mark.parametrize("hidden", [PLAIN, None])
def test_features_are_read_back_as_they_were(tmp_path, hidden):
    features = replace(FEATURES, hidden=hidden)
    for name in ("one.npz", "two.npz"):
        write_features(tmp_path / name, features)
    assert (tmp_path / "one.npz").read_bytes() == (tmp_path / "two.npz").read_bytes()
    found = read_features(tmp_path / "one.npz")
    for name in ("patients", "names", "base", "remarks", "of"):
        assert getattr(found, name) == getattr(features, name)
    for name in ("plain", "planted", "radiomics"):
        np.testing.assert_array_equal(getattr(found, name), getattr(features, name))
    assert (found.hidden is None) == (hidden is None)


def test_a_damaged_file_is_as_good_as_none(tmp_path):
    path = tmp_path / "features.npz"
    assert read_features(path) is None
    write_features(path, FEATURES)
    content = path.read_bytes()
    for damaged in (content[:100], content[:-30], b"", b"text"):
        path.write_bytes(damaged)
        assert read_features(path) is None
