"""What a build depends on, as one digest: equal digests build equal marts."""

import hashlib
import hmac
import json
import os
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from ingestion.operations_log import DATASET
from operations.environment import Environment
from operations.unchanged import OUTSIDE

FOLDERS = ("models", "macros", "seeds", "tests/generic", "tests/singular")
"""Folders whose files dbt reads."""

SUFFIXES = frozenset({".sql", ".yml", ".csv", ".md"})

FILES = (
    "dbt_project.yml",
    "profiles.yml",
    "selectors.yml",
    "requirements.lock",
    "operations/dbt_plugin.py",
    "operations/least_squares.py",
    "operations/unchanged.py",
    "ingestion/columns.py",
    "ingestion/log.py",
    "ingestion/*/settings.py",
)
"""Files beside them, on which every node may depend."""

KEY_VARIABLES = ("MUSTER_PSEUDONYM_KEY",)
"""Settings that change what is built; they enter the digest and no file."""


def inputs(environment: Environment, project: Path, variables: object) -> str:
    """Digest what a build reads.

    What `raw_ops` holds is left out: it grows with every run of `muster ingest`, also
    one that found nothing new, and no mart is made from it.

    Args:
        environment: Whose completed loads count.
        project: Whose files count.
        variables: dbt's variables.

    Returns:
        A SHA-256 in hexadecimal.
    """
    digest = hashlib.sha256(files(project).encode())
    for name in KEY_VARIABLES:
        digest.update(hashlib.sha256(os.environ.get(name, "").encode()).digest())
    digest.update(json.dumps(variables, sort_keys=True).encode())
    digest.update(json.dumps(completed_loads(environment)).encode())
    return digest.hexdigest()


def files(project: Path, *, with_folders: bool = True) -> str:
    """Digest the project's files, with or without those of which dbt has nodes."""
    digest = hashlib.sha256()
    for path in project_files(project, FOLDERS if with_folders else ()):
        digest.update(str(path.relative_to(project)).encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    return digest.hexdigest()


def project_files(project: Path, folders: Sequence[str]) -> Iterator[Path]:
    """Every file of the project that makes a difference, in a fixed order."""
    for pattern in FILES:
        yield from sorted(project.glob(pattern))
    for folder in folders:
        for path in sorted((project / folder).rglob("*")):
            if path.suffix in SUFFIXES and path.is_file():
                yield path


def basis(project: Path, variables: Mapping[str, object], key: bytes) -> str:
    """Digest what every node may depend on: another one, and everything is built.

    Args:
        project: Whose files count, but for those of which dbt has nodes.
        variables: dbt's variables, but for what is looked up in every build anyhow.
        key: The pseudonym's key.
    """
    known = {name: each for name, each in variables.items() if name != OUTSIDE}
    parts = (files(project, with_folders=False), json.dumps(known, sort_keys=True))
    return hmac.digest(key, "\n".join(parts).encode(), "sha256").hex()


def completed_loads(environment: Environment) -> list[tuple[str, int, str]]:
    """Each source's dataset with its number of completed loads and the last's time."""
    found = []
    for dataset in environment.log.datasets():
        instants = [load.inserted_at for load in environment.log.completed(dataset)]
        if dataset != DATASET and instants:
            found.append((dataset, len(instants), max(instants).isoformat()))
    return found


def outputs(environment: Environment) -> dict[str, list[int]]:
    """Size and time of change of the databases that a build writes.

    A build by other means (plain `dbt build`) changes them, and then the note that the
    last `muster build` left no longer describes what they hold.

    Returns:
        File name to size in bytes and time of change in nanoseconds.
    """
    state = {}
    for path in environment.databases:
        for file in (path, path.with_name(f"{path.name}.wal")):
            if file.exists():
                facts = file.stat()
                state[file.name] = [facts.st_size, facts.st_mtime_ns]
    return state
