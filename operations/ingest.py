"""`muster ingest`: load what is new from the source systems."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console

ENV_HELP = "The environment to load into: dev, ci, uat or prod."
DEMO_HELP = (
    "Load from the demo company's systems. Its HR server is started for the run, and"
    " all settings point at it."
)
SOURCE_HELP = (
    "Sources to load: frappe_hr, payroll, attendance, ats, fx. All that are configured,"
    " when none is named."
)


def ingest(
    source: Annotated[list[str] | None, typer.Argument(help=SOURCE_HELP)] = None,
    env: Annotated[str, typer.Option(help=ENV_HELP)] = "dev",
    demo: Annotated[bool, typer.Option("--demo", help=DEMO_HELP)] = False,
) -> None:
    """Load what is new from the source systems into the raw log.

    Files are copied to the landing zone, checked and loaded; rows that do not fit are
    rejected with file, line and reason; a file that cannot be used waits in quarantine.
    Running it again loads only what is new.

    Settings are dlt's: .dlt/config.toml, .dlt/secrets.toml or the environment
    (SOURCES__PAYROLL__CREDENTIALS, ...). MUSTER_HOME says where the data lies.

    Exit codes: 0 done (rejected rows are listed), 1 something failed (the rest is
    loaded), 2 wrong usage or settings.
    """
    from ingestion.errors import IngestionError
    from ingestion.progress import TerminalReporter
    from ingestion.runner import ingest as run
    from ingestion.runner import muster_home
    from ingestion.summary import show, summary_console

    messages = Console(stderr=True)
    home = muster_home()
    try:
        with _demo_settings(home) if demo else _nothing():
            tally = run(source or (), home, env, TerminalReporter(messages))
    except IngestionError as error:
        messages.print(f"muster ingest: {error}", markup=False, soft_wrap=True)
        raise typer.Exit(error.exit_code) from None
    show(tally, summary_console(), home / env)
    raise typer.Exit(tally.exit_code)


@contextmanager
def _nothing() -> Iterator[None]:
    yield


@contextmanager
def _demo_settings(home: Path) -> Iterator[None]:
    """Point all sources at the demo company while its systems run."""
    from demo.company import running

    with running(home) as settings:
        given = {"SOURCES__GRACE_SECONDS": "0", **settings}
        before = {name: os.environ.get(name) for name in given}
        os.environ.update(given)
        try:
            yield
        finally:
            for name, value in before.items():
                if value is None:
                    os.environ.pop(name, None)
                else:
                    os.environ[name] = value
