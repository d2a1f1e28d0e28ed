import gzip
import struct

import numpy as np
import pytest
import SimpleITK

from radiogenomics.errors import PixelError
from radiogenomics.imaging.nifti import read_nifti

AXES = np.array([[0.6, 0.8, 0.0], [-0.8, 0.6, 0.0], [0.0, 0.0, -1.0]])  # left-handed, as some converters write them


@pytest.fixture
def written(tmp_path):
    """A mask written by SimpleITK, and the array and affine (LPS) that it holds."""
    inside = np.random.default_rng(1).integers(0, 3, (4, 5, 6)).astype("int16")
    image = SimpleITK.GetImageFromArray(inside)
    image.SetSpacing((0.5, 2.0, 3.0))
    image.SetOrigin((-10.0, 20.0, 30.0))
    image.SetDirection(AXES.ravel().tolist())
    path = tmp_path / "mask.nii.gz"
    SimpleITK.WriteImage(image, str(path))
    affine = np.eye(4)
    affine[:3] = np.column_stack([AXES * (0.5, 2.0, 3.0), (-10.0, 20.0, 30.0)])
    return path, inside != 0, affine


def changed(path, place, kind, *values):
    """The file, unpacked, with some fields of its header replaced."""
    content = bytearray(gzip.decompress(path.read_bytes()))
    struct.pack_into(kind, content, place, *values)
    other = path.with_name("changed.nii")
    other.write_bytes(content)
    return other


def test_voxels_and_places_are_those_that_simpleitk_wrote(written):
    path, inside, affine = written
    mask = read_nifti(path)
    np.testing.assert_array_equal(mask.inside, inside)
    np.testing.assert_allclose(mask.to_patient, affine, atol=1e-5)


def test_the_quaternion_says_the_same_where_there_is_no_sform(written):
    path, inside, affine = written
    mask = read_nifti(changed(path, 254, "<h", 0))
    np.testing.assert_array_equal(mask.inside, inside)
    np.testing.assert_allclose(mask.to_patient, affine, atol=1e-5)


def test_a_scaled_zero_is_no_zero_and_nan_is_one(tmp_path):
    values = np.zeros((2, 2, 2), "float32")
    values[0, 0] = np.nan, 2.0
    path = tmp_path / "mask.nii.gz"
    SimpleITK.WriteImage(SimpleITK.GetImageFromArray(values), str(path))
    assert read_nifti(path).inside.sum() == 1
    assert read_nifti(changed(path, 112, "<2f", 1.0, -2.0)).inside.sum() == 6


@pytest.mark.parametrize(
    ("place", "kind", "values", "words"),
    [
        (252, "<2h", (0, 0), "states no coordinates"),
        (0, "<i", (7,), "not NIfTI"),
        (40, "<5h", (4, 6, 5, 2, 2), "three dimensions, and this one is 6 x 5 x 2 x 2"),
        (70, "<h", (128,), "NIfTI type 128"),
        (42, "<h", (60,), "fewer voxels than its header says"),
        (280, "<12f", (0.0,) * 12, "no map of space"),
    ],
)
def test_what_is_no_mask_says_why(written, place, kind, values, words):
    with pytest.raises(PixelError, match=words):
        read_nifti(changed(written[0], place, kind, *values))


def test_a_file_that_breaks_off_is_refused_not_filled_with_zeros(written):
    path = written[0]
    path.write_bytes(path.read_bytes()[:-20])
    with pytest.raises(PixelError, match="truncated or damaged"):
        read_nifti(path)


def test_nifti_2_is_read_too(written):
    path, inside, affine = written
    content = gzip.decompress(path.read_bytes())
    header = bytearray(544)
    struct.pack_into("<i8s2h8q", header, 0, 540, b"n+2\0\r\n\x1a\n", 4, 16, 3, 6, 5, 4, 1, 1, 1, 1)
    struct.pack_into("<q", header, 168, 544)
    struct.pack_into("<2i", header, 344, 0, 1)
    struct.pack_into("<12d", header, 400, *struct.unpack_from("<12f", content, 280))
    struct.pack_into("<i", header, 500, 2)
    path.write_bytes(bytes(header) + content[352:])
    mask = read_nifti(path)
    np.testing.assert_array_equal(mask.inside, inside)
    np.testing.assert_allclose(mask.to_patient, affine, atol=1e-5)
