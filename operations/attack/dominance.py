"""Sums and means of money, hours and days: whose is nearly all of it.

Whoever contributes the second largest part knows it, takes it off, and has the largest.
A sum of few people's tells each of them much of the others.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from operations.attack.breaches import Breach, breach, where
from operations.attack.judge import FEWEST, Sum
from operations.attack.reading import REST, Figure, Key, relabelled, totals

SHARE = 0.1
"""p of the p % rule: somebody's part is known when it is known this closely."""

KINDS = frozenset({"sum", "average"})


def dominated(figures: Iterable[Figure], sums: Mapping[Key, Sum]) -> Iterator[Breach]:
    """Told sums and means that tell of single people."""
    told = [f for f in figures if f.kind in KINDS and f.value is not None]
    for figure in told:
        found = sums.get(figure.key)
        # Everybody knows about how many a mean is of: it is as good as a sum.
        width = figure.step / abs(figure.value) if figure.value else 0.0
        if found and _is_disclosed(found, width * found.total / 2):
            yield breach("dominance", figure)
    yield from _rests([f for f in told if f.kind == "sum"], sums)


def compared(
    figures: Iterable[Figure], counts: Mapping[Key, int], sums: Mapping[Key, Sum]
) -> Iterator[Breach]:
    """Told gaps that rest on few women or men, or mean gaps nearly on one."""
    for figure in figures:
        if figure.kind != "gap" or figure.value is None:
            continue
        people = [counts.get(key) for key in rests_on(figure.key)]
        # Where both are missing, the table is: that nothing judges it is told then.
        is_of_few = any(people) and min(n or 0 for n in people) < FEWEST
        paid = [
            sums.get(figure.key._replace(measure=f"{figure.key.measure} {sex}"))
            for sex in ("female", "male")
        ]
        if is_of_few or any(_is_disclosed(found, 0.0) for found in paid if found):
            row = f"{figure.key.measure}, {where(figure.key)}"
            yield breach("dominance", figure, of=row)


def rests_on(gap: Key) -> list[Key]:
    """The women and the men whom a gap is of.

    Gaps of components, (b) and (d), rest on those who have any, whoever counts besides.
    """
    whose = "recipients" if gap.measure.split()[1].startswith(("b_", "d_")) else "full"
    return [gap._replace(measure=f"{whose} {sex}") for sex in ("women", "men")]


def _is_disclosed(found: Sum, off: float) -> bool:
    """Whether few contribute, or the second has the largest part within p %.

    What is told may be off the sum by so much.
    """
    if 0 < found.people < FEWEST:
        return True
    most = found.total + off - found.second
    return found.people > 0 and most <= (1 + SHARE) * found.largest


def _rests(told: Iterable[Figure], sums: Mapping[Key, Sum]) -> Iterator[Breach]:
    """Totals less all parts that are told: what is left may be few people's."""
    by_column: dict[tuple[str, str], dict[Key, Figure]] = defaultdict(dict)
    for figure in told:
        by_column[figure.table, figure.column][figure.key] = figure
    every = _parts(sums)
    for figures in by_column.values():
        for (total, n), own in _parts(figures).items():
            if total not in figures:
                continue
            labels = {key.place[n] for key in own}
            left = [sums[key] for key in every[total, n] if key.place[n] not in labels]
            people = sum(found.people for found in left)
            off = (figures[total].step + sum(figures[key].step for key in own)) / 2
            is_close = off <= SHARE * sum(found.total for found in left)
            if 0 < people < FEWEST and is_close:
                rest = where(relabelled(total, n, REST))
                yield breach("dominance", figures[total], of=rest)


def _parts(keys: Iterable[Key]) -> dict[tuple[Key, int], list[Key]]:
    """Each total, and the dimension that its parts share out, to the parts."""
    parts: dict[tuple[Key, int], list[Key]] = defaultdict(list)
    for key in keys:
        for n, total in totals(key):
            parts[total, n].append(key)
    return parts
