"""`radiogen weights`."""

import typer

from radiogen import console
from radiogen.commands import options


def register(app: typer.Typer) -> None:
    """Add the command to the app."""
    app.command(epilog="Example: radiogen weights efficientnetb0")(weights)


def weights(backbone: options.Backbone) -> None:
    """Fetch a backbone's ImageNet weights, verify them, and say what to copy to a machine without internet."""
    from radiogenomics.models.weights import imagenet

    for found in imagenet(backbone):
        from radiogenomics.models.build import check_weights  # loads TensorFlow, so only where there is a file to check

        if found.path:
            check_weights(backbone, found.path)
        console.say(f"File     {found.path}\nSHA-256  {found.sha256}\nSource   {found.source}")
    console.say(
        "On a machine without internet: copy this file there and give it as "
        f"`radiogen train --set model.backbone={backbone} --weights FILE`."
    )
