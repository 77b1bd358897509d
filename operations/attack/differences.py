"""Differences: between what is told now and what was told before, and plain reading."""

from collections.abc import Iterable, Iterator

from operations.attack.breaches import Breach, where
from operations.attack.judge import FEWEST, NO_PEOPLE, NOT_SECRET
from operations.attack.reading import ALL, Figure


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
        if figure.value is None or old.value is None or is_open(figure):
            continue
        if 0 < abs(figure.value - old.value) < FEWEST:
            yield Breach(
                "differences",
                f"published.{figure.table}",
                f"correction of {figure.column}",
                where(figure.key),
            )


def is_open(figure: Figure) -> bool:
    """Whether everybody in the company knows a number anyway."""
    key = figure.key
    return key.measure in NO_PEOPLE or (
        key.measure in NOT_SECRET and set(key.place) == {ALL}
    )


def off_step(figures: Iterable[Figure]) -> Iterator[Breach]:
    """Numbers with more digits than the step that is stated for them."""
    for figure in figures:
        if figure.value is None or not figure.step:
            continue
        steps = figure.value / figure.step
        if abs(steps - round(steps)) > 1e-6:
            yield Breach(
                "steps",
                f"published.{figure.table}",
                figure.column,
                where(figure.key),
            )
