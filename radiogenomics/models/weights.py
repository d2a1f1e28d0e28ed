"""What a backbone starts from: found, fetched and fingerprinted. Imports Keras only to download."""

import contextlib
import hashlib
import os
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from radiogenomics.errors import WeightsError
from radiogenomics.files import must_exist
from radiogenomics.recipe import DenseHead, Recipe
from radiogenomics.registry import choose
from radiogenomics.tables.backbones import BACKBONES, Backbone

DOWNLOAD_TIMEOUT = 30.0  # seconds without an answer


@dataclass(frozen=True, slots=True)
class Weights:
    """What a run starts from."""

    path: Path | None  # None: random
    source: str  # a sentence for people
    sha256: str  # of the file; "" where there is none

    @property
    def pretrained(self) -> bool:
        """Whether anything was learnt before this run."""
        return self.path is not None


def resolve(backbone: str, weights: str, top: bool = False) -> Weights:
    """Find the weights that a recipe names; downloads them only for "imagenet", and only where they are not cached.

    Args:
        backbone: A name of tables.backbones.
        weights: "imagenet", "none", or the path of a weights file.
        top: Whether "imagenet" means the file with top, as `starts_from_top` says.

    Raises:
        MissingPathError: The file does not exist.
        WeightsError: There are no ImageNet weights of this backbone, or they can't be downloaded here.
    """
    row = choose(BACKBONES, backbone, "backbone")
    if weights == "none":
        return Weights(None, f"{backbone} starts from random weights (seeded), nothing was pretrained", "")
    if weights == "imagenet":
        path = _cached(row, top) if row.imagenet and _cached(row, top).is_file() else _download(backbone, row, top)
        digest = _sha256(path)
        return Weights(path, f"{backbone} starts from Keras' ImageNet weights {path.name} ({digest[:12]})", digest)
    path = must_exist(Path(weights).expanduser(), "weights file")
    if not path.is_file():
        raise WeightsError(f"weights {path} is a folder: name the .h5, .weights.h5 or .keras file itself")
    digest = _sha256(path)
    return Weights(path.absolute(), f"{backbone} starts from the file {path.name} ({digest[:12]})", digest)


def imagenet(backbone: str) -> Iterator[Weights]:
    """Each file of ImageNet weights that a recipe with this backbone may ask for, found or fetched as by `resolve`."""
    yield resolve(backbone, "imagenet")
    if BACKBONES[backbone].imagenet_top:
        yield resolve(backbone, "imagenet", top=True)


def starts_from_top(recipe: Recipe) -> bool:
    """Whether the head is the backbone's own, at the size that the top of its ImageNet file was trained at."""
    row = BACKBONES[recipe.model.backbone]
    return bool(row.imagenet_top) and recipe.model.head.kind == "vgg-dense" and recipe.image.size == (row.size,) * 2


def notes(recipe: Recipe, weights: Weights, channels: int, from_top: Sequence[str] = ()) -> tuple[str, ...]:
    """What the user should hear about how the model starts, one sentence each.

    Args:
        recipe: Its model counts here.
        weights: What it starts from.
        channels: Of the model's input.
        from_top: The head's dense layers that start from the file's top: models.build's `pretrained_dense`.
    """
    said = [weights.source]
    if not weights.pretrained:
        said.append(
            "so the base's batch normalization trains in every phase (momentum .9): "
            "frozen, it would keep the base from passing anything on"
        )
    elif channels != 3:
        said.append(
            f"the pretrained weights expect 3 channels and the input has {channels}: the first convolution's kernel "
            f"is averaged over its inputs and multiplied by 3/{channels}, and so are input statistics averaged"
        )
    if isinstance(recipe.model.head, DenseHead):
        said.append(_dense_note(recipe.model.head, weights, from_top))
    return tuple(said)


def _dense_note(head: DenseHead, weights: Weights, from_top: Sequence[str]) -> str:
    count, of = len(from_top), len(head.units)
    if count == of:
        return f"the head's {of} hidden dense layers start from the file's own top"
    why = ""
    if weights.path is not None:
        why = f", for {weights.path.name} holds no top that goes on in the shapes of this head and image size"
    where = (
        f"the head's {of} hidden dense layers" if not count else f"the head's hidden dense layers after {from_top[-1]}"
    )
    return f"{where} start from random weights (seeded){why}"


def _cached(row: Backbone, top: bool) -> Path:
    # Where Keras' get_file looks; asking Keras itself would load TensorFlow.
    home = Path(os.environ.get("KERAS_HOME") or Path.home() / ".keras")
    return home / "models" / (row.imagenet_top if top else row.imagenet)


def _instructions(backbone: str, path: Path) -> str:
    return (
        f"on a connected machine run `radiogen weights {backbone}`, copy {path.name} to {path} on this one, "
        "or anywhere and name it: --weights FILE. To start from nothing: --weights none"
    )


def _download(backbone: str, row: Backbone, top: bool) -> Path:
    if not row.imagenet:
        raise WeightsError(f"{backbone} has no ImageNet weights, it is built here: give --weights none, or a file")
    path = _cached(row, top)
    try:
        with _quietly():
            _fetch(row, top)
    except BaseException as error:
        # Half a file must not pass for a cached one next time: Keras keeps no hash of some.
        path.unlink(missing_ok=True)
        if not isinstance(error, Exception):  # Keras raises a bare Exception where a URL can't be fetched
            raise
        reason = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise WeightsError(
            f"the ImageNet weights of {backbone} can't be downloaded ({reason}): {_instructions(backbone, path)}"
        ) from error
    if not path.is_file():
        raise WeightsError(f"Keras downloaded the weights of {backbone}, but not to {path}: is its folder writable?")
    return path


def _fetch(row: Backbone, top: bool) -> None:
    """Let keras.applications itself download, verify and cache, so that no address is typed here."""
    import keras

    arguments = dict(row.arguments)
    application = getattr(keras.applications, str(arguments.pop("application")))
    application(include_top=top, weights="imagenet", input_shape=(row.size, row.size, 3), **arguments)


@contextlib.contextmanager
def _quietly() -> Iterator[None]:
    """No progress bar on standard output, and no waiting for ever on a network that swallows packets."""
    import keras

    before, loud = socket.getdefaulttimeout(), keras.config.is_interactive_logging_enabled()
    socket.setdefaulttimeout(DOWNLOAD_TIMEOUT)  # get_file opens its URL without any
    keras.config.disable_interactive_logging()
    try:
        yield
    finally:
        socket.setdefaulttimeout(before)
        if loud:
            keras.config.enable_interactive_logging()


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
