"""The features of a run's patients, for the tests of signal: of their images as they are, marked, and lesions hidden.

The base is the run's own as it was before training: what its weights file (or nothing) had taught it.
"""

import hashlib
import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

import radiogenomics
from radiogenomics.engine import here
from radiogenomics.errors import RunError
from radiogenomics.experiment.anew import laid_out_again
from radiogenomics.experiment.lesion_cover import Cover, Drawn, check_drawn, lesion_cover
from radiogenomics.experiment.plan import Plan
from radiogenomics.experiment.prepare import Prepared
from radiogenomics.imaging.altered import hidden, planted
from radiogenomics.imaging.radiomics import LESION, lesion_sizes, names, radiomics
from radiogenomics.imaging.sample import channels, filled, to_unit
from radiogenomics.models.weights import Weights, resolve, starts_from_top
from radiogenomics.recipe import Recipe
from radiogenomics.records import SILENT, Case, Progress, Sample
from radiogenomics.rundir.features import PatientFeatures
from radiogenomics.rundir.run import Run, read_json, read_recipe
from radiogenomics.store import Store

if TYPE_CHECKING:
    import keras

MOST = 16  # samples of a patient, evenly chosen
TASK = "features of the frozen base"

Array = npt.NDArray[np.float32]


@dataclass(frozen=True, slots=True)
class _Row:
    """What is known of one patient; hidden is None where no lesion of theirs is known."""

    plain: Array  # [F]
    planted: Array
    hidden: Array | None
    radiomics: npt.NDArray[np.float64]  # [R]
    covered: tuple[float, float]  # the largest share of a sample that is lesion, and the mean one; nan where unknown


def identity(run: Run, drawn: Drawn) -> dict[str, Any]:
    """All that the features of a run follow from, told without a look at the images.

    Raises:
        MissingPathError: The run has no environment.json, or the lesions drawn for it are gone.
    """
    begun, recipe = read_json(run.environment), read_recipe(run)
    return {
        "samples": begun.get("hashes", {}).get("samples", ""),
        "weights": begun.get("weights", {}).get("sha256", ""),
        "model": recipe.model.model_dump_json(),
        "seed": recipe.training.seed,
        "radiogen": radiogenomics.__version__,
        "lesions": _digest(drawn),
    }


def _digest(drawn: Drawn) -> str:
    """Which lesions were drawn; "" for none beside the run's own."""
    if not drawn:
        return ""
    path = Path(drawn.lesions or drawn.masks)
    files = sorted(file for file in path.rglob("*") if file.is_file()) if path.is_dir() else [path]
    stamps = [f"{file.relative_to(path)} {file.stat().st_size} {file.stat().st_mtime_ns}" for file in files]
    content = "\n".join([drawn.roi, *stamps]) if path.is_dir() else path.read_text(errors="replace")
    return hashlib.sha256(content.encode("utf-8", "surrogateescape")).hexdigest()


def patient_features(
    run: Run, store: Store, drawn: Drawn | None = None, *, workers: int | str = 1, progress: Progress = SILENT
) -> PatientFeatures:
    """Lay the run's samples out again, and compute all features anew.

    Args:
        run: Trained, or at least begun.
        store: Where prepared slices lie or go.
        drawn: Lesions of a run that was trained without any.
        workers: Patients prepared at once.
        progress: Hears of patients done.

    Raises:
        RunError: Data, labels, images or weights are no longer those of the run.
        CohortError: The lesions do not fit the run.
        WeightsError: The run's pretrained weights can't be had.
    """
    drawn = drawn or Drawn()
    recipe = read_recipe(run)
    check_drawn(drawn, recipe)
    weights = _weights(run, recipe)
    plan, prepared = laid_out_again(run, store, workers, progress)
    cover = lesion_cover(plan, prepared, drawn, here(workers), progress)
    base = _base(recipe, weights)
    parts = [(patient, _chosen(tuple(own))) for patient, own in itertools.groupby(prepared.samples, _patient)]
    rows = {}
    for patient, own in parts:
        rows[patient] = _row(base, store, own, cover)
        progress.update(TASK, len(rows), len(parts))
    found = _together(dict(sorted(rows.items())), recipe, weights, _sizes(plan, prepared), identity(run, drawn))
    return replace(found, remarks=(*_whose(drawn), *found.remarks))


def _patient(sample: Sample) -> str:
    return sample.patient_id


def _chosen(samples: Sequence[Sample]) -> list[Sample]:
    """At most MOST of a patient's samples, evenly spread."""
    count = min(len(samples), MOST)
    return [samples[int(place)] for place in np.rint(np.linspace(0, len(samples) - 1, count))]


def _weights(run: Run, recipe: Recipe) -> Weights:
    weights = resolve(recipe.model.backbone, recipe.model.weights, starts_from_top(recipe))
    known = read_json(run.environment).get("weights", {}).get("sha256", weights.sha256)
    if weights.sha256 != known:
        raise RunError(f"the pretrained weights of {run.root} changed since it was begun: restore {weights.path}")
    return weights


def _base(recipe: Recipe, weights: Weights) -> "keras.Model":
    """From images to the feature map [B, h, w, C] of the base before training."""
    import keras

    from radiogenomics.models.build import build_model, feature_map
    from radiogenomics.training.device import configure

    device = configure(recipe.training)
    model = build_model(recipe, weights.path, channels(recipe), recipe.training.seed)
    base = keras.Model(model.input, feature_map(model))
    base.jit_compile = device.xla
    return base


def _image(store: Store, sample: Sample) -> Array:
    """The sample [h, w, planes] in [0, 1]."""
    return np.stack([to_unit(store.read(plane)) for plane in sample.planes], axis=-1)


def _row(base: "keras.Model", store: Store, samples: Sequence[Sample], cover: Cover | None) -> _Row:
    images = [_image(store, sample) for sample in samples]
    covers = [cover(sample) for sample in samples] if cover else []
    known = [one for one in covers if one is not None]
    shares = [float((one > 0).mean()) for one in known]
    blanked = None
    if len(known) == len(images):
        blanked = _pooled(base, [hidden(image, one) for image, one in zip(images, known, strict=True)])
    return _Row(
        _pooled(base, images),
        _pooled(base, [planted(image) for image in images]),
        blanked,
        np.mean([radiomics(image) for image in images], axis=0),
        (max(shares), float(np.mean(shares))) if shares else (np.nan, np.nan),
    )


def _pooled(base: "keras.Model", images: Sequence[Array]) -> Array:
    """The mean over samples and places of what the base says, [F]."""
    from radiogenomics.training.predict import outputs

    batch = np.stack(images)
    copies = filled(batch.shape[-1]) // batch.shape[-1]
    maps = outputs(base, [(np.repeat(batch, copies, axis=-1),)])
    pooled: Array = maps.mean(axis=(0, 1, 2), dtype=np.float64).astype(np.float32)
    return pooled


def _sizes(plan: Plan, prepared: Prepared) -> dict[str, npt.NDArray[np.float64]]:
    """How large each patient's lesions are, where all series tell it."""
    cases: Sequence[Case] = prepared.volumes.cases if prepared.volumes else plan.cases
    sizes = {case.patient_id: lesion_sizes(case.lesions, case.reference) for case in cases if case.lesions}
    known = {patient: one for patient, one in sizes.items() if one is not None}
    return known if len(known) == len(sizes) else {}


def _whose(drawn: Drawn) -> tuple[str, ...]:
    """Which lesions were drawn for this alone: the features are kept, and a later call may not name them again."""
    if not drawn:
        return ()
    name, of = Path(drawn.lesions or drawn.masks).name, f" ({drawn.roi})" if drawn.roi else ""
    return (
        f"The lesions that are hidden are those that {name} draws{of}, named in this call or in an earlier one: "
        "--force without them leaves them out.",
    )


def _together(
    rows: dict[str, _Row],
    recipe: Recipe,
    weights: Weights,
    sizes: dict[str, npt.NDArray[np.float64]],
    of: dict[str, Any],
) -> PatientFeatures:
    titles, measures = _of_lesions(rows, sizes)
    without = sum(row.hidden is None for row in rows.values())
    said = f"Of {without} patients no lesion is known: in the test with hidden lesions their images are as they are."
    hid = [row.plain if row.hidden is None else row.hidden for row in rows.values()]
    return PatientFeatures(
        tuple(rows),
        np.stack([row.plain for row in rows.values()]),
        np.stack([row.planted for row in rows.values()]),
        np.stack(hid) if without < len(rows) else None,
        np.concatenate([[row.radiomics for row in rows.values()], measures], axis=1).astype(np.float32),
        (*names(recipe.modalities), *titles),
        _about(weights),
        (said,) if 0 < without < len(rows) else (),
        of,
    )


def _of_lesions(
    rows: dict[str, _Row], sizes: dict[str, npt.NDArray[np.float64]]
) -> tuple[tuple[str, ...], npt.NDArray[np.float64]]:
    """How large lesions are, columns and values [n, columns]: in mm, else as shares of images; none where unknown."""
    if sizes.keys() >= rows.keys():
        return tuple(f"lesion: {name}" for name in LESION), np.stack([sizes[patient] for patient in rows])
    shares = np.array([row.covered for row in rows.values()])
    if np.isfinite(shares).all():
        return ("lesion: largest share of an image", "lesion: mean share of an image"), shares
    return (), np.zeros((len(rows), 0))


def _about(weights: Weights) -> str:
    source = f"{weights.source[0].upper()}{weights.source[1:]}"
    if weights.pretrained:
        return f"{source}; its features are taken as they were before any training."
    return (
        f"{source}: before training its features are random projections of the images, which may show less than those "
        "of a pretrained base."
    )
