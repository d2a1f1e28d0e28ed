import numpy as np
import toy_models

from radiogenomics.training.predict import predict


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
