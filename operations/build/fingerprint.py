"""What a build depends on, as one digest: equal digests build equal marts."""

import hashlib
import hmac
import json
import os
from collections.abc import Mapping
from itertools import chain
from pathlib import Path

import environment as environments
from environment import Environment, lake, spark
from environment.files import digest
from ingestion.log import of as log_of
from operations.build.inside import KEY_VARIABLE
from operations.build.inside.unchanged import OUTSIDE

PYTHON = ("environment", "ingestion", "operations/build/inside")
"""Folders of what runs inside dbt, and of all that it stands on, with its contract."""

FILES = ("dbt_project.yml", "profiles.yml", "selectors.yml", "requirements.lock")
"""Files beside them, on which every node may depend."""

REPORT = (
    "operations/report",
    "operations/pages.py",
    "operations/colours.css",
    "docs/requirements.yml",
)
"""What the site for everybody is made of, beside what is published."""

NODES = ("models", "macros", "seeds", "tests/generic", "tests/singular")
"""Folders of what dbt makes nodes of."""

COMPANY = ("vars.yml", "seeds", "mappings")
"""What lies in the company's folder; on the first every node may depend."""

CODE = (".py", ".yaml")

SUFFIXES = (".sql", ".yml", ".csv", ".md", ".py")
"""What files of those folders make a difference end with."""


def inputs(environment: Environment, project: Path, variables: object) -> str:
    """Digest what a build reads.

    Args:
        environment: Whose completed loads count.
        project: Whose files count.
        variables: dbt's variables.

    Returns:
        A SHA-256 in hexadecimal.
    """
    whole = hashlib.sha256(files(project).encode())
    # The key changes what is built; it enters the digest and no file.
    whole.update(hashlib.sha256(os.environ.get(KEY_VARIABLE, "").encode()).digest())
    whole.update(json.dumps(variables, sort_keys=True).encode())
    whole.update(json.dumps(completed_loads(environment)).encode())
    return whole.hexdigest()


def files(project: Path, *, with_nodes: bool = True) -> str:
    """Digest the project's files, and the company's.

    Args:
        project: Whose files count.
        with_nodes: Whether those count of which dbt has nodes, or reads as sources.
    """
    names: dict[str, tuple[str, ...]] = dict.fromkeys((*PYTHON, *FILES), CODE)
    if with_nodes:
        names |= dict.fromkeys(NODES, SUFFIXES)
    found = (below(project / name, *suffixes) for name, suffixes in names.items())
    whole = digest(project, chain.from_iterable(found))
    return f"{whole} {of_company(*(COMPANY if with_nodes else COMPANY[:1]))}"


def report(project: Path) -> str:
    """Digest what the site for everybody is made of, but for what is published."""
    kinds = (*CODE, *SUFFIXES, ".css", ".j2", ".js")
    found = (below(project / name, *kinds) for name in REPORT)
    return digest(project, chain.from_iterable(found))


def of_company(*names: str) -> str:
    """Digest what the company's folder has of some names."""
    folder = environments.company()
    found = (below(folder / name, *SUFFIXES) for name in names)
    return digest(folder, chain.from_iterable(found))


def below(path: Path, *suffixes: str) -> list[Path]:
    """A file, or every file of a folder with one of the suffixes, in a fixed order."""
    if not path.is_dir():
        return [path] if path.exists() else []
    found = sorted(path.rglob("*"))
    return [each for each in found if each.suffix in suffixes and each.is_file()]


def basis(project: Path, variables: Mapping[str, object], key: bytes) -> str:
    """Digest what every node may depend on: another one, and everything is built.

    Args:
        project: Whose files count, but for those of which dbt has nodes.
        variables: dbt's variables, but for what is looked up in every build anyhow.
        key: The pseudonym's key.
    """
    known = {name: each for name, each in variables.items() if name != OUTSIDE}
    parts = (files(project, with_nodes=False), json.dumps(known, sort_keys=True))
    return hmac.digest(key, "\n".join(parts).encode(), "sha256").hex()


def completed_loads(environment: Environment) -> list[tuple[str, int, str]]:
    """Each source's dataset with its number of completed loads and the last's time."""
    return [
        (dataset, len(loads), max(load.inserted_at for load in loads).isoformat())
        for dataset, loads in log_of(environment.folder).known().items()
    ]


def outputs(environment: Environment) -> dict[str, list[int]]:
    """Size and time of change of the databases that a build writes.

    A build by other means (plain `dbt build`) changes them, and then the note that the
    last `muster build` left no longer describes what they hold.

    Returns:
        File name to size in bytes and time of change in nanoseconds; of a lake,
        database to its newest snapshot; of Spark, table to number and time of files.
    """
    if environment.target == lake.TARGET:
        return {name: [head] for name, head in lake.heads(environment).items()}
    if environment.target == spark.TARGET:
        return {
            name: [len(files), max(each.stat().st_mtime_ns for each in files)]
            for name, files in spark.tables(environment).items()
        }
    state = {}
    for path in environment.databases:
        for file in (path, path.with_name(f"{path.name}.wal")):
            if file.exists():
                facts = file.stat()
                state[file.name] = [facts.st_size, facts.st_mtime_ns]
    return state
