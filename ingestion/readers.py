"""Delivered text files: made UTF-8, and read as Arrow tables of numbered lines.

A file's rows are never Python objects: its bytes become Arrow text, split at line ends,
and DuckDB does the rest. Only the CSV lines that hold a quote go through the `csv`
module, which knows where a quoted field ends.
"""

import codecs
import csv
import re
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
BLOCK_BYTES = 4 << 20
MAX_RECORD_LINES = 1000
MAX_LINE_BYTES = 64 << 20
HEAD_BYTES = 1 << 20
HEADER_LINES = 20
"""How many lines of a CSV text may stand above its header, and that itself."""

DELIMITERS = (";", ",", "\t", "|")

_MARKS = {
    codecs.BOM_UTF8: "utf-8-sig",
    codecs.BOM_UTF16_LE: "utf-16",
    codecs.BOM_UTF16_BE: "utf-16",
}
_ARCHIVES = (b"PK\x03\x04", b"\xd0\xcf\x11\xe0")


class FileFaultError(Exception):
    """A file cannot be used; the message is the reason it goes to quarantine with.

    Args:
        message: The reason.
        rows: How many rows could be read of it.
    """

    def __init__(self, message: str, rows: int = 0) -> None:
        super().__init__(message)
        self.rows = rows


@dataclass(frozen=True)
class Text:
    """A delivered file as UTF-8 text.

    Attributes:
        path: Where the text is: decompressed, without a byte-order mark.
        lines: How many lines it has, blank ones included.
        encoding: What it was written in.
        is_cr_ended: Whether its lines ended with a carriage return alone.
    """

    path: Path
    lines: int
    encoding: str
    is_cr_ended: bool = False


@dataclass(frozen=True)
class Start:
    """Where a CSV text may have its header.

    Attributes:
        header: The names of its fields.
        delimiter: What parts them.
        line: The header's line, from 1.
        offset: How many bytes are before it.
    """

    header: tuple[str, ...]
    delimiter: str
    line: int = 1
    offset: int = 0


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


def as_text(path: Path, scratch: Path, declared: str = "") -> Text:
    """Make a file UTF-8 text: in `scratch`, where it is not that already.

    What it is written in is told by its byte-order mark, else declared, else seen:
    UTF-16 by its zeros, UTF-8 by being valid, and what is neither is cp1252. Where
    carriage returns alone end lines, line ends take their place.

    Raises:
        FileFaultError: It is damaged, or is not text.
    """
    head = next(_content(path), b"")
    if head.startswith(_ARCHIVES):
        raise FileFaultError(
            "this is a workbook or an archive, not text; ask for it as text"
        )
    encoding = next((e for m, e in _MARKS.items() if head.startswith(m)), declared)
    zeros = [byte == 0 for byte in head[:4]]
    if not encoding and zeros in ([False, True] * 2, [True, False] * 2):
        encoding = "utf-16-be" if zeros[0] else "utf-16-le"
    seen = head.decode(encoding or "utf-8", "ignore") if b"\r" in head else ""
    is_cr_ended = "\r" in seen.rstrip("\r\n") and "\n" not in seen.rstrip("\r\n")
    try:
        return _decoded(path, scratch, encoding or "utf-8", is_cr_ended=is_cr_ended)
    except _NotUtf8Error as error:
        if encoding or not error.is_foreign:
            raise
        try:
            return _decoded(path, scratch, "cp1252", is_cr_ended=is_cr_ended)
        except FileFaultError:
            raise error from None


def is_regular(path: Path, delimiter: str, delimiters: int) -> bool:
    """Whether CSV parsers agree about a text.

    That is where carriage returns stand before line ends only, no space is beside a
    quote, and no row may end with empty fields that are too many.

    Args:
        path: The text.
        delimiter: What parts fields.
        delimiters: How many there are outside quotes, should each row be complete.
    """
    mark = delimiter.encode()
    empty = (mark, mark + b'""')
    open_ends = [each + end for each in empty for end in (b"\n", b"\r")]
    last = tail = b""
    returns = ends = parted = 0
    is_open = False
    for chunk in _chunks(path, CHUNK_BYTES):
        seen = last + chunk
        returns += chunk.count(b"\r")
        ends += seen.count(b"\r\n") if returns else 0
        parted += chunk.count(mark)
        if b'"' in seen and (b'" ' in seen or b' "' in seen):
            return False
        seen = tail + chunk
        is_open = is_open or any(each in seen for each in open_ends)
        last, tail = chunk[-1:], seen[-3:]
    is_open = is_open or tail.endswith(empty)
    return returns == ends and (parted == delimiters or not is_open)


def json_lines(path: Path) -> Iterator[Block]:
    """The lines of a text of JSON lines; blank lines are numbered and left out."""
    first = 1
    for lines in _lines(path):
        numbers = pa.array(np.arange(first, first + len(lines), dtype=np.int64))
        table = pa.table({"line": numbers, "text": lines})
        kept = pc.not_equal(lines, "")
        yield Block(None, table if pc.all(kept).as_py() else table.filter(kept))
        first += len(lines)


def starts(path: Path, delimiter: str, most: int = HEADER_LINES) -> Iterator[Start]:
    """What may be the header of a CSV text: each of its first lines, parted each way.

    Earlier lines come first, and of a line the declared delimiter, then the one that a
    first line `sep=` names, then the usual ones.
    """
    with path.open("rb") as file:
        lines = file.read(HEAD_BYTES).split(b"\n")[:most]
    texts = [line.decode(errors="replace") + "\n" for line in lines]
    named = re.fullmatch(r'"?sep=([^\w\s"]|\t)"?\s*', texts[0])
    delimiters = (delimiter, *(named.groups() if named else ()), *DELIMITERS)
    offset = 0
    for number, text in enumerate(texts, start=1):
        for each in dict.fromkeys(delimiters):
            reader = csv.reader(texts[number - 1 :], delimiter=each, strict=True)
            try:
                fields = next(reader)
            except csv.Error:
                fields = text.split(each)
            if text.strip():
                header = tuple(field.strip() for field in fields)
                yield Start(header, each, number, offset)
        offset += len(lines[number - 1]) + 1


def csv_rows(
    path: Path,
    delimiter: str,
    unpivot: Unpivot | None = None,
    line: int = 1,
    offset: int = 0,
) -> Iterator[Block]:
    """The rows of a CSV text from a line on, which begins at an offset: the header.

    Quotes may hold delimiters, line ends and doubled quotes. A row whose quotes do not
    close costs that one line only: reading goes on with the next.

    Raises:
        FileFaultError: The file has no header, or the header names a field twice.
    """
    header: tuple[str, ...] | None = None
    for records in _csv_records(path, delimiter, line, offset):
        rows = records
        if header is None:
            if not len(records):
                continue
            first = records.slice(0, 1).to_pylist()[0]
            if first["problem"]:
                raise FileFaultError(f"the header cannot be read: {first['problem']}")
            header = tuple(field.strip() for field in first["fields"])
            rows = records.slice(1)
        yield unpivot(header, rows) if unpivot else Block(header, rows)


class _NotUtf8Error(FileFaultError):
    """Text is not what it should be; `is_foreign` where it never was."""

    def __init__(self, message: str, rows: int, *, is_foreign: bool) -> None:
        super().__init__(message, rows)
        self.is_foreign = is_foreign


def _decoded(path: Path, scratch: Path, encoding: str, *, is_cr_ended: bool) -> Text:
    is_copied = encoding != "utf-8" or is_cr_ended or path.suffix.lower() == ".gz"
    decoder = codecs.getincrementaldecoder(encoding)()
    lines = length = 0
    is_ascii, last = True, b""
    with (scratch if is_copied else path).open("wb" if is_copied else "rb") as target:
        try:
            for chunk in _content(path):
                data = chunk
                if encoding != "utf-8":
                    data = decoder.decode(chunk).encode()
                elif not chunk.isascii() or decoder.getstate()[0]:
                    decoder.decode(chunk)
                    is_ascii = False
                if is_cr_ended:
                    data = data.replace(b"\r", b"\n")
                if is_copied:
                    target.write(data)
                lines += data.count(b"\n")
                length = 0 if b"\n" in data else length
                length += len(data) - 1 - data.rfind(b"\n")
                if length > MAX_LINE_BYTES:
                    raise FileFaultError(
                        f"a line is longer than {MAX_LINE_BYTES >> 20} MB"
                    )
                last = data[-1:] or last
            decoder.decode(b"", final=True)
        except UnicodeDecodeError as error:
            place = lines + 1 + error.object.count(b"\n", 0, error.start)
            message = (
                f"not {encoding.upper()} text in line {place};"
                " ask for the file in UTF-8, or declare its encoding"
            )
            valid = error.object.decode("utf-8", "ignore")
            raise _NotUtf8Error(
                message, lines, is_foreign=is_ascii and valid.isascii()
            ) from None
        except FileFaultError as fault:
            raise FileFaultError(str(fault), lines) from None
    is_open = last not in (b"", b"\n")
    written = scratch if is_copied else path
    return Text(written, lines + is_open, encoding, is_cr_ended)


def _content(path: Path) -> Iterator[bytes]:
    """A file's content, decompressed.

    Raises:
        FileFaultError: It is damaged; what could be decoded is yielded before.
    """
    chunks = _chunks(path, CHUNK_BYTES)
    return _inflated(chunks) if path.suffix.lower() == ".gz" else chunks


def _chunks(path: Path, size: int, offset: int = 0) -> Iterator[bytes]:
    with path.open("rb") as file:
        file.seek(offset)
        while chunk := file.read(size):
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
                data = member.decompress(rest, CHUNK_BYTES)
            except zlib.error:
                raise FileFaultError(
                    "gzip is damaged; ask for the file again"
                ) from None
            if data:
                yield data
            rest = member.unconsumed_tail
            if member.eof:
                rest = member.unused_data
                member = zlib.decompressobj(31)
                is_open = False
    if is_open:
        raise FileFaultError("gzip is truncated; ask for the file again")


def _lines(path: Path, offset: int = 0) -> Iterator[Any]:
    """The lines of a UTF-8 text as Arrow text, block by block."""
    rest = b""
    for chunk in _chunks(path, BLOCK_BYTES, offset):
        whole, newline, rest = (rest + chunk).rpartition(b"\n")
        if newline:
            yield _split(whole)
    if rest:
        yield _split(rest)


def _split(data: bytes) -> Any:
    offsets = pa.py_buffer(np.array([0, len(data)], dtype=np.int64))
    whole = pa.Array.from_buffers(
        pa.large_utf8(), 1, [None, offsets, pa.py_buffer(data)]
    )
    lines = pc.split_pattern(whole, "\n").flatten()
    return pc.utf8_rtrim(lines, "\r") if b"\r" in data else lines


def _csv_records(
    path: Path, delimiter: str, first: int, offset: int
) -> Iterator[pa.Table]:
    """Rows with the header among them; what a block's end cuts waits for the next."""
    blocks = _lines(path, offset)
    lines, following = next(blocks, None), next(blocks, None)
    while lines is not None:
        quoted, taken = _quoted_records(lines, delimiter, is_last=following is None)
        yield _records(lines.slice(0, taken), first, quoted, delimiter)
        first += taken
        if following is not None:
            following = pa.concat_arrays([lines.slice(taken), following])
        lines, following = following, next(blocks, None)


_Quoted = list[tuple[int, int, list[str] | None, str | None]]
"""(first line from 0, lines, fields, problem) of the records that hold a quote."""


def _records(lines: Any, first: int, quoted: _Quoted, delimiter: str) -> pa.Table:
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
            pc.add(numbers, first),
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
            "line": start + first,
            "text": "\n".join(lines.slice(start, count).to_pylist()),
            "fields": fields,
            "problem": problem,
        }
        for start, count, fields, problem in quoted
    ]
    both = pa.concat_tables([table, pa.Table.from_pylist(rows, schema)])
    return both.sort_by("line").combine_chunks()


def _quoted_records(
    lines: Any, delimiter: str, *, is_last: bool
) -> tuple[_Quoted, int]:
    """The records that hold a quote, and how many lines could be taken as records."""
    records: _Quoted = []
    free_from = 0
    starts = pc.indices_nonzero(pc.match_substring(lines, '"')).to_pylist()
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
            if not is_last and start + MAX_RECORD_LINES > len(lines):
                return records, start
            count = 1
            records.append(
                (start, 1, None, "quotes do not close, or text follows them")
            )
        free_from = start + count
    return records, len(lines)
