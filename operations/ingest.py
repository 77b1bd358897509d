"""`muster ingest`: load what is new from the source systems, into a durable log."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer
from rich.console import Console

from operations.errors import OperationError

if TYPE_CHECKING:
    from ingestion.progress import Reporter
    from ingestion.tally import Tally

ENV_HELP = "The environment to load into: dev, ci, uat or prod."
DEMO_HELP = (
    "Load from the demo company's systems. Its HR server is started for the run, and"
    " all settings point at it."
)
FOLLOW_HELP = (
    "Go on loading what arrives until SIGTERM or Ctrl-C. Files that are renamed into"
    " place are safest: others count as whole when they did not change for 2 seconds."
)
EVERY_HELP = "With --follow: seconds from one look to the next."

SINCE_FORMATS = ["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S"]

FOLLOW_GRACE_SECONDS = 2.0
"""For how long a file must not have changed while its source is followed."""

REREAD_HELP = (
    "Read frappe_hr or payroll anew, also what is known of it. What says nothing new is"
    " left out, so it is safe at any time."
)
SINCE_HELP = (
    "With --reread: only what was changed since, by the source's own clock"
    " (2026-01-31, '2026-01-31 08:00')."
)

SOURCE_HELP = (
    "Sources to load: frappe_hr, payroll, attendance, ats, fx. All that are configured,"
    " when none is named."
)


def ingest(
    source: Annotated[list[str] | None, typer.Argument(help=SOURCE_HELP)] = None,
    env: Annotated[str, typer.Option(help=ENV_HELP)] = "dev",
    demo: Annotated[bool, typer.Option("--demo", help=DEMO_HELP)] = False,
    follow: Annotated[bool, typer.Option("--follow", help=FOLLOW_HELP)] = False,
    every: Annotated[float, typer.Option(min=0.1, help=EVERY_HELP)] = 2.0,
    reread: Annotated[bool, typer.Option("--reread", help=REREAD_HELP)] = False,
    since: Annotated[
        datetime | None, typer.Option(formats=SINCE_FORMATS, help=SINCE_HELP)
    ] = None,
) -> None:
    """Load what is new from the source systems into the raw log.

    Files are copied to the landing zone, checked and loaded; rows that do not fit are
    rejected with file, line and reason; a file that cannot be used waits in quarantine.
    Running it again loads only what is new.

    What earlier runs wrote to the store (MUSTER_STORE, any fsspec URL; by default
    MUSTER_HOME) is fetched first where it is lacking here, and what this run completes
    is written there. One runner writes an environment at a time.

    Settings are dlt's: .dlt/config.toml, .dlt/secrets.toml or the environment
    (SOURCES__PAYROLL__CREDENTIALS, ...). MUSTER_HOME says where the data lies.

    Exit codes: 0 done (rejected rows are listed) or asked to end, 1 something failed
    (the rest is loaded), 2 wrong usage or settings.
    """
    from ingestion.errors import IngestionError
    from ingestion.progress import TerminalReporter
    from ingestion.runner import muster_home
    from ingestion.summary import show, summary_console

    messages = Console(stderr=True)
    if (follow and reread) or (since and not reread):
        messages.print("muster ingest: --since goes with --reread, --follow with none")
        raise typer.Exit(2)
    home = muster_home()
    try:
        with _demo_settings(home) if demo else _nothing():
            if follow:
                keep_loading(source or (), home, env, messages, every)
                return
            tally = load(
                source or (),
                home,
                env,
                TerminalReporter(messages),
                is_reread=reread,
                since=since,
            )
    except (IngestionError, OperationError) as error:
        messages.print(f"muster ingest: {error}", markup=False, soft_wrap=True)
        raise typer.Exit(error.exit_code) from None
    show(tally, summary_console(), home / env)
    raise typer.Exit(tally.exit_code)


def keep_loading(
    sources: Sequence[str], home: Path, env: str, console: Console, every: float
) -> None:
    """Load what is new, again and again, until SIGTERM or Ctrl-C; a load is finished.

    Each time the environment is held anew, so that others load and release between. A
    source that fails is tried again.

    Args:
        sources: As for `load`.
        home: `MUSTER_HOME`.
        env: The environment.
        console: Where a line is written about each load that brought something.
        every: Seconds from one look to the next.

    Raises:
        ConfigurationError: A setting is wrong.
    """
    from ingestion.errors import ConfigurationError, IngestionError
    from ingestion.progress import Reporter

    ended = threading.Event()
    before = {
        number: signal.signal(number, lambda *_: ended.set())
        for number in (signal.SIGTERM, signal.SIGINT)
    }
    told = ""
    try:
        while not ended.is_set():
            started = time.monotonic()
            try:
                tally = load(
                    sources, home, env, Reporter(), grace_seconds=FOLLOW_GRACE_SECONDS
                )
            except ConfigurationError:
                raise
            except (IngestionError, OperationError) as error:
                lines = [str(error)]
            else:
                lines = list(tally.failed.values())
                whole = tally.total()
                if whole.loaded or whole.rejected or whole.quarantined:
                    lines.append(
                        f"{datetime.now(UTC):%H:%M:%S} UTC: {whole.loaded:,} rows new,"
                        f" {whole.rejected:,} rejected, {whole.quarantined:,}"
                        f" quarantined, {whole.already_known:,} known"
                    )
            # What goes on being wrong is told once.
            text = "\n".join(lines)
            if text and text != told:
                console.print(text, markup=False, soft_wrap=True)
            told = text
            ended.wait(max(0.0, every - (time.monotonic() - started)))
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def load(
    sources: Sequence[str],
    home: Path,
    env: str,
    progress: "Reporter",
    run: "Callable[..., Tally] | None" = None,
    **options: Any,
) -> "Tally":
    """Fetch what is lacking, load what is new, and write it to the store.

    Args:
        sources: Their names; all that are configured where none is named.
        home: `MUSTER_HOME`.
        env: The environment.
        progress: Where to report.
        run: What loads; `ingestion.runner.ingest` by default.
        options: Its options.

    Returns:
        What was loaded, rejected and left out.

    Raises:
        IngestionError: A setting is wrong, or the environment is in use.
        OperationError: The store cannot be used, or another runner writes to it, or a
            disk is full.
    """
    from ingestion.clock import now
    from ingestion.errors import IngestionError
    from ingestion.runner import check_names, private_files
    from ingestion.runner import ingest as load_sources
    from operations import lease, mirror
    from operations.environment import Environment
    from operations.store import open_store

    check_names(sources, env)
    now()
    environment = Environment(env, home.expanduser().resolve())
    store = open_store(environment)
    run = run or load_sources
    with (
        private_files(),
        _full_disk_told(environment.folder),
        lease.hold(store, "ingest") as held,
    ):
        # What cannot be mended is told, and fails its source alone.
        mirror.mend(environment, store, progress)
        mirror.pull(environment, store, progress)
        try:
            tally = run(sources, home, env, progress, **options)
        except IngestionError:
            mirror.push(environment, store, progress, held.check)
            raise
        mirror.push(environment, store, progress, held.check)
    return tally


@contextmanager
def _full_disk_told(folder: Path) -> Iterator[None]:
    import duckdb

    from ingestion.errors import no_room

    try:
        yield
    except (OSError, duckdb.Error) as error:
        if message := no_room(error, folder):
            raise OperationError(f"{message}.") from None
        raise


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
