"""What made the run: its settings, and the machine."""

from radiogenomics.evaluation import tables
from radiogenomics.evaluation.chapters.section import Chapter, Section
from radiogenomics.evaluation.evidence import Evidence


def chapter(evidence: Evidence) -> Chapter:
    """Recipe and environment."""
    sections = (
        Section(
            "What this run changed",
            "Settings that are not those of the recipe as it ships.",
            tables.overrides_table(evidence),
        ),
        Section("Recipe", evidence.recipe.citation, tables.recipe_table(evidence.recipe)),
        Section("Weights and environment", table=tables.environment_table(evidence.environment)),
    )
    return Chapter("origin", "Recipe and environment", sections)
