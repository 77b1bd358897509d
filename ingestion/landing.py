"""The landing zone: delivered files, copied byte for byte, checked and remembered.

A file in a source's inbox is copied to

    <env>/landing/<source>/<resource>/<day of receipt>/<sha256><extension>

by a temporary name and a rename, and entered in `raw_ops.landed_files`. What cannot be
read stays where it is, and is named; what cannot be used goes to `<env>/quarantine/` by
the same path, with its reason beside it. Whether it can be is seen by its name here,
and by its content when it is loaded. Content that was loaded before is left out,
whatever its name. The inbox is only read.
"""

import hashlib
import os
import re
import shutil
import stat
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from fnmatch import fnmatch
from pathlib import Path
from typing import IO, Any
from uuid import uuid4

from environment.errors import MusterError, NotConfiguredError, no_room
from ingestion.clock import now_naive
from ingestion.columns import Column
from ingestion.context import RunContext, dlt_setting
from ingestion.ledger import FileRecord
from ingestion.ledger_tables import KNOWN, LANDED, LOADED, QUARANTINED
from ingestion.readers import (
    Block,
    FileFaultError,
    Start,
    Unpivot,
    csv_rows,
    json_lines,
    starts,
)
from ingestion.tally import Count, Fault

COPY_WORKERS = 4
FLUSH_FILES = 250
SIDECAR = ".rows"
BESIDE = ".erased"
"""What ends the name of the file beside one that was rewritten: its checksum now."""
LONGEST_EXTENSION = 16
MEGABYTE = 1 << 20
MOST_MEGABYTES = 65_536
CLOCKS_APART = 60
"""Seconds by which the clock of who writes a file may be ahead of ours."""

_UNFINISHED = re.compile(
    r"^[.~]|(~|\.(tmp|temp|part|partial|filepart|crdownload|download|swp|lock))$", re.I
)
_EXTENSIONS = {"jsonl": (".jsonl", ".ndjson", ".json"), "csv": (".csv",)}
PARQUET_SUFFIX = ".parquet"
WORKBOOK_SUFFIXES = (".xlsx", ".xlsb", ".xls", ".ods")

FILE_COLUMNS = (
    Column("_file_sha256"),
    Column("_file_name"),
    Column("_file_line", "bigint"),
)
"""Where a row came from; every table that files are loaded into ends with them."""


@dataclass(frozen=True)
class FileResource:
    """A resource that is delivered in files.

    Attributes:
        name: The resource, also its table in raw.
        pattern: What its files' names look like, in lower case, e.g. `punches*`.
        format: `jsonl` or `csv`; both may be gzipped. Any resource that is not wide may
            come as Parquet instead.
        columns: The declared columns; nothing else that is delivered is loaded.
        delimiter: Of a CSV file.
        unpivot: Turns a wide CSV file into long rows.
        is_wide_header: Whether names are the header of a wide file.
        key: Of what is delivered whole each time, what identifies a row: one that
            equals the newest row of its key is known already.
        encoding: Of text without a byte-order mark; empty to see by its bytes.
        sheet: What the sheet of a workbook is called; empty to see by its rows' name.
        is_open: Whether a file's header says which columns are loaded; what a resource
            that is open does otherwise is below.
    """

    name: str
    pattern: str
    format: str
    columns: tuple[Column, ...]
    delimiter: str = ";"
    unpivot: Unpivot | None = None
    is_wide_header: Callable[[Sequence[str]], bool] | None = None
    key: tuple[str, ...] = ()
    encoding: str = ""
    sheet: str = ""
    is_open: bool = False

    def __post_init__(self) -> None:
        """See that no column has a name that is kept for what comes beside them."""
        taken = [c.name for c in self.columns if c.name.startswith("_")]
        if taken:
            raise ValueError(f"{self.name}: a column cannot be called {taken[0]}")

    @property
    def table(self) -> tuple[Column, ...]:
        """The declared columns of its table in raw."""
        return (*self.columns, *FILE_COLUMNS)

    @property
    def extensions(self) -> tuple[str, ...]:
        """What its files' names may end with, but for `.gz`."""
        whole = () if self.unpivot else (PARQUET_SUFFIX,)
        sheets = WORKBOOK_SUFFIXES if self.format == "csv" else ()
        return (*_EXTENSIONS[self.format], *whole, *sheets)

    @property
    def header_lines(self) -> int:
        """How many lines of a text are no rows."""
        return int(self.format == "csv")

    @property
    def is_whole(self) -> bool:
        """Whether what comes again after something else is loaded again."""
        return bool(self.key)

    def matches(self, name: str) -> bool:
        """Whether a file of such a name, in lower case, is of it."""
        return fnmatch(name, self.pattern)

    def identity(self, sha256: str, name: str) -> str:
        """What a content is known by, in a file of such a name."""
        return sha256

    def group(self, name: str) -> str:
        """What a file takes the place of, as far as its name tells."""
        return ""

    def rank(self, file: "InboxFile") -> tuple[Any, ...]:
        """What says in which order files are landed."""
        return (file.path,)

    def of(self, fields: Sequence[str]) -> "FileResource":
        """What it is for a file with these fields."""
        return self

    def names(self, header: Sequence[str]) -> tuple[str, ...]:
        """The fields of a header, by the names that they are loaded by."""
        return tuple(header)

    def absent(self, fields: Sequence[str]) -> list[str]:
        """Declared fields that a header leaves out."""
        found = self.places(fields)
        return [c.field for c in self.columns if c.field not in found]

    def check(self, header: Sequence[str], start: Start | None = None) -> None:
        """See that a header has what is required, and nothing declared twice.

        Raises:
            FileFaultError: It does not.
        """
        check_header(header, self, start)

    def takes(self, path: Path) -> bool:
        """Whether a file's extension is one of its own."""
        plain = path.name.lower().removesuffix(".gz")
        is_packed = path.name.lower().endswith(".gz")
        never_packed = (PARQUET_SUFFIX, *WORKBOOK_SUFFIXES)
        return plain.endswith(self.extensions) and not (
            is_packed and plain.endswith(never_packed)
        )

    def read(self, path: Path, start: Start) -> Iterator[Block]:
        """The rows of a text."""
        if self.format == "jsonl":
            return json_lines(path)
        return csv_rows(path, start.delimiter, self.unpivot, start.line, start.offset)

    def start(self, path: Path) -> Start:
        """Where a text begins: at the first line that names all that is required.

        Raises:
            FileFaultError: None of the first does, or names what is declared twice.
        """
        likeliest, fewest = Start((), self.delimiter), len(self.columns) + 1
        for found in starts(path, self.delimiter) if self.format == "csv" else ():
            lacking = len(self.lacking(found.header))
            if lacking < fewest:
                likeliest, fewest = found, lacking
            if not lacking:
                break
        if likeliest.header and not self.unpivot:
            self.check(likeliest.header, likeliest)
        return likeliest

    def lacking(self, header: Sequence[str]) -> list[str]:
        """What is required and a header does not name."""
        if self.is_wide_header:
            return [] if self.is_wide_header(header) else ["its first field"]
        found = self.places(header)
        return [c.field for c in self.columns if c.required and c.field not in found]

    def places(self, header: Sequence[str]) -> dict[str, int]:
        """Declared field to its place in a header, from 0.

        That is where it stands as declared, or else in another spelling.
        """
        spelled = {field_name(name): place for place, name in enumerate(header)}
        exact = {name: place for place, name in enumerate(header)}
        found = {}
        for wanted in dict.fromkeys(c.field for c in self.columns):
            place = exact.get(wanted, spelled.get(field_name(wanted)))
            if place is not None:
                found[wanted] = place
        return found


@dataclass(frozen=True)
class InboxFile:
    """A file waiting in an inbox; `version` changes when its content may have."""

    path: str
    size: int
    version: str
    age_seconds: float

    @property
    def name(self) -> str:
        """Its name without folders."""
        return self.path.rpartition("/")[2]


class Inbox:
    """A folder, local or by fsspec URL, that a source's files are dropped into.

    Args:
        address: A path, or a URL such as `s3://bucket/attendance`.
        grace_seconds: For how long a file must not have changed; by default what the
            settings or the run say.

    Attributes:
        left: What cannot be read and stays where it is: its path, and why.
    """

    def __init__(self, address: str, grace_seconds: float | None = None) -> None:
        self.address = address
        self.grace_seconds = grace_seconds
        self.left: dict[str, str] = {}
        self._filesystem: Any = None
        self._root = Path(address)
        if "://" in address:
            import fsspec  # type: ignore[import-untyped]

            try:
                self._filesystem, self._base = fsspec.core.url_to_fs(address)
            except (ImportError, ValueError) as error:
                raise MusterError(f"inbox {address}: {error}") from None

    @property
    def is_local(self) -> bool:
        """Whether it is a folder of this machine."""
        return not self._filesystem

    def exists(self) -> bool:
        """Whether the folder is there."""
        if self._filesystem:
            return bool(self._filesystem.exists(self._base))
        return self._root.is_dir()

    def files(self) -> list[InboxFile]:
        """All files that are not being written under a temporary name, by path."""
        found = self._remote() if self._filesystem else self._local()
        kept = [
            f
            for f in found
            if not any(_UNFINISHED.search(part) for part in f.path.split("/"))
        ]
        return sorted(kept, key=lambda f: f.path)

    def open(self, path: str) -> IO[bytes]:
        """Open a file of the inbox to read.

        Raises:
            OSError: It cannot be read, or is no file any more.
        """
        if self._filesystem:
            opened: IO[bytes] = self._filesystem.open(f"{self._base}/{path}", "rb")
            return opened
        # A link leads anywhere, and a pipe never ends.
        flags = os.O_RDONLY | os.O_NONBLOCK | os.O_NOFOLLOW | os.O_CLOEXEC
        found = os.fdopen(os.open(self._root / path, flags), "rb")
        if not stat.S_ISREG(os.fstat(found.fileno()).st_mode):
            found.close()
            raise OSError(None, "it is no file any more")
        return found

    def version(self, path: str) -> str | None:
        """The present version of a file; None where it is gone."""
        if self._filesystem:
            self._filesystem.invalidate_cache()
            with suppress(FileNotFoundError):
                info = self._filesystem.info(f"{self._base}/{path}")
                return _remote_version(info)
            return None
        with suppress(FileNotFoundError):
            return _version((self._root / path).lstat())
        return None

    def _local(self) -> Iterator[InboxFile]:
        now = time.time()
        folders = [""]
        while folders:
            folder = folders.pop()
            try:
                entries = list(os.scandir(self._root / folder))
            except FileNotFoundError:
                continue
            except OSError as error:
                self.left[folder or "."] = _told(error)
                continue
            for entry in entries:
                path = f"{folder}/{entry.name}" if folder else entry.name
                with suppress(FileNotFoundError):
                    found = entry.stat(follow_symlinks=False)
                    if reason := _no_file(path, found):
                        self.left[path] = reason
                    elif stat.S_ISDIR(found.st_mode):
                        folders.append(path)
                    else:
                        age = now - found.st_mtime
                        size, version = found.st_size, _version(found)
                        yield InboxFile(path, size, version, age)

    def _remote(self) -> Iterator[InboxFile]:
        now = time.time()
        self._filesystem.invalidate_cache()
        found = self._filesystem.find(self._base, detail=True)
        for name, info in found.items():
            modified = _changed_at(info)
            age = now - modified if modified is not None else float("inf")
            path = str(name)[len(self._base) :].lstrip("/")
            yield InboxFile(path, int(info["size"]), _remote_version(info), age)


Admit = Callable[[Path, FileResource | None], Path]
"""What is done with a copy, by what it is of, before it lands."""

Called = Callable[[str], str]
"""What the ledger calls a file by its path."""


@dataclass(frozen=True)
class Admission:
    """How what is delivered is kept: by default as it is.

    Attributes:
        admit: What is done with a copy before it lands; gives where it is then.
        called: What the ledger calls a file by its path.
        is_kept_again: Whether what was put into quarantine before is so again: by name
            alone, where people were forgotten whom it may have named.
    """

    admit: Admit = lambda path, _: path
    called: Called = lambda path: path
    is_kept_again: bool = True


@dataclass(frozen=True)
class _Arrival:
    file: InboxFile
    resource: str
    copy: Path
    sha256: str
    stated_rows: int | None
    reason: str | None


@dataclass
class Landing:
    """What landing found in an inbox.

    Attributes:
        seconds: Spent, by resource.
        fresh: The checksums of what was copied.
        again: Files whose content is landed and not loaded yet.
    """

    seconds: dict[str, float] = field(default_factory=dict)
    fresh: set[str] = field(default_factory=set)
    again: list[FileRecord] = field(default_factory=list)


def open_inbox(context: RunContext) -> Inbox:
    """The inbox of a source: `sources.<source>.inbox`, by default in the environment.

    Raises:
        NotConfiguredError: None is set and the default folder does not exist.
        MusterError: One is set and it does not exist.
    """
    default = context.folder / "inbox" / context.source
    address = context.setting("inbox")
    inbox = Inbox(str(address or default))
    if inbox.exists():
        return inbox
    if address:
        raise MusterError(
            f"{context.source}: the inbox {address} does not exist or cannot be read;"
            f" create it or correct sources.{context.source}.inbox"
        )
    raise NotConfiguredError(
        f"{context.source}: no inbox; put files into {default} or set"
        f" sources.{context.source}.inbox to a folder or URL"
    )


def land(
    context: RunContext,
    inbox: Inbox,
    resources: Sequence[FileResource],
    admission: Admission = Admission(),
) -> Landing:
    """Copy and remember what is new in the inbox.

    Quarantined files and those already known are counted here; landed ones when loaded.

    Args:
        context: The run.
        inbox: The inbox.
        resources: All that the source has.
        admission: How it is kept.
    """
    landing = Landing()
    inbox.left.clear()
    seen = context.log.seen_versions(context.source)
    grace = inbox.grace_seconds
    if grace is None:
        common = dlt_setting("sources.grace_seconds", context.grace_seconds)
        grace = float(context.setting("grace_seconds", common))
    listed = _small_enough(inbox)
    paths = {f.path for f in listed}
    # A table that is new, or called otherwise, has seen nothing yet.
    unseen = {
        f.path: [
            each
            for each in _matching(f, resources)
            if seen.get((each.name, admission.called(f.path))) != f.version
        ]
        for f in listed
    }
    fresh = [f for f in listed if not f.name.endswith(SIDECAR) and unseen[f.path]]
    for file in fresh:
        if file.age_seconds < -CLOCKS_APART:
            context.tally.notes.append(
                f"{context.source}: {file.path} is dated in the future; taken as it is"
            )
    waiting = [f for f in fresh if -CLOCKS_APART <= f.age_seconds < grace]
    if waiting:
        context.progress.line(
            f"{context.source}: {len(waiting)} file(s) changed less than {grace:g} s"
            " ago and may still be written; the next run takes them"
        )
    ready = sorted(
        (f for f in fresh if f not in waiting),
        key=lambda file: unseen[file.path][0].rank(file),
    )
    if not ready:
        _name_left(context, inbox)
        return landing
    incoming = context.folder / "landing" / ".incoming" / context.source
    shutil.rmtree(incoming, ignore_errors=True)
    incoming.mkdir(parents=True)
    known = context.log.contents(context.source)
    whole = {each.name: each for each in resources if each.is_whole}
    started = time.monotonic()
    sizes: dict[str, int] = {}
    title = f"{context.source}: landing files"
    with (
        context.progress.step(title, len(ready)) as step,
        ThreadPoolExecutor(COPY_WORKERS) as pool,
    ):

        def receive(file: InboxFile) -> list[_Arrival]:
            own = unseen[file.path]
            admit = admission.admit
            return _receive(inbox, file, own, resources, incoming, paths, admit)

        pending: list[FileRecord] = []
        for arrivals in pool.map(receive, ready):
            step.advance()
            for arrival in arrivals:
                name = arrival.resource
                sizes[name] = sizes.get(name, 0) + arrival.file.size + 1
                key = (name, arrival.sha256)
                if name in whole and key != _newest(known, whole[name], arrival.file):
                    # What was true before it was replaced is true again.
                    known.pop(key, None)
                record = _settle(context, arrival, known.get(key), admission)
                if record.status == LANDED and not record.landing_path:
                    landing.again.append(record)
                    continue
                if record.status == LANDED:
                    landing.fresh.add(record.sha256)
                    known[key] = record
                pending.append(record)
            # All that is made of one file is remembered together.
            if len(pending) >= FLUSH_FILES:
                _remember(context, pending)
                pending = []
        _remember(context, pending)
    _name_left(context, inbox)
    shutil.rmtree(incoming, ignore_errors=True)
    elapsed = time.monotonic() - started
    total = sum(sizes.values())
    landing.seconds = {n: elapsed * size / total for n, size in sizes.items()}
    return landing


def _small_enough(inbox: Inbox) -> list[InboxFile]:
    """The files of an inbox but for those that are too large, which are left."""
    most = float(dlt_setting("sources.most_file_megabytes", MOST_MEGABYTES))
    found = inbox.files()
    for file in found:
        if file.size > most * MEGABYTE:
            inbox.left[file.path] = (
                f"it has {file.size / MEGABYTE:,.3g} MB, and {most:,g} are the most:"
                " ask for smaller files, or raise sources.most_file_megabytes"
            )
    return [file for file in found if file.path not in inbox.left]


def settle_again(context: RunContext, records: Sequence[FileRecord]) -> None:
    """Remember files of which others with the same content have been loaded now."""
    if not records:
        return
    states = context.log.contents(context.source)
    settled = [
        _like(record, states[record.resource, record.sha256]) for record in records
    ]
    _remember(context, settled)


def quarantine_landed(
    context: RunContext, record: FileRecord, rows: int, reason: str
) -> None:
    """Copy a file that was landed, and cannot be loaded after all, to quarantine."""
    path = context.folder / record.landing_path
    target = Path("quarantine", *Path(record.landing_path).parts[1:])
    # It stays where it landed: the ledger calls it so until it is told otherwise, and
    # whoever has only the beginning of the ledger looks for it there.
    if path.exists():
        (context.folder / target).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(path, context.folder / target)
        _write_reason(context.folder / target, record.inbox_path, reason)
    quarantined = replace(
        record, landing_path=str(target), rows=rows, status=QUARANTINED, reason=reason
    )
    _remember(context, [quarantined])


def _receive(
    inbox: Inbox,
    file: InboxFile,
    matching: Sequence[FileResource],
    resources: Sequence[FileResource],
    incoming: Path,
    paths: set[str],
    admit: Admit,
) -> list[_Arrival]:
    """Copy a file, for each resource that it is of; none where it changed meanwhile."""
    extension = _extension(file.name)
    copy = incoming / f"{uuid4().hex}{extension}"
    digest = hashlib.sha256()
    size = 0
    try:
        with inbox.open(file.path) as source, copy.open("wb") as target:
            # What sends more than it said, or grows meanwhile, is no whole file.
            while size <= file.size and (chunk := source.read(MEGABYTE)):
                digest.update(chunk)
                target.write(chunk)
                size += len(chunk)
        stated = _stated_rows(inbox, file, paths)
    except FileNotFoundError:
        return []
    except OSError as error:
        is_odd = inbox.is_local or isinstance(error, PermissionError)
        if not is_odd or no_room(error, incoming):
            raise
        inbox.left[file.path] = _told(error)
        copy.unlink(missing_ok=True)
        return []
    if size != file.size or inbox.version(file.path) != file.version:
        copy.unlink(missing_ok=True)
        return []
    arrivals = []
    for number, resource in enumerate(matching):
        own = copy
        if number:
            own = incoming / f"{uuid4().hex}{extension}"
            shutil.copyfile(copy, own)
        known = resource is not _UNKNOWN
        reason = _unfit(copy, resource if known else None, resources, stated)
        rows = int(stated) if stated and not reason else None
        identity = resource.identity(digest.hexdigest(), file.name)
        arrivals.append(_Arrival(file, resource.name, own, identity, rows, reason))
    # Once each has a copy of its own.
    return [
        replace(
            each,
            copy=admit(each.copy, resource if resource is not _UNKNOWN else None),
        )
        for each, resource in zip(arrivals, matching, strict=True)
    ]


def _matching(
    file: InboxFile, resources: Sequence[FileResource]
) -> Sequence[FileResource]:
    """What a file is of: one, unless several take what they find in it."""
    found = [each for each in resources if each.matches(file.name.lower())]
    return [each for each in found if each.is_open] or found[:1] or [_UNKNOWN]


_UNKNOWN = FileResource("unknown", "", "csv", ())


def _unfit(
    copy: Path,
    resource: FileResource | None,
    resources: Sequence[FileResource],
    stated: str | None,
) -> str | None:
    """The reason why a file cannot be used, as far as its name and its sender tell."""
    if resource is None:
        wanted = ", ".join(r.pattern for r in resources)
        return f"the name matches no resource of this source ({wanted})"
    if not resource.takes(copy):
        wanted = ", ".join(resource.extensions)
        return f"the extension is none of {wanted} (.gz may follow those of text)"
    if stated is not None and not stated.isdecimal():
        return f"the {SIDECAR} file beside it does not hold a number"
    return None


def check_header(
    header: Sequence[str], resource: FileResource, start: Start | None = None
) -> None:
    """See that a header names what is required, and nothing that is declared twice.

    Raises:
        FileFaultError: It does not.
    """
    if any("\r" in name for name in header):
        raise FileFaultError(
            "some lines end with a carriage return alone, others do not; ask for one"
            " kind of line end"
        )
    for wanted in dict.fromkeys(c.field for c in resource.columns):
        alike = [name for name in header if field_name(name) == field_name(wanted)]
        rivals = [name for name in alike if name == wanted] or alike
        if len(rivals) > 1:
            message = f"the header names {wanted} twice"
            if wanted not in rivals:
                message += f", as {' and '.join(rivals)}; ask the sender for one"
            raise FileFaultError(message)
    lacking = resource.lacking(header)
    if lacking:
        told = ", ".join(told_start(resource, start)) if start else ""
        raise FileFaultError(
            f"the header lacks {', '.join(lacking)}, which {resource.name} requires"
            f"{told and f' (read {told})'}; ask the sender, or change the declared"
            " columns"
        )


def told_start(resource: FileResource, start: Start) -> list[str]:
    """In what the start of a text is other than declared."""
    if resource.is_open:
        return []
    told = [f"with its header in line {start.line}"] if start.line > 1 else []
    if start.delimiter != resource.delimiter:
        parted, declared = map(_shown, (start.delimiter, resource.delimiter))
        told.append(f"with fields parted by {parted}, not {declared}")
    return told


def field_name(field: str) -> str:
    """A field's name as a column: lower case, digits and underscores."""
    name = re.sub(r"[^a-z0-9]+", "_", field.strip().lower()).strip("_")
    return f"_{name}" if name[:1].isdigit() else name


def _newest(
    known: dict[tuple[str, str], FileRecord], resource: FileResource, file: InboxFile
) -> tuple[str, str] | None:
    """The content that was landed last, can be used, and that a file would replace."""
    wanted = resource.group(file.name)
    for key, record in reversed(known.items()):
        if key[0] == resource.name and record.status != QUARANTINED:
            name = record.inbox_path.rpartition("/")[2]
            if resource.group(name) == wanted:
                return key
    return None


def _settle(
    context: RunContext,
    arrival: _Arrival,
    found: FileRecord | None,
    admission: Admission,
) -> FileRecord:
    """Put a copy where it belongs; of one whose content is here, only its record."""
    received_at = now_naive()
    path = admission.called(arrival.file.path)
    record = FileRecord(
        source=context.source,
        resource=arrival.resource,
        inbox_path=path,
        inbox_version=arrival.file.version,
        landing_path="",
        sha256=arrival.sha256,
        bytes=arrival.file.size,
        rows=arrival.stated_rows,
        received_at=received_at,
        status=LANDED,
    )
    if found and found.status != QUARANTINED:
        arrival.copy.unlink()
        return _like(record, found) if found.status == LOADED else record
    if found and arrival.reason and not admission.is_kept_again:
        arrival.copy.unlink()
        return _like(record, found)
    folder = "quarantine" if arrival.reason else "landing"
    landing_path = (
        f"{folder}/{context.source}/{arrival.resource}/{received_at:%Y-%m-%d}/"
        f"{arrival.sha256}{_extension(arrival.copy.name)}"
    )
    target = context.folder / landing_path
    _move(arrival.copy, target)
    if arrival.reason:
        _write_reason(target, path, arrival.reason)
        record = replace(record, rows=0, status=QUARANTINED, reason=arrival.reason)
    return replace(record, landing_path=landing_path)


def _move(source: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    beside = source.with_name(source.name + BESIDE)
    if beside.exists():
        beside.replace(target.with_name(target.name + BESIDE))
    source.replace(target)


def _like(record: FileRecord, found: FileRecord) -> FileRecord:
    """A file with the content of another, of which the state is known."""
    is_loaded = found.status == LOADED
    return replace(
        record,
        landing_path=found.landing_path,
        rows=found.rows,
        status=KNOWN if is_loaded else QUARANTINED,
        reason="this content was delivered before" if is_loaded else found.reason,
    )


def _remember(context: RunContext, records: Sequence[FileRecord]) -> None:
    """Enter files in the ledger, and count those that go no further."""
    if not records:
        return
    counts: dict[str, Count] = {}
    for record in records:
        if record.status == LANDED:
            continue
        count = counts.setdefault(record.resource, Count())
        count.files += 1
        count.delivered += record.rows or 0
        if record.status == QUARANTINED:
            count.quarantined += record.rows or 0
        else:
            count.already_known += record.rows or 0
    with context.log.transaction():
        context.log.write_files(records)
        for resource, count in counts.items():
            context.log.write_count(context.source, resource, count)
    for resource, count in counts.items():
        context.tally.add(context.source, resource, count)
    context.tally.add_faults(
        Fault(
            each.source, each.resource, each.inbox_path, None, None, each.reason or ""
        )
        for each in records
        if each.status == QUARANTINED
    )


def _write_reason(target: Path, inbox_path: str, reason: str) -> None:
    beside = target.with_name(target.name + ".reason.txt")
    beside.write_text(f"{inbox_path}: {reason}\n", encoding="utf-8")


def _stated_rows(inbox: Inbox, file: InboxFile, paths: set[str]) -> str | None:
    sidecar = file.path + SIDECAR
    if sidecar not in paths:
        return None
    with inbox.open(sidecar) as opened:
        return opened.read(100).decode("ascii", "replace").strip()


def _shown(delimiter: str) -> str:
    return "tab" if delimiter == "\t" else f"'{delimiter}'"


def _extension(name: str) -> str:
    suffixes = Path(name.lower()).suffixes[-2:]
    if any(len(each) > LONGEST_EXTENSION for each in suffixes):
        return ""
    if len(suffixes) == 2 and suffixes[1] == ".gz":
        return "".join(suffixes)
    return "".join(suffixes[-1:])


def _name_left(context: RunContext, inbox: Inbox) -> None:
    """Tell what stays in an inbox; the next run looks at it again."""
    context.tally.notes += [
        f"{context.source}: left in {inbox.address}: {_printable(path)}: {reason}"
        for path, reason in sorted(inbox.left.items())
    ]


def _no_file(path: str, found: os.stat_result) -> str:
    """Why what was found in an inbox is nothing to read, if so."""
    if _printable(path) != path:
        return "its name is not UTF-8; call it otherwise"
    if stat.S_ISLNK(found.st_mode):
        return "it is a link, which is not followed; put the file itself there"
    if not (stat.S_ISREG(found.st_mode) or stat.S_ISDIR(found.st_mode)):
        return "it is a pipe, socket or device, and no file; take it away"
    return ""


def _printable(path: str) -> str:
    return os.fsencode(path).decode("utf-8", "backslashreplace")


def _told(error: OSError) -> str:
    if isinstance(error, PermissionError):
        return "no permission to read it; grant it to who runs muster"
    return f"it cannot be read: {error.strerror or type(error).__name__}"


def _version(found: os.stat_result) -> str:
    return f"{found.st_size}:{found.st_mtime_ns}"


def _remote_version(info: dict[str, Any]) -> str:
    tag = info.get("ETag") or info.get("etag") or _changed_at(info)
    return f"{info['size']}:{tag}"


def _changed_at(info: dict[str, Any]) -> float | None:
    """When a file of an object store was last changed, as a Unix time."""
    stamp = info.get("LastModified") or info.get("mtime") or info.get("updated")
    stamp = stamp or info.get("last_modified") or info.get("created")
    if isinstance(stamp, datetime):
        return stamp.timestamp()
    return float(stamp) if isinstance(stamp, int | float) else None
