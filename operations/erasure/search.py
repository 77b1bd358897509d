"""Every byte below a folder, searched for what identifies somebody.

Files are read as they lie there, also unpacked (gzip, zip); those of Parquet and
DuckDB are decoded, and what was delivered is read by the rules by which it is
rewritten. What tells nobody by itself, such as a bare number, is looked for where its
place says whose it is.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import TemporaryDirectory

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from environment import RAW
from ingestion.erasure import files as delivered
from ingestion.erasure import personal, rows
from ingestion.erasure.matching import Where
from ingestion.landing import FileResource
from ingestion.readers import FileFaultError
from operations.erasure import databases
from operations.erasure.person import Person, resources

DELIVERED = ("landing", "quarantine")
REASON = ".reason.txt"


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


def below(
    folder: Path, person: Person, but: Iterable[Path] = (), root: Path | None = None
) -> Found:
    """Search every file below a folder.

    Args:
        folder: The folder.
        person: For whom.
        but: Files and folders that are left out.
        root: The environment's folder, or a copy; the folder itself by default.
    """
    found, left_out = Found(), {*but}
    for path in files(folder):
        if left_out.isdisjoint((path, *path.parents)):
            found.files += 1
            found.bytes += path.stat().st_size
            if is_in(path, root or folder, person):
                found.places.append(path)
    return found


def is_in(path: Path, root: Path, person: Person) -> bool:
    """Whether anything of a person is in a file, or in its name."""
    parts = path.relative_to(root).parts
    if path.name.endswith(REASON):
        return without(path.read_text("utf-8", "replace"), person) is not None
    try:
        # What was dropped from a database may lie in its bytes still.
        if path.suffix == ".duckdb" and databases.is_in(path, person):
            return True
        if parts[0] == RAW and path.suffix == ".parquet":
            _, dataset, table, *_ = parts
            roles = personal.roles(dataset.removeprefix("raw_"), table)
            return _is_in_table(path, roles, person) or _is_in_table(path, {}, person)
        if path.suffix == ".parquet" and _is_in_table(path, {}, person):
            return True
        if parts[0] in DELIVERED and redrafted(path, root, person):
            return True
    except (pa.ArrowException, duckdb.Error, FileFaultError, UnicodeError, ValueError):
        # What cannot be decoded is read as any other file.
        pass
    return is_in_bytes(path, person)


def is_in_bytes(path: Path, person: Person) -> bool:
    """Whether a file's name, or its bytes as they lie there or unpacked, name them."""
    return person.names(path.name, Where.PATH) or any(
        person.names(text, Where.DATA) for text in delivered.texts(path)
    )


def redrafted(path: Path, root: Path, person: Person) -> bool:
    """Whether a delivered file would have to be written anew."""
    with TemporaryDirectory() as scratch:
        source, resource = resource_of(path, root)
        return bool(delivered.redrafted(path, source, resource, person, Path(scratch)))


def resource_of(path: Path, root: Path) -> tuple[str, FileResource | None]:
    """Whose a delivered file is, and of what; the latter None where nobody knows."""
    _, source, table, *_ = *path.relative_to(root).parts, "", ""
    return source, resources(source).get(table)


def without(text: str, person: Person) -> str | None:
    """A reason without whom it names, also by a file's name; None where it does not."""
    after = text
    paths = person.keys.get(personal.INBOX_PATH, {})
    for path in sorted(paths, key=len, reverse=True):
        after = after.replace(path, paths[path])
    after = person.scrub(after)
    return None if after == text else after


def _is_in_table(path: Path, roles: personal.Roles, person: Person) -> bool:
    for batch in pq.ParquetFile(path).iter_batches():
        table = pa.Table.from_batches([batch])
        if rows.table(table, roles, person) is not table:
            return True
    return False


def files(folder: Path) -> Iterator[Path]:
    """Every file below a folder; links are not followed."""
    if folder.is_file():
        yield folder
    elif folder.is_dir():
        for path in sorted(folder.iterdir()):
            if not path.is_symlink():
                yield from files(path)
