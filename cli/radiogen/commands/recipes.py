"""`radiogen recipes`."""

from typing import Annotated

import typer

from radiogen import console


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(epilog="Example: radiogen recipes mgmt > mine.json, edit it, radiogen train --recipe mine.json")(
        recipes
    )


def recipes(
    name: Annotated[str | None, typer.Argument(help="Show this recipe as JSON.", show_default=False)] = None,
) -> None:
    """List the named recipes, or show one as the JSON that --recipe takes back."""
    from radiogenomics import recipes as library

    if name:
        console.raw(library.find(name).to_json())
        return
    found = [library.find(known) for known in library.names()]
    for recipe in found:
        console.say(f"{recipe.name}: {recipe.citation}")
    console.table(
        ("recipe", "what it predicts", "modalities", "lesions", "backbone"),
        (
            (r.name, r.title, ", ".join(r.modalities), "needed" if r.needs_lesions else "", r.model.backbone)
            for r in found
        ),
        numeric=5,
    )
