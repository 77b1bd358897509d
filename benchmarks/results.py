"""What benchmarks found, as tables for people and as JSON that is kept."""

import json
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from statistics import median
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.measure import Cost

RESULTS = Path(__file__).with_name("results")
TOOLS = (
    "adbc-driver-postgresql",
    "connectorx",
    "dlt",
    "duckdb",
    "pandas",
    "pyspark",
    "sling",
)


COLUMNS = ("what", "rows", "tool", "CPU s", "peak MB", "Muster takes, times")


@dataclass(frozen=True)
class Figure:
    """What one tool took for one case.

    Attributes:
        case: What was done.
        tool: By what.
        rows: To how many rows; 0 where they are not counted.
        runs: What each run cost.
    """

    case: str
    tool: str
    rows: int
    runs: Sequence[Cost]

    @property
    def cpu_seconds(self) -> float:
        """The median."""
        return median(run.cpu_seconds for run in self.runs)

    @property
    def peak_megabytes(self) -> float:
        """The most."""
        return max(run.peak_megabytes for run in self.runs)


@dataclass(frozen=True)
class Result:
    """What a benchmark found.

    Attributes:
        command: What was run.
        measured_on: The day.
        machine: Its cores and memory.
        versions: Of Python and of the tools.
        notes: Sentences about what else was found.
        figures: What each tool took.
    """

    command: str
    measured_on: str
    machine: str
    versions: Mapping[str, str]
    notes: Sequence[str]
    figures: Sequence[Figure]

    @property
    def name(self) -> str:
        """The benchmark's."""
        return self.command.split()[2].rpartition(".")[2]


def kept() -> list[Result]:
    """The results that are kept."""
    return [_read(path) for path in sorted(RESULTS.glob("*.json"))]


def publish(
    prog: str, figures: Sequence[Figure], notes: Sequence[str], *, keep: bool
) -> None:
    """Show what was found, and keep it where that is asked for.

    Args:
        prog: What was run: `python -m benchmarks.<name>`.
        figures: What each tool took.
        notes: Sentences about what else was found.
        keep: Whether it replaces the result that is kept.
    """
    result = Result(
        command=" ".join([prog, *(word for word in sys.argv[1:] if word != "--keep")]),
        measured_on=f"{datetime.now(UTC):%Y-%m-%d}",
        machine=_machine(),
        versions=_versions(),
        notes=notes,
        figures=figures,
    )
    console = Console()
    table = Table(*COLUMNS)
    for figure in figures:
        table.add_row(*told(figure, figures))
    if figures:
        console.print(table)
    for note in notes:
        console.print(note, markup=False)
    if keep:
        RESULTS.mkdir(exist_ok=True)
        text = json.dumps(asdict(result), indent=1)
        (RESULTS / f"{result.name}.json").write_text(text + "\n")


def told(figure: Figure, among: Sequence[Figure]) -> list[str]:
    """A row about a figure: with how many times as much Muster took."""
    ours = next(
        (
            f.cpu_seconds
            for f in among
            if (f.case, f.rows, f.tool) == (figure.case, figure.rows, "Muster")
        ),
        None,
    )
    is_other = ours is not None and figure.tool != "Muster"
    return [
        figure.case,
        f"{figure.rows:,}" if figure.rows else "",
        figure.tool,
        f"{figure.cpu_seconds:.1f}",
        f"{figure.peak_megabytes:,.0f}",
        f"{ours / figure.cpu_seconds:.2f}" if ours and is_other else "",
    ]


def _read(path: Path) -> Result:
    content = json.loads(path.read_text())
    figures = [
        Figure(**each | {"runs": [Cost(**run) for run in each["runs"]]})
        for each in content["figures"]
    ]
    return Result(**content | {"figures": figures})


def _machine() -> str:
    name = platform.machine()
    processors = Path("/proc/cpuinfo")
    for line in processors.read_text().splitlines() if processors.exists() else ():
        if line.startswith("model name"):
            name = line.partition(": ")[2]
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
    return f"{os.cpu_count()} cores of {name}, {memory:.0f} GiB"


def _versions() -> dict[str, str]:
    found: dict[str, Any] = {"python": platform.python_version()}
    for tool in TOOLS:
        try:
            found[tool] = version(tool)
        except PackageNotFoundError:
            continue
    return found
