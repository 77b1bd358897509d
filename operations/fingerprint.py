"""What a build depends on, as one digest: equal digests build equal marts."""

import hashlib
import json
import os
from collections.abc import Iterator
from pathlib import Path

from ingestion.log import SOURCES
from ingestion.operations_log import DATASET
from operations.environment import Environment

FOLDERS = ("models", "macros", "seeds", "tests/generic", "tests/singular")
"""Folders whose files dbt reads."""

SUFFIXES = frozenset({".sql", ".yml", ".csv", ".md"})

FILES = (
    "dbt_project.yml",
    "profiles.yml",
    "selectors.yml",
    "operations/dbt_plugin.py",
    "ingestion/log.py",
    *(f"ingestion/{source}/settings.py" for source in SOURCES),
    "requirements.lock",
)

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
    digest = hashlib.sha256()
    for path in project_files(project):
        digest.update(str(path.relative_to(project)).encode())
        digest.update(hashlib.sha256(path.read_bytes()).digest())
    for name in KEY_VARIABLES:
        digest.update(hashlib.sha256(os.environ.get(name, "").encode()).digest())
    digest.update(json.dumps(variables, sort_keys=True).encode())
    digest.update(json.dumps(completed_loads(environment)).encode())
    return digest.hexdigest()


def project_files(project: Path) -> Iterator[Path]:
    """Every file of the project that dbt reads, in a fixed order."""
    for name in FILES:
        path = project / name
        if path.is_file():
            yield path
    for folder in FOLDERS:
        for path in sorted((project / folder).rglob("*")):
            if path.suffix in SUFFIXES and path.is_file():
                yield path


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
