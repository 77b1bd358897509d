"""Delivered files as Arrow tables of lines: bytes in, numbered text out.

A file's rows are never Python objects: its bytes become Arrow text, split at line ends,
and DuckDB does the rest. Only the CSV lines that hold a quote go through the `csv`
module, which knows where a quoted field ends.
"""

import codecs
import csv
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

CHUNK_BYTES = 1 << 20
BLOCK_BYTES = 16 << 20
MAX_RECORD_LINES = 1000
MAX_LINE_BYTES = 64 << 20


class FileFaultError(Exception):
    """A file cannot be used; the message is the reason it goes to quarantine with."""


@dataclass(frozen=True)
class Block:
    """Rows of one file.

    Attributes:
        header: The names of its fields; None where each row names its own (JSON lines).
        table: `line` (the number in the file, from 1), `text` (the row as delivered),
            and with a header `fields` (list of text) and `problem` (null, or why the
            row cannot be read).
    """

    header: tuple[str, ...] | None
    table: pa.Table


Unpivot = Callable[[tuple[str, ...], pa.Table], Block]


def blocks(path: Path) -> Iterator[bytes]:
    """A file's content, decompressed, in blocks of whole lines.

    Raises:
        FileFaultError: It is damaged; what could be decoded is yielded before.
    """
    chunks = _chunks(path)
    content = _inflated(chunks) if path.suffix.lower() == ".gz" else chunks
    held: list[bytes] = []
    size = 0
    try:
        for chunk in content:
            held.append(chunk)
            size += len(chunk)
            if size >= BLOCK_BYTES:
                whole, newline, rest = b"".join(held).rpartition(b"\n")
                if newline:
                    yield whole + newline
                elif size > MAX_LINE_BYTES:
                    message = f"a line is longer than {MAX_LINE_BYTES >> 20} MB"
                    raise FileFaultError(message)
                held, size = [rest], len(rest)
    except FileFaultError:
        whole, newline, _ = b"".join(held).rpartition(b"\n")
        if newline:
            yield whole + newline
        raise
    if size:
        yield b"".join(held)


def json_lines(path: Path) -> Iterator[Block]:
    """The lines of a file of JSON lines; blank lines are numbered and left out."""
    for first, lines in _numbered(path):
        numbers = pa.array(np.arange(first, first + len(lines), dtype=np.int64))
        table = pa.table({"line": numbers, "text": lines})
        kept = pc.not_equal(lines, "")
        yield Block(None, table if pc.all(kept).as_py() else table.filter(kept))


def csv_rows(
    path: Path, delimiter: str, unpivot: Unpivot | None = None
) -> Iterator[Block]:
    """The rows of a CSV file, its header apart.

    Quotes may hold delimiters, line ends and doubled quotes. A row whose quotes do not
    close costs that one line only: reading goes on with the next.

    Raises:
        FileFaultError: The file has no header, or the header names a field twice.
    """
    parts = [lines for _, lines in _numbered(path)]
    if not parts:
        return
    lines = pa.chunked_array(parts).combine_chunks()
    records = _csv_records(lines, delimiter)
    if not len(records):
        return
    first = records.slice(0, 1).to_pylist()[0]
    if first["problem"]:
        message = f"the header cannot be read: {first['problem']}"
        raise FileFaultError(message)
    header = tuple(field.strip() for field in first["fields"])
    rows = records.slice(1)
    yield unpivot(header, rows) if unpivot else Block(header, rows)


def _chunks(path: Path) -> Iterator[bytes]:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            yield chunk


def _inflated(chunks: Iterable[bytes]) -> Iterator[bytes]:
    member: Any = zlib.decompressobj(31)
    is_open = False
    for chunk in chunks:
        rest = chunk
        while rest:
            if not is_open and not rest.strip(b"\0"):
                break
            is_open = True
            try:
                data = member.decompress(rest, BLOCK_BYTES)
            except zlib.error:
                message = "gzip is damaged; ask for the file again"
                raise FileFaultError(message) from None
            if data:
                yield data
            rest = member.unconsumed_tail
            if member.eof:
                rest = member.unused_data
                member = zlib.decompressobj(31)
                is_open = False
    if is_open:
        message = "gzip is truncated; ask for the file again"
        raise FileFaultError(message)


def _numbered(path: Path) -> Iterator[tuple[int, Any]]:
    """Each block's first line number, from 1, and its lines as Arrow text."""
    first = 1
    for block in blocks(path):
        data = block
        if first == 1 and data.startswith(codecs.BOM_UTF8):
            data = data[len(codecs.BOM_UTF8) :]
        if not data:
            continue
        lines = _lines(data, first)
        yield first, lines
        first += len(lines)


def _lines(data: bytes, first: int) -> Any:
    offsets = pa.py_buffer(np.array([0, len(data)], dtype=np.int64))
    whole = pa.Array.from_buffers(
        pa.large_utf8(), 1, [None, offsets, pa.py_buffer(data)]
    )
    try:
        whole.validate(full=True)
    except pa.ArrowInvalid:
        message = f"not UTF-8 text{_where(data, first)}; ask for the file in UTF-8"
        raise FileFaultError(message) from None
    lines = pc.split_pattern(whole, "\n").flatten()
    if data.endswith(b"\n"):
        lines = lines.slice(0, len(lines) - 1)
    if b"\r" in data:
        lines = pc.utf8_rtrim(lines, "\r")
    return lines


def _where(data: bytes, first: int) -> str:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return f" in line {first + data.count(10, 0, error.start)}"
    return ""


def _csv_records(lines: Any, delimiter: str) -> pa.Table:
    has_quote = pc.match_substring(lines, '"')
    quoted = _quoted_records(
        lines, pc.indices_nonzero(has_quote).to_pylist(), delimiter
    )
    consumed = np.zeros(len(lines), dtype=bool)
    for start, count, _, _ in quoted:
        consumed[start : start + count] = True
    plain = pc.and_(pc.invert(pa.array(consumed)), pc.not_equal(lines, ""))
    texts = lines.filter(plain)
    numbers = pc.indices_nonzero(plain).cast(pa.int64())
    schema = pa.schema(
        [
            ("line", pa.int64()),
            ("text", pa.large_utf8()),
            ("fields", pa.list_(pa.large_utf8())),
            ("problem", pa.large_utf8()),
        ]
    )
    table = pa.table(
        [
            pc.add(numbers, 1),
            texts,
            pc.split_pattern(texts, delimiter),
            pa.nulls(len(texts), pa.large_utf8()),
        ],
        schema=schema,
    )
    if not quoted:
        return table
    rows = [
        {
            "line": start + 1,
            "text": "\n".join(lines.slice(start, count).to_pylist()),
            "fields": fields,
            "problem": problem,
        }
        for start, count, fields, problem in quoted
    ]
    both = pa.concat_tables([table, pa.Table.from_pylist(rows, schema)])
    return both.sort_by("line").combine_chunks()


def _quoted_records(
    lines: Any, starts: list[int], delimiter: str
) -> list[tuple[int, int, list[str] | None, str | None]]:
    """(first line from 0, lines, fields, problem) of the records that hold a quote."""
    records: list[tuple[int, int, list[str] | None, str | None]] = []
    free_from = 0
    for start in starts:
        if start < free_from:
            continue
        window = (lines[i].as_py() + "\n" for i in range(start, len(lines)))
        reader = csv.reader(
            islice(window, MAX_RECORD_LINES), delimiter=delimiter, strict=True
        )
        try:
            fields = next(reader)
            count = reader.line_num
            records.append((start, count, fields, None))
        except (csv.Error, StopIteration):
            count = 1
            records.append(
                (start, 1, None, "quotes do not close, or text follows them")
            )
        free_from = start + count
    return records
