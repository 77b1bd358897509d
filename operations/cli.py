"""The `muster` command: one entry point for ingestion, builds and the demo company."""

import typer

app = typer.Typer(
    name="muster",
    help="Muster, the open workforce data warehouse.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
)


@app.callback()
def _root() -> None:
    """Muster, the open workforce data warehouse."""


def main() -> None:
    """Run the command line."""
    app()
