"""What `muster ingest` does: fetch, load what is new, and write it to the store."""

import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console

from environment import Environment, set_inside, shown
from environment.errors import ConfigurationError, MusterError, no_room
from environment.files import private_files
from environment.progress import Reporter
from ingestion import clock, index, runner
from ingestion.carry_over import require_none
from ingestion.log import of as log_of
from ingestion.tally import Tally
from operations.erasure import forget
from store import lease, mirror
from store.store import open_store

FOLLOW_GRACE_SECONDS = 2.0
"""For how long a file must not have changed while its source is followed."""


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
            except MusterError as error:
                lines = [str(error)]
            else:
                lines = [*tally.notes, *tally.failed.values()]
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
    progress: Reporter,
    run: Callable[..., Tally] | None = None,
    **options: Any,
) -> Tally:
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
        MusterError: A setting is wrong, the environment is in use, the store cannot be
            used, another runner writes to it, or a disk is full.
    """
    runner.check_names(sources, env)
    clock.now()
    environment = Environment(env, home.expanduser().resolve())
    store = open_store(environment)
    run = run or runner.ingest
    with (
        private_files(),
        _full_disk_told(environment.folder),
        lease.hold(store, "ingest") as held,
    ):
        # What cannot be mended is told, and fails its source alone.
        mirror.mend(environment, store, progress)
        mirror.pull(environment, store, progress)
        forget.finish_interrupted(environment, store, held, progress)
        try:
            tally = run(sources, home, env, progress, **options)
        except MusterError:
            mirror.push(environment, store, progress, held.check)
            raise
        mirror.push(environment, store, progress, held.check)
    return tally


@contextmanager
def _full_disk_told(folder: Path) -> Iterator[None]:
    try:
        yield
    except (OSError, duckdb.Error) as error:
        if message := no_room(error, folder):
            raise MusterError(f"{message}.") from None
        raise


@contextmanager
def demo_settings(home: Path) -> Iterator[None]:
    """Point all sources at the demo company while its systems run.

    Raises:
        MusterError: There is none, or its systems do not start.
    """
    from demo.company import DemoError, running

    try:
        with (
            running(home) as settings,
            set_inside(SOURCES__GRACE_SECONDS="0", **settings),
        ):
            yield
    except DemoError as error:
        raise MusterError(str(error)) from None


def require_ingested(environment: Environment) -> None:
    """Check that something was ingested, and that its files are there.

    Raises:
        MusterError: Nothing was, or a file is missing or has another size.
    """
    require_none(environment.folder)
    log = log_of(environment.folder)
    if not log.datasets():
        raise MusterError(
            f"Nothing is ingested yet into {shown(environment.raw)}: run make ingest "
            f"(the demo company) or muster ingest --env {environment.name}."
        )
    for loss in index.losses(log):
        raise MusterError(str(loss))
    for dataset in log.datasets():
        for damage in log.damaged(dataset):
            raise MusterError(str(damage))
