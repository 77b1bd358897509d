"""The `muster` command: one entry point for ingestion, builds and the demo company."""

import typer

from environment import silence_telemetry
from operations.commands import COMMANDS

app = typer.Typer(
    name="muster",
    help="Muster, the open workforce data warehouse.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _root() -> None:
    """Muster, the open workforce data warehouse."""


for command in COMMANDS:
    app.command()(command)


def main() -> None:
    """Run the command line; nothing that it runs tells anybody."""
    silence_telemetry()

    from demo.cli import app as demo

    app.add_typer(demo, name="demo")
    app()
