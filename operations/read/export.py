"""What a query gives, written to a file or to standard output."""

import os
import shutil
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext, suppress
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from xlsxwriter.exceptions import FileCreateError

from environment.databases import session
from environment.errors import MusterError
from environment.files import private_files
from environment.sql import literal, quote

FORMATS = ("table", "csv", "json", "parquet", "xlsx")

BY_COPY = {
    "csv": "format csv, header",
    "json": "format json, array true",
    "parquet": "format parquet, compression zstd",
}
"""What DuckDB writes itself."""

NEEDS_FILE = frozenset({"parquet", "xlsx"})

FORMULA = r"^[=+@\t\r-]"
"""What a spreadsheet would run as a formula, were it not behind an apostrophe."""

NUMBERED = r"^[+-]?[0-9.,]+$"
"""What only looks like one."""

ROWS_OF_A_SHEET = 1_048_575


def format_of(given: str | None, output: Path | None) -> str:
    """The format that was asked for, or that the file's name ends with.

    Raises:
        MusterError: There is no such format, or it needs a file.
    """
    ending = output.suffix.removeprefix(".").lower() if output else ""
    found = given or (ending if ending in FORMATS else "csv" if output else "table")
    if found not in FORMATS:
        raise MusterError(
            f"There is no format {found!r}: choose one of {', '.join(FORMATS)}.", 2
        )
    if found in NEEDS_FILE and output is None:
        raise MusterError(f"A {found} is a file: say which by --output.", 2)
    if found == "table" and output is not None:
        raise MusterError("A table is for the terminal: give --format csv or so.", 2)
    return found


def write(
    result: duckdb.DuckDBPyConnection,
    kind: str,
    output: Path | None,
    *,
    limit: int | None = None,
    is_private: bool = False,
) -> int:
    """Write the rows of a query that was run, some at a time.

    Text that a spreadsheet would take for a formula stands behind an apostrophe in CSV,
    and is text in a workbook. A file is there whole or not at all.

    Args:
        result: The query.
        kind: One of `FORMATS`, but for a table.
        output: Where; None for standard output.
        limit: How many rows at most.
        is_private: Whether it is for its owner only.

    Returns:
        How many rows.

    Raises:
        MusterError: It cannot be written, or a sheet cannot hold it.
    """
    reader = result.to_arrow_reader()
    with private_files() if is_private else nullcontext(), _target(output) as target:
        if kind == "xlsx":
            return _workbook(reader, target, limit)
        return _copied(reader, kind, target, limit)
    return 0


def _copied(
    reader: pa.RecordBatchReader, kind: str, target: Path, limit: int | None
) -> int:
    columns = [quote(each.name) for each in reader.schema]
    if kind == "csv":
        columns = [
            f"case when regexp_matches({name}, {literal(FORMULA)}) and not"
            f" regexp_matches({name}, {literal(NUMBERED)}) then '''' || {name}"
            f" else {name} end as {name}"
            if pa.types.is_string(each.type)
            else name
            for name, each in zip(columns, reader.schema, strict=True)
        ]
    with session() as connection:
        connection.register("told", reader)
        number = connection.execute(
            f"copy (select {', '.join(columns)} from told"
            f"{'' if limit is None else f' limit {limit}'})"
            f" to {literal(str(target))} ({BY_COPY[kind]})"
        ).fetchone()
    return int(number[0]) if number else 0


def _workbook(reader: pa.RecordBatchReader, target: Path, limit: int | None) -> int:
    import xlsxwriter

    options: dict[str, Any] = {"constant_memory": True, "strings_to_formulas": False}
    options |= {"strings_to_urls": False, "default_date_format": "yyyy-mm-dd"}
    row = 0
    with xlsxwriter.Workbook(str(target), options) as workbook:
        sheet = workbook.add_worksheet()
        bold = workbook.add_format({"bold": True})
        sheet.freeze_panes(1, 0)
        sheet.write_row(0, 0, reader.schema.names, bold)
        for batch in reader:
            for record in batch.to_pylist():
                if row == limit:
                    return row
                row += 1
                if row > ROWS_OF_A_SHEET:
                    raise MusterError(
                        f"A sheet holds {ROWS_OF_A_SHEET:,} rows: write CSV or Parquet."
                    )
                for position, value in enumerate(record.values()):
                    if value is not None:
                        sheet.write(row, position, _plain(value))
    return row


def _plain(value: Any) -> Any:
    """A value as a workbook takes it."""
    return str(value) if isinstance(value, list | dict | bytes) else value


@contextmanager
def _target(output: Path | None) -> Iterator[Path]:
    if output is None:
        with _standard_output() as target:
            yield target
        return
    draft = output.with_name(f".{output.name}.{os.getpid()}")
    try:
        yield draft
        draft.replace(output)
    except OSError as error:
        raise MusterError(f"{output} cannot be written: {error.strerror}.") from None
    except (duckdb.IOException, FileCreateError):
        raise MusterError(
            f"{output} cannot be written: is its folder there, and yours?"
        ) from None
    finally:
        draft.unlink(missing_ok=True)


@contextmanager
def _standard_output() -> Iterator[Path]:
    """A path that goes on where standard output is.

    Opened by its own name, one that is a file would be emptied first. Whoever reads it
    may stop at any row.
    """
    sys.stdout.flush()
    source, sink = os.pipe()

    def pass_on() -> None:
        with suppress(BrokenPipeError), os.fdopen(source, "rb") as told:
            shutil.copyfileobj(told, sys.stdout.buffer)
            sys.stdout.buffer.flush()

    passing = threading.Thread(target=pass_on)
    passing.start()
    try:
        yield Path(f"/dev/fd/{sink}")
    except duckdb.IOException as error:
        if "Broken pipe" not in str(error):
            raise
    finally:
        os.close(sink)
        passing.join()
