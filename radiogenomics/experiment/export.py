"""A run as a SavedModel that TF Serving serves."""

from pathlib import Path

from radiogenomics.experiment.evaluate import deployed_recipe
from radiogenomics.experiment.predict import load_models, run_threshold
from radiogenomics.rundir.run import Run


def next_version(folder: Path) -> Path:
    """The version folder that TF Serving would take up next: one above the highest there is."""
    versions = [int(path.name) for path in folder.glob("*") if path.name.isdigit()]
    return folder / str(max(versions, default=0) + 1)


def export(run: Run, to: Path) -> Path:
    """Export the mean of the run's fold models as one graph.

    Args:
        run: A finished run.
        to: saved_models/NAME; the export goes to its next version folder, so nothing is overwritten.

    The run's model card, as it lies there with whatever its author wrote into it, goes along.

    Returns:
        The version folder.
    """
    models = load_models(run)
    from radiogenomics.serving.export import export_saved_model  # loads TensorFlow

    papers = {run.card.name: run.card.read_text(encoding="utf-8")} if run.card.is_file() else {}
    return export_saved_model(
        models, deployed_recipe(run), next_version(to), threshold=run_threshold(run), papers=papers
    )
