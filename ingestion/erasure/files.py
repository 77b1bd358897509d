"""Delivered files without what tells who somebody is: rewritten line by line.

The ledger knows a file by the checksum of what was delivered. That of what it became
lies beside it, so that it can be read again.
"""

import csv
import gzip
import io
import json
import re
import shutil
import zipfile
import zlib
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from contextlib import suppress
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import Any
from unicodedata import normalize

import pyarrow as pa
import pyarrow.parquet as pq

from environment.files import checksum, keep
from ingestion.erasure import personal, rows
from ingestion.erasure.matching import Known, Where
from ingestion.erasure.personal import Role, Roles
from ingestion.landing import (
    BESIDE,
    PARQUET_SUFFIX,
    WORKBOOK_SUFFIXES,
    FileResource,
    field_name,
)
from ingestion.log import SOURCES
from ingestion.readers import MAX_RECORD_LINES, FileFaultError, as_text

_field_name = lru_cache(1000)(field_name)

CHUNK_BYTES = 4 << 20
OVERLAP = 512

_LETTER, _DIGIT = re.compile(r"[^\W\d_]"), re.compile(r"\d")
_ESCAPED = re.compile(r"\\(?:u([0-9a-fA-F]{4})|[nrt])")


def is_rewritten(path: Path) -> bool:
    """Whether a landed file is as it was rewritten."""
    beside = path.with_name(path.name + BESIDE)
    return beside.exists() and beside.read_text().strip() == checksum(path)


def redrafted(
    path: Path,
    source: str,
    resource: FileResource | None,
    known: Known,
    scratch: Path,
) -> Path | None:
    """Write a file anew, if anything in it is of anybody to forget.

    Of a workbook, the sheet that is read, as text.

    Args:
        path: The file.
        source: Whose it is.
        resource: What it is of; None where nobody knows.
        known: Who is to be forgotten.
        scratch: A folder for what is being written.

    Returns:
        What takes its place; None where nothing in it is of them.

    Raises:
        FileFaultError: It is no text, or damaged.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    roles = _Roles(source, resource)
    draft = scratch / f"{path.name}.draft"
    if path.suffix == PARQUET_SUFFIX:
        is_changed = _parquet(path, roles, known, draft)
    else:
        if path.suffix in WORKBOOK_SUFFIXES and resource is not None:
            from ingestion import workbooks

            asked = (resource.name, resource.pattern, resource.delimiter)
            sheet = scratch / f"{path.stem}.csv"
            path = workbooks.as_text(path, sheet, *asked, resource.sheet).path
        is_changed = _text(path, source, resource, roles, known, scratch, draft)
    if not is_changed:
        draft.unlink(missing_ok=True)
        return None
    return draft


class _Roles(dict[str, Role]):
    """The roles of a file's fields by the names that they are loaded by.

    What a source does not declare is not loaded: it may say anything.
    """

    def __init__(self, source: str, resource: FileResource | None) -> None:
        super().__init__(personal.roles(source, resource.name) if resource else {})
        is_closed = resource is not None and source in SOURCES
        columns = resource.columns if resource and is_closed else ()
        self._declared = {field_name(each.field) for each in columns}
        self._declared |= {text for each in columns for text in (each.name, each.field)}

    def of(self, names: Iterable[str]) -> Roles:
        """The roles of some fields."""
        if not self._declared:
            return self
        others = dict.fromkeys({*names} - self._declared, personal.UNDECLARED)
        return {**others, **self}


def put(draft: Path, path: Path) -> None:
    """Let what was written anew take a file's place, with its checksum beside it."""
    # What stands beside comes first: until the file follows, it is as delivered.
    beside = path.with_name(path.name + BESIDE)
    beside.write_text(checksum(draft))
    keep(beside)
    keep(draft)
    draft.replace(path)


def admit(path: Path, source: str, resource: FileResource | None, known: Known) -> Path:
    """A file that comes in, without what tells who those are who were forgotten.

    A workbook that names one becomes text.

    Returns:
        Where it is; beside it, where it was rewritten, the checksum of what it became.
    """
    scratch = path.with_name(f"{path.name}.erasing")
    try:
        draft = redrafted(path, source, resource, known, scratch)
        if draft is not None:
            if path.suffix in WORKBOOK_SUFFIXES:
                path.unlink()
                path = path.with_suffix(".csv")
            put(draft, path)
    except FileFaultError:
        # What cannot be read goes to quarantine with its reason, when it is read.
        _blank_damaged(path, known)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return path


def _blank_damaged(path: Path, known: Known) -> None:
    """Take the content of a damaged file that names one who was forgotten."""
    if any(known.names(text) for text in texts(path)):
        path.write_bytes(b"")


def texts(path: Path) -> Iterator[str]:
    """What a file's bytes say, some at a time, as they lie there and unpacked."""
    for chunk in _chunks(path):
        # Of UTF-16 every second byte is zero.
        bare = chunk.replace(b"\0", b"")
        text = bare.decode("utf-8", "replace")
        yield text
        if "\ufffd" in text:
            yield bare.decode("cp1252", "replace")
        if "\\" in text:
            yield _ESCAPED.sub(lambda each: chr(int(each[1] or "20", 16)), text)


def _chunks(path: Path) -> Iterator[bytes]:
    """A file's bytes, each time with some of those before, also unpacked."""
    with path.open("rb") as opened:
        yield from _overlapping(opened)
    # What is damaged was read as it lies there; what could be unpacked is yielded.
    with suppress(OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError):
        if path.suffix.lower() == ".gz":
            with gzip.open(path) as opened:
                yield from _overlapping(opened)
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    with archive.open(name) as member:
                        yield from _overlapping(member)


def _overlapping(opened: Any) -> Iterator[bytes]:
    tail = b""
    # Of what is damaged further on, as much as can be had.
    while chunk := opened.read1(CHUNK_BYTES):
        yield tail + chunk
        tail = chunk[-OVERLAP:]


def masked(line: str) -> str:
    """A line of which nothing can be read any more, rejected as it was."""
    return _DIGIT.sub("0", _LETTER.sub("x", line))


def _unread(line: str, known: Known) -> str:
    """A line that cannot be read: masked, where it names anybody."""
    return masked(line) if known.names(line) else line


def _parquet(path: Path, roles: _Roles, known: Known, draft: Path) -> bool:
    is_changed = False
    try:
        source = pq.ParquetFile(path)
        by_name = {name: field_name(name) for name in source.schema_arrow.names}
        known_roles = roles.of(by_name.values())
        named = {n: known_roles[r] for n, r in by_name.items() if r in known_roles}
        keyed = {name for name, role in named.items() if role.kind}
        schema = pa.schema(
            # A key is text, also where identifiers are numbers.
            each.with_type(pa.string()) if each.name in keyed else each
            for each in source.schema_arrow
        )
        with pq.ParquetWriter(draft, schema, compression="zstd") as target:
            for batch in source.iter_batches():
                before = pa.Table.from_batches([batch])
                after = rows.table(before, named, known)
                is_changed = is_changed or after is not before
                target.write_table(after.cast(schema))
    except (pa.ArrowException, OSError) as error:
        raise FileFaultError("this is no Parquet file, or a damaged one") from error
    return is_changed


def _text(
    path: Path,
    source: str,
    resource: FileResource | None,
    roles: _Roles,
    known: Known,
    scratch: Path,
    draft: Path,
) -> bool:
    text = as_text(path, scratch / "text", resource.encoding if resource else "")
    is_changed = False
    with text.path.open(encoding="utf-8", newline="", errors="surrogateescape") as read:
        lines = _lines(read, text.path, source, resource, roles, known)
        with _writer(path, draft, text.encoding) as target:
            for before, after in lines:
                is_changed = is_changed or after != before
                target.write(after)
    if text.path != path:
        text.path.unlink(missing_ok=True)
    return is_changed


def _writer(path: Path, draft: Path, encoding: str) -> io.TextIOWrapper:
    raw: Any = draft.open("wb")
    if path.suffix.lower() == ".gz":
        packed = gzip.GzipFile("", "wb", fileobj=raw, mtime=0)
        packed.myfileobj = raw
        raw = packed
    return io.TextIOWrapper(raw, encoding, errors="surrogateescape", newline="")


def _lines(
    read: io.TextIOWrapper,
    path: Path,
    source: str,
    resource: FileResource | None,
    roles: _Roles,
    known: Known,
) -> Iterator[tuple[str, str]]:
    """Each line, or record of several lines, as it is and as it becomes."""
    if resource is not None and resource.format == "jsonl":
        for line in read:
            yield line, _json_line(line, roles, known)
        return
    header: Sequence[str] = ()
    if resource is not None:
        try:
            start = resource.start(path)
        except FileFaultError:
            pass
        else:
            named = _raw_names(source, resource, start.header)
            header = [name if named.count(name) == 1 else "" for name in named]
            above = "".join(islice(read, start.line))
            yield above, known.scrub(above, Where.DATA)
            for record, values in _records(read, start.delimiter):
                yield (
                    record,
                    _record(record, values, header, start.delimiter, roles, known),
                )
            return
    for line in read:
        yield line, _unread(line, known)


def _raw_names(source: str, resource: FileResource, header: Sequence[str]) -> list[str]:
    if source not in SOURCES:
        return [*resource.names(header)]
    names = [""] * len(header)
    for field, place in resource.places(header).items():
        names[place] = field
    return names


def _records(
    read: Iterator[str], delimiter: str
) -> Iterator[tuple[str, list[str] | None]]:
    """Lines with their values, several where a quote is open at the end of one.

    Where that leads to no record, the line is one that cannot be read; what follows it
    is read for itself.
    """
    waiting: deque[str] = deque()
    while True:
        taken: list[str] = []
        quotes = 0
        while len(taken) < MAX_RECORD_LINES:
            line = waiting.popleft() if waiting else next(read, "")
            if not line:
                break
            taken.append(line)
            quotes += line.count('"')
            if quotes % 2 == 0:
                break
        if not taken:
            return
        record = "".join(taken)
        values = None if quotes % 2 else _values(record, delimiter)
        if values is None:
            waiting.extendleft(reversed(taken[1:]))
            record = taken[0]
        yield record, values


def _values(record: str, delimiter: str) -> list[str] | None:
    text = io.StringIO(record, newline="")
    try:
        (values,) = csv.reader(text, delimiter=delimiter, strict=True)
    except (csv.Error, ValueError):
        return None
    return values


def _record(
    record: str,
    values: list[str] | None,
    header: Sequence[str],
    delimiter: str,
    roles: _Roles,
    known: Known,
) -> str:
    if not _may_name(record, known):
        return record
    # A row that has too many or too few fields has them in other places.
    if values is None or len(values) != len(header):
        return _unread(record, known)
    # What has no name of its own is looked through as any text.
    names = [name or str(place) for place, name in enumerate(header)]
    before = {name: v.strip() for name, v in zip(names, values, strict=True)}
    after = rows.fields(before, roles.of(before), known)
    if after == before:
        return record
    fields = [
        value if after[name] == before[name] else after[name]
        for name, value in zip(names, values, strict=True)
    ]
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter, lineterminator="").writerow(fields)
    return written.getvalue() + record[len(record.rstrip("\r\n")) :]


def _may_name(line: str, known: Known) -> bool:
    """Whether it is worth while to read a line: most are of nobody to forget."""
    return "\\" in line or known.may_name(normalize("NFC", line), Where.FREE)


def _json_line(line: str, roles: _Roles, known: Known) -> str:
    if not _may_name(line, known):
        return line
    try:
        value = json.loads(line, parse_float=str)
    except (ValueError, RecursionError):
        return _unread(line, known)
    if not isinstance(value, dict):
        return _unread(line, known)
    names = {key: _field_name(key) for key in value}
    before = {names[key]: each for key, each in value.items()}
    after = rows.fields(before, roles.of(before), known)
    if after == before:
        return line
    written = json.dumps({key: after[names[key]] for key in value}, ensure_ascii=False)
    return written + line[len(line.rstrip("\r\n")) :]
