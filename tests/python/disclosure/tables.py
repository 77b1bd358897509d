"""Small random companies, counted over random dimensions."""

import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import product

from disclosure.attack import ALL, Category, Cell, Identity

Shape = tuple[int, ...]
"""How many levels each dimension has."""

SHAPES: tuple[Shape, ...] = ((1,), (2,), (1, 1), (2, 1), (2, 2), (1, 1, 1), (2, 1, 1))

FLOWS = {"hires": 1, "transfers_in": 1, "transfers_out": -1, "exits": -1, "other": -1}
"""What changes a headcount, with the side of the account on which it stands."""


@dataclass(frozen=True)
class Table:
    """A random table.

    Attributes:
        name: Unique among tables: lines begin with it.
        shape: Levels of each dimension.
        figures: Every row, leaves and totals.
        accounts: Lines that add up to nothing, each with its side, in order of time.
        sums: Lines that are the sum of others.
        balances: Lines that cancel out over the whole company.
    """

    name: str
    shape: Shape
    figures: Mapping[Cell, int]
    accounts: Sequence[Mapping[str, int]]
    sums: Mapping[str, Sequence[str]]
    balances: Sequence[Mapping[str, int]]

    def identities(self) -> list[Identity]:
        """What a reader knows of the lines."""
        sums = [
            Identity({total: -1, **dict.fromkeys(parts, 1)})
            for total, parts in self.sums.items()
        ]
        return [
            *map(Identity, self.accounts),
            *sums,
            *(Identity(terms, everywhere=False) for terms in self.balances),
        ]


def random_tables(number: int, seed: int) -> Iterator[Table]:
    """Make random tables, of every shape in turn, with and without accounts."""
    source = random.Random(seed)
    for n in range(number):
        shape = SHAPES[n % len(SHAPES)]
        yield _table(f"t{n:03}", shape, source, with_accounts=n % 4 == 1)


def _table(
    name: str, shape: Shape, source: random.Random, *, with_accounts: bool
) -> Table:
    most = 2 if sum(shape) > 2 else 4
    cells = list(product(*(_tree(levels, source, most) for levels in shape)))
    periods = source.randint(1, 2 if with_accounts else 3)
    leaves: dict[tuple[tuple[Category, ...], str], int] = {}
    accounts: list[dict[str, int]] = []
    balances: list[dict[str, int]] = []
    sums: dict[str, list[str]] = {}
    if with_accounts:
        lines = _accounts(name, cells, periods, source)
        leaves, accounts, balances, sums = lines
    else:
        for period, cell in product(range(periods), cells):
            leaves[cell, f"{name} {period}"] = _people(source)
    if source.random() < 0.5 and not with_accounts:
        # Rows that tell of nobody are left out, as a `group by` does.
        leaves = {cell: people for cell, people in leaves.items() if people}
    return Table(name, shape, _with_totals(leaves), accounts, sums, balances)


def _tree(levels: int, source: random.Random, most: int) -> list[Category]:
    if levels == 1:
        return [(f"c{n}",) for n in range(source.randint(1, most))]
    return [
        (f"g{group}", f"g{group}c{n}")
        for group in range(source.randint(1, most))
        for n in range(source.randint(1, 3))
    ]


def _people(source: random.Random) -> int:
    return source.choice(
        [0, 0, source.randint(1, 9), source.randint(1, 30), source.randint(10, 200)]
    )


def _accounts(
    name: str, cells: list[tuple[Category, ...]], periods: int, source: random.Random
) -> tuple[
    dict[Cell, int],
    list[dict[str, int]],
    list[dict[str, int]],
    dict[str, list[str]],
]:
    leaves: dict[Cell, int] = {}
    stock = {cell: _people(source) for cell in cells}
    for cell in cells:
        leaves[cell, f"{name} stock 0"] = stock[cell]
    accounts, balances, sums = [], [], {}
    for period in range(1, periods + 1):
        flow = {key: f"{name} {key} {period}" for key in FLOWS}
        for cell in cells:
            for key in ("hires", "transfers_in", "transfers_out", "exits", "other"):
                leaves[cell, flow[key]] = _people(source) // 2
            # Who leaves must have been there.
            net = sum(leaves[cell, flow[key]] * side for key, side in FLOWS.items())
            if stock[cell] + net < 0:
                leaves[cell, flow["hires"]] -= stock[cell] + net
        _balance(leaves, flow, cells, stock)
        for cell in cells:
            stock[cell] += sum(
                leaves[cell, flow[key]] * side for key, side in FLOWS.items()
            )
            leaves[cell, f"{name} stock {period}"] = stock[cell]
            leaves[cell, f"{name} gone {period}"] = (
                leaves[cell, flow["exits"]] + leaves[cell, flow["other"]]
            )
        accounts.append(
            {f"{name} stock {period - 1}": 1, f"{name} stock {period}": -1}
            | {flow[key]: side for key, side in FLOWS.items()}
        )
        balances.append({flow["transfers_in"]: 1, flow["transfers_out"]: -1})
        sums[f"{name} gone {period}"] = [flow["exits"], flow["other"]]
    return leaves, accounts, balances, sums


def _balance(
    leaves: dict[Cell, int],
    flow: Mapping[str, str],
    cells: list[tuple[Category, ...]],
    stock: Mapping[tuple[Category, ...], int],
) -> None:
    """Let as many move in as move out, over the whole company."""
    missing = sum(
        leaves[cell, flow["transfers_out"]] - leaves[cell, flow["transfers_in"]]
        for cell in cells
    )
    cell = cells[0]
    if missing >= 0:
        leaves[cell, flow["transfers_in"]] += missing
    else:
        # Somebody who moved out of the first cell had come there first.
        leaves[cell, flow["transfers_out"]] -= missing
        leaves[cell, flow["hires"]] -= missing


def _with_totals(leaves: Mapping[Cell, int]) -> dict[Cell, int]:
    figures: dict[Cell, int] = {}
    for (categories, line), people in leaves.items():
        for node in product(*map(_above, categories)):
            figures[node, line] = figures.get((node, line), 0) + people
    return figures


def _above(leaf: Category) -> list[Category]:
    return [
        leaf[:depth] + (ALL,) * (len(leaf) - depth) for depth in range(len(leaf) + 1)
    ]
