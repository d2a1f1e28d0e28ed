"""The report: one self-contained HTML page that can be read, printed and sent."""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from radiogenomics.evaluation.chapters import audit, cohort, explained, judgement, origin, results, signal, training
from radiogenomics.evaluation.chapters.section import Chapter
from radiogenomics.evaluation.doubts import allowed, boxes, unusable
from radiogenomics.evaluation.evidence import Evidence, Picture
from radiogenomics.evaluation.page import data_uri, template
from radiogenomics.evaluation.verdict import scope, verdict
from radiogenomics.evaluation.wording import SELECTED, number

HALVES = ("roc", "precision-recall", "confusion", "decision-curve")  # figures that stand side by side


@dataclass(frozen=True, slots=True)
class Report:
    """A page and the figures in it."""

    html: str
    figures: tuple[Picture, ...]


def chapters(evidence: Evidence) -> tuple[Chapter, ...]:
    """What the evidence allows to tell, in reading order."""
    told = (
        cohort.chapter(evidence),
        training.chapter(evidence),
        results.ranking(evidence),
        judgement.decisions(evidence),
        results.parts(evidence),
        judgement.groups(evidence),
        audit.chapter(evidence),
        signal.chapter(evidence),
        explained.chapter(evidence),
        origin.chapter(evidence),
    )
    return tuple(chapter for chapter in told if chapter.present)


def _drawn(told: Sequence[Chapter], given: Sequence[Picture]) -> tuple[Picture, ...]:
    """The figures made here, not those that the run had."""
    pictures = (picture for chapter in told for section in chapter.present for picture in section.pictures)
    return tuple(picture for picture in pictures if picture not in given)


def _vast(told: Sequence[Chapter]) -> set[str]:
    """The names of pictures that take the page's whole width: those that were not drawn for half of it."""
    half = {f"{name}.svg" for name in HALVES}
    return {p.name for chapter in told for section in chapter.present for p in section.pictures} - half


def warnings(evidence: Evidence) -> tuple[str, ...]:
    """What stands above all else: leaks that were let pass, and a protocol that flatters."""
    told = []
    if leaks := allowed(evidence):
        told.append(
            f"LEAK ALLOWED. Before training the audit found: {'; '.join(leaks)}. --allow-leak let it pass, and no "
            "figure of this run can be used as evidence."
        )
    if evidence.selected:
        told.append(f"Every figure on this page was {SELECTED}, and is optimistic by an amount that nobody knows.")
    return tuple(told)


def render(evidence: Evidence, version: str) -> Report:
    """Make the page and its figures.

    Args:
        evidence: A run's records.
        version: Of radiogen, for the foot of the page.
    """
    told = chapters(evidence)
    area = evidence.figures("patient", evidence.last).get("auc")
    known = area is not None and not math.isnan(area.value)
    html = template("report.html.j2", straight=True)(
        name=evidence.name,
        note=evidence.note,
        warnings=warnings(evidence),
        recipe=evidence.recipe,
        modalities=" + ".join(evidence.recipe.modalities),
        verdict=verdict(evidence),
        scope=scope(evidence),
        boxes=boxes(evidence),
        auc=area if known else None,
        number=number,
        chapters=told,
        vast=_vast(told),
        unusable=unusable(evidence),
        uri=lambda picture: data_uri(picture.media_type, picture.content),
        version=version,
    )
    return Report(html, _drawn(told, evidence.pictures))
