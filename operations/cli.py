"""The `muster` command: one entry point for ingestion, builds and the demo company."""

from importlib.metadata import version
from typing import Annotated

import typer

from environment import silence_telemetry
from operations.commands import COMMANDS
from operations.metrics.commands import app as metrics

app = typer.Typer(
    name="muster",
    help="Muster, the open workforce data warehouse.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


def _tell_version(is_asked: bool) -> None:
    if is_asked:
        typer.echo(f"muster {version('muster')}")
        raise typer.Exit


@app.callback()
def _root(
    version_: Annotated[
        bool,
        typer.Option(
            "--version", callback=_tell_version, is_eager=True, help="Tell the version."
        ),
    ] = False,
) -> None:
    """Muster, the open workforce data warehouse."""


for command in COMMANDS:
    app.command()(command)
app.add_typer(metrics, name="metrics")


def main() -> None:
    """Run the command line; nothing that it runs tells anybody."""
    silence_telemetry()

    from demo.cli import app as demo

    app.add_typer(demo, name="demo")
    app()
