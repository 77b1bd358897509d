"""Measure a build of one more day, as a part of the build of everything.

Both are `muster build`, on the same demo company: once of all that it has lived
through, and once after it lived a day more. `python -m benchmarks.day --help`.
"""

import argparse
import os
import sys
import tempfile
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.measure import CommandFailedError, Cost, measure

MOST = 0.35
"""The part of the full build's CPU time to stay below."""


def main() -> int:
    """Measure and report; 1 where a step failed or the day took too long."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.day", description=__doc__
    )
    parser.add_argument("--employees", type=int, default=1200)
    parser.add_argument("--months", type=int, default=36)
    given = parser.parse_args()
    console = Console()
    with tempfile.TemporaryDirectory() as folder:
        try:
            costs = _costs(Path(folder), given, Console(stderr=True))
        except CommandFailedError as error:
            Console(stderr=True).print(str(error), markup=False)
            return 1
    console.print(f"{given.employees:,} employees, {given.months} months")
    table = Table("build", "wall s", "cpu s")
    for name, cost in costs.items():
        table.add_row(name, f"{cost.wall_seconds:.1f}", f"{cost.cpu_seconds:.1f}")
    console.print(table)
    ratio = costs["one more day"].cpu_seconds / costs["everything"].cpu_seconds
    console.print(f"One more day costs {ratio:.0%} of everything")
    return int(ratio >= MOST)


def _costs(
    folder: Path, given: argparse.Namespace, progress: Console
) -> dict[str, Cost]:
    environment = {
        **os.environ,
        "MUSTER_HOME": str(folder / "home"),
        # Compiled Python is kept, wherever this runs, and made before it counts.
        "PYTHONPYCACHEPREFIX": str(folder / "compiled"),
        "PYTHONDONTWRITEBYTECODE": "",
    }

    def muster(*arguments: str) -> Cost:
        progress.print(f"muster {' '.join(arguments)}", markup=False)
        command = str(Path(sys.executable).parent / "muster")
        return measure([command, *arguments], environment)

    size = ["--employees", str(given.employees), "--months", str(given.months)]
    muster("demo", "create", *size)
    muster("ingest", "--demo")
    measure([sys.executable, "-c", "import dbt.cli.main"], environment)
    everything = muster("build", "--force")
    muster("demo", "advance", "--days", "1")
    muster("ingest", "--demo")
    return {"everything": everything, "one more day": muster("build")}


if __name__ == "__main__":
    sys.exit(main())
