"""The command `radiogen`: its verbs, and what every one of them does with an error."""

import sys
from importlib.metadata import version
from typing import Annotated, Any, NoReturn

import typer
from typer.core import TyperGroup

from radiogen import console
from radiogen.commands import (
    audit,
    compare,
    demo,
    evaluate,
    explain,
    export,
    predict,
    prepare,
    recipes,
    report,
    scan,
    signal,
    sweep,
    train,
    weights,
)
from radiogenomics.errors import RadiogenomicsError

INTERRUPTED = 130


class Radiogen(TyperGroup):
    """The group that turns errors into one red sentence and an exit code, in one place for all commands."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command; 0 done, 1 a failure, 130 interrupted. Usage errors (2) are Typer's own."""
        try:
            result = super().invoke(ctx)
        except KeyboardInterrupt:
            console.error("interrupted")
            raise typer.Exit(INTERRUPTED) from None
        except RadiogenomicsError as error:
            _explain(ctx, str(error))
        except Exception as error:
            if type(error).__module__.split(".")[0] in {"typer", "click"}:
                raise  # Exit, Abort and usage errors: Typer's own to answer
            _explain(
                ctx, f"{type(error).__name__}: {error}. This is a fault of radiogen: please report it with --debug"
            )
        console.disclaimer()
        return result


def _explain(ctx: Any, message: str) -> NoReturn:
    if ctx.params.get("debug"):
        console.traceback()
    console.error(message)
    raise typer.Exit(1) from None


app = typer.Typer(
    cls=Radiogen,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Predict a tumour's genetics from its scans, and say how far the number can be believed.",
    epilog="Start with `radiogen demo`. " + console.RESEARCH_USE_ONLY,
)


def _version(asked: bool) -> None:
    if asked:
        console.raw(f"radiogen {version('radiogen')}\n")
        raise typer.Exit


@app.callback()
def options(
    debug: Annotated[bool, typer.Option("--debug", envvar="RADIOGEN_DEBUG", help="Show tracebacks.")] = False,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Show the version.")
    ] = False,
) -> None:
    """Options of every command."""


COMMANDS = (
    *(demo, recipes, scan, prepare, train, evaluate),
    *(audit, signal, explain, predict, export, compare, sweep, report, weights),
)
for module in COMMANDS:
    module.register(app)


def main() -> None:
    """Run `radiogen`; --debug may stand anywhere."""
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    debug = len(arguments) < len(sys.argv) - 1
    if not debug:
        console.hide_native_messages()
    app(["--debug"] * debug + arguments, prog_name="radiogen")
