"""Whatever else is kept without what identifies somebody: by the form of each file.

What a build makes goes: the next one makes it anew.
"""

import json
import shutil
from contextlib import suppress
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from environment import Environment, spark
from environment import lake as lakes
from environment.files import checksum, keep
from ingestion.erasure import files as delivered
from ingestion.erasure import rows
from ingestion.erasure.matching import Where
from ingestion.erasure.personal import NUMBER
from ingestion.landing import BESIDE, WORKBOOK_SUFFIXES
from ingestion.readers import FileFaultError
from operations.erasure import databases, search
from operations.erasure.person import Person
from operations.erasure.search import DELIVERED, REASON, files
from operations.release import lake
from store.releases import FOLDER as RELEASES

REWRITTEN, REMOVED = "rewritten", "removed"

DRAFT = ".erasing"
TEXTS = (".csv", ".html", ".json", ".jsonl", ".log", ".md", ".txt")
REGISTER = "answers/register.csv"
REPORTS, HANDED_IN = "reports", "handed_in"

Done = dict[Path, str]
"""Each file that was rewritten or removed, and which."""


def drop_made(environment: Environment) -> None:
    """Remove what a build, a report or a run of ingestion makes anew."""
    folder = environment.folder
    environment.last_build.unlink(missing_ok=True)
    for database in environment.databases:
        for path in (database, database.with_name(f"{database.name}.wal")):
            path.unlink(missing_ok=True)
    reports = (path for path in (folder / REPORTS).glob("*") if path.name != HANDED_IN)
    for path in (
        environment.artifacts,
        environment.docs.parent,
        environment.report.parent,
        *(folder / each for each in ("candidates", "pipelines", ".duckdb")),
        folder / "inbox" / ".read",
        *(folder / "landing").glob(".*"),
        *reports,
    ):
        shutil.rmtree(path, ignore_errors=True)
    if not environment.target and lakes.is_kept(environment):
        lake.empty(environment)
        drop_made(lakes.built_in(environment))
    if not environment.target:
        shutil.rmtree(environment.folder / spark.TARGET, ignore_errors=True)


def rewrite(unit: Path, root: Path, person: Person, scratch: Path) -> Done:
    """Rewrite a file, or a release, by where it stands in an environment.

    Args:
        unit: The file, or the folder of a release.
        root: The environment's folder, or a copy.
        person: Who is to be forgotten.
        scratch: A folder for what is being written.
    """
    place = unit.relative_to(root)
    if place.parts[0] == RELEASES and unit.is_dir():
        return rewrite_release(unit, person)
    done = rewrite_answers(unit, person) if place.as_posix() == REGISTER else {}
    if place.parts[0] in DELIVERED:
        what = _rewrite_delivered(unit, root, person, scratch)
    else:
        what = rewrite_file(unit, root, person)
    return done | ({unit: what} if what else {})


def _rewrite_delivered(path: Path, root: Path, person: Person, scratch: Path) -> str:
    """Rewrite a landed file, or one in quarantine, line by line.

    A workbook, and what is no text or damaged, is removed where it names the person.
    """
    if path.name.endswith(BESIDE):
        return ""
    if path.name.endswith(REASON):
        after = search.without(path.read_text("utf-8", "replace"), person)
        if after is None:
            return ""
        _write_text(path, after)
        return REWRITTEN
    draft = None
    with suppress(FileFaultError, UnicodeError):
        source, resource = search.resource_of(path, root)
        draft = delivered.redrafted(path, source, resource, person, scratch)
    is_book = path.suffix in WORKBOOK_SUFFIXES
    if draft and not is_book:
        delivered.put(draft, path)
    if (draft and is_book) or search.is_in_bytes(path, person):
        path.unlink()
        path.with_name(path.name + BESIDE).unlink(missing_ok=True)
        return REMOVED
    return REWRITTEN if draft else ""


def rewrite_file(path: Path, root: Path, person: Person) -> str:
    """Rewrite any other file, if it is text by its name and content; or remove it."""
    if not search.is_in(path, root, person):
        return ""
    text = _without(path, person)
    if text is None:
        path.unlink()
        return REMOVED
    _write_text(path, text)
    return REWRITTEN


def _without(path: Path, person: Person) -> str | None:
    """A file's text without the person; None where its name or bytes are no text."""
    if path.suffix not in TEXTS or person.names(path.name, Where.PATH):
        return None
    try:
        before = path.read_bytes().decode("utf-8")
    except UnicodeError:
        return None
    try:
        return _json(rows.within(json.loads(before), person))
    except (ValueError, RecursionError):
        return person.scrub(before)


def rewrite_answers(register: Path, person: Person) -> Done:
    """Take a person's requests for information on pay, with their letters, out."""
    header, *lines = register.read_text(encoding="utf-8").splitlines(keepends=True)
    names = header.strip().split(",")
    done: Done = {}
    for number, line in enumerate(lines):
        values = dict(zip(names, line.rstrip("\r\n").split(","), strict=False))
        if key := person.find(NUMBER, values.get("employee_number", "")):
            for letter in register.parent.glob(f"{values['request']}.*"):
                letter.unlink()
                done[letter] = REMOVED
            values["employee_number"] = key
            lines[number] = ",".join(values.values()) + "\n"
            _write_text(register, header + "".join(lines))
            done[register] = REWRITTEN
    return done


def rewrite_release(folder: Path, person: Person) -> Done:
    """Write what a release holds of a person anew, and note the new checksums.

    The note comes before the file that it is of, so that a run that was killed between
    them can be told from somebody's hand. What was not as it is noted stays so.
    """
    place = folder / "release.json"
    try:
        noted = json.loads(place.read_text(encoding="utf-8"))
        facts: dict[str, dict[str, Any]] = noted["files"]
    except (OSError, ValueError, KeyError, TypeError):
        noted, facts = None, {}
    done: Done = {}
    for path in [*files(folder)]:
        if path.name.endswith(DRAFT):
            # One that is noted takes its place; any other was not finished.
            before = path.with_name(path.name[1 : -len(DRAFT)])
            own = facts.get(str(before.relative_to(folder)), {})
            if own.get("sha256") == checksum(path):
                _replace(before, path)
                done[before] = REWRITTEN
            else:
                path.unlink()
    for path in [*files(folder)]:
        draft = _draft(path)
        if path in (place, folder / "snapshot" / "manifest.json"):
            continue
        try:
            if path.suffix == ".duckdb":
                is_changed = databases.copied(path, draft, person)
                is_changed = is_changed or search.is_in_bytes(path, person)
            elif path.suffix == ".parquet":
                is_changed = databases.copied_table(path, draft, person)
            else:
                is_changed = search.is_in(path, folder, person)
                if is_changed and (text := _without(path, person)) is not None:
                    draft.write_bytes(text.encode())
                elif is_changed:
                    path.unlink()
                    done[path] = REMOVED
                    continue
        except (duckdb.Error, pa.ArrowException):
            # What cannot be read is no release any more, and tells what it tells.
            is_changed = False
            draft.unlink(missing_ok=True)
            if search.is_in(path, folder, person):
                path.unlink()
                done[path] = REMOVED
        if not is_changed:
            draft.unlink(missing_ok=True)
            continue
        own = facts.get(str(path.relative_to(folder)), {})
        if own.get("sha256") == checksum(path):
            own |= {"sha256": checksum(draft), "bytes": draft.stat().st_size}
            _write(place, noted)
        _replace(path, draft)
        done[path] = REWRITTEN
    if noted is not None and (after := rows.fields(noted, {}, person)) != noted:
        _write(place, after)
        done[place] = REWRITTEN
    if done:
        renewed = _renew_manifest(folder, noted, place)
        done |= dict.fromkeys(renewed, REWRITTEN)
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
    _write_text(path, _json(content))


def _write_text(path: Path, text: str) -> None:
    draft = _draft(path)
    draft.write_bytes(text.encode())
    _replace(path, draft)


def _replace(path: Path, draft: Path) -> None:
    draft.chmod(path.stat().st_mode & 0o777)
    keep(draft)
    draft.replace(path)
