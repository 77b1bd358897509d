"""Integer linear programs: the least and the most that a number of people can be.

Whatever company agrees with all that is known is possible. A number that is nearly the
same in all of them is known.
"""

import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components

from operations.attack.knowledge import INFINITE, Knowledge, Tie
from operations.attack.reading import Key

WIDEST = 2.0
"""Somebody who says the middle of a range this wide is wrong by one at most."""

SECONDS_EACH = 5.0
"""How long one program may take; what it has proven by then counts."""

TOLERANCE = 1e-6


@dataclass(frozen=True)
class Range:
    """The least and the most that a number can be."""

    least: float
    greatest: float

    @property
    def is_known(self) -> bool:
        """Whether it is known within 1."""
        return self.greatest - self.least <= WIDEST


@dataclass
class Tried:
    """What programs found.

    Attributes:
        ranges: Every number that was tried and is known within 1.
        untried: How many were not tried, since time ran out.
        impossible: How many had no company that agrees with what is known.
    """

    ranges: dict[Key, Range] = field(default_factory=dict)
    untried: int = 0
    impossible: int = 0


def ranges(
    knowledge: Knowledge, targets: Iterable[Key], seconds: float, spreads: float = 0.0
) -> Tried:
    """Find which numbers are known within 1.

    Args:
        knowledge: All that is known.
        targets: The numbers to try.
        seconds: How long it may take in all.
        spreads: How many spreads an approximate tie may be off; 0: none is used.
    """
    ends = time.monotonic() + seconds
    ties = [t for t in knowledge.ties if not t.relative and (not t.spread or spreads)]
    tried = Tried()
    for part in _parts(knowledge, ties, set(targets), spreads, ends):
        for key in part.targets:
            if time.monotonic() >= ends:
                tried.untried += 1
                continue
            found = part.range(key)
            if found is None:
                tried.impossible += 1
            elif found.is_known:
                tried.ranges[key] = found
            elif time.monotonic() >= ends:
                tried.untried += 1
    return tried


@dataclass
class _Part:
    """Unknowns that share no tie with others, and companies that are possible."""

    keys: list[Key]
    targets: list[Key]
    bounds: Bounds
    constraints: list[LinearConstraint]
    ends: float

    def __post_init__(self) -> None:
        self.place = {key: n for n, key in enumerate(self.keys)}
        self.least = np.full(len(self.keys), np.inf)
        self.greatest = -self.least
        self.is_possible = True
        generator = np.random.default_rng(0)
        for _ in range(2 if len(self.targets) > 1 else 0):
            direction = np.zeros(len(self.keys))
            at = [self.place[key] for key in self.targets]
            direction[at] = generator.normal(size=len(at))
            for sign in (1.0, -1.0):
                self._solve(sign * direction)

    def range(self, key: Key) -> Range | None:
        """The range of a number: of those that are wide, only that they are."""
        at = self.place[key]
        ends = [self.bounds.lb[at], self.bounds.ub[at]]
        for n, sign in enumerate((1.0, -1.0)):
            if self.greatest[at] - self.least[at] > WIDEST:
                return Range(-INFINITE, INFINITE)
            if not self.is_possible:
                return None
            if ends[0] == ends[1]:
                break
            objective = np.zeros(len(self.keys))
            objective[at] = sign
            end = self._solve(objective)
            if end is not None:
                ends[n] = max(ends[0], end) if n == 0 else min(ends[1], -end)
        return Range(
            float(np.ceil(ends[0] - TOLERANCE)), float(np.floor(ends[1] + TOLERANCE))
        )

    def _solve(self, objective: NDArray[np.float64]) -> float | None:
        """The least that an objective can be, as far as it was proven in time."""
        left = min(SECONDS_EACH, self.ends - time.monotonic())
        if left <= 0:
            return None
        solved = milp(
            objective,
            integrality=np.ones(len(self.keys)),
            bounds=self.bounds,
            constraints=self.constraints,
            options={"time_limit": left, "mip_rel_gap": 0.0},
        )
        if solved.status == 2:
            self.is_possible = False
        if solved.x is not None:
            np.minimum(self.least, solved.x, out=self.least)
            np.maximum(self.greatest, solved.x, out=self.greatest)
        bound = getattr(solved, "mip_dual_bound", None)
        if bound is None or not np.isfinite(bound):
            return None
        return float(bound)


MOST = 1e6
"""More people than any company has: a program without an end is no program."""


def _parts(
    knowledge: Knowledge,
    ties: Sequence[Tie],
    targets: set[Key],
    spreads: float,
    ends: float,
) -> Iterator[_Part]:
    """Cut what is known into parts that share no unknown: each is a small program."""
    keys = sorted(knowledge.bounds)
    place = {key: n for n, key in enumerate(keys)}
    matrix = matrix_of(ties, place)
    pattern = abs(matrix).sign()
    labels = connected_components(pattern.T @ pattern, directed=False)[1]
    least = np.array([t.least - spreads * t.spread for t in ties])
    greatest = np.array([t.greatest + spreads * t.spread for t in ties])
    of_tie = np.array([labels[place[next(iter(t.terms))]] for t in ties], int)
    for label in sorted({labels[place[key]] for key in targets if key in place}):
        at = np.flatnonzero(labels == label)
        rows = np.flatnonzero(of_tie == label)
        own = [keys[n] for n in at]
        bounds = np.array([knowledge.bounds[key] for key in own])
        constraints = (
            [LinearConstraint(matrix[rows][:, at], least[rows], greatest[rows])]
            if len(rows)
            else []
        )
        yield _Part(
            own,
            [key for key in own if key in targets],
            Bounds(
                np.ceil(bounds[:, 0] - TOLERANCE),
                np.minimum(np.floor(bounds[:, 1] + TOLERANCE), MOST),
            ),
            constraints,
            ends,
        )


def matrix_of(ties: Sequence[Tie], place: dict[Key, int]) -> csr_matrix:
    """Ties as rows, unknowns as columns."""
    entries = [
        (n, place[key], factor)
        for n, tie in enumerate(ties)
        for key, factor in tie.terms.items()
    ]
    if not entries:
        return csr_matrix((len(ties), len(place)))
    rows, columns, factors = zip(*entries, strict=True)
    return csr_matrix((factors, (rows, columns)), shape=(len(ties), len(place)))
