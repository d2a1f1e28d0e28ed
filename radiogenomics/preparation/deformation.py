"""Deformable registration of a series to the reference: a cubic B-spline by mutual information (Rueckert 1999)."""

from dataclasses import replace

import numpy as np
import SimpleITK as sitk

from radiogenomics.preparation.freeform import fit, jacobian, refined, spline_over
from radiogenomics.preparation.measures import likeness, matrix, middle
from radiogenomics.preparation.registration import fallen, joined, levels, looked_at
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
    spline = spline_over(fixed, _mesh(fixed, 2 * part.mesh_mm))
    for place, level in enumerate(levels(volumes, modality, part)):
        if place == 1:  # what is large is found with few control points, and refined with more
            spline = refined(spline)
        fit(spline, level, before, bins=part.bins, iterations=part.iterations, stiffness=part.stiffness)
    after = joined(before, spline, fixed)
    figures, (least, largest) = likeness(pair, before, after), jacobian(spline, fixed)
    grown = float(np.linalg.det(matrix(before, middle(fixed))))  # a recipe bends once, so what came before is linear
    bent = Figure("least Jacobian", None, least * grown), Figure("largest Jacobian", None, largest * grown)
    return Outcome(
        volumes.put(modality, replace(volumes.by_modality[modality], transform=after)),
        (*figures, *bent),
        fallen(figures[0]) or _folded(least),
    )


def _mesh(image: sitk.Image, mesh_mm: float) -> list[int]:
    """Into how many cells the field of view is cut along x, y, z, each about `mesh_mm` wide."""
    return [
        max(1, round(width * count / mesh_mm)) for width, count in zip(image.GetSpacing(), image.GetSize(), strict=True)
    ]


def _folded(least: float) -> str:
    return "" if least > 0 else f"the Jacobian falls to {least:.2f}: space is folded"
