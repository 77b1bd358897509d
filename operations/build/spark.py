"""`muster build --target spark`: every seed and model, whole, in a session of Spark.

Tests are not run there: `muster compare` shows that its tables have the rows of files,
which have been tested.
"""

import time

from rich.console import Console

import environment as environments
from environment.locks import building, require_writable
from environment.spark import TARGET
from operations.build import build as files
from operations.build import fingerprint
from operations.build.artifacts import read_note
from operations.build.inside import company, spark
from operations.ingest import require_ingested

WITHOUT = (
    *("--exclude-resource-type", "test"),
    *("--exclude-resource-type", "unit_test"),
    # What is made of runs: muster incidents makes it, here and not there.
    *("--exclude", "config.database:ops"),
)
"""What is not built."""


def build(
    name: str, console: Console, *, as_at: str | None = None, force: bool = False
) -> None:
    """Build all tables of an environment in Spark, unless nothing changed.

    Args:
        name: The environment.
        console: Where progress and results are written.
        as_at: As of `operations.build.build.build`.
        force: Build also where nothing changed.

    Raises:
        MusterError: Spark is not there, nothing was ingested, or dbt failed.
    """
    environment = environments.find(name, TARGET)
    variables = {} if as_at is None else {"as_at": files.instant(as_at)}
    spark.require()
    require_ingested(environment)
    require_writable(environment)
    files.require_knowledge(environment, variables.get("as_at"))
    with building(environment.folder):
        digest = fingerprint.inputs(environment, environments.PROJECT, variables)
        note = read_note(environment)
        written = fingerprint.outputs(environment)
        if not force and (note.get("inputs"), note.get("outputs")) == (digest, written):
            console.print(
                f"Nothing changed since the build of {note['finished_at']} UTC:"
                " not built again (--force always builds).",
                soft_wrap=True,
            )
            return
        started = time.monotonic()
        environment.last_build.unlink(missing_ok=True)
        company.require_seeds(environments.PROJECT)
        options = files.options(environment, variables)
        with spark.session(environment):
            result, is_told = files.dbt_build((*options, *WITHOUT), console)
        files.require_success(environment, result, is_told=is_told)
        counts = files.count(result.result.results)
        seconds = time.monotonic() - started
        files.write_note(environment, digest, variables, seconds)
    console.print(
        f"Built {files.told(counts, 'seed')}, {files.told(counts, 'model')}, in"
        f" {seconds:.0f} s. Whether they are those of files, muster compare --env"
        f" {name} --target {TARGET} says.",
        soft_wrap=True,
    )
