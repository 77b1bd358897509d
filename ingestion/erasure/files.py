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
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from environment.files import checksum, keep
from ingestion.erasure import personal, rows
from ingestion.erasure.personal import Roles
from ingestion.erasure.rows import Find
from ingestion.landing import (
    BESIDE,
    PARQUET_SUFFIX,
    WORKBOOK_SUFFIXES,
    FileResource,
    field_name,
)
from ingestion.log import SOURCES
from ingestion.readers import MAX_RECORD_LINES, FileFaultError, as_text

Scrub = Callable[[str], str]
"""What takes identifiers out of a text wherever they stand."""

_WORD = re.compile(r"[\w@.+-]+")
_LETTER, _DIGIT = re.compile(r"[^\W\d_]"), re.compile(r"\d")


def is_rewritten(path: Path) -> bool:
    """Whether a landed file is as it was rewritten."""
    beside = path.with_name(path.name + BESIDE)
    return beside.exists() and beside.read_text().strip() == checksum(path)


def rewrite(
    path: Path,
    source: str,
    resource: FileResource | None,
    find: Find,
    scratch: Path,
    scrub: Scrub = str,
) -> bool:
    """Rewrite a file, if anything in it is of anybody to forget.

    Args:
        path: The file.
        source: Whose it is.
        resource: What it is of; None where nobody knows.
        find: The key that takes an identifier's place.
        scratch: A folder for what is being written.
        scrub: What is done to each line besides.

    Returns:
        Whether it was rewritten.

    Raises:
        FileFaultError: It is no text, or damaged.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    roles = personal.roles(source, resource.name) if resource else {}
    draft = scratch / f"{path.name}.draft"
    if path.suffix == PARQUET_SUFFIX:
        is_changed = _parquet(path, roles, find, draft)
    else:
        is_changed = _text(path, source, resource, roles, find, scrub, scratch, draft)
    if not is_changed:
        draft.unlink(missing_ok=True)
        return False
    # What stands beside comes first: until the file follows, it is as delivered.
    beside = path.with_name(path.name + BESIDE)
    beside.write_text(checksum(draft))
    keep(beside)
    keep(draft)
    draft.replace(path)
    return True


def admit(path: Path, source: str, resource: FileResource | None, find: Find) -> Path:
    """A file that comes in, without what tells who those are who were forgotten.

    A workbook that names one becomes text: its sheet that is read.

    Returns:
        Where it is; beside it, where it was rewritten, the checksum of what it became.
    """
    scratch = path.with_name(f"{path.name}.erasing")
    try:
        if path.suffix in WORKBOOK_SUFFIXES and resource is not None:
            return _admit_workbook(path, source, resource, find, scratch)
        rewrite(path, source, resource, find, scratch)
    except FileFaultError:
        # What cannot be read goes to quarantine with its reason, when it is read.
        _blank_damaged(path, find)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)
    return path


def _admit_workbook(
    path: Path, source: str, resource: FileResource, find: Find, scratch: Path
) -> Path:
    from ingestion import workbooks

    scratch.mkdir()
    text = path.with_suffix(".csv")
    read = workbooks.as_text(
        path,
        scratch / text.name,
        resource.name,
        resource.pattern,
        resource.delimiter,
        resource.sheet,
    )
    shutil.copyfile(read.path, text)
    if rewrite(text, source, resource, find, scratch):
        path.unlink()
        return text
    text.unlink()
    return path


def _blank_damaged(path: Path, find: Find) -> None:
    """Take the content of a damaged file that names one who was forgotten."""
    content = path.read_bytes()
    if path.suffix.lower() == ".gz":
        with suppress(zlib.error):
            content = zlib.decompressobj(31).decompress(content)
    if names_any(content.decode("latin-1"), find):
        path.write_bytes(b"")


def masked(line: str) -> str:
    """A line of which nothing can be read any more, rejected as it was."""
    return _DIGIT.sub("0", _LETTER.sub("x", line))


def names_any(line: str, find: Find) -> bool:
    """Whether a word of a line is an identifier."""
    return any(find(word) or find(word.strip(".-+")) for word in _WORD.findall(line))


def _parquet(path: Path, roles: Roles, find: Find, draft: Path) -> bool:
    before = pq.read_table(path)
    names = {name: field_name(name) for name in before.column_names}
    after = rows.table(
        before, {n: roles[r] for n, r in names.items() if r in roles}, find
    )
    if after is before:
        return False
    pq.write_table(after, draft, compression="zstd")
    return True


def _text(
    path: Path,
    source: str,
    resource: FileResource | None,
    roles: Roles,
    find: Find,
    scrub: Scrub,
    scratch: Path,
    draft: Path,
) -> bool:
    text = as_text(path, scratch / "text", resource.encoding if resource else "")
    is_changed = False
    with text.path.open(encoding="utf-8", newline="", errors="surrogateescape") as read:
        lines = _lines(read, text.path, source, resource, roles, find)
        with _writer(path, draft, text.encoding) as target:
            for before, after in lines:
                scrubbed = scrub(after)
                is_changed = is_changed or scrubbed != before
                target.write(scrubbed)
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
    roles: Roles,
    find: Find,
) -> Iterator[tuple[str, str]]:
    """Each line, or record of several lines, as it is and as it becomes."""
    if resource is not None and resource.format == "jsonl":
        for line in read:
            yield line, _json_line(line, roles, find)
        return
    header: Sequence[str] = ()
    if resource is not None and roles:
        try:
            start = resource.start(path)
        except FileFaultError:
            pass
        else:
            named = _raw_names(source, resource, start.header)
            header = [name if name in roles else "" for name in named]
            above = "".join(islice(read, start.line))
            yield above, above
            for record in _records(read):
                yield record, _record(record, header, start.delimiter, roles, find)
            return
    for line in read:
        yield line, masked(line) if names_any(line, find) else line


def _raw_names(
    source: str, resource: FileResource, header: Sequence[str]
) -> Sequence[str]:
    if source not in SOURCES:
        return resource.names(header)
    names = [""] * len(header)
    for field, place in resource.places(header).items():
        names[place] = field
    return names


def _records(read: io.TextIOWrapper) -> Iterator[str]:
    """Lines, joined where a quote is open at their end."""
    waiting: list[str] = []
    for line in read:
        waiting.append(line)
        if sum(each.count('"') for each in waiting) % 2 == 0:
            yield "".join(waiting)
            waiting = []
        elif len(waiting) >= MAX_RECORD_LINES:
            yield from waiting
            waiting = []
    yield from waiting


def _record(
    record: str, header: Sequence[str], delimiter: str, roles: Roles, find: Find
) -> str:
    try:
        (values,) = csv.reader(
            io.StringIO(record, newline=""), delimiter=delimiter, strict=True
        )
    except (csv.Error, ValueError):
        return masked(record) if names_any(record, find) else record
    known = {name: v.strip() for name, v in zip(header, values, strict=False) if name}
    changed = rows.fields(known, roles, find)
    if changed == known:
        # A row that has too many or too few fields has them in other places.
        is_odd = len(values) != len(header) and names_any(record, find)
        return masked(record) if is_odd else record
    if len(values) != len(header):
        return masked(record)
    fields = [
        value if not name or changed[name] == known[name] else changed[name]
        for name, value in zip(header, values, strict=True)
    ]
    ending = record[len(record.rstrip("\r\n")) :]
    written = io.StringIO(newline="")
    csv.writer(written, delimiter=delimiter, lineterminator="").writerow(fields)
    return written.getvalue() + ending


def _json_line(line: str, roles: Roles, find: Find) -> str:
    try:
        value = json.loads(line, parse_float=str)
    except (ValueError, RecursionError):
        return masked(line) if names_any(line, find) else line
    if not isinstance(value, dict):
        return masked(line) if names_any(line, find) else line
    names = {key: field_name(key) for key in value}
    by_name = {names[key]: each for key, each in value.items()}
    changed = rows.fields(by_name, roles, find)
    if changed == by_name:
        return line
    after = {key: changed[names[key]] for key in value}
    ending = line[len(line.rstrip("\r\n")) :]
    return json.dumps(after, ensure_ascii=False) + ending
