"""Where preparation made a series, its pixels come of the store's volumes, and all else is as it is with DICOM."""

import os
import shutil
from dataclasses import replace

import numpy as np
import pytest
import SimpleITK
from toy_cases import RECIPE, make_series, noise

from radiogenomics.errors import StoreError
from radiogenomics.experiment.channel import Channel
from radiogenomics.experiment.prepare import prepare
from radiogenomics.imaging.cuts import Cut
from radiogenomics.overrides import override
from radiogenomics.preparation.reading import on_grid, prepared_series, read_grid
from radiogenomics.records import Case, Lesion, Outline
from radiogenomics.store import Store

SimpleITK.ProcessObject.SetGlobalDefaultNumberOfThreads(1)

KEY = "ab" * 32
COUNT = 10
CROPS = ('slices={"policy":"lesion-centre","reach":1}', 'region={"policy":"mask","margin_mm":2,"square":true}')
LESIONS = (Lesion("a", "1", (Outline(4, 10, 12, 20, 18, 40), Outline(5, 8, 10, 22, 20, 90))),)


@pytest.fixture
def store(tmp_path):
    return Store(tmp_path / "store")


@pytest.fixture
def root(tmp_path):
    return tmp_path / "data"


def _raw(root):
    """Two series whose range sixteen bits hold as it is, so that the store gives back the very values."""
    planes = {name: [noise("a", name, 1 + k) for k in range(COUNT)] for name in ("t1w", "flair")}
    for volume in planes.values():
        volume[0][0, 0], volume[5][0, 0] = 0, 65534
    return tuple(make_series(root, "a", name, planes=volume) for name, volume in planes.items())


def _prepared(root, store, raw):
    """The same series, out of the store."""
    images = {series.modality: read_grid(root, series).image for series in raw}
    store.write_volumes(KEY, {name: on_grid(image) for name, image in images.items()}, {}, {})
    return tuple(prepared_series(series, raw[0], KEY) for series in raw)


def _brain(root, series, path):
    """A mask of some voxels of a series, as preparation writes it."""
    fixed = read_grid(root, series).image
    inside = np.zeros(fixed.GetSize()[::-1], np.uint8)
    inside[2:8, 5:30, 8:25] = 1
    image = SimpleITK.GetImageFromArray(inside)
    image.CopyInformation(fixed)
    SimpleITK.WriteImage(image, str(path))
    return str(path)


def _planes(store, prepared):
    return [store.read(plane) for sample in prepared.samples for plane in sample.planes]


@pytest.mark.parametrize("over", ["all", "brain"])
@pytest.mark.parametrize("scope", ["slice", "volume"])
@pytest.mark.parametrize("region", [(), CROPS])
def test_samples_are_those_that_dicom_of_the_same_values_gives(root, store, tmp_path, over, scope, region):
    recipe = override(RECIPE, [f"image.over={over}", f"image.scope={scope}", *region])
    raw = _raw(root)
    brain = _brain(root, raw[0], tmp_path / "brain.nii.gz") if over == "brain" else ""
    case = Case("a", 1, raw, LESIONS, brain_mask=brain)
    expected = prepare(root, [case], recipe, store, 0)
    made = _prepared(root, store, raw)
    shutil.rmtree(root)  # nothing of it is read any more
    found = prepare(root, [replace(case, series=made)], recipe, store, 0)
    assert len(found.samples) == len(expected.samples) > 0
    assert [replace(s, planes=()) for s in found.samples] == [replace(s, planes=()) for s in expected.samples]
    assert found.slices == expected.slices
    assert found.exclusions == ()
    np.testing.assert_array_equal(_planes(store, found), _planes(store, expected))
    assert not {s.planes for s in found.samples} & {s.planes for s in expected.samples}


def test_other_volumes_are_other_entries_and_the_same_are_found_again(root, store):
    made = _prepared(root, store, _raw(root))
    first, again = (prepare(root, [Case("a", 1, made)], RECIPE, store, 0) for _ in range(2))
    assert (first.n_built, again.n_built, again.n_reused) == (2, 0, 2)
    other = "cd" * 32
    store.write_volumes(other, {s.modality: 2 * store.read_volume(KEY, s.modality) for s in made}, {}, {})
    moved = tuple(replace(s, volume=other) for s in made)
    assert prepare(root, [Case("a", 1, moved)], RECIPE, store, 0).n_built == 2


def test_thin_slices_that_share_one_thick_file_keep_apart(root, store):
    """Their entries must differ, though the files behind them are the same."""
    thick, thin = make_series(root, "a", "flair", gap=5.0), make_series(root, "a", "t1w", gap=1.0)
    made = prepared_series(thick, thin, KEY)
    chosen = [(made.slices[k], made.slices[k + 1]) for k in (4, 5)]
    assert len({s.sop_uid for pair in chosen for s in pair}) == 1
    keys = set()
    for pair in chosen:
        cuts = tuple(Cut("", s, None) for s in pair)
        keys.add(Channel(made, pair, False, made, cuts, RECIPE.image, None).key)
    assert len(keys) == 2
    volume = np.arange(10, dtype=np.float32)[:, None, None] + np.arange(1600, dtype=np.float32).reshape(40, 40) / 1600
    store.write_volumes(KEY, {"flair": volume}, {}, {})
    found = prepare(root, [Case("a", 1, (made,))], RECIPE, store, 0)
    assert [s.slice for s in found.samples] == [4, 5, 6, 7]
    assert len({s.pixel_hash for s in found.slices}) == 4


def test_where_a_series_does_not_reach_there_is_no_sample(root, store):
    """Resampling left 0 there, which is no image of the patient."""
    raw = _raw(root)
    made = _prepared(root, store, raw)
    volumes = {s.modality: store.read_volume(KEY, s.modality) for s in made}
    volumes["flair"][:5] = 0
    store.write_volumes(KEY, volumes, {}, {})
    found = prepare(root, [Case("a", 1, made)], RECIPE, store, 0)
    assert [s.slice for s in found.samples] == [6, 7]
    assert found.exclusions == ()
    volumes["flair"][:] = 0
    store.write_volumes(KEY, volumes, {}, {})
    (exclusion,) = prepare(root, [Case("a", 1, made)], override(RECIPE, ["image.scope=volume"]), store, 0).exclusions
    assert (exclusion.path, "has pixels in every modality" in exclusion.reason) == ("", True)


def test_a_volume_that_is_gone_or_cut_short_is_no_fault_of_a_file(root, store):
    made = _prepared(root, store, _raw(root))
    os.truncate(store.volume_file(KEY, "flair.npy"), 5000)
    with pytest.raises(StoreError, match="prepare again"):
        prepare(root, [Case("a", 1, made)], RECIPE, store, 0)
    shutil.rmtree(store.volume_file(KEY, ""))
    with pytest.raises(StoreError, match="prepare again"):
        prepare(root, [Case("a", 1, made)], RECIPE, store, 0)


def test_a_crop_of_which_a_series_shows_nothing_is_no_sample(root, store):
    made = _prepared(root, store, _raw(root))
    recipe = override(RECIPE, [*CROPS])
    case = Case("a", 1, made, LESIONS)
    assert prepare(root, [case], recipe, store, 0).samples
    volumes = {s.modality: store.read_volume(KEY, s.modality) for s in made}
    volumes["flair"][:, :, :38] = 0  # all but a strip far from the lesions
    fresh = type(store)(store.root.parent / "fresh")
    fresh.write_volumes(KEY, volumes, {}, {})
    assert not prepare(root, [case], recipe, fresh, 0).samples
