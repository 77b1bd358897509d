"""dbt in the process of the tests, on a project that it has parsed once for all."""

import gc
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from environment import set_inside
from environment.files import own_umask
from operations.build import build

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

REPOSITORY = Path(__file__).resolve().parents[2]

KEPT = "partial_parse.msgpack"


class DbtError(AssertionError):
    """A command of dbt failed; what it said is the message."""


def parse(folder: Path, source: Path = REPOSITORY) -> None:
    """Parse the project, or a copy of it, into a folder, without any database."""
    arguments = ["parse", "--no-partial-parse", "--show-all-deprecations"]
    dbt(arguments, folder, "ci", source=source)


def parsed(folder: Path) -> "Manifest":
    """The project as it was parsed into a folder, for one run: a run changes it."""
    from dbt.contracts.graph.manifest import Manifest
    from dbt.parser.manifest import extended_mashumuro_decoder

    kept = (folder / KEPT).read_bytes()
    return Manifest.from_msgpack(kept, decoder=extended_mashumuro_decoder)


def dbt(
    arguments: Sequence[str],
    target: Path,
    name: str,
    project: "Path | Manifest | None" = None,
    source: Path = REPOSITORY,
    **variables: str,
) -> Any:
    """Run a command of dbt.

    Args:
        arguments: The command and its options.
        target: The folder that it writes to.
        name: The environment.
        project: The folder that the project was parsed into, or what is read of it;
            None to parse it.
        source: The project, or a copy of it.
        variables: What to set in the environment, such as `MUSTER_HOME`.

    Returns:
        Its result.

    Raises:
        DbtError: It failed.
    """
    from dbt.cli.main import dbtRunner

    gc.set_threshold(*build.SELDOM)
    run = build.Run()
    manifest = parsed(project) if isinstance(project, Path) else project
    runner = dbtRunner(manifest, [run.on_event])
    options = [
        *("--project-dir", str(source), "--profiles-dir", str(source)),
        *("--target", name, "--target-path", str(target), "--log-path", str(target)),
        *("--log-level", "none", "--log-level-file", "none", "--no-print"),
    ]
    given = {"MUSTER_HOME": str(target), "DO_NOT_TRACK": "1"} | variables
    with set_inside(**given), own_umask():
        done = runner.invoke([*arguments, *options])
        build.close_databases()
    if not done.success:
        told = "\n".join(run.report) or done.exception
        raise DbtError(f"dbt {' '.join(arguments)} failed:\n{told}")
    return done.result
