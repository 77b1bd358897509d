"""What a publication is worth: how much of it is told, and what is withheld in vain."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from operations.attack.breaches import Breach, breach, where
from operations.attack.dominance import rests_on
from operations.attack.judge import FEWEST, NOT_SECRET, Truth
from operations.attack.reading import ALL, UNASSIGNED, Figure, Key

LEAST = {1200: 0.95, 400: 0.85}
"""People in the company to the share of each table that is told at least."""


def told(figures: Iterable[Figure], truth: Truth) -> dict[str, float]:
    """The share of each table's figures that is told, by the people of their rows.

    The whole company's rows, which hold everybody, would hide all others: they are left
    out where there are others.
    """
    weights: dict[str, list[float]] = defaultdict(lambda: [0.0, 0.0])
    figures = [f for f in figures if f.value is not None or f.is_withheld]
    parted = {f.table for f in figures if set(f.key.place) != {ALL}}
    for figure in figures:
        if figure.table in parted and set(figure.key.place) == {ALL}:
            continue
        people = truth.people(figure.key)
        shown = weights[figure.table]
        shown[0] += people * (figure.value is not None)
        shown[1] += people
    return {
        table: shown / whole if whole else 1.0
        for table, (shown, whole) in sorted(weights.items())
    }


def least(people: float) -> float:
    """The share that is to be told in a company of so many people; 0 in small ones."""
    return max(
        (share for size, share in LEAST.items() if people >= 0.9 * size), default=0.0
    )


def lacking(shares: Mapping[str, float], people: float) -> Iterator[str]:
    """Tables of which less is told than a company of so many people should tell."""
    for table, share in shares.items():
        if share < least(people):
            yield f"{table}: {share:.0%} is told, not {least(people):.0%}"


def untold(figures: Iterable[Figure], truth: Truth) -> Iterator[str]:
    """What a company of any size tells of itself, and this one does not.

    Who is there, comes and leaves, absence where ten were absent, and gaps between ten
    or more of each sex.
    """
    for figure in figures:
        key = figure.key
        if figure.value is not None or not figure.is_withheld:
            continue
        if figure.kind == "gap":
            people = [truth.counts.get(each, 0) for each in rests_on(key)]
            is_due = min(people) >= FEWEST
        elif set(key.place) != {ALL}:
            continue
        elif key.measure == "absent":
            found = truth.sums.get(key)
            is_due = found is not None and found.people >= FEWEST
        else:
            is_due = key.measure in NOT_SECRET
        if is_due:
            yield f"{figure.table}.{figure.column} of {where(key)} is not told"


def in_vain(figures: Iterable[Figure]) -> Iterator[Breach]:
    """Numbers that are missing though another row tells them, or without a reason.

    Also a row of those who are in no group: they are no group.
    """
    counts = [f for f in figures if f.kind == "count"]
    known: Mapping[Key, Figure] = {f.key: f for f in counts if f.value is not None}
    for figure in counts:
        if figure.value is None and figure.key in known:
            yield _breach(figure, "withheld though told elsewhere")
        elif figure.is_withheld and not figure.is_explained:
            yield _breach(figure, "withheld without a reason")
        if UNASSIGNED & set(figure.key.place):
            yield _breach(figure, "a row of the unassigned")


def _breach(figure: Figure, about: str) -> Breach:
    return breach("utility", figure, f"{figure.column}: {about}")
