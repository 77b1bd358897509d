"""Whatever else is kept without what identifies somebody: by the form of each file."""

import json
import shutil
from collections.abc import Callable
from pathlib import Path

from environment.errors import MusterError
from environment.files import checksum, keep
from ingestion.erasure import files as delivered
from ingestion.landing import BESIDE, FileResource
from ingestion.log import Log
from ingestion.mending import resources_of
from ingestion.readers import FileFaultError
from operations.erasure import databases
from operations.erasure.person import Person
from operations.erasure.search import ENCODINGS, Search, files

REWRITTEN, REMOVED = "rewritten", "removed"

Tell = Callable[[Path, str], None]
"""Is told of each file that was rewritten or removed."""


def rewrite_delivered(
    folder: Path, person: Person, search: Search, scratch: Path, tell: Tell
) -> None:
    """Rewrite landed files, and those in quarantine, line by line.

    One that is no text, or damaged, is removed where anything of the person is in it.

    Args:
        folder: The environment's folder.
        person: The person.
        search: For them.
        scratch: A folder for what is being written.
        tell: Told of each.
    """
    for name in ("landing", "quarantine"):
        for path in files(folder / name):
            if path.name.endswith((BESIDE, ".reason.txt")):
                continue
            source, table = path.relative_to(folder / name).parts[:2]
            if not _may_name(path, person, search):
                continue
            try:
                is_rewritten = delivered.rewrite(
                    path,
                    source,
                    _resource(source, table),
                    person.find,
                    scratch,
                    person.scrub,
                )
            except (FileFaultError, UnicodeError):
                is_rewritten = False
            if is_rewritten:
                tell(path, REWRITTEN)
            if search.is_in(path):
                path.unlink()
                tell(path, REMOVED)


def _may_name(path: Path, person: Person, search: Search) -> bool:
    """Whether a key is somewhere in a file, were it a part of something else."""
    if path.suffix == ".parquet" or search.is_in(path):
        return True
    if path.suffix == ".gz":
        # Short numbers are looked for where they stand, by row.
        return any(len(key) < 6 for key in person.keys)
    content = path.read_bytes()
    return any(
        key.lstrip("0").encode(encoding) in content
        for key in person.keys
        for encoding in ENCODINGS
        if key.lstrip("0")
    )


def _resource(source: str, table: str) -> FileResource | None:
    try:
        found = {each.name: each for each in resources_of(source)}
    except (MusterError, ImportError):
        return None
    return found.get(table)


def rewrite_file(path: Path, person: Person, search: Search, log: Log) -> str:
    """Rewrite any other file, or remove one that cannot be.

    Returns:
        What was done; empty where nothing had to be.
    """
    if path.suffix == ".duckdb":
        return REWRITTEN if databases.rewrite(path, person, log) else ""
    if not search.is_in(path):
        return ""
    if path.suffix == ".parquet":
        return REWRITTEN if databases.rewrite_parquet(path, person) else ""
    try:
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        path.unlink()
        return REMOVED
    draft = path.with_name(f".{path.name}.erasing")
    draft.write_bytes(person.scrub(text).encode("utf-8"))
    draft.chmod(path.stat().st_mode & 0o777)
    keep(draft)
    draft.replace(path)
    if (name := person.scrub(path.name)) != path.name:
        path.rename(path.with_name(name))
        path = path.with_name(name)
    if search.is_in(path):
        path.unlink()
        return REMOVED
    return REWRITTEN


def renew_release(folder: Path) -> None:
    """Note size and checksum of a release's files as they are now."""
    path = folder / "release.json"
    if not path.exists():
        return
    content = json.loads(path.read_text(encoding="utf-8"))
    snapshot = folder / "snapshot" / "manifest.json"
    if snapshot.exists():
        manifest = json.loads(snapshot.read_text(encoding="utf-8"))
        for table in manifest["tables"]:
            table["sha256"] = checksum(snapshot.with_name(table["file"]))
        _write(snapshot, manifest)
    for name, facts in content.get("files", {}).items():
        if (folder / name).exists():
            facts["sha256"] = checksum(folder / name)
            facts["bytes"] = (folder / name).stat().st_size
    _write(path, content)


def _write(path: Path, content: object) -> None:
    text = json.dumps(content, indent=2, ensure_ascii=False) + "\n"
    if path.read_text(encoding="utf-8") == text:
        return
    draft = path.with_name(f".{path.name}.erasing")
    draft.write_text(text, encoding="utf-8")
    draft.chmod(path.stat().st_mode & 0o777)
    keep(draft)
    draft.replace(path)


def drop_working(folder: Path) -> None:
    """Remove what is only there while something runs: the next run makes it anew."""
    for name in (
        *("pipelines", "candidates", ".duckdb"),
        *("dbt/compiled", "dbt/run", "inbox/.read"),
    ):
        shutil.rmtree(folder / name, ignore_errors=True)
    for path in (folder / "landing").glob(".*"):
        shutil.rmtree(path, ignore_errors=True)
    for path in folder.rglob("*.erasing"):
        path.unlink(missing_ok=True)
