"""The sheets of explained slices, one an outcome."""

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from radiogenomics.evaluation.evidence import Evidence
from radiogenomics.evaluation.heat_words import how_chosen, is_coarse
from radiogenomics.evaluation.outcomes import OUTCOMES, Decided
from radiogenomics.experiment.pictures import CAPTION, MOST_BYTES, sheet
from radiogenomics.files import explained, write_atomically
from radiogenomics.records import Sample
from radiogenomics.rundir.run import Run

if TYPE_CHECKING:
    from radiogenomics.experiment.looking import Seen
    from radiogenomics.explain.sheet import Panel

LETTERS = 28  # of a line above a slice: none may run into its neighbour's


def write_sheets(
    run: Run,
    evidence: Evidence,
    seen: Sequence["Seen"],
    tested: Sequence[Decided],
    cells: tuple[int, int],
    named: bool,
) -> tuple[Path, ...]:
    """Write figures/explain-<outcome>.png for every outcome that has something to show; older ones are removed.

    Args:
        run: Where to.
        evidence: Of it: the classes' names, and what every figure carries.
        seen: What is to be shown, with heat and pictures.
        tested: Everyone, of whom those shown are a part.
        cells: Height and width of the feature map.
        named: Whether the user named those shown.
    """
    foot = " ".join([f"Heat is evidence for {evidence.classes[1]}.", CAPTION, how_chosen(named), _fineness(cells)])
    paths = []
    for outcome in OUTCOMES:
        path, own = sheet(run, outcome), [one for one in seen if one.tested.outcome == outcome]
        if own:
            content = _drawn(own, outcome, evidence, tested, foot)
            write_atomically(path, lambda file, content=content: file.write(content))  # type: ignore[misc]
            paths.append(path)
        else:
            with explained(path):
                path.unlink(missing_ok=True)
    return tuple(paths)


def _fineness(cells: tuple[int, int]) -> str:
    said = f"Grad-CAM has {cells[0]} x {cells[1]} cells here, enlarged"
    return f"{said}: too few to say where." if is_coarse(cells) else f"{said}."


def _drawn(seen: Sequence["Seen"], outcome: str, evidence: Evidence, tested: Sequence[Decided], foot: str) -> bytes:
    from radiogenomics.explain.sheet import draw_sheet

    everyone = sum(one.outcome == outcome for one in tested)
    patients = len({one.tested.patient_id for one in seen})
    positive = outcome.endswith("positive")
    label = evidence.classes[positive if outcome.startswith("true") else not positive]
    heading = (
        f"{outcome.capitalize()}s, {patients} of {everyone}: are {_short(label, 40)}, "
        f"called {_short(evidence.classes[positive], 40)}"
    )
    return draw_sheet(_panels(seen, evidence), heading, foot, MOST_BYTES, evidence.note)


def _panels(seen: Iterable["Seen"], evidence: Evidence) -> list["Panel"]:
    """A panel a slice, with the heat of every method."""
    from radiogenomics.explain.sheet import Panel

    recipe = evidence.recipe
    channel = recipe.modalities.index(recipe.drawn_on) if recipe.drawn_on in recipe.modalities else 0
    slices: dict[Sample, list[Seen]] = {}
    for one in seen:
        slices.setdefault(one.sample, []).append(one)
    ordered = sorted(slices.values(), key=lambda own: (-own[0].tested.confidence, own[0].tested.patient_id))
    return [
        Panel(
            _title(own[0], evidence, recipe.modalities[channel]),
            own[0].picture[..., channel],  # type: ignore[index]
            {one.method: one.heat for one in own},  # type: ignore[misc]
            own[0].lesion,
        )
        for own in ordered
    ]


def _title(one: "Seen", evidence: Evidence, modality: str) -> str:
    """Who is shown, which slice, what the model says of the slice, and what of the patient, by which it is decided."""
    scored, lesion = one.tested.scored, one.sample.lesion_id
    side = "at or above" if scored.decision else "below"
    return "\n".join(
        [
            _short(one.tested.patient_id),
            *([f"lesion {_short(lesion, 20)}"] if lesion else ()),
            f"{modality} slice {one.sample.slice}: p {one.probability:.2f}",
            *(["the lesion is not in it"] if one.lesion is not None and not one.lesion.any() else ()),
            f"patient: p {scored.probability:.2f} ({side} {scored.threshold:.2f})",
            f"called {_short(evidence.classes[scored.decision], 22)}",
            f"is {_short(evidence.classes[scored.label], 26)}",
        ]
    )


def _short(name: str, letters: int = LETTERS) -> str:
    return name if len(name) <= letters else f"{name[: letters // 2]}…{name[1 - letters // 2 :]}"
