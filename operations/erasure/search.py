"""Every byte below a folder, searched for what identifies somebody.

Files are read as they lie there, also unpacked (gzip, zip); those of Parquet and
DuckDB, which are written anew, are decoded. What tells nobody by itself, such as a bare
number, is not looked for here: it is where it stands that says whose it is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.erasure import rows
from ingestion.erasure.files import texts
from operations.erasure import databases
from operations.erasure.person import Person


@dataclass
class Found:
    """What a search found.

    Attributes:
        files: How many were read.
        bytes: Their size.
        places: The files that hold anything, without saying what.
    """

    files: int = 0
    bytes: int = 0
    places: list[Path] = field(default_factory=list)


def below(folder: Path, person: Person, but: Iterable[Path] = ()) -> Found:
    """Search every file below a folder.

    Args:
        folder: The folder.
        person: For whom.
        but: Files and folders that are left out.
    """
    found, left_out = Found(), {*but}
    for path in files(folder):
        if left_out.isdisjoint((path, *path.parents)):
            found.files += 1
            found.bytes += path.stat().st_size
            if is_in(path, person):
                found.places.append(path)
    return found


def is_in(path: Path, person: Person) -> bool:
    """Whether anything of a person is in a file, or in its name."""
    if person.names(path.name, is_free=False):
        return True
    try:
        if path.suffix == ".parquet":
            return _is_in_table(path, person)
        if path.suffix == ".duckdb":
            return databases.is_in(path, person)
    except (pa.ArrowException, duckdb.Error):
        # What cannot be decoded is read as any other file.
        pass
    return any(person.names(text, is_free=False) for text in texts(path))


def _is_in_table(path: Path, person: Person) -> bool:
    for batch in pq.ParquetFile(path).iter_batches():
        table = pa.Table.from_batches([batch])
        if rows.table(table, {}, person) is not table:
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
