"""The generic data tests find the faults that they are for, and nothing else."""

from collections.abc import Sequence
from typing import Any

import duckdb
import pytest

from tools.rendering import models_names

CELLS = [
    ("May", "Sales", "Berlin", 2),
    ("May", "Sales", "Vienna", 1),
    ("May", "Sales", "All", 3),
    ("May", "All", "Berlin", 2),
    ("May", "All", "Vienna", 1),
    ("May", "All", "All", 3),
]


def faults(name: str, columns: str, rows: Sequence[Any], /, **arguments: Any) -> int:
    """How many rows a generic test finds in a table.

    Args:
        name: the test.
        columns: the table's columns, such as `key, valid_from`.
        rows: the table.
        arguments: as in the test's YAML.
    """
    query = models_names()[f"test_{name}"]("checked", **arguments)
    with duckdb.connect() as database:
        values = ", ".join(
            "(" + ", ".join("null" if v is None else repr(v) for v in row) + ")"
            for row in rows
        )
        database.execute(
            f"create table checked as select * from (values {values}) as t ({columns})"
        )
        return len(database.execute(query).fetchall())


def wrong_totals(rows: Sequence[Any]) -> int:
    """What `totals_add_up` finds in cells of a month, department and branch."""
    return faults(
        "totals_add_up",
        "month, department, branch, people",
        rows,
        period="month",
        dimensions=["department", "branch"],
        measures=["people"],
    )


def test_totals_that_add_up_are_right() -> None:
    assert wrong_totals(CELLS) == 0


@pytest.mark.parametrize("position", range(2, len(CELLS)))
def test_each_total_must_be_the_sum_of_its_cells(position: int) -> None:
    month, department, branch, people = CELLS[position]
    changed = (month, department, branch, people + 1)
    assert wrong_totals([*CELLS[:position], changed, *CELLS[position + 1 :]]) == 1


@pytest.mark.parametrize("position", range(2, len(CELLS)))
def test_each_total_must_be_there(position: int) -> None:
    assert wrong_totals([*CELLS[:position], *CELLS[position + 1 :]]) == 1


def test_a_total_is_unknown_where_a_cell_below_it_is_and_nowhere_else() -> None:
    def unknown(places: Sequence[int]) -> list[Any]:
        return [
            (*each[:3], None if place in places else each[3])
            for place, each in enumerate(CELLS)
        ]

    totals = [n for n, (_, *names, _) in enumerate(CELLS) if "All" in names]
    assert wrong_totals(unknown(range(len(CELLS)))) == 0
    assert wrong_totals(unknown(totals[:1])) == 1


def test_a_total_of_nothing_is_wrong() -> None:
    assert wrong_totals([*CELLS, ("June", "All", "All", 0)]) == 1


def test_a_cell_without_its_totals_is_wrong() -> None:
    # Its own totals are missing, or do not hold it.
    assert wrong_totals([*CELLS, ("May", "Legal", "Vienna", 1)]) == 3


def test_periods_overlap_where_one_begins_before_the_other_ends() -> None:
    def overlaps(rows: Sequence[Any]) -> int:
        return faults(
            "no_overlap",
            "key, starts, ends",
            rows,
            key="key",
            valid_from="starts",
            valid_to="ends",
        )

    assert overlaps([("a", 1, 3), ("a", 3, 9), ("b", 2, 5)]) == 0
    assert overlaps([("a", 1, 4), ("a", 3, 9), ("b", 2, 5)]) == 1


def test_a_condition_that_is_unknown_does_not_hold() -> None:
    assert faults("row_condition", "n", [(1,), (2,)], condition="n > 0") == 0
    assert faults("row_condition", "n", [(1,), (-2,)], condition="n > 0") == 1
    assert faults("row_condition", "n", [(1,)], condition="n > null") == 1


def test_a_combination_is_unique_once() -> None:
    rows = [("a", 1), ("a", 2), ("b", 1)]
    columns = ["key", "n"]
    assert faults("unique_combination", "key, n", rows, columns=columns) == 0
    assert faults("unique_combination", "key, n", [*rows, rows[0]], columns=columns)


def test_what_lies_between_two_steps_is_found() -> None:
    def off(rows: Sequence[Any]) -> int:
        return faults(
            "in_steps",
            "people, step, share",
            rows,
            steps={"people": "step", "share": 0.1},
        )

    assert off([(15, 5, 0.3), (7, 1, -12.7)]) == 0
    assert off([(12, 5, 0.3), (15, 5, 0.35), (None, 5, 0.31)]) == 3
