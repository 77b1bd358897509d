"""The `muster` command: one entry point for ingestion, builds and the demo company."""

import os

import typer

from operations import commands
from operations.ingest import ingest

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


app.command()(ingest)
commands.mount(app)


def main() -> None:
    """Run the command line; nothing that it runs tells anybody."""
    os.environ.setdefault("DO_NOT_TRACK", "1")
    os.environ.setdefault("DBT_SEND_ANONYMOUS_USAGE_STATS", "false")
    os.environ.setdefault("RUNTIME__DLTHUB_TELEMETRY", "false")

    from demo.cli import app as demo

    app.add_typer(demo, name="demo")
    app()
