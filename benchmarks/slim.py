"""Measure a build of one changed model, as a part of the build of everything.

Both are the same command on the same demo company, in a scratch copy of the repository:
once without a state, which builds everything from nothing, and once with the state that
this left, after one mart was changed. `python -m benchmarks.slim --help`.
"""

import argparse
import json
import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.measure import CommandFailedError, Cost, measure

REPOSITORY = Path(__file__).resolve().parent.parent

CHANGED = "models/marts/people/rpt_headcount_monthly.sql"
"""The model that is changed by default."""

MOST = 0.25
"""The part of the full build's time, once dbt has started, to stay below."""

MUSTER = "from operations.cli import main; main()"


def main() -> int:
    """Measure and report; 1 where a step failed or the slim build took too long."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.slim", description=__doc__
    )
    parser.add_argument("--employees", type=int, default=1200)
    parser.add_argument("--months", type=int, default=36)
    parser.add_argument("--changed", default=CHANGED)
    given = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        try:
            full, slim = _costs(Path(folder), given, Console(stderr=True))
        except CommandFailedError as error:
            Console(stderr=True).print(str(error), markup=False)
            return 1
        console.print((Path(folder) / "diff.md").read_text(), markup=False)
        full_run = _results(Path(folder) / "state")
        slim_run = _results(Path(folder) / "home" / "ci" / "dbt")
    console.print(f"{given.employees:,} employees, {given.months} months")
    table = Table("build", "wall s", "cpu s", "of which dbt built s")
    told = {"everything": (full, full_run), "one changed model": (slim, slim_run)}
    for name, (cost, run) in told.items():
        table.add_row(
            name,
            f"{cost.wall_seconds:.1f}",
            f"{cost.cpu_seconds:.1f}",
            f"{run['elapsed_time']:.1f}",
        )
    console.print(table)
    ids = (result["unique_id"].split(".") for result in slim_run["results"])
    models = sorted(parts[-1] for parts in ids if parts[0] == "model")
    ratio = slim_run["elapsed_time"] / full_run["elapsed_time"]
    console.print(
        f"Built: {', '.join(models)}; in {ratio:.0%} of the time that dbt built"
        f" everything in, {slim.wall_seconds / full.wall_seconds:.0%} with its start"
    )
    return int(ratio >= MOST)


def _costs(
    folder: Path, given: argparse.Namespace, progress: Console
) -> tuple[Cost, Cost]:
    project, state = folder / "repository", str(folder / "state")
    _copy(project)
    environment = {
        **os.environ,
        "MUSTER_HOME": str(folder / "home"),
        "PYTHONPATH": str(project),
        "PYTHONSAFEPATH": "1",
        # Compiled Python is kept, wherever this runs, and made before it counts.
        "PYTHONPYCACHEPREFIX": str(folder / "compiled"),
        "PYTHONDONTWRITEBYTECODE": "",
    }
    environment.pop("MUSTER_PSEUDONYM_KEY", None)

    def muster(*arguments: str) -> Cost:
        progress.print(f"muster {' '.join(arguments)}", markup=False)
        return measure([sys.executable, "-c", MUSTER, *arguments], environment)

    size = ["--employees", str(given.employees), "--months", str(given.months)]
    muster("demo", "create", *size)
    muster("ingest", "--demo", "--env", "ci")
    # Imports, and so compiles, what dbt needs; the state that it tries is none.
    measure(
        [
            *(sys.executable, "-c", "from dbt.cli.main import cli; cli()", "parse"),
            *("--project-dir", str(project), "--profiles-dir", str(project)),
            *("--target", "ci", "--target-path", str(folder / "parsed")),
            *("--log-path", str(folder / "parsed")),
        ],
        environment,
    )
    full = muster("slim", "--save", state)
    changed = project / given.changed
    changed.write_text(f"{changed.read_text()}\n-- changed\n")
    slim = muster("slim", "--state", state, "--comment", str(folder / "diff.md"))
    return full, slim


def _results(artifacts: Path) -> dict[str, Any]:
    results = json.loads((artifacts / "run_results.json").read_text())
    assert isinstance(results, dict)  # noqa: S101 - for the type checker
    return results


def _copy(project: Path) -> None:
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],  # noqa: S607
        cwd=REPOSITORY,
        check=True,
        capture_output=True,
        text=True,
    ).stdout
    for name in filter(None, listed.split("\0")):
        if not (REPOSITORY / name).is_file():
            continue
        target = project / name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(REPOSITORY / name, target)


if __name__ == "__main__":
    sys.exit(main())
