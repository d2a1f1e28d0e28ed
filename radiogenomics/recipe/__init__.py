"""One pipeline as data: its parts, and how plain data become a recipe."""

from radiogenomics.recipe.imaging import (
    AugmentationPart,
    CohortPart,
    ImagePart,
    LayerPart,
    LesionCentre,
    LesionExtent,
    MidSection,
    RegionPart,
    SlicesPart,
)
from radiogenomics.recipe.learning import (
    CHOSEN,
    DenseHead,
    EarlyStopping,
    EvaluationPart,
    HeadPart,
    LinearHead,
    ModelPart,
    Phase,
    PooledHead,
    ReduceLearningRate,
    SplitPart,
    TrainingPart,
)
from radiogenomics.recipe.parse import parse, parse_json
from radiogenomics.recipe.recipe import DemoPart, Recipe

__all__ = [
    "CHOSEN",
    "AugmentationPart",
    "CohortPart",
    "DemoPart",
    "DenseHead",
    "EarlyStopping",
    "EvaluationPart",
    "HeadPart",
    "ImagePart",
    "LayerPart",
    "LesionCentre",
    "LesionExtent",
    "LinearHead",
    "MidSection",
    "ModelPart",
    "Phase",
    "PooledHead",
    "Recipe",
    "ReduceLearningRate",
    "RegionPart",
    "SlicesPart",
    "SplitPart",
    "TrainingPart",
    "parse",
    "parse_json",
]
