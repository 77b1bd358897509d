"""`muster slim`: build what a branch changed, on what main built, and tell the diff.

dbt finds what differs from main's manifest. The databases start as copies of main's, so
that whatever is not built again is there in place, under its own name: nothing that is
deferred need be looked up anywhere else.

It works on the environment `ci` alone, which holds the demo company: a state is handed
on between machines, with its restricted database.
"""

import hashlib
import json
import os
import shutil
import time
from pathlib import Path
from typing import Any

from rich.console import Console

import environment as environments
from environment import DATABASES, Environment
from environment.databases import connect
from environment.errors import MusterError
from environment.files import digest
from environment.locks import require_writable
from operations.build import artifacts, build, fingerprint
from operations.build.artifacts import MANIFEST, RESULTS
from operations.build.inside import KEY_VARIABLE
from operations.diff import compare, diff
from operations.ingest import require_ingested

ENVIRONMENT = "ci"
"""The environment that is built in part."""

BASIS = "state.json"
KEY = "pseudonym.key"
PARSED = "partial_parse.msgpack"
"""What dbt keeps of reading the project, which makes the next reading quick."""

UNSEEN = (*fingerprint.FILES, *fingerprint.PYTHON, "demo")
"""What changes results, and dbt does not compare with the state."""

CODE = (*fingerprint.CODE, ".sql")
"""What files of those folders end with: the demo company is SQL too."""

SELECTION = (
    *("--select", "state:modified+", "+path:models/marts/ops"),
    *("--defer", "--state"),
)
"""What was changed; and what is made of runs, which is there while dbt runs alone."""


def slim(
    name: str,
    console: Console,
    *,
    state: Path | None = None,
    comment: Path | None = None,
    save: Path | None = None,
) -> None:
    """Build what changed since a state, or everything where that cannot be told.

    Args:
        name: The environment; only `ci`.
        console: Where progress and results are written.
        state: A folder that `save` wrote on main; it may be missing.
        comment: A file to write the data diff to, as Markdown.
        save: A folder to write the state to that this build leaves.

    Raises:
        MusterError: It is another environment, nothing was ingested, or dbt failed.
    """
    if name != ENVIRONMENT:
        raise MusterError(
            f"muster slim replaces databases and hands them on: it works on "
            f"{ENVIRONMENT}, which holds no person's data, not on {name}.",
            2,
        )
    environment = environments.find(name)
    require_ingested(environment)
    require_writable(environment)
    basis = basis_of(environment)
    reason = why_not(state, basis)
    selection: tuple[str, ...] = ()
    started = time.monotonic()
    environment.last_build.unlink(missing_ok=True)
    # Of what an earlier build left, nobody knows how it came about.
    for path in environment.databases:
        path.unlink(missing_ok=True)
    if state is not None and is_whole(state):
        bring(state, environment, is_slim=not reason)
    if state is not None and not reason:
        selection = (*SELECTION, str(state.resolve()))
    else:
        console.print(f"Full build: {reason}.", soft_wrap=True)
    options = (*build.options(environment, {}), *build.UNWATCHED, *selection)
    result, is_told = build.dbt_build(options, console)
    build.close_databases()
    build.require_success(environment, result, is_told=is_told)
    counts = build.count(result.result.results)
    forget(environment)
    told = f"{'Slim' if selection else 'Full'} build: " + ", ".join(
        build.told(counts, kind) for kind in ("seed", "model", "data test", "unit test")
    )
    console.print(f"{told} in {time.monotonic() - started:.0f} s.", soft_wrap=True)
    if comment is not None:
        comment.parent.mkdir(parents=True, exist_ok=True)
        comment.write_text(commented(environment, state, f"{told}.", reason))
        console.print(f"Data diff: {environments.shown(comment)}", soft_wrap=True)
    if save is not None:
        write_state(environment, save, basis)
        console.print(f"State: {environments.shown(save)}", soft_wrap=True)


def why_not(state: Path | None, basis: dict[str, str]) -> str:
    """Why everything must be built; empty where it need not be.

    Args:
        state: The state's folder, if any.
        basis: What results depend on and dbt does not compare, now.
    """
    if state is None or not state.is_dir():
        return "there is no state of main to start from"
    if not is_whole(state):
        return f"the state of main in {environments.shown(state)} is not whole"
    if os.environ.get(KEY_VARIABLE):
        return "a pseudonym key is given, and the state of main may have another"
    then = artifacts.read(state / BASIS)
    differing = sorted(n for n in basis | then if basis.get(n) != then.get(n))
    if differing:
        return f"not as on main, and not compared by dbt: {', '.join(differing)}"
    return ""


def is_whole(state: Path) -> bool:
    """Whether a state's folder has all that a slim build starts from."""
    return all((state / name).is_file() for name in (BASIS, MANIFEST, *FILES))


FILES = tuple(f"{name}.duckdb" for name in DATABASES)


def basis_of(environment: Environment) -> dict[str, str]:
    """What results depend on and dbt does not compare: name to digest."""
    project = environments.PROJECT
    basis = {
        name: digest(project, found)
        for name in UNSEEN
        if (found := fingerprint.below(project / name, *CODE))
    }
    loads = json.dumps(fingerprint.completed_loads(environment))
    return basis | {
        "loads": hashlib.sha256(loads.encode()).hexdigest(),
        "the company's variables and mappings": fingerprint.of_company(
            "vars.yml", "mappings"
        ),
    }


def bring(state: Path, environment: Environment, *, is_slim: bool) -> None:
    """Let an environment start where a state ended.

    Args:
        state: The state's folder, whole.
        environment: The environment.
        is_slim: Whether to bring the databases; the key is needed for any comparison.
    """
    wanted = {KEY: environment.folder}
    if is_slim:
        wanted |= dict.fromkeys(FILES, environment.folder)
        wanted[PARSED] = environment.artifacts
    for name, folder in wanted.items():
        if (state / name).is_file():
            folder.mkdir(parents=True, exist_ok=True)
            shutil.copyfile(state / name, folder / name)
            (folder / name).chmod(0o600)


def forget(environment: Environment) -> None:
    """Drop the marts that main had and the branch has no longer."""
    models = compare.models_of(artifacts.read(environment.artifacts / MANIFEST))
    for path in environment.databases:
        with connect(path, read_only=False) as connection:
            for table in compare.tables_of(connection, path.stem):
                if compare.shown(path.stem, table) not in models:
                    connection.execute(f"drop table {compare.quoted_table(table)}")


def commented(
    environment: Environment, state: Path | None, told: str, reason: str
) -> str:
    """The data diff as a comment on a pull request, with how it was built."""
    how = f"{told} {reason[:1].upper()}{reason[1:]}." if reason else told
    if state is None or not is_whole(state):
        return f"### Data diff\n\nNothing to compare with.\n\n{how}\n"
    found = diff.difference(
        state,
        environment.folder,
        artifacts.read(environment.artifacts / MANIFEST),
        ("main", "this branch"),
        manifest_before=artifacts.read(state / MANIFEST),
        is_demo=True,
    )
    return f"{found.to_markdown()}\n{how}\n"


def write_state(environment: Environment, folder: Path, basis: dict[str, Any]) -> None:
    """Write what a slim build starts from; its last file makes it whole."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / BASIS).unlink(missing_ok=True)
    kept = [environment.folder / name for name in (*FILES, KEY)]
    kept += [environment.artifacts / name for name in (MANIFEST, PARSED, RESULTS)]
    for path in kept:
        if path.is_file():
            shutil.copy(path, folder / path.name)
    (folder / BASIS).write_text(json.dumps(basis, indent=2) + "\n")
