"""The same image is known again: exactly by its pixels, nearly by its looks."""

import cv2
import numpy as np

from radiogenomics.imaging.fingerprint import perceptual_hash, pixel_hash


def _head(seed=0):
    noise = np.random.default_rng(seed).normal(size=(128, 128)).astype(np.float32)
    return 500 + 2000 * cv2.GaussianBlur(noise, (0, 0), 6)


def _bits_apart(a, b):
    return (int(perceptual_hash(a), 16) ^ int(perceptual_hash(b), 16)).bit_count()


def test_pixel_hash_tells_one_grey_level_and_the_shape():
    image = np.arange(12, dtype=np.float32).reshape(3, 4)
    changed = image.copy()
    changed[1, 1] += 1
    hashes = {pixel_hash(image), pixel_hash(changed), pixel_hash(image.reshape(4, 3))}
    assert len(hashes) == 3
    assert pixel_hash(np.asfortranarray(image)) == pixel_hash(image)
    assert all(len(word) == 32 for word in hashes)


def test_pixel_hash_tells_values_that_sixteen_bits_do_not_hold():
    values = (-1.0, 65535.0, 0.5, 0.0, 1e30, 32768.0, -32768.0)
    assert len({pixel_hash(np.full((4, 4), value, np.float32)) for value in values}) == len(values)


def test_perceptual_hash_survives_scaling_offset_size_and_noise():
    image = _head()
    noise = np.random.default_rng(9).normal(size=image.shape).astype(np.float32)
    for alike in (3 * image - 70, cv2.resize(image, (200, 200)), image + 5 * noise):
        assert _bits_apart(image, alike) <= 16


def test_perceptual_hash_tells_images_apart():
    assert min(_bits_apart(_head(0), _head(seed)) for seed in range(1, 20)) >= 48
    assert len(perceptual_hash(_head())) == 64
    assert perceptual_hash(np.zeros((64, 64), np.float32)) == "0" * 64
