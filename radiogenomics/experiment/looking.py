"""The heat of a run's slices, each by the model of the fold that tested its patient."""

import itertools
import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from radiogenomics.evaluation.heat import GRAD_CAM, OCCLUSION
from radiogenomics.evaluation.outcomes import Decided
from radiogenomics.experiment.lesion_cover import Cover
from radiogenomics.explain.gradcam import BATCH_SIZE, grad_cam
from radiogenomics.explain.heat import Maps, hottest, share_within
from radiogenomics.explain.logits import halve
from radiogenomics.explain.occlusion import occlusion
from radiogenomics.pipeline.dataset import scoring_batches
from radiogenomics.recipe import Recipe
from radiogenomics.records import Progress, Sample
from radiogenomics.rundir.run import Run
from radiogenomics.store import Store
from radiogenomics.training.device import configure
from radiogenomics.training.predict import load_model

Pixels = npt.NDArray[np.float32]
Eyes = Mapping[str, Callable[[Pixels], Maps]]  # by method, from images [n, H, W, C] to maps [n, H, W]


@dataclass(frozen=True, slots=True)
class Subject:
    """One patient, and what of it is looked at."""

    tested: Decided
    samples: tuple[Sample, ...]
    probabilities: tuple[float, ...]  # of the samples
    shown: frozenset[Sample]  # of the samples, those that a sheet shows


@dataclass(frozen=True, slots=True)
class Seen:
    """What one method finds in one sample."""

    tested: Decided
    sample: Sample
    probability: float  # of the sample, not of the patient
    method: str
    heat_share: float  # of its heat, that in the lesion; nan where it has no heat, or no lesion is there
    area_share: float  # of the picture, what the lesion covers; nan where no lesion is known
    others_share: float = math.nan  # of the other patients' mean heat, laid on this lesion
    hottest: str = ""  # where in the picture, in words; "" where it has no heat
    heat: Pixels | None = None  # [H, W], with the picture only where a sheet shows it
    picture: Pixels | None = None  # [H, W, C] in [0, 1]
    lesion: Pixels | None = None  # which part of each pixel is lesion


def look(
    run: Run,
    recipe: Recipe,
    subjects: Sequence[Subject],
    methods: Sequence[str],
    cover: Cover | None,
    store: Store,
    progress: Progress,
) -> tuple[list[Seen], tuple[int, int]]:
    """The heat of all subjects, patient by patient.

    Shown samples are seen by all methods; where lesions are known, every sample is by Grad-CAM.

    Returns:
        What was seen; and height and width of the feature map that Grad-CAM is made of.
    """
    configure(recipe.training)
    seen, means, cells, done = list[Seen](), dict[str, Pixels](), (0, 0), 0
    for fold, group in itertools.groupby(sorted(subjects, key=lambda s: s.tested.fold), lambda s: s.tested.fold):
        model = load_model(run.model(fold))
        cells = halve(model).cells
        eyes: Eyes = {GRAD_CAM: grad_cam(model), OCCLUSION: occlusion(model)}
        for subject in group:
            found = list(_seen(subject, eyes, methods, cover, _images(store, subject.samples)))
            if cover:
                means |= _mean(subject.tested.patient_id, found)
            seen += [one if one.sample in subject.shown else replace(one, heat=None, picture=None) for one in found]
            done += 1
            progress.update("explain", done, len(subjects), f"patient {subject.tested.patient_id}")
    return [*_beside_others(seen, means, cover)] if cover else seen, cells


def _images(store: Store, samples: Sequence[Sample]) -> Pixels:
    batches = scoring_batches(store, samples, BATCH_SIZE)
    return np.concatenate([images for images, _, _ in batches.as_numpy_iterator()])


def _seen(subject: Subject, eyes: Eyes, methods: Sequence[str], cover: Cover | None, images: Pixels) -> Iterator[Seen]:
    for method, eye in eyes.items():
        everywhere = cover is not None and method == GRAD_CAM
        shown = subject.shown if method in methods else frozenset()
        places = [place for place, sample in enumerate(subject.samples) if everywhere or sample in shown]
        for place, heat in zip(places, eye(images[places]), strict=True):
            sample = subject.samples[place]
            lesion = cover(sample) if cover else None
            share = math.nan if lesion is None else share_within(np.maximum(heat, 0), lesion)
            area = math.nan if lesion is None else float(lesion.mean())
            yield Seen(
                subject.tested, sample, subject.probabilities[place], method, share, area, hottest=hottest(heat),
                heat=heat, picture=images[place], lesion=lesion if sample in shown else None,
            )  # fmt: skip


def _mean(patient: str, seen: Sequence[Seen]) -> dict[str, Pixels]:
    """The patient's mean heat by Grad-CAM, each slice's of one sum; {} where there is none."""
    maps = [one.heat for one in seen if one.method == GRAD_CAM and one.heat is not None and one.heat.any()]
    return {patient: np.mean([heat / heat.sum() for heat in maps], axis=0)} if maps else {}


def _beside_others(seen: Sequence[Seen], means: Mapping[str, Pixels], cover: Cover) -> Iterator[Seen]:
    """Each with the share that the mean heat of all other patients has in its lesion."""
    total = np.sum(list(means.values()), axis=0, dtype=np.float64) if means else np.zeros(())
    for one in seen:
        patient, lesion = one.tested.patient_id, cover(one.sample)
        if lesion is None or one.method != GRAD_CAM or math.isnan(one.heat_share) or len(means) < 2:
            yield one
        else:
            others = np.maximum(total - means[patient], 0)  # a patient with a share has heat, and so a mean
            yield replace(one, others_share=share_within(others, lesion))
