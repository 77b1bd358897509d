"""What a reader can work out of a publication: the attack that it must withstand.

The attacker has every published figure and knows how the tables add up. Whatever
company agrees with all of that is possible; a withheld figure lies between the least
and the greatest value that it has in any of them, which linear programming finds. It is
written from the definition of the tables alone and knows nothing of how cells were
chosen to be withheld.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import linprog
from scipy.sparse import coo_matrix, csr_matrix
from scipy.sparse.csgraph import connected_components

ALL = "All"

TOLERANCE = 1e-6
"""A figure that is known this closely is known."""

UNBOUNDED = 3
"""What linprog says of a program without an end."""

Category = tuple[str, ...]
"""A category of one dimension by its labels, the coarsest level first; totals `All`."""

Leaf = tuple[Category, ...]
"""A category of each dimension, none of them a total."""

Cell = tuple[tuple[Category, ...], str]
"""A category of each dimension, and the line: what is counted, and when."""


@dataclass(frozen=True)
class Identity:
    """What a reader knows of lines beyond that categories add up: a sum that is 0.

    Attributes:
        terms: Lines with their signs.
        everywhere: Whether it holds in every cell, or only for the grand total.
    """

    terms: Mapping[str, int]
    everywhere: bool = True


@dataclass(frozen=True)
class Publication:
    """Tables over the same dimensions, as a reader has them.

    Attributes:
        figures: Every cell that has a row, with its figure; None where it is withheld.
        identities: What ties lines to each other.
        hidden_leaves: Leaves that may hold somebody in lines that show no leaf at all.
            In a line that shows some, a leaf without a row holds nobody.
    """

    figures: Mapping[Cell, float | None]
    identities: Sequence[Identity] = ()
    hidden_leaves: frozenset[Leaf] = frozenset()

    def withheld(self) -> list[Cell]:
        """The cells whose figure is withheld."""
        return sorted(cell for cell, figure in self.figures.items() if figure is None)


@dataclass(frozen=True)
class Range:
    """The least and the greatest value that a figure can have."""

    least: float
    greatest: float

    @property
    def is_determined(self) -> bool:
        """Whether only one value is possible."""
        return self.greatest - self.least < TOLERANCE

    @property
    def is_one_integer(self) -> bool:
        """Whether a reader who knows that it is a whole number knows which."""
        least = np.ceil(self.least - TOLERANCE)
        return bool(np.floor(self.greatest + TOLERANCE) - least < 1)


@dataclass(frozen=True)
class _Part:
    """Equations `matrix @ x = right` that share no unknown with others.

    Attributes:
        matrix: One row per equation, one column per unknown.
        right: One number per equation.
        targets: Withheld cells, each as the unknowns that add up to it (a 0/1 vector),
            and what is known of it besides.
    """

    matrix: csr_matrix
    right: NDArray[np.float64]
    targets: Mapping[Cell, tuple[NDArray[np.float64], float]]

    def solved(self, objective: NDArray[np.float64]) -> Any:
        """The possible company in which the objective is least."""
        equations = self.matrix.shape[0] > 0
        return linprog(
            objective,
            A_eq=self.matrix if equations else None,
            b_eq=self.right if equations else None,
            bounds=(0, None),
            method="highs",
        )


def ranges(publication: Publication) -> dict[Cell, Range]:
    """Find the least and the greatest value of every withheld figure.

    Raises:
        ValueError: The figures contradict each other: totals do not add up.
    """
    found: dict[Cell, Range] = {}
    for part in _parts(publication):
        for cell, (vector, known) in part.targets.items():
            ends = [
                _end(part.solved(sign * vector), cell, vector, sign) + known
                for sign in (1.0, -1.0)
            ]
            found[cell] = Range(*ends)
    return found


def disclosed(publication: Publication, seed: int = 0) -> Iterator[tuple[Cell, Range]]:
    """Find withheld figures that are determined, or would be were they whole numbers.

    The same programs as in `ranges`, but most are left out: two possible companies in
    which a figure differs by one or more show that it is not determined, and a few
    companies in random directions show it of nearly all.

    Raises:
        ValueError: The figures contradict each other: totals do not add up.
    """
    source = np.random.default_rng(seed)
    for part in _parts(publication):
        vectors = np.array([vector for vector, _ in part.targets.values()])
        least = np.full(len(vectors), np.inf)
        greatest = -least
        directions = [source.normal(size=len(vectors)) @ vectors for _ in range(3)]
        for direction in [*directions, *(-each for each in directions)]:
            _see(part.solved(direction), vectors, least, greatest)
        for number, (cell, (vector, known)) in enumerate(part.targets.items()):
            if greatest[number] - least[number] >= 1:
                continue
            ends = []
            for sign in (1.0, -1.0):
                solved = part.solved(sign * vector)
                _see(solved, vectors, least, greatest)
                ends.append(_end(solved, cell, vector, sign) + known)
            if Range(*ends).is_determined or Range(*ends).is_one_integer:
                yield cell, Range(*ends)


def _see(
    solved: Any,
    vectors: NDArray[np.float64],
    least: NDArray[np.float64],
    greatest: NDArray[np.float64],
) -> None:
    """Note what each withheld figure is in a possible company."""
    if solved.status == 0:
        figures = vectors @ solved.x
        np.minimum(least, figures, out=least)
        np.maximum(greatest, figures, out=greatest)


def _end(solved: Any, cell: Cell, vector: NDArray[np.float64], sign: float) -> float:
    if solved.status == UNBOUNDED:
        return -np.inf * sign
    if solved.status != 0:
        raise ValueError(f"{cell}: {solved.message}")
    return float(solved.x @ vector)


class _Unknowns:
    """The leaves of every line, numbered."""

    def __init__(self, publication: Publication) -> None:
        shown: dict[str, set[Leaf]] = {}
        for leaf, line in publication.figures:
            if all(category[-1] != ALL for category in leaf):
                shown.setdefault(line, set()).add(leaf)
        every = publication.hidden_leaves.union(*shown.values())
        lines = {line for _, line in publication.figures}
        for identity in publication.identities:
            lines |= identity.terms.keys()
        self.numbers: dict[Cell, int] = {}
        self.leaves: list[Leaf] = sorted(every)
        for line in sorted(lines):
            for leaf in sorted(shown.get(line, every)):
                self.numbers[leaf, line] = len(self.numbers)
        self._below: dict[tuple[Category, ...], list[Leaf]] = {}

    def of(self, cell: Cell) -> list[int]:
        """The unknowns that add up to a cell."""
        categories, line = cell
        if categories not in self._below:
            self._below[categories] = [
                leaf for leaf in self.leaves if all(map(_covers, categories, leaf))
            ]
        numbers = (self.numbers.get((leaf, line)) for leaf in self._below[categories])
        return [number for number in numbers if number is not None]


def _covers(category: Category, leaf: Category) -> bool:
    return all(own in (ALL, its) for own, its in zip(category, leaf, strict=True))


_Equation = tuple[dict[int, float], float]


def _equations(publication: Publication, unknowns: _Unknowns) -> Iterator[_Equation]:
    for cell, figure in publication.figures.items():
        if figure is not None:
            yield dict.fromkeys(unknowns.of(cell), 1.0), float(figure)
    for identity in publication.identities:
        scopes = [[leaf] for leaf in unknowns.leaves]
        for leaves in scopes if identity.everywhere else [unknowns.leaves]:
            terms = {
                unknowns.numbers[leaf, line]: float(sign)
                for leaf in leaves
                for line, sign in identity.terms.items()
                if (leaf, line) in unknowns.numbers
            }
            yield terms, 0.0


def _parts(publication: Publication) -> Iterator[_Part]:
    """Cut what is known into parts that share no unknown: each is a small program."""
    unknowns = _Unknowns(publication)
    # An unknown that one figure tells alone is known.
    known: dict[int, float] = {}
    equations = []
    for terms, right in _equations(publication, unknowns):
        if len(terms) == 1 and list(terms.values()) == [1.0]:
            (number,) = terms
            if abs(known.setdefault(number, right) - right) > TOLERANCE:
                raise ValueError("published figures contradict each other")
        else:
            equations.append((terms, right))
    left = []
    for terms, right in equations:
        rest = right - sum(known[n] * sign for n, sign in terms.items() if n in known)
        open_terms = {n: sign for n, sign in terms.items() if n not in known}
        if open_terms:
            left.append((open_terms, rest))
        elif abs(rest) > TOLERANCE:
            raise ValueError("published figures do not add up")
    targets: dict[Cell, tuple[list[int], float]] = {}
    for cell in publication.withheld():
        members = unknowns.of(cell)
        rest = sum(known[n] for n in members if n in known)
        targets[cell] = ([n for n in members if n not in known], rest)
    label = _labels([list(terms) for terms, _ in left], targets, len(unknowns.numbers))
    groups: dict[int, tuple[list[_Equation], dict[Cell, tuple[list[int], float]]]] = {}
    for cell, (members, rest) in targets.items():
        key = label[members[0]] if members else -1
        groups.setdefault(key, ([], {}))[1][cell] = (members, rest)
    for terms, right in left:
        key = label[next(iter(terms))]
        if key in groups:
            groups[key][0].append((terms, right))
    for rows, cells in groups.values():
        yield _part(rows, cells)


def _labels(
    rows: list[list[int]], targets: Mapping[Cell, tuple[list[int], float]], size: int
) -> Any:
    together = [*rows, *(members for members, _ in targets.values() if members)]
    links = [(row[0], number) for row in together for number in row]
    if not links:
        return np.arange(size)
    one, other = np.array(links).T
    graph = coo_matrix((np.ones(len(one)), (one, other)), shape=(size, size))
    return connected_components(graph, directed=False)[1]


def _part(
    rows: list[_Equation], cells: Mapping[Cell, tuple[list[int], float]]
) -> _Part:
    used = {number for terms, _ in rows for number in terms}
    used |= {number for members, _ in cells.values() for number in members}
    place = {number: at for at, number in enumerate(sorted(used))}
    entries = [
        (at, place[number], sign)
        for at, (terms, _) in enumerate(rows)
        for number, sign in terms.items()
    ]
    matrix = csr_matrix((len(rows), len(used)))
    if entries:
        at, columns, signs = zip(*entries, strict=True)
        matrix = csr_matrix((signs, (at, columns)), shape=(len(rows), len(used)))
    vectors = {}
    for cell, (members, rest) in cells.items():
        vector = np.zeros(len(used))
        vector[[place[number] for number in members]] = 1.0
        vectors[cell] = (vector, rest)
    return _Part(matrix, np.array([right for _, right in rows]), vectors)
