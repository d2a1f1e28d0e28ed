"""Deformable registration of a series to the reference: a cubic B-spline by mutual information (Mattes 2003)."""

from dataclasses import replace

import SimpleITK as sitk

from radiogenomics.preparation.measures import jacobian_range, likeness
from radiogenomics.preparation.registration import fallen, joined, levels, looked_at, metric, optimise
from radiogenomics.preparation.volumes import Outcome, Volumes
from radiogenomics.recipe.preparation import DeformableStep
from radiogenomics.records import Figure


def deformable(volumes: Volumes, modality: str, part: DeformableStep) -> Outcome:
    """Bend a series until it lies on the reference; it should lie there rigidly already.

    Raises:
        CohortError: The two show no common place, or one of them shows nothing.
    """
    fixed, before = volumes.fixed, volumes.transform(modality)
    pair = looked_at(volumes, modality)
    spline = sitk.BSplineTransformInitializer(fixed, _mesh(fixed, part.mesh_mm), 3)
    for level in levels(volumes, modality, part):
        method = metric(part, level, before)
        method.SetOptimizerAsLBFGS2(
            solutionAccuracy=1e-5, numberOfIterations=part.iterations, deltaConvergenceDistance=5,
            deltaConvergenceTolerance=1e-4,
        )  # fmt: skip
        optimise(method, level, spline, modality)
    after = joined(before, spline, fixed)
    figures, (least, largest) = likeness(pair, before, after), jacobian_range(after, fixed)
    jacobian = Figure("least Jacobian", None, least), Figure("largest Jacobian", None, largest)
    return Outcome(
        volumes.put(modality, replace(volumes.by_modality[modality], transform=after)),
        (*figures, *jacobian),
        fallen(figures[0]) or _folded(least),
    )


def _mesh(image: sitk.Image, mesh_mm: float) -> list[int]:
    """Into how many cells the field of view is cut along x, y, z, each about `mesh_mm` wide."""
    return [
        max(1, round(width * count / mesh_mm))
        for width, count in zip(image.GetSpacing(), image.GetSize(), strict=True)
    ]


def _folded(least: float) -> str:
    return "" if least > 0 else f"the Jacobian falls to {least:.2f}: space is folded"
