"""No withheld figure of any table can be worked out; without the partners many can."""

from collections.abc import Callable, Iterator
from functools import cache
from itertools import groupby

import duckdb

from disclosure import suppression
from disclosure.attack import Cell, Publication, Range, disclosed
from disclosure.tables import Shape, Table, random_tables

TABLES, SEED, MINIMUM = 200, 20261122, 10

Judged = dict[Cell, tuple[bool, bool]]
"""Whether a cell is primary, and whether it is withheld."""


@cache
def tables() -> tuple[Table, ...]:
    return tuple(random_tables(TABLES, SEED))


def judged_together(shape: Shape, given: list[Table]) -> Judged:
    """Judge tables of one shape in one query: their lines have nothing in common."""
    levels = [
        [f"d{number}_{level}" for level in range(depth)]
        for number, depth in enumerate(shape)
    ]
    columns = [column for dimension in levels for column in dimension]
    connection = duckdb.connect()
    connection.execute(
        f"create table cells ({', '.join(f'{c} varchar' for c in columns)},"
        " line varchar, people bigint)"
    )
    connection.executemany(
        f"insert into cells values ({', '.join('?' * (len(columns) + 2))})",
        [
            [*(label for category in categories for label in category), line, people]
            for table in given
            for (categories, line), people in table.figures.items()
        ],
    )
    connection.execute(
        "create table accounts (account bigint, line varchar, side int);"
        "create table sums (sum_line varchar, line varchar);"
        "create table balances (balance bigint, line varchar, side int)"
    )
    account = 0
    for table in given:
        account += 1
        for terms, balance in zip(table.accounts, table.balances, strict=True):
            account += 1
            for line, side in terms.items():
                insert(connection, "accounts", account, line, side)
            for line, side in balance.items():
                insert(connection, "balances", account, line, side)
        for total, parts in table.sums.items():
            for line in parts:
                insert(connection, "sums", total, line)
    connection.execute(
        "create table line_moves as "
        + suppression.tied_line_moves(
            lines="(select distinct line from cells)",
            accounts="accounts",
            sums="sums",
            balances="balances",
        )
    )
    rows = connection.execute(
        suppression.protected_cells(
            cells="cells",
            dimensions=levels,
            line="line",
            measures=["people"],
            minimum=MINIMUM,
            line_moves="line_moves",
        )
    ).fetchall()
    judged: Judged = {}
    for row in rows:
        labels = iter(row)
        categories = tuple(tuple(next(labels) for _ in level) for level in levels)
        judged[categories, row[len(columns)]] = row[-2:]
    return judged


def insert(
    connection: duckdb.DuckDBPyConnection, table: str, *values: str | int
) -> None:
    connection.execute(
        f"insert into {table} values ({', '.join('?' * len(values))})", list(values)
    )


@cache
def judged() -> Judged:
    """Every cell of every table, as the macro judges it."""
    found: Judged = {}

    def shape(table: Table) -> Shape:
        return table.shape

    for key, group in groupby(sorted(tables(), key=shape), shape):
        found |= judged_together(key, list(group))
    return found


def attacked(
    table: Table, is_withheld: Callable[[Cell], bool]
) -> Iterator[tuple[Cell, Range]]:
    """What a reader finds out of a table in which some cells are withheld."""
    figures = {
        cell: None if is_withheld(cell) else float(people)
        for cell, people in table.figures.items()
    }
    return disclosed(Publication(figures, table.identities()))


def test_no_cell_under_the_minimum_is_shown() -> None:
    shown = [
        cell
        for table in tables()
        for cell, people in table.figures.items()
        if 0 < people < MINIMUM and not judged()[cell][1]
    ]

    assert not shown


def test_no_withheld_cell_can_be_worked_out() -> None:
    found = {
        table.name: list(attacked(table, lambda cell: judged()[cell][1]))
        for table in tables()
    }

    assert not {name: cells for name, cells in found.items() if cells}


def test_without_partners_the_same_attack_finds_cells() -> None:
    """Of the tables that need partners nearly every one has an open cell."""
    attacked_tables = [
        table
        for table in tables()
        if any(judged()[cell][0] for cell in table.figures)
        and any(judged()[cell][1] and not judged()[cell][0] for cell in table.figures)
    ]
    open_tables = [
        table
        for table in attacked_tables
        if next(attacked(table, lambda cell: judged()[cell][0]), None)
    ]

    assert len(open_tables) > TABLES / 2
    assert len(open_tables) > 0.9 * len(attacked_tables)


def test_a_great_part_survives() -> None:
    people = sum(people for table in tables() for people in table.figures.values())
    shown = sum(
        people
        for table in tables()
        for cell, people in table.figures.items()
        if not judged()[cell][1]
    )

    assert shown > people / 2
