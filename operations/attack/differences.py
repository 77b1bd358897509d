"""Differences: between what is told now and what was told before, and plain reading."""

from collections.abc import Iterable, Iterator

from operations.attack.breaches import Breach, breach
from operations.attack.judge import FEWEST, is_open
from operations.attack.reading import Figure


def between_releases(
    now: Iterable[Figure], before: Iterable[Figure]
) -> Iterator[Breach]:
    """Exact numbers of people that a release corrects by fewer than ten.

    Two releases tell whom a correction is about: somebody who was entered late, or
    whose leaving was.
    """
    earlier = {
        (f.column, f.key): f for f in before if f.kind == "count" and f.step <= 1
    }
    for figure in now:
        old = earlier.get((figure.column, figure.key))
        if figure.kind != "count" or figure.step > 1 or old is None:
            continue
        if figure.value is None or old.value is None or is_open(figure.key):
            continue
        if 0 < abs(figure.value - old.value) < FEWEST:
            yield breach("differences", figure, f"correction of {figure.column}")


def off_step(figures: Iterable[Figure]) -> Iterator[Breach]:
    """Numbers with more digits than the step that is stated for them."""
    for figure in figures:
        if figure.value is None or not figure.step:
            continue
        steps = figure.value / figure.step
        if abs(steps - round(steps)) > 1e-6:
            yield breach("steps", figure)
