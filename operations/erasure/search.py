"""Every byte below a folder, searched for what identifies somebody.

Files are read as they lie there, also unpacked (gzip, zip) and,
of Parquet and DuckDB, decoded.
"""

import re
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from environment.sql import literal
from operations.erasure import databases
from operations.erasure.log import scrubbed
from operations.erasure.person import Person

CHUNK_BYTES = 16 << 20
OVERLAP = 512
ENCODINGS = ("utf-8", "utf-16-le", "cp1252")
AT_ONCE = 100
"""How many texts one pass looks for."""


@dataclass
class Found:
    """What a search found.

    Attributes:
        files: How many were read.
        bytes: Their size, and that of what was unpacked.
        places: The files that hold anything, without saying what.
    """

    files: int = 0
    bytes: int = 0
    places: list[Path] = field(default_factory=list)


class Search:
    """Searches for some people.

    Args:
        people: The people.
    """

    def __init__(self, *people: Person) -> None:
        self._people = people

    def below(self, folder: Path, but: Iterable[Path] = ()) -> Found:
        """Search every file below a folder.

        Args:
            folder: The folder.
            but: Files and folders that are left out.
        """
        found, left_out = Found(), {*but}
        for path in files(folder):
            if left_out.isdisjoint((path, *path.parents)):
                found.files += 1
                if self.is_in(path, found):
                    found.places.append(path)
        return found

    def is_in(self, path: Path, found: Found | None = None) -> bool:
        """Whether anything of anybody is in a file, or in its name."""
        found = found or Found()
        if any(each.is_in(path.name) for each in self._people):
            return True
        is_there = False
        for chunk in _contents(path):
            found.bytes += len(chunk)
            is_there = is_there or self._matches(chunk)
        return is_there or self._is_decoded_in(path)

    def _matches(self, chunk: bytes) -> bool:
        # Of UTF-16 every second byte is zero.
        folded = chunk.lower()
        folded += folded.replace(b"\0", b"") if b"\0" in folded else b""
        whole = pa.array([folded], pa.large_binary())
        if not any(pc.match_substring_regex(whole, e)[0].as_py() for e in self._any):
            return False
        return any(
            text in folded and (alone is None or alone.search(folded) is not None)
            for text, alone in self._bytes.items()
        )

    @cached_property
    def _bytes(self) -> dict[bytes, re.Pattern[bytes] | None]:
        """What is looked for; digits, a part of many numbers, if they stand alone."""
        wanted: dict[bytes, re.Pattern[bytes] | None] = {}
        for text in {text.lower() for each in self._people for text in each.replaced}:
            for encoding in ENCODINGS:
                wanted[text.encode(encoding, "ignore").replace(b"\0", b"")] = None
            wanted[text.encode("unicode_escape")] = None
            if text.isdigit():
                wanted[text.encode()] = re.compile(
                    rb"(?<![0-9a-z])(?<![0-9][.:])%b(?![0-9a-z])(?![.:][0-9])"
                    % text.encode()
                )
        return wanted

    @cached_property
    def _any(self) -> list[str]:
        """All of it as expressions, each of what is read in one pass."""
        texts = ["".join(f"\\x{byte:02x}" for byte in text) for text in self._bytes]
        return ["|".join(texts[n : n + AT_ONCE]) for n in range(0, len(texts), AT_ONCE)]

    def _is_decoded_in(self, path: Path) -> bool:
        if path.suffix == ".parquet":
            return any(self._is_in_table(path, each) for each in self._people)
        if path.suffix == ".duckdb":
            with duckdb.connect() as connection:
                connection.execute(f"attach {literal(str(path))} as old (read_only)")
                return any(databases.texts(connection, each) for each in self._people)
        return False

    def _is_in_table(self, path: Path, person: Person) -> bool:
        source = pq.ParquetFile(path)
        for group in range(source.num_row_groups):
            table = source.read_row_group(group)
            if scrubbed(table, person) is not table:
                return True
        return False


def files(folder: Path) -> Iterator[Path]:
    """Every file below a folder; links are not followed."""
    if not folder.is_dir():
        return
    for path in sorted(folder.iterdir()):
        if path.is_symlink():
            continue
        if path.is_dir():
            yield from files(path)
        elif path.is_file():
            yield path


def _unpacked(path: Path) -> Iterator[bytes]:
    """What gzip holds, member by member, as far as it can be unpacked."""
    member, tail = zlib.decompressobj(31), b""
    with path.open("rb") as opened:
        while rest := opened.read(1 << 20):
            while rest:
                chunk = member.decompress(rest, CHUNK_BYTES)
                yield tail + chunk
                tail = chunk[-OVERLAP:]
                rest = member.unconsumed_tail
                if member.eof:
                    rest, member = member.unused_data, zlib.decompressobj(31)


def _contents(path: Path) -> Iterator[bytes]:
    """A file's bytes, chunk by chunk with some of the one before, also unpacked."""
    tail = b""
    with path.open("rb") as opened:
        while chunk := opened.read(CHUNK_BYTES):
            yield tail + chunk
            tail = chunk[-OVERLAP:]
    try:
        if path.suffix == ".gz":
            yield from _unpacked(path)
        elif zipfile.is_zipfile(path):
            with zipfile.ZipFile(path) as archive:
                for name in archive.namelist():
                    yield archive.read(name)
    except (OSError, EOFError, zlib.error, zipfile.BadZipFile, RuntimeError):
        # What is damaged was read as it lies there; what could be unpacked is yielded.
        return
