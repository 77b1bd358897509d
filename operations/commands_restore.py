"""The command of `muster` that rebuilds `raw.duckdb` from the log."""

from typing import Annotated

import typer

from operations.commands import reported
from operations.errors import OperationError

EnvironmentArgument = Annotated[
    str, typer.Argument(metavar="ENV", help="The environment: dev, ci, uat or prod.")
]


def restore(env: EnvironmentArgument) -> None:
    """Bring the completed loads that raw.duckdb lacks, from the log in the store.

    Every segment's checksum is checked. Where raw.duckdb is lost or damaged, delete
    it first: all of it is then rebuilt. Killed on its way, it goes on when run again.
    """
    from ingestion.errors import IngestionError
    from ingestion.progress import TerminalReporter
    from ingestion.runner import locked, private_files
    from operations import environment as environments
    from operations import segments
    from operations.store import open_store

    with reported() as console:
        environment = environments.find(env)
        store = open_store(environment)
        try:
            with private_files(), locked(environment.folder):
                moved = segments.restore(environment, store, TerminalReporter())
        except IngestionError as error:
            raise OperationError(str(error)) from None
        place = environments.shown(environment.raw)
        if not environment.raw.exists():
            console.print(
                f"The log in {store.address} holds no loads yet.", soft_wrap=True
            )
        elif moved.loads:
            console.print(
                f"Restored {moved.loads:,} loads and runs, {moved.rows:,} rows, into"
                f" {place}.",
                soft_wrap=True,
            )
        else:
            console.print(f"{place} lacks nothing.", soft_wrap=True)


def mount(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(restore)
