import numpy as np
import pytest
import toy_models

from radiogenomics.errors import MissingPathError, ModelError
from radiogenomics.training.predict import load_model, predict


def test_one_probability_an_image_in_order_whatever_the_batches():
    model = toy_models.tiny_model()
    pixels, _ = toy_models.images(11)
    expected = model(pixels, training=False).numpy()[:, 0]
    for batch in (1, 4, 11):
        np.testing.assert_allclose(predict(model, toy_models.scoring(11, batch)), expected, atol=1e-6)


def test_no_image_gives_no_probability():
    model = toy_models.tiny_model()
    assert predict(model, toy_models.scoring(4, 2).take(0)).shape == (0,)
    assert predict(model, [(np.zeros((0, 32, 32, 3), np.float32),)]).shape == (0,)


def test_a_model_comes_back_and_one_that_is_not_there_is_called_missing(tmp_path):
    model, pixels = toy_models.tiny_model(), toy_models.images(4)[0]
    model.save(tmp_path / "fold-0.keras")
    again = load_model(tmp_path / "fold-0.keras")
    np.testing.assert_array_equal(predict(again, [(pixels,)]), predict(model, [(pixels,)]))
    with pytest.raises(MissingPathError, match=r"fold-1\.keras does not exist"):
        load_model(tmp_path / "fold-1.keras")


@pytest.mark.parametrize(
    ("where", "bit"),
    [(b"\x89HDF", 1), (b"config.jsonPK", 1), (b"PK\x01\x02", 1), (b"PK\x05\x06", 1)],
    ids=["weights", "name", "entry", "directory"],
)
def test_one_flipped_bit_in_a_model_is_one_sentence_with_the_mend(tmp_path, where, bit):
    path = tmp_path / "fold-0.keras"
    toy_models.tiny_model().save(path)
    content = bytearray(path.read_bytes())
    at = content.rfind(where)
    assert at >= 0
    content[at] ^= bit
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"fold-0\.keras can't be loaded .*restore the file"):
        load_model(path)
