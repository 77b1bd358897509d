"""The commands of `muster` that work on the warehouse itself."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated

import typer
from rich.console import Console

from operations.errors import OperationError

EnvironmentArgument = Annotated[
    str, typer.Argument(metavar="ENV", help="The environment: dev, ci, uat or prod.")
]

EnvironmentOption = Annotated[
    str, typer.Option("--env", help="The environment: dev, ci, uat or prod.")
]


@contextmanager
def reported() -> Iterator[Console]:
    """Give a console, and end the command with one line where something is wrong."""
    try:
        yield Console(highlight=False)
    except OperationError as error:
        typer.echo(f"muster: {error}", err=True)
        raise typer.Exit(error.exit_code) from None
    except KeyboardInterrupt:
        typer.echo("muster: interrupted; what was complete stays.", err=True)
        raise typer.Exit(130) from None
    except PermissionError as error:
        typer.echo(
            f"muster: No permission to write {error.filename}: change its permissions, "
            "or set MUSTER_HOME to a folder of yours.",
            err=True,
        )
        raise typer.Exit(1) from None


def build(
    env: EnvironmentOption = "dev",
    as_at: Annotated[
        str | None,
        typer.Option(help="Only what was known at this date or instant (UTC) counts."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Build everything, changed or not.")
    ] = False,
) -> None:
    """Build and test what changed, or reads what changed, and the docs."""
    from operations.build import build as run

    with reported() as console:
        run(env, console, as_at=as_at, force=force)


def docs(
    env: EnvironmentOption = "dev",
    port: Annotated[
        int, typer.Option(help="Port on this machine; 0: a free one.")
    ] = 8080,
    browser: Annotated[bool, typer.Option(help="Open a browser, if any.")] = True,
) -> None:
    """Serve the docs of the last build until Ctrl-C."""
    from operations.docs import serve

    with reported() as console:
        serve(env, port, console, browser=browser)


def summary(env: EnvironmentOption = "dev") -> None:
    """Show what was loaded and rejected, headcount now, and what to try next."""
    from operations.summary import summarise

    with reported() as console:
        summarise(env, console)


def query(
    sql: Annotated[str, typer.Argument(help="One SQL statement over the marts.")],
    env: EnvironmentOption = "dev",
    restricted: Annotated[
        bool,
        typer.Option(
            "--restricted", help="Also attach what only HR operations may read."
        ),
    ] = False,
    log: Annotated[
        bool,
        typer.Option("--log", help="Also show what was loaded, under the name raw."),
    ] = False,
) -> None:
    """Run SQL on the marts, read-only, and show the result as a table."""
    from operations.query import query as run

    with reported() as console:
        run(env, sql, console, with_restricted=restricted, with_log=log)


def mend(env: EnvironmentArgument) -> None:
    """Read the whole log for its checksums, and mend what is damaged or missing.

    A damaged file is fetched from the store, or else made again from the landed files.
    What can be done by neither is told; put it back from a backup.
    """
    from ingestion.errors import IngestionError
    from ingestion.progress import TerminalReporter
    from ingestion.runner import locked, private_files
    from operations import environment as environments
    from operations import lease, mirror
    from operations.store import open_store

    with reported() as console:
        environment = environments.find(env)
        store = open_store(environment)
        try:
            with (
                private_files(),
                lease.hold(store, "mend"),
                locked(environment.folder),
            ):
                left = mirror.mend(
                    environment, store, TerminalReporter(console), thorough=True
                )
        except IngestionError as error:
            raise OperationError(str(error)) from None
        if left:
            raise OperationError(f"{len(left):,} files could not be mended.")
        console.print("Every file of the log is as its marker says.")


def carry_over(env: EnvironmentArgument) -> None:
    """Write the log that an earlier version kept in raw.duckdb as files, once.

    Every completed load is known since when it was; the database stays as it is, and
    can be deleted when the next build is right. Where MUSTER_STORE is elsewhere, the
    next muster ingest writes the files there.
    """
    from ingestion.carry_over import carry_over as carry
    from ingestion.errors import IngestionError
    from ingestion.runner import locked, private_files
    from operations import environment as environments

    with reported() as console:
        environment = environments.find(env)
        try:
            with private_files(), locked(environment.folder):
                loads = carry(environment.folder)
        except IngestionError as error:
            raise OperationError(str(error)) from None
        console.print(
            f"Carried over {loads:,} loads into {environments.shown(environment.raw)}.",
            soft_wrap=True,
        )


def mount(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    for command in (build, docs, summary, query, mend, carry_over):
        app.command()(command)
