"""Runs sources, one after the other, into one environment's log."""

import importlib
import os
import shutil
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import cast

import duckdb

from environment import NAMES
from environment import home as default_home
from environment.errors import (
    ConfigurationError,
    MusterError,
    NotConfiguredError,
    no_room,
)
from environment.files import private_files
from environment.locks import locked, writable
from environment.progress import Reporter
from environment.sql import literal
from ingestion import clock, index
from ingestion.carry_over import require_none
from ingestion.context import GRACE_SECONDS, RunContext, Source
from ingestion.hr_tables import source as hr_tables
from ingestion.index import Loss
from ingestion.ledger import Ledger
from ingestion.ledger_tables import DATASET, RUNS
from ingestion.log import SOURCES, Log
from ingestion.log import of as log_of
from ingestion.pipelines import apply_settings
from ingestion.tally import Tally

MEMORY = "512MB"
"""What DuckDB may hold in memory in a run; the rest is in the environment's folder."""

SYSTEMS = ("frappe_hr", "payroll")
"""The sources that can be asked again for what they told before."""

Loader = Callable[[str], Source]


def load_source(name: str) -> Source:
    """The module of a source, or what stands for it where there is a mapping."""
    if name not in SOURCES:
        return hr_tables.load(name)
    return cast(Source, importlib.import_module(f"ingestion.{name}.source"))


def sources_of(*, is_reread: bool = False) -> tuple[str, ...]:
    """Those that can be read anew, or all: Muster's own and those by mapping."""
    return SYSTEMS if is_reread else (*SOURCES, *hr_tables.names())


def ingest(
    sources: Sequence[str] = (),
    home: Path | None = None,
    env: str = "dev",
    progress: Reporter | None = None,
    loader: Loader = load_source,
    grace_seconds: float = GRACE_SECONDS,
    *,
    is_reread: bool = False,
    since: datetime | None = None,
) -> Tally:
    """Load what is new in the sources.

    Sources that fail do not stop the others: the tally says which failed and why.

    Args:
        sources: Their names; all by default. Those not configured are then skipped.
        home: `MUSTER_HOME`.
        env: The environment.
        progress: Where to report long steps; nowhere by default.
        loader: Finds a source's module by name.
        grace_seconds: For how long a file must not have changed, where no setting says.
        is_reread: Whether to read systems anew, and not only for what is new in them.
        since: Of those, since when a record must have changed, as the source's clock
            says; None for all.

    Returns:
        What was loaded, rejected and left out.

    Raises:
        ConfigurationError: A name is unknown, or a named source lacks settings.
        MusterError: The environment cannot be written, or is in use.
    """
    check_names(sources, env)
    if is_reread and (files := set(sources) - set(SYSTEMS)):
        message = f"{', '.join(sorted(files))} cannot be read anew: only"
        raise ConfigurationError(f"{message} {' and '.join(SYSTEMS)} are systems")
    home = home or default_home()
    progress = progress or Reporter()
    clock.now()
    apply_settings()
    tally = Tally()
    raw = log_of(home / env)
    require_none(home / env)
    for damage in raw.damaged(DATASET):
        raise MusterError(str(damage))
    lost = index.compared(raw)
    tally.notes += [str(loss) for loss in lost if loss.fault == index.FOREIGN]
    lost = [loss for loss in lost if loss.fault != index.FOREIGN]
    for loss in lost:
        if loss.dataset == DATASET:
            raise MusterError(str(loss))
    with private_files(), locked(home / env), _opened(raw) as connection:
        run_id = new_run_id()
        log = Ledger(connection, run_id, raw)
        every = sources_of(is_reread=is_reread)
        for name in dict.fromkeys(sources or every):
            context = RunContext(
                name,
                home,
                env,
                run_id,
                connection,
                raw,
                log,
                tally,
                progress,
                grace_seconds,
                is_reread,
                since,
            )
            here = [loss for loss in lost if loss.dataset == context.dataset]
            _run_source(context, loader, here, is_named=bool(sources))
            with writable(home / env):
                log.flush()
        with writable(home / env):
            log.write_loads()
            log.flush()
        for dataset in (*raw.datasets(), RUNS):
            try:
                raw.compact(dataset)
            except (OSError, duckdb.Error, MusterError) as error:
                progress.line(
                    f"{dataset}: many small loads wait to be merged: {_one_line(error)}"
                )
        with writable(home / env):
            index.note_end(log_of(home / env))
        if set(tally.skipped) >= set(every):
            raise ConfigurationError(
                "no source is configured; copy .dlt/example.secrets.toml to"
                " .dlt/secrets.toml and fill in what you have, or try --demo"
            )
    return tally


def _run_source(
    context: RunContext, loader: Loader, lost: Sequence[Loss], *, is_named: bool
) -> None:
    tally, name = context.tally, context.source
    started = time.monotonic()
    try:
        source = loader(name)
        for damage in context.raw.damaged(context.dataset):
            raise MusterError(f"{name}: {damage}")
        for loss in lost:
            raise MusterError(f"{name}: {loss}")
        context.show()
        source.run(context)
    except NotConfiguredError as error:
        if is_named:
            raise
        tally.skipped[name] = str(error)
        context.progress.line(f"skipped {error}")
        return
    except MusterError as error:
        if is_named and isinstance(error, ConfigurationError):
            raise
        _fail(context, str(error))
    except Exception as error:
        if os.environ.get("MUSTER_DEBUG"):
            raise
        full = no_room(error, context.folder)
        _fail(context, f"{name}: {full or _one_line(error)}")
    tally.elapsed[name] = time.monotonic() - started


def _fail(context: RunContext, message: str) -> None:
    context.tally.failed[context.source] = message
    context.progress.line(f"failed: {message}")


def _one_line(error: BaseException) -> str:
    """The cause of an unforeseen error in one line, without a traceback or values."""
    cause = error
    while cause.__cause__ or cause.__context__:
        cause = cause.__cause__ or cause.__context__ or cause
    if isinstance(cause, MusterError):
        return str(cause)
    if isinstance(cause, PermissionError | FileNotFoundError):
        return f"{cause.strerror}: {cause.filename}"
    if isinstance(cause, OSError):
        return f"{cause.strerror or type(cause).__name__}"
    kind = type(cause).__name__
    if isinstance(cause, duckdb.IOException | duckdb.OutOfMemoryException):
        text = str(cause).strip().splitlines()[0][:200]
        return f"DuckDB says: {text}"
    return (
        f"unexpected {kind} in {_place(cause)}; set MUSTER_DEBUG=1 to see the traceback"
    )


def _place(error: BaseException) -> str:
    trace = error.__traceback__
    place = "an unknown place"
    while trace:
        code = trace.tb_frame.f_code
        place = f"{Path(code.co_filename).name}:{trace.tb_lineno}"
        trace = trace.tb_next
    return place


def check_names(sources: Sequence[str], env: str) -> None:
    """Make sure that there are such sources and such an environment."""
    if env not in NAMES:
        raise ConfigurationError(
            f"unknown environment {env}; one of {', '.join(NAMES)}"
        )
    known = sources_of()
    for name in sources:
        if name not in known:
            raise ConfigurationError(
                f"unknown source {name}; one of {', '.join(known)}"
            )


def new_run_id() -> str:
    """The id of a run that begins now: behind those of earlier ones."""
    return f"{datetime.now(UTC):%Y%m%dT%H%M%S.%f}-{os.getpid()}"


@contextmanager
def _opened(raw: Log) -> Iterator[duckdb.DuckDBPyConnection]:
    raw.folder.mkdir(exist_ok=True, mode=0o700)
    raw.sweep(DATASET)
    # Each source is shown its own tables when it is run.
    connection = raw.connect([DATASET])
    spilled = raw.folder.parent / ".duckdb"
    # A second thread would save no time where files are read one after the other, and
    # would cost a third more.
    connection.execute("set threads = 1")
    connection.execute(f"set memory_limit = '{MEMORY}'")
    connection.execute(f"set temp_directory = {literal(str(spilled))}")
    try:
        yield connection
    finally:
        connection.close()
        shutil.rmtree(spilled, ignore_errors=True)
