"""Whatever else is kept without what identifies somebody: by the form of each file.

What a build makes goes: the next one makes it anew.
"""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from environment import Environment
from environment.errors import MusterError
from environment.files import checksum, keep
from ingestion.erasure import files as delivered
from ingestion.erasure import rows
from ingestion.erasure.personal import NUMBER
from ingestion.landing import BESIDE, FileResource
from ingestion.mending import resources_of
from ingestion.readers import FileFaultError
from operations.erasure import databases, search
from operations.erasure.person import Person
from operations.erasure.search import files

REWRITTEN, REMOVED = "rewritten", "removed"

DELIVERED = ("landing", "quarantine")
DRAFT = ".erasing"
TEXTS = (".csv", ".html", ".json", ".log", ".md", ".txt")
REASON = ".reason.txt"
REGISTER = "answers/register.csv"

Tell = Callable[[Path, str], None]
"""Is told of each file that was rewritten or removed."""


def drop_made(environment: Environment) -> None:
    """Remove what a build, or a run of ingestion, makes anew."""
    folder = environment.folder
    environment.last_build.unlink(missing_ok=True)
    for database in environment.databases:
        for path in (database, database.with_name(f"{database.name}.wal")):
            path.unlink(missing_ok=True)
    for path in (
        environment.artifacts,
        environment.docs.parent,
        environment.report.parent,
        *(folder / each for each in ("candidates", "pipelines", ".duckdb")),
        folder / "inbox" / ".read",
        *(folder / "landing").glob(".*"),
    ):
        shutil.rmtree(path, ignore_errors=True)


def rewrite_delivered(path: Path, folder: Path, person: Person, scratch: Path) -> str:
    """Rewrite a landed file, or one in quarantine, line by line.

    One that is no text, or damaged, is removed where it names the person.

    Returns:
        What was done; empty where nothing had to be.
    """
    if path.name.endswith(BESIDE):
        return ""
    if path.name.endswith(REASON):
        return _rewrite_text(path, person)
    source, table, *_ = *path.relative_to(folder).parts, ""
    is_rewritten = False
    with suppress(FileFaultError, UnicodeError):
        is_rewritten = delivered.rewrite(
            path, source, _resource(source, table), person, scratch
        )
    if search.is_in(path, person):
        path.unlink()
        return REMOVED
    return REWRITTEN if is_rewritten else ""


def _resource(source: str, table: str) -> FileResource | None:
    try:
        found = {each.name: each for each in resources_of(source)}
    except (MusterError, ImportError):
        return None
    return found.get(table)


def rewrite_file(path: Path, person: Person) -> str:
    """Rewrite any other file, if it is text by its name and content; or remove it.

    Returns:
        What was done; empty where nothing had to be.
    """
    if not search.is_in(path, person):
        return ""
    if path.suffix in TEXTS and not person.names(path.name, is_free=False):
        with suppress(UnicodeError):
            return _rewrite_text(path, person)
    path.unlink()
    return REMOVED


def _rewrite_text(path: Path, person: Person) -> str:
    before = path.read_bytes().decode("utf-8")
    try:
        after = _json(rows.within(json.loads(before), person))
    except (ValueError, RecursionError):
        after = person.scrub(before)
    if after == before:
        return ""
    draft = _draft(path)
    draft.write_bytes(after.encode())
    _replace(path, draft)
    return REWRITTEN


def rewrite_answers(folder: Path, person: Person) -> Iterator[Path]:
    """Take a person's requests for information on pay out of the register.

    Yields:
        Their letters, and the register.
    """
    register = folder / REGISTER
    if not register.exists():
        return
    header, *lines = register.read_text(encoding="utf-8").splitlines(keepends=True)
    names = header.strip().split(",")
    for number, line in enumerate(lines):
        values = dict(zip(names, line.rstrip("\r\n").split(","), strict=False))
        if key := person.find(NUMBER, values.get("employee_number", "")):
            for letter in register.parent.glob(f"{values['request']}.*"):
                letter.unlink()
                yield letter
            lines[number] = (
                ",".join((values | {"employee_number": key}).values()) + "\n"
            )
            draft = _draft(register)
            draft.write_text(header + "".join(lines), encoding="utf-8")
            _replace(register, draft)
            yield register


def rewrite_release(folder: Path, person: Person) -> list[Path]:
    """Write what a release holds of a person anew, and note the new checksums.

    The note comes before the file that it is of, so that a run that was killed between
    them can be told from somebody's hand. What was not as it is noted stays so.

    Returns:
        The files that were rewritten, or removed.
    """
    place = folder / "release.json"
    try:
        noted = json.loads(place.read_text(encoding="utf-8"))
        facts: dict[str, dict[str, Any]] = noted["files"]
    except (OSError, ValueError, KeyError, TypeError):
        noted, facts = None, {}
    done = []
    for path in [*files(folder)]:
        if path.name.endswith(DRAFT):
            # One that is noted takes its place; any other was not finished.
            before = path.with_name(path.name[1 : -len(DRAFT)])
            own = facts.get(str(before.relative_to(folder)), {})
            if own.get("sha256") == checksum(path):
                _replace(before, path)
                done.append(before)
            else:
                path.unlink()
    for path in [*files(folder)]:
        draft = _draft(path)
        if path in (place, folder / "snapshot" / "manifest.json"):
            continue
        try:
            if path.suffix == ".duckdb":
                is_changed = databases.copied(path, draft, person)
            elif path.suffix == ".parquet":
                is_changed = databases.copied_table(path, draft, person)
            else:
                if rewrite_file(path, person):
                    done.append(path)
                continue
        except (duckdb.Error, pa.ArrowException):
            # What cannot be read is no release any more, and tells what it tells.
            is_changed = False
            draft.unlink(missing_ok=True)
            if search.is_in(path, person):
                path.unlink()
                done.append(path)
        if not is_changed:
            draft.unlink(missing_ok=True)
            continue
        own = facts.get(str(path.relative_to(folder)), {})
        if own.get("sha256") == checksum(path):
            own |= {"sha256": checksum(draft), "bytes": draft.stat().st_size}
            _write(place, noted)
        _replace(path, draft)
        done.append(path)
    if noted is not None and (after := rows.fields(noted, {}, person)) != noted:
        _write(place, after)
        done.append(place)
    if done:
        done += _renew_manifest(folder, noted, place)
    return done


def _renew_manifest(folder: Path, noted: Any, place: Path) -> list[Path]:
    """Let a snapshot's manifest have the checksums that the release notes."""
    manifest = folder / "snapshot" / "manifest.json"
    try:
        content = json.loads(manifest.read_text(encoding="utf-8"))
        own = noted["files"][str(manifest.relative_to(folder))]
        is_whole = own["sha256"] == checksum(manifest)
        for table in content["tables"]:
            noted_file = noted["files"].get(f"snapshot/{table['file']}", {})
            table["sha256"] = noted_file.get("sha256", table["sha256"])
    except (OSError, ValueError, KeyError, TypeError):
        return []
    if not is_whole:
        return []
    draft = _draft(manifest)
    draft.write_text(_json(content), encoding="utf-8")
    own |= {"sha256": checksum(draft), "bytes": draft.stat().st_size}
    _write(place, noted)
    _replace(manifest, draft)
    return [manifest, place]


def _json(content: object) -> str:
    return json.dumps(content, indent=2, ensure_ascii=False) + "\n"


def _draft(path: Path) -> Path:
    return path.with_name(f".{path.name}{DRAFT}")


def _write(path: Path, content: object) -> None:
    draft = _draft(path)
    draft.write_text(_json(content), encoding="utf-8")
    _replace(path, draft)


def _replace(path: Path, draft: Path) -> None:
    draft.chmod(path.stat().st_mode & 0o777)
    keep(draft)
    draft.replace(path)
