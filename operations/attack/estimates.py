"""Estimates: the company that fits best all that is known, also what is nearly so.

A guess without the publication hits within 1 at times, too. So estimates count where
they hit clearly more often than the best guess that is one number for all.
"""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping

import numpy as np
from scipy.sparse import diags, eye
from scipy.sparse.linalg import spsolve

from operations.attack.judge import FEWEST, WITHIN
from operations.attack.knowledge import INFINITE, Knowledge, Tie
from operations.attack.programs import matrix_of
from operations.attack.reading import Key

CERTAIN = 1e-3
"""How far what is told exactly may be off: almost not."""

SIGNIFICANT = 0.01
"""How rarely chance alone may hit as often."""

BLIND = 3 / (FEWEST - 1)
"""How often a guess hits within 1 where each number from 1 to 9 is as frequent."""

RIDGE = 1e-4
PASSES = 4


def least_norm(knowledge: Knowledge) -> dict[Key, float]:
    """The numbers that fit best, and of those the smallest."""
    keys = sorted(knowledge.bounds)
    place = {key: n for n, key in enumerate(keys)}
    told = [
        Tie({key: 1.0}, least, greatest)
        for key, (least, greatest) in knowledge.bounds.items()
        if greatest < INFINITE
    ]
    ties = [
        tie
        for tie in (*told, *knowledge.ties)
        if tie.least > -INFINITE and tie.greatest < INFINITE
    ]
    if not ties:
        return {}
    middle = np.array([(t.least + t.greatest) / 2 for t in ties])
    spread = np.array(
        [max(t.spread, (t.greatest - t.least) / 3.5, CERTAIN) for t in ties]
    )
    relative = np.array([t.relative for t in ties])
    first = np.array([place[next(iter(t.terms))] for t in ties])
    lowest = np.array([knowledge.bounds[key][0] for key in keys])
    highest = np.array([knowledge.bounds[key][1] for key in keys])
    rows = matrix_of(ties, place)
    found = np.zeros(len(keys))
    # How far some ties are off depends on what is found.
    for _ in range(PASSES):
        weights = 1 / (spread + relative * found[first])
        matrix = diags(weights) @ rows
        system = matrix.T @ matrix + RIDGE * eye(len(keys))
        found = spsolve(system.tocsc(), matrix.T @ (middle * weights))
        found = np.clip(found, lowest, highest)
    return dict(zip(keys, found.tolist(), strict=True))


def better_than_blind(
    estimates: Mapping[Key, float], truth: Mapping[Key, int], small: Iterable[Key]
) -> dict[str, list[Key]]:
    """Measures whose estimates hit clearly more often than a guess, with what they hit.

    A reader without the publication knows that a number is one of 1 to 9, and hits a
    third. Estimates must hit more often than that by a binomial test, and more often
    than the one number does that hits most. Numbers of one place in one year are
    nearly the same number: they count as one, by the share of them that is hit.

    Args:
        estimates: What was estimated.
        truth: How many people each number truly is about.
        small: The numbers that are to be kept secret, and were estimated.
    """
    families: dict[str, list[Key]] = defaultdict(list)
    for key in small:
        families[key.measure.rpartition(" ")[2]].append(key)
    found = {}
    for measure, keys in families.items():
        hits = {
            key for key in keys if abs(round(estimates[key]) - truth[key]) <= WITHIN
        }
        series: dict[tuple[str, tuple[str, ...], int], list[bool]] = defaultdict(list)
        for key in keys:
            series[key.measure, key.place, key.start.year].append(key in hits)
        share = sum(sum(each) / len(each) for each in series.values())
        chance = by_chance(int(share + 1e-9), len(series))
        guess = max(
            sum(abs(truth[key] - number) <= WITHIN for key in keys)
            for number in range(1, FEWEST)
        )
        if chance < SIGNIFICANT and len(hits) > guess:
            found[measure] = sorted(hits)
    return found


def by_chance(hits: int, tries: int) -> float:
    """How probable it is that blind guesses hit so often, or more often."""
    return sum(
        math.comb(tries, n) * BLIND**n * (1 - BLIND) ** (tries - n)
        for n in range(hits, tries + 1)
    )
