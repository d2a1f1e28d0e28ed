"""Probabilities from an exported model, on this machine or behind TF Serving. Needs no Keras."""

import http.client
import json
import math
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, Protocol

import numpy as np
import numpy.typing as npt

from radiogenomics.errors import ModelError
from radiogenomics.serving.card import saved_model_folder

BATCH = 8  # slices a request: 512x512 as JSON is several megabytes each
TIMEOUT = 120.0  # seconds
SCHEMES = ("http://", "https://")
Signature = Literal["serving_default", "prepared"]


class Predictor(Protocol):
    """An exported model, wherever it runs, through one of its signatures.

    prepared takes images [n, h, w, channels] in [0, 1], as the pipeline gives them; serving_default raw slices
    [n, H, W, modalities], H and W free, or the same as prepared where the recipe needs more than raw slices.
    """

    def predict(self, raw: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The probability [n] of each slice; n may be 0."""


@dataclass(frozen=True, slots=True)
class SavedModelPredictor:
    """A SavedModel loaded into this process."""

    root: Path
    infer: Any  # one of its signatures

    def predict(self, raw: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The probability [n] of each slice, as the signature takes it."""
        return _in_batches(self._probabilities, raw)

    def _probabilities(self, raw: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        import tensorflow as tf

        (name,) = self.infer.structured_input_signature[1]
        try:
            return np.asarray(self.infer(**{name: tf.constant(raw)})["probability"])[:, 0]
        except (tf.errors.InvalidArgumentError, TypeError, ValueError) as error:
            raise ModelError(
                f"{self.root} does not take slices of shape {raw.shape[1:]}: give the modalities it was trained on "
                f"({_first_line(error)})"
            ) from error


@dataclass(frozen=True, slots=True)
class RestPredictor:
    """A model behind TF Serving's REST interface."""

    url: str  # up to and without ":predict"
    timeout: float = TIMEOUT  # seconds a request
    signature: Signature = "serving_default"

    def predict(self, raw: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        """The probability [n] of each slice, as the signature takes it."""
        return _in_batches(self._probabilities, raw)

    def _probabilities(self, raw: npt.NDArray[np.float32]) -> npt.NDArray[np.float32]:
        body = json.dumps({"signature_name": self.signature, "instances": raw.tolist()}).encode()
        request = urllib.request.Request(f"{self.url}:predict", body, {"Content-Type": "application/json"})
        return _read_answer(_ask(request, self.timeout), len(raw), self.url)


def is_url(model: str) -> bool:
    """Whether a model is named by the address of a server."""
    return model.startswith(SCHEMES)


def open_predictor(model: str, signature: Signature = "serving_default") -> Predictor:
    """Open an exported model.

    Args:
        model: The folder of a SavedModel, a folder of its numbered versions (the highest is taken), or the URL of a
            model on TF Serving, such as http://HOST:8501/v1/models/NAME.
        signature: What `predict` will be given: raw slices, or prepared images.

    Raises:
        MissingPathError: There is no such folder.
        ModelError: The folder holds no SavedModel of ours. A server is asked only when it is to predict.
    """
    if is_url(model):
        return RestPredictor(model.removesuffix("/").removesuffix(":predict"), signature=signature)
    import tensorflow as tf

    folder = saved_model_folder(Path(model))
    try:
        loaded = tf.saved_model.load(str(folder))
        return SavedModelPredictor(folder, loaded.signatures[signature])
    except (OSError, ValueError, KeyError, AttributeError, tf.errors.OpError) as error:
        raise ModelError(
            f"{folder} can't be loaded ({_first_line(error)}): export it anew with `radiogen export RUN`"
        ) from error


def _in_batches(
    probabilities: Callable[[npt.NDArray[np.float32]], npt.NDArray[np.float32]], raw: npt.NDArray[np.float32]
) -> npt.NDArray[np.float32]:
    if raw.ndim != 4:
        raise ModelError(f"slices come as [n, H, W, modalities], not as {list(raw.shape)}")
    # An empty batch fails in the graph, and needs no asking.
    parts = [probabilities(batch) for batch in _batches(np.ascontiguousarray(raw, np.float32))]
    return np.concatenate(parts).astype(np.float32) if parts else np.zeros(0, np.float32)


def _batches(raw: npt.NDArray[np.float32]) -> Iterator[npt.NDArray[np.float32]]:
    for start in range(0, len(raw), BATCH):
        yield raw[start : start + BATCH]


def _ask(request: urllib.request.Request, timeout: float) -> bytes:
    url = request.full_url
    try:
        with urllib.request.urlopen(request, timeout=timeout) as answer:
            body: bytes = answer.read()
            return body
    except urllib.error.HTTPError as error:
        with error:
            said = error.read(500).decode(errors="replace").strip()
        mend = (
            "is the model's name right? It looks like http://HOST:8501/v1/models/NAME"
            if error.code == 404
            else "does the model take these modalities?"
        )
        raise ModelError(f"{url} answered {error.code} ({said or error.reason}): {mend}") from error
    except TimeoutError as error:
        raise ModelError(f"{url} gave no answer within {timeout:g} s: is the server overloaded?") from error
    except (OSError, http.client.HTTPException, ValueError) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, TimeoutError):
            raise ModelError(f"{url} gave no answer within {timeout:g} s: is its address right?") from error
        raise ModelError(f"{url} can't be reached ({reason}): is TF Serving running there?") from error


def _read_answer(body: bytes, n: int, url: str) -> npt.NDArray[np.float32]:
    """The probabilities [n]; TF Serving names an output only where there are several."""
    try:
        rows = [row["probability"] if isinstance(row, dict) else row for row in json.loads(body)["predictions"]]
        probabilities = np.asarray(rows, np.float32).reshape(len(rows))
    except (ValueError, KeyError, TypeError) as error:
        raise ModelError(f"{url} answered with something else than probabilities: {body[:200]!r}") from error
    if len(probabilities) != n or not all(math.isfinite(p) and 0 <= p <= 1 for p in probabilities):
        raise ModelError(f"{url} answered {n} slices with {len(probabilities)} values, or values beyond [0, 1]")
    return probabilities


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0][:200]
