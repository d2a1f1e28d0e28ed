"""Write a run's report from its files alone; no model and no TensorFlow is needed."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import radiogenomics
from radiogenomics import recipes
from radiogenomics.evaluation.evidence import Evidence, Override, Picture
from radiogenomics.evaluation.pictures import lightened
from radiogenomics.evaluation.report import render
from radiogenomics.evaluation.score import ScoreRow
from radiogenomics.evaluation.statistics import statistics
from radiogenomics.evaluation.tables import recipe_values
from radiogenomics.experiment.audit import read_findings
from radiogenomics.experiment.evaluate import read_people, read_thresholds
from radiogenomics.experiment.papers import write_papers
from radiogenomics.experiment.pictures import explanation_pictures
from radiogenomics.files import write_atomically, write_text
from radiogenomics.recipe import Recipe
from radiogenomics.records import Exclusion, Prediction, Trait
from radiogenomics.rundir.rows import read_csv, read_history, read_records
from radiogenomics.rundir.run import Run, read_json, read_recipe, write_json

CONTACT_SHEET = "contact-sheet.png"
MOST_BYTES = 2_600_000  # of all pictures in the page, which shall stay small enough to be mailed


def overrides(recipe: Recipe) -> tuple[Override, ...]:
    """Where the recipe differs from the one of its name that ships with radiogen; nothing where none does."""
    if recipe.name not in recipes.names():
        return ()
    ours, shipped = recipe_values(recipe), recipe_values(recipes.find(recipe.name))
    paths = dict.fromkeys([*shipped, *ours])
    # A part that one of the two leaves out is told once, by what the other has in it.
    whole = {path for path in paths if any(other.startswith(f"{path}.") for other in paths)}
    return tuple(
        Override(path, ours.get(path, "-"), shipped.get(path, "-"))
        for path in paths
        if ours.get(path) != shipped.get(path) and path not in whole
    )


def _contact_sheet(run: Run) -> tuple[Picture, ...]:
    path = run.figures / CONTACT_SHEET
    if not path.is_file():
        return ()
    title, alt = "What the model sees", "Contact sheet of prepared slices by class."
    return (Picture(path.name, title, alt, "Prepared slices, by class.", "image/png", path.read_bytes()),)


def _pictures(run: Run) -> tuple[Picture, ...]:
    """The pictures that lie in the run, as light as the page needs them."""
    return lightened((*_contact_sheet(run), *explanation_pictures(run)), MOST_BYTES)


def _optional(path: Path) -> Mapping[str, Any]:
    return read_json(path) if path.is_file() else {}


def read_evidence(run: Run) -> Evidence:
    """All that a run's files tell; those that are not there are left out.

    Raises:
        MissingPathError: The run was never evaluated: it lacks predictions.csv or scores.csv.
        RunError: A file is damaged, or a trained run lacks folds.csv.
    """
    recipe, predictions = read_recipe(run), read_records(run.predictions, Prediction)
    folds, labels = read_people(run)
    return Evidence(
        name=run.root.resolve().name,
        recipe=recipe,
        predictions=predictions,
        thresholds=read_thresholds(run),
        rows=read_records(run.scores, ScoreRow),
        history=read_history(run.history) if run.history.is_file() else (),
        series=read_csv(run.cohort) if run.cohort.is_file() else (),
        exclusions=read_records(run.exclusions, Exclusion) if run.exclusions.is_file() else (),
        preparation=read_csv(run.preparation) if run.preparation.is_file() else (),
        folds=folds,
        labels=labels,
        selection=_optional(run.selection),
        environment=_optional(run.environment),
        overrides=overrides(recipe),
        pictures=_pictures(run),
        traits=read_records(run.traits, Trait) if run.traits.is_file() else (),
        audit=read_findings(run),
        signal=read_json(run.signal, "signal") if run.signal.is_file() else {},
        explanations=read_csv(run.explanations) if run.explanations.is_file() else (),
    )


def write_report(run: Run) -> Path:
    """Write what a run's records come to: report.html, figures/*.svg, statistics.json, model card and checklists.

    Of the folder of an outside evaluation too, but for the card.

    Returns:
        The page.

    Raises:
        MissingPathError: The run was never evaluated.
        RunError: A file is damaged.
    """
    evidence = read_evidence(run)
    report = render(evidence, radiogenomics.__version__)
    for picture in report.figures:
        content = picture.content
        write_atomically(run.figures / picture.name, lambda file, content=content: file.write(content))  # type: ignore[misc]
    write_json(run.statistics, statistics(evidence))
    write_papers(run, evidence)
    write_text(run.report, report.html)
    return run.report
