"""The backbones: for each its builder, the range of input it was trained on, and its sizes."""

from dataclasses import dataclass
from typing import Literal

COST_SIZE = 128  # pixels, the side at which `milliseconds` were measured


@dataclass(frozen=True, slots=True)
class Backbone:
    """A row: how to build one backbone, and what to feed it.

    `builder` is a function (input_shape, weights_path, seed) -> keras.Model without top. Images enter the whole model
    in [0, 1]; `input_range` says what the backbone itself was trained on:
    "0..255", "-1..1", "0..1", or "caffe" (BGR, 0..255, the ImageNet mean of each channel subtracted).
    """

    builder: str
    input_range: Literal["0..255", "-1..1", "0..1", "caffe"]
    size: int  # pixels, the side the weights were trained at
    min_size: int  # pixels, the least side the architecture can take
    milliseconds: tuple[float, float]  # a slice of COST_SIZE, base frozen and all trained: benchmarks/backbones.py
    imagenet: str = ""  # file name of Keras' no-top ImageNet weights; "" where there are none
    imagenet_top: str = ""  # of those with a top of dense layers, from which a head of kind "vgg-dense" starts
    arguments: tuple[tuple[str, object], ...] = ()  # further keyword arguments of the builder


def _efficientnet(version: str, size: int, milliseconds: tuple[float, float]) -> Backbone:
    return Backbone(
        builder="radiogenomics.models.applications:build",
        input_range="0..255",
        size=size,
        min_size=32,
        milliseconds=milliseconds,
        imagenet=f"efficientnet{version.lower()}_notop.h5",
        arguments=(("application", f"EfficientNet{version}"),),
    )


def _mobilenet(alpha: float, label: str, milliseconds: tuple[float, float]) -> Backbone:
    return Backbone(
        builder="radiogenomics.models.applications:build",
        input_range="-1..1",
        size=224,
        min_size=32,
        milliseconds=milliseconds,
        imagenet=f"mobilenet_{label}_224_tf_no_top.h5",
        arguments=(("application", "MobileNet"), ("alpha", alpha)),
    )


def _caffe(application: str, milliseconds: tuple[float, float], imagenet_top: str = "") -> Backbone:
    return Backbone(
        builder="radiogenomics.models.applications:build",
        input_range="caffe",
        size=224,
        min_size=32,
        milliseconds=milliseconds,
        imagenet=f"{application.lower()}_weights_tf_dim_ordering_tf_kernels_notop.h5",
        imagenet_top=imagenet_top,
        arguments=(("application", application),),
    )


BACKBONES: dict[str, Backbone] = {
    "efficientnetb0": _efficientnet("B0", 224, (5.9, 29.0)),
    "efficientnetb1": _efficientnet("B1", 240, (11.6, 28.5)),
    "efficientnetb2": _efficientnet("B2", 260, (11.7, 43.6)),
    "efficientnetb3": _efficientnet("B3", 300, (9.4, 43.3)),
    "efficientnetb4": _efficientnet("B4", 380, (19.8, 99.6)),
    "efficientnetb5": _efficientnet("B5", 456, (34.3, 140.6)),
    "efficientnetb6": _efficientnet("B6", 528, (43.3, 209.0)),
    "efficientnetb7": _efficientnet("B7", 600, (36.8, 189.2)),
    "resnet50": _caffe("ResNet50", (15.5, 99.3)),
    "vgg19": _caffe("VGG19", (55.3, 180.1), "vgg19_weights_tf_dim_ordering_tf_kernels.h5"),
    "mobilenet": _mobilenet(1.0, "1_0", (3.7, 9.5)),
    "mobilenet-0.25": _mobilenet(0.25, "2_5", (1.4, 2.4)),
    "alexnet": Backbone("radiogenomics.models.classics:alexnet", "0..1", 227, 63, (3.5, 9.6)),
    "resnet10": Backbone("radiogenomics.models.classics:resnet10", "0..1", 224, 32, (8.4, 23.9)),
}
