"""Every epoch holds every sample once, the same for any threads and after any resume; scoring changes nothing."""

import importlib.util
from dataclasses import replace

import cv2
import numpy as np
import pytest

from radiogenomics.errors import CohortError, StoreError
from radiogenomics.imaging.sample import LEVELS, to_unit
from radiogenomics.overrides import override
from radiogenomics.pipeline import dataset
from radiogenomics.pipeline.dataset import scoring_batches, training_stream
from radiogenomics.recipes import find
from radiogenomics.records import Plane, Sample
from radiogenomics.store import Store, StoredSlice

SIZE = (40, 36)
SMALL = ["training.phases.0.batch_size=5"]  # leaves a last batch of one
RECIPE = override(find("mgmt"), ["image.size=[40,36]", "training.phases.0.epochs=3", "training.phases.0.batch_size=4"])
STILL = override(
    RECIPE,
    ['augmentation={"zoom":[1,1],"rotation":0,"shift":[0,0],"horizontal_flip":false,"brightness":[1,1]}'],
)
PHASE = RECIPE.training.phases[0]
FEATURES = {
    "plain": [],
    "contrast": ["augmentation.contrast=[0.7,1.3]", "augmentation.vertical_flip=true"],
    "class-weights": ['training.balance="class-weights"'],
    "slices": ['training.balance="oversample-slices"'],
    "patients": ['training.balance="oversample-patients"'],
    "mixup": ["augmentation.mixup=0.4", 'training.balance="class-weights"'],
    "both": ["augmentation.mixup=0.4", "augmentation.cutmix=1"],
    "layers": ['augmentation.layers=[{"layer":"keras.RandomErasing"},{"layer":"keras.CutMix"}]', *SMALL],
}
if importlib.util.find_spec("keras_cv"):  # the extra of that name
    FEATURES["keras-cv"] = [
        'augmentation.layers=[{"layer":"keras-cv.GridMask"},{"layer":"keras-cv.FourierMix"}]',
        *SMALL,
    ]


def _entry(store, key, count, seed):
    planes = np.random.default_rng(seed).integers(0, LEVELS + 1, (count, *SIZE)).astype(np.uint16)
    store.write(key, SIZE, count, [(StoredSlice(str(k), k + 1), plane) for k, plane in enumerate(planes)])
    return planes


@pytest.fixture(scope="module")
def prepared(tmp_path_factory):
    """A store of two series of eleven slices, and the planes in it."""
    store = Store(tmp_path_factory.mktemp("store"))
    return store, {key: _entry(store, key * 32, 11, seed) for seed, key in enumerate(("aa", "bb"))}


def _samples(*keys, count=11):
    return tuple(
        Sample(f"p{k // 3}", "", "s", k + 1, k % 2, tuple(Plane(key * 32, k) for key in keys)) for k in range(count)
    )


def _batches(stream):
    return [tuple(part.numpy() for part in batch) for batch in stream]


def _same(one, other):
    assert len(one) == len(other)
    for first, second in zip(one, other, strict=True):
        for a, b in zip(first, second, strict=True):
            np.testing.assert_array_equal(a, b)


def test_scoring_gives_the_stored_samples_in_order(prepared):
    store, planes = prepared
    batches = _batches(scoring_batches(store, _samples("aa"), 4))
    assert [len(image) for image, _, _ in batches] == [4, 4, 3]
    images, labels, weights = (np.concatenate(part) for part in zip(*batches, strict=True))
    assert images.dtype == labels.dtype == weights.dtype == np.float32
    for channel in range(3):
        np.testing.assert_array_equal(images[..., channel], to_unit(planes["aa"]))
    np.testing.assert_array_equal(labels, np.float32([[k % 2] for k in range(11)]))
    np.testing.assert_array_equal(weights, np.ones(11, np.float32))


@pytest.mark.parametrize(("keys", "channels"), [(("aa",), 3), (("aa", "bb"), 2), (("aa", "bb", "aa"), 3)])
def test_planes_become_channels_in_order(prepared, keys, channels):
    store, planes = prepared
    stream, _ = training_stream(store, _samples(*keys), STILL, PHASE, seed=0, first_epoch=0)
    for batches in (scoring_batches(store, _samples(*keys), 4), stream):
        assert batches.element_spec[0].shape.as_list() == [None, *SIZE, channels]
        assert batches.element_spec[1].shape.as_list() == [None, 1]
        assert batches.element_spec[2].shape.as_list() == [None]
    images = _batches(scoring_batches(store, _samples(*keys), 11))[0][0]
    for channel, key in enumerate(keys):
        np.testing.assert_array_equal(images[..., channel], to_unit(planes[key]))


def test_each_epoch_holds_every_sample_once_in_another_order(prepared):
    store, planes = prepared
    stream, steps = training_stream(store, _samples("aa"), STILL, PHASE, seed=0, first_epoch=0)
    batches = _batches(stream)
    assert steps == 3
    assert [len(image) for image, _, _ in batches] == [4, 4, 3] * 3
    names = {plane.tobytes(): k for k, plane in enumerate(to_unit(planes["aa"]))}
    orders = []
    for epoch in range(3):
        images, labels, _ = (np.concatenate(part) for part in zip(*batches[3 * epoch : 3 * epoch + 3], strict=True))
        orders.append([names[np.ascontiguousarray(image[..., 0]).tobytes()] for image in images])
        assert sorted(orders[-1]) == list(range(11))
        np.testing.assert_array_equal(labels[:, 0], [k % 2 for k in orders[-1]])
    assert orders[0] != orders[1] != orders[2]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")  # keras-cv's own
@pytest.mark.parametrize("feature", FEATURES)
def test_a_resumed_stream_goes_on_as_the_unbroken_one(prepared, feature, monkeypatch):
    store, _ = prepared
    recipe = override(RECIPE, FEATURES[feature])

    def stream(first_epoch, calls):
        monkeypatch.setattr(dataset, "CALLS", calls)
        phase = recipe.training.phases[0]
        batches, steps = training_stream(store, _samples("aa", "bb"), recipe, phase, seed=5, first_epoch=first_epoch)
        return _batches(batches), steps

    whole, steps = stream(0, calls=2)
    assert len(whole) == 3 * steps
    for epoch, calls in ((1, 1), (2, 5)):
        _same(whole[epoch * steps :], stream(epoch, calls)[0])
    _same(whole, stream(0, calls=3)[0])


@pytest.mark.parametrize("feature", [name for name in FEATURES if name != "plain"])
def test_each_feature_changes_what_is_trained_on(prepared, feature):
    store, _ = prepared

    def first(recipe):
        return _batches(training_stream(store, _samples("aa"), recipe, PHASE, seed=5)[0].take(3))

    with pytest.raises(AssertionError):
        _same(first(override(RECIPE, FEATURES[feature])), first(RECIPE))


def test_a_stream_is_the_same_for_any_number_of_threads(prepared):
    store, _ = prepared
    streams = []
    for threads in (1, 2):
        stream = training_stream(store, _samples("aa"), RECIPE, PHASE, seed=1)[0]
        cv2.setNumThreads(threads)
        streams.append(_batches(stream))
    _same(*streams)


def test_class_weights_are_the_third_element_and_follow_the_sample(prepared):
    store, _ = prepared
    recipe = override(RECIPE, FEATURES["class-weights"])
    for _, labels, weights in _batches(training_stream(store, _samples("aa"), recipe, PHASE, seed=0)[0]):
        np.testing.assert_allclose(weights, np.where(labels[:, 0] == 1, 11 / 10, 11 / 12), rtol=1e-6)


@pytest.mark.parametrize("feature", ["slices", "patients"])
def test_an_oversampled_epoch_has_both_classes_alike_and_changes_repetitions_apart(prepared, feature):
    store, planes = prepared
    samples = tuple(replace(s, label=int(k == 4)) for k, s in enumerate(_samples("aa")))  # one positive slice of eleven
    recipe = override(RECIPE, FEATURES[feature])
    stream, steps = training_stream(store, samples, recipe, PHASE, seed=0)
    assert steps == 5
    images, labels, weights = (np.concatenate(part) for part in zip(*_batches(stream)[:steps], strict=True))
    assert labels.sum() == len(labels) / 2 == 10
    assert (weights == 1).all()
    positive = images[labels[:, 0] == 1]
    assert len({image.tobytes() for image in positive}) == 10
    still = training_stream(store, samples, override(STILL, FEATURES[feature]), PHASE, seed=0)[0]
    for batch, label, _ in _batches(still):
        assert all(np.array_equal(image[..., 0], to_unit(planes["aa"][4])) for image in batch[label[:, 0] == 1])


def test_layers_leave_labels_and_come_before_mixing(prepared):
    store, _ = prepared
    erased = override(STILL, ['augmentation.layers=[{"layer":"keras.RandomErasing","arguments":{"fill_value":0}}]'])
    for (image, label, weight), (before, *rest) in zip(
        *(_batches(training_stream(store, _samples("aa"), recipe, PHASE, seed=0)[0]) for recipe in (erased, STILL)),
        strict=True,
    ):
        assert set(np.unique(image[image != before])) == {0}
        _same([(label, weight)], [rest])
    mixed = override(erased, ["augmentation.mixup=1"])
    labels = np.concatenate(
        [label for _, label, _ in _batches(training_stream(store, _samples("aa"), mixed, PHASE, seed=0)[0])]
    )
    assert ((labels > 0) & (labels < 1)).any()


def test_a_sample_is_changed_alike_whatever_the_batch_size(prepared):
    store, _ = prepared
    images = []
    for size in (2, 5):
        phase = PHASE.model_copy(update={"batch_size": size})
        batches = _batches(training_stream(store, _samples("aa"), RECIPE, phase, seed=1, first_epoch=0)[0])
        images.append(np.concatenate([image for image, _, _ in batches]))
    np.testing.assert_array_equal(images[0], images[1])


def test_training_is_augmented_anew_each_epoch_and_by_seed(prepared):
    store, _ = prepared

    def images(seed, epoch):
        stream, _ = training_stream(store, _samples("aa", count=1), RECIPE, PHASE, seed=seed, first_epoch=epoch)
        return next(iter(_batches(stream)))[0]

    assert not np.array_equal(images(0, 0), images(0, 1))
    assert not np.array_equal(images(0, 0), images(1, 0))
    assert images(0, 0).min() >= 0
    assert images(0, 0).max() <= 1


def test_the_first_copy_is_plain_and_the_others_are_augmented_by_their_own_key(prepared):
    store, _ = prepared
    recipe = override(RECIPE, ["augmentation.mixup=1", 'augmentation.layers=[{"layer":"keras.RandomErasing"}]'])

    def score(copy, size=4, seed=0, count=11):
        return _batches(scoring_batches(store, _samples("aa", count=count), size, recipe, copy, seed))

    _same(score(0), _batches(scoring_batches(store, _samples("aa"), 4)))
    _same(score(1), score(1))
    (plain, labels, weights), (copy, copy_labels, copy_weights) = (
        tuple(np.concatenate(part) for part in zip(*score(k), strict=True)) for k in (0, 1)
    )
    _same([(labels, weights)], [(copy_labels, copy_weights)])
    assert not any(np.array_equal(a, b) for a, b in zip(plain, copy, strict=True))
    np.testing.assert_array_equal(score(1, size=3, count=5)[0][0], copy[:3])
    for other in (score(2), score(1, seed=1)):
        assert not np.array_equal(other[0][0], copy[:4])


def test_a_patients_copies_do_not_depend_on_company(prepared):
    store, _ = prepared
    everyone = _samples("aa")
    alone = tuple(sample for sample in everyone if sample.patient_id == "p2")
    of_all = np.concatenate([batch[0] for batch in _batches(scoring_batches(store, everyone, 4, RECIPE, 1))])
    np.testing.assert_array_equal(_batches(scoring_batches(store, alone, 4, RECIPE, 1))[0][0], of_all[6:9])
    twin = replace(alone[0], lesion_id="2")  # another lesion on the same plane is changed in another way
    images = _batches(scoring_batches(store, (alone[0], twin), 4, RECIPE, 1))[0][0]
    assert not np.array_equal(*images)


def test_a_copy_of_a_recipe_that_changes_nothing_is_the_sample(prepared):
    store, _ = prepared
    _same(
        _batches(scoring_batches(store, _samples("aa"), 4, STILL, 3)),
        _batches(scoring_batches(store, _samples("aa"), 4)),
    )
    with pytest.raises(ValueError, match="recipe"):
        scoring_batches(store, _samples("aa"), 4, copy=1)


def test_a_finished_phase_has_an_empty_rest(prepared):
    store, _ = prepared
    assert _batches(training_stream(store, _samples("aa"), RECIPE, PHASE, seed=1, first_epoch=3)[0]) == []


def test_no_sample_and_no_entry_are_said(prepared):
    store, _ = prepared
    with pytest.raises(CohortError, match="no sample"):
        scoring_batches(store, (), 4)
    with pytest.raises(StoreError, match="prepare again"):
        scoring_batches(store, _samples("cc"), 4)
