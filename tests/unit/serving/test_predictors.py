import contextlib
import json
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import numpy as np
import pytest
import tensorflow as tf

from radiogenomics.errors import MissingPathError, ModelError
from radiogenomics.serving.predictors import RestPredictor, open_predictor

RAW = (np.random.default_rng(0).random((11, 40, 36, 1)) * 900).astype(np.float32)


@contextlib.contextmanager
def server(answer):
    """An HTTP server on this machine; answer(path, body) -> (status, JSON)."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            status, said = answer(self.path, body)
            self.send_response(status)
            self.end_headers()
            self.wfile.write(said if isinstance(said, bytes) else json.dumps(said).encode())

        def log_message(self, *_):
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as http:
        thread = threading.Thread(target=http.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{http.server_port}/v1/models/toy"
        finally:
            http.shutdown()
            thread.join()


def test_a_server_answers_as_the_saved_model_does(exported):
    infer = tf.saved_model.load(str(exported.folder)).signatures["serving_default"]
    sizes = []

    def answer(path, body):
        assert path == "/v1/models/toy:predict"
        assert body["signature_name"] == "serving_default"
        sizes.append(len(body["instances"]))
        out = infer(slices=tf.constant(body["instances"], tf.float32))["probability"].numpy()
        return 200, {"predictions": out.tolist()}  # TF Serving leaves out the name of a single output

    expected = open_predictor(str(exported.folder)).predict(RAW)
    assert expected.shape == (11,)
    with server(answer) as url:
        for name in (url, f"{url}/", f"{url}:predict"):
            np.testing.assert_allclose(open_predictor(name).predict(RAW), expected, atol=1e-6)
    assert sizes[:2] == [8, 3]


def test_batches_do_not_change_a_probability(exported):
    predictor = open_predictor(str(exported.folder.parent))
    one_by_one = np.concatenate([predictor.predict(RAW[i : i + 1]) for i in range(len(RAW))])
    np.testing.assert_allclose(predictor.predict(RAW), one_by_one, atol=1e-6)


def test_no_slice_asks_nobody(exported):
    for predictor in (open_predictor(str(exported.folder)), RestPredictor("http://127.0.0.1:9/v1/models/toy")):
        assert predictor.predict(np.zeros((0, 40, 40, 1), np.float32)).shape == (0,)


def test_named_outputs_are_understood():
    def answer(path, body):
        return 200, {"predictions": [{"probability": [0.25]} for _ in body["instances"]]}

    with server(answer) as url:
        np.testing.assert_array_equal(open_predictor(url).predict(RAW), np.full(11, 0.25, np.float32))


@pytest.mark.parametrize(
    ("status", "said", "words"),
    [
        (404, {"error": "Servable not found"}, r"answered 404 \(.*Servable not found.*is the model's name right"),
        (400, {"error": "Expected 4 channels"}, r"answered 400 \(.*Expected 4 channels.*modalities"),
        (200, {"outputs": []}, "something else than probabilities"),
        (200, b"<html>", "something else than probabilities"),
        (200, {"predictions": [[0.5]]}, "with 1 values"),
        (200, {"predictions": [[2.5]] * 8}, r"beyond \[0, 1\]"),
    ],
)
def test_a_wrong_answer_is_said_with_its_url(status, said, words):
    with server(lambda *_: (status, said)) as url, pytest.raises(ModelError, match=words) as caught:
        open_predictor(url).predict(RAW)
    assert url in str(caught.value)


def test_a_server_that_is_not_there_is_said():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with pytest.raises(ModelError, match=r"can't be reached .*is TF Serving running there"):
        open_predictor(f"http://127.0.0.1:{port}/v1/models/toy").predict(RAW)


def test_a_server_that_keeps_silent_is_left():
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/v1/models/toy"
        with pytest.raises(ModelError, match=r"no answer within 0\.2 s"):
            RestPredictor(url, timeout=0.2).predict(RAW[:1])


def test_folders_that_hold_no_model_are_said(tmp_path):
    with pytest.raises(MissingPathError, match=r"model .* does not exist"):
        open_predictor(str(tmp_path / "absent"))
    with pytest.raises(ModelError, match="holds no SavedModel"):
        open_predictor(str(tmp_path))
    (tmp_path / "saved_model.pb").write_bytes(b"no graph")
    with pytest.raises(ModelError, match=r"can't be loaded .*radiogen export"):
        open_predictor(str(tmp_path))


def test_the_highest_version_is_taken_by_number(exported, tmp_path):
    for version in ("2", "10"):
        (tmp_path / version).symlink_to(exported.folder)
    assert open_predictor(str(tmp_path)).root == tmp_path / "10"


def test_slices_of_a_wrong_shape_are_said(exported):
    predictor = open_predictor(str(exported.folder))
    with pytest.raises(ModelError, match=r"not as \[40, 36\]"):
        predictor.predict(RAW[0, :, :, 0])
    with pytest.raises(ModelError, match="does not take slices of shape"):
        predictor.predict(np.repeat(RAW, 2, axis=-1))
