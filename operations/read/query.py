"""`muster query`: one SQL statement over the marts, read-only, as a table or file."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import duckdb
from rich.console import Console
from rich.table import Table
from rich.text import Text

import environment as environments
from environment import DATABASES, Environment
from environment import lake as lakes
from environment.databases import attach, session
from environment.errors import MusterError
from environment.sql import literal
from ingestion.hr_tables import shown as hr_tables
from ingestion.log import of as log_of
from operations.build.artifacts import read_note
from operations.monitoring import seen
from operations.read import export
from operations.read.access import note
from operations.read.shown import cell, is_number
from store import releases
from store.store import open_store

ROWS_SHOWN = 40

WIDEST = 10_000
"""How many characters a row may have before cells are cut."""


OPTIONS = {"--restricted": "restricted", "--log": "raw"}
"""What shows each database that is not shown by itself."""


def query(
    name: str,
    sql: str,
    console: Console,
    *,
    with_restricted: bool = False,
    with_log: bool = False,
    kind: str = "table",
    output: Path | None = None,
    limit: int | None = None,
    target: str = "",
) -> None:
    """Run a statement on an environment's marts and show or write what it gives.

    Args:
        name: The environment.
        sql: One SQL statement; it cannot change anything. Tables of the marts go by
            their schema, those that are published by the name `published`, what the
            last look for incidents made by the name `ops`.
        console: Where the table is written.
        with_restricted: Whether the restricted database can be read too.
        with_log: Whether what was loaded can be read too, under the name `raw`.
        kind: One of `export.FORMATS`.
        output: A file to write to; standard output where there is none.
        limit: How many rows at most; a table shows 40 where nothing is said.
        target: Nothing for what was built here, or `lake` for its current release.

    Raises:
        MusterError: Nothing was built, the marts are being built, or the statement
            is not right.
    """
    environment = environments.find(name, target)
    if target not in {"", lakes.TARGET}:
        raise MusterError(
            f"Nothing is released to {target}: give --target {lakes.TARGET}, or none.",
            2,
        )
    aside = telling(console, kind, output)
    read: Environment | None
    try:
        read = environment if target else read_from(environment, aside)
    except MusterError:
        # What was loaded is looked at before the first build too.
        if not with_log or with_restricted:
            raise
        read = None
    few = {"restricted": with_restricted, "raw": with_log}
    if any(few.values()):
        note(environment, "query", *(name for name, is_read in few.items() if is_read))
    with _opened(read, with_restricted) as marts:
        if seen.database(environment).exists():
            attach(marts, seen.database(environment), seen.FOLDER)
        if with_log:
            raw = log_of(environment.folder)
            raw.attach(marts)
            hr_tables.show(raw, marts, "raw")
        if with_log or target:
            places = [str(environment.raw)] if with_log else []
            lake = lakes.of(environment)
            places += [lake.folder(each) for each in DATABASES] if target else []
            folders = ", ".join(map(literal, places))
            marts.execute(f"set allowed_directories = [{folders}]")
        if read is not None:
            marts.execute(f"use {read.marts.stem}")
        marts.execute("set enable_external_access = false")
        try:
            statements = marts.extract_statements(sql)
            if not statements:
                raise MusterError("There is no statement: give one in quotes.", 2)
            if len(statements) > 1:
                raise MusterError(
                    f"There are {len(statements)} statements: give one at a time.", 2
                )
            if with_log and statements[0].type != duckdb.StatementType.SELECT:
                raise MusterError(
                    "With --log there are queries only: begin with select, from or"
                    " with, since the log's files could be written to otherwise."
                )
            tell(
                marts.execute(statements[0]),
                console,
                kind=kind,
                output=output,
                limit=limit,
                is_private=any(few.values()),
            )
        except duckdb.Error as error:
            lacking = [
                option
                for option, catalog in OPTIONS.items()
                if f'Catalog "{catalog}" does not exist' in str(error)
            ]
            remedy = f" Add {lacking[0]} to read it." if lacking else ""
            raise MusterError(f"{error}{remedy}") from None


@contextmanager
def _opened(
    read: Environment | None, with_restricted: bool
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A connection with the marts, what is published and, where asked, the rest."""
    if read is None:
        with session() as connection:
            yield connection
        return
    if read.target:
        from operations.release import lake as released

        names = ["muster", "published", *(["restricted"] if with_restricted else ())]
        current = releases.current(open_store(read))
        with released.opened(read, names, release=current) as connection:
            yield connection
        return
    with session() as connection:
        restricted = [read.restricted] if with_restricted else []
        for path in (read.marts, read.published, *restricted):
            if path.exists() or path != read.published:
                attach(connection, path, path.stem)
        yield connection


def tell(
    result: duckdb.DuckDBPyConnection,
    console: Console,
    *,
    kind: str = "table",
    output: Path | None = None,
    limit: int | None = None,
    is_private: bool = False,
) -> None:
    """Show what a query gives, or write it.

    Args:
        result: The query.
        console: Where a table is shown, and how many rows were written.
        kind: One of `export.FORMATS`.
        output: A file to write to; standard output where there is none.
        limit: How many rows at most; a table shows 40 where nothing is said.
        is_private: Whether a file is for its owner only.

    Raises:
        MusterError: It cannot be written.
    """
    if kind == "table":
        show(result, limit or ROWS_SHOWN, console)
        return
    number = export.write(result, kind, output, limit=limit, is_private=is_private)
    if output is not None:
        console.print(f"{number:,} rows: {output}", soft_wrap=True)


def show(result: duckdb.DuckDBPyConnection, limit: int, console: Console) -> None:
    """Show the first rows of a query as a table."""
    columns = [(str(name), str(kind)) for name, kind, *_ in result.description or []]
    rows = result.fetchmany(limit + 1)
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name, kind in columns:
        justify: Literal["left", "right"] = "right" if is_number(kind) else "left"
        table.add_column(Text(name), no_wrap=True, justify=justify)
    for row in rows[:limit]:
        named = zip(columns, row, strict=True)
        table.add_row(*(Text(cell(name, value)) for (name, _), value in named))
    # Wide rows run on, as a terminal shows them, rather than breaking in every cell.
    wide = console.options.update(max_width=WIDEST)
    console.width = max(console.width, console.measure(table, options=wide).maximum)
    console.print(table)
    if len(rows) > limit:
        told = f"The first {limit:,} rows; there are more: --limit, or --output FILE."
        console.print(told, style="dim")


def telling(console: Console, kind: str, output: Path | None) -> Console:
    """Where to tell what is no row: not among those on standard output."""
    return Console(stderr=True) if output is None and kind != "table" else console


def read_from(environment: Environment, console: Console) -> Environment:
    """Where people read: what was built here or, where nothing was, is released.

    Args:
        environment: The environment.
        console: Where it is told that the last build here did not end well.

    Returns:
        The environment itself, or its current release in the form of one.

    Raises:
        MusterError: There is neither.
    """
    if environment.marts.exists():
        if begun_at := read_note(environment).get("begun_at"):
            told = Text(
                f"The build begun at {begun_at} UTC was interrupted or failed, or still"
                " runs: what follows may be part old, part new. Run muster build --env"
                f" {environment.name}.",
                "yellow",
            )
            console.print(told, soft_wrap=True)
        return environment
    store = open_store(environment)
    if store.is_local:
        released = Environment(releases.LINK, store.path(""))
        if released.marts.exists():
            return released
    raise MusterError(
        f"Nothing is built yet in {environments.shown(environment.marts)}: run "
        f"muster build --env {environment.name} or muster release {environment.name}."
    )
