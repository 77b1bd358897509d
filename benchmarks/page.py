"""docs/performance.md and its plot, from the results that are kept.

`python -m benchmarks.page` renews them; a test fails while they are not current.
"""

import math
import sys
from collections.abc import Callable, Sequence
from itertools import product

from benchmarks.results import COLUMNS, Figure, Result, kept, told
from environment import PROJECT
from tools.pages import embedded

PAGE, PLOT = PROJECT / "docs" / "performance.md", PROJECT / "docs" / "performance.svg"

TITLES = {
    "side_by_side": "Beside other tools",
    "files": "Files, beside DuckDB alone",
    "databases": "A database, beside connectorx and ADBC alone",
    "working_time": "Working days, beside a script by hand",
    "growth": "DuckDB and Spark, as punches grow",
    "onboarding": "A stranger's export",
    "follow": "As it arrives",
    "benchmarks": "The demo company",
}

COLOURS = {
    "Muster": "#d55e00",
    "DuckDB": "#0072b2",
    "Spark": "#009e73",
    "SQL by hand": "#0072b2",
    "connectorx": "#009e73",
    "ADBC": "#cc79a7",
    "pandas": "#0072b2",
    "sling": "#009e73",
    "dlt": "#cc79a7",
}

WIDE, HIGH, LEFT, TOP, APART = 230, 130, 60, 36, 80
"""Of a panel of the plot, and what stands beside it, in pixels."""


def page(text: str, results: Sequence[Result]) -> str:
    """The page with the results in it, as it should be."""
    parts = [_section(r) for name in TITLES for r in results if r.name == name]
    return embedded(text, "results", "\n".join(parts))


def _section(result: Result) -> str:
    lines = [f"### {TITLES[result.name]}", ""]
    if result.figures:
        lines += [f"| {' | '.join(COLUMNS)} |", "| --- " + "| ---: " * 5 + "|"]
        rows = (told(figure, result.figures) for figure in result.figures)
        lines += [f"| {' | '.join(row)} |" for row in rows] + [""]
    versions = ", ".join(f"{tool} {number}" for tool, number in result.versions.items())
    lines += [*result.notes, ""] if result.notes else []
    lines += [
        f"`{result.command}`, {result.measured_on}; {result.machine}; {versions}."
    ]
    return "\n".join([*lines, ""])


def plot(results: Sequence[Result]) -> str:
    """CPU seconds and memory against rows, a panel for each case of several sizes."""
    figures = [figure for result in results for figure in result.figures]
    cases = [
        case
        for case in dict.fromkeys(figure.case for figure in figures)
        if len({figure.rows for figure in figures if figure.case == case}) > 1
    ]
    kinds: dict[str, Callable[[Figure], float]] = {
        "CPU seconds": lambda figure: figure.cpu_seconds,
        "peak MB": lambda figure: figure.peak_megabytes,
    }
    across, down = WIDE + LEFT + APART, HIGH + 2 * TOP
    width, height = len(kinds) * across, len(cases) * down
    panels = [
        f'<g transform="translate({column * across + LEFT} {row * down + TOP})">'
        + _panel(f"{case}: {kind}", [f for f in figures if f.case == case], kinds[kind])
        + "</g>"
        for (row, case), (column, kind) in product(enumerate(cases), enumerate(kinds))
    ]
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        ' font-family="sans-serif" font-size="11" role="img">'
        "<title>CPU seconds and memory against rows, by tool</title>"
        f'<rect width="{width}" height="{height}" fill="white"/>\n'
        + "\n".join(panels)
        + "\n</svg>\n"
    )


def _panel(
    title: str, figures: Sequence[Figure], value: Callable[[Figure], float]
) -> str:
    """Lines on two logarithmic scales, each with its tool's name at its end."""
    across = _Scale([figure.rows for figure in figures], WIDE)
    upwards = _Scale([value(figure) for figure in figures], HIGH)
    drawn = [f'<text y="-12" font-weight="bold">{title}</text>']
    for tick, x in across.ticks:
        drawn.append(f'<path d="M{x:.1f} 0V{HIGH}" stroke="#ddd"/>')
        drawn.append(
            f'<text x="{x:.1f}" y="{HIGH + 15}" {_MIDDLE}>{_short(tick)}</text>'
        )
    for tick, y in upwards.ticks:
        drawn.append(f'<path d="M0 {HIGH - y:.1f}H{WIDE}" stroke="#ddd"/>')
        drawn.append(
            f'<text x="-6" y="{HIGH - y + 4:.1f}" {_END}>{_short(tick)}</text>'
        )
    ends = []
    for tool in dict.fromkeys(figure.tool for figure in figures):
        points = [
            (across.place(figure.rows), HIGH - upwards.place(value(figure)))
            for figure in sorted(figures, key=lambda figure: figure.rows)
            if figure.tool == tool
        ]
        line = "L".join(f"{x:.1f} {y:.1f}" for x, y in points)
        colour = COLOURS[tool]
        drawn.append(
            f'<path d="M{line}" fill="none" stroke="{colour}" stroke-width="2"/>'
        )
        drawn += [
            f'<circle cx="{x:.1f}" cy="{y:.1f}" r="3" fill="{colour}"/>'
            for x, y in points
        ]
        ends.append((points[-1][1], tool))
    lowest = -math.inf
    for y, tool in sorted(ends):
        lowest = max(y, lowest + 12)
        drawn.append(
            f'<text x="{WIDE + 6}" y="{lowest + 4:.1f}" fill="{COLOURS[tool]}">'
            f"{tool}</text>"
        )
    return "".join(drawn)


_MIDDLE, _END = 'text-anchor="middle"', 'text-anchor="end"'


def main() -> None:
    """Renew the page and the plot, where they changed."""
    results = kept()
    pages = {PAGE: page(PAGE.read_text(), results), PLOT: plot(results)}
    for path, text in pages.items():
        was_current = path.exists() and text == path.read_text()
        if not was_current:
            path.write_text(text)
        sys.stdout.write(
            f"{path.name}: {'was current' if was_current else 'renewed'}\n"
        )


class _Scale:
    """A logarithmic scale from a round number to another."""

    def __init__(self, values: Sequence[float], pixels: int) -> None:
        steps = [step * 10.0**power for power in range(-2, 9) for step in (1, 2, 5)]
        first = max(step for step in steps if step <= min(values))
        last = min(step for step in steps if step >= max(values) and step > first)
        self._first, self._span = math.log(first), math.log(last / first)
        self._pixels = pixels
        self.ticks = [
            (step, self.place(step)) for step in steps if first <= step <= last
        ]

    def place(self, value: float) -> float:
        """Where a value stands, in pixels from the start."""
        return (math.log(value) - self._first) / self._span * self._pixels


def _short(number: float) -> str:
    for size, letter in ((1e6, "M"), (1e3, "k")):
        if number >= size:
            return f"{number / size:g}{letter}"
    return f"{number:g}"


if __name__ == "__main__":
    main()
