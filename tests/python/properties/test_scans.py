"""How often models read tables where an engine writes out each CTE that is named.

DuckDB figures a CTE once, others as often as it is named: a chain of CTEs that each
name the one before twice reads its first table two to the power of its length.
"""

from collections.abc import Mapping
from pathlib import Path

import pytest
import sqlglot
from dbt_kit import dbt
from sqlglot import exp

MOST = 200


def scans(sql: str) -> int:
    """How many tables a query reads, with each CTE written out where it is named."""
    return _scans(sqlglot.parse_one(sql, read="duckdb"), {})


def _scans(node: exp.Expr, known: Mapping[str, int]) -> int:
    """The tables that a part of a query reads; `known` has the CTEs around it."""
    inside = dict(known)
    own = node.find(exp.With) if isinstance(node, exp.Query) else None
    if own is not None and own.parent is node:
        for cte in own.expressions:
            inside[cte.alias_or_name.lower()] = _scans(cte.this, inside)
    total = 0
    if isinstance(node, exp.Table):
        total = 1 if node.db else inside.get(node.name.lower(), 1)
    children = (each for each in node.iter_expressions() if each is not own)
    return total + sum(_scans(each, inside) for each in children)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("select 1", 0),
        ("select * from a", 1),
        ("with b as (select * from a) select * from b", 1),
        ("with b as (select * from a) select * from b join b as c using (x)", 2),
        ("with b as (select * from s.b) select * from b, s.b", 2),
        (
            "with b as (select * from a, a as c), d as (select * from b union all"
            " select * from b) select * from d, d as e where x in (select x from b)",
            10,
        ),
    ],
)
def test_a_cte_counts_as_often_as_it_is_named(sql: str, expected: int) -> None:
    assert scans(sql) == expected


def test_no_model_reads_more_than_an_engine_bears(parsed: Path, tmp_path: Path) -> None:
    folder = parsed / "compiled"
    if not folder.exists():
        compiling = ["compile", "--select", "resource_type:model"]
        dbt(compiling, tmp_path, "ci", project=parsed)
        folder = tmp_path / "compiled"
    found = {
        path.stem: scans(path.read_text())
        for path in folder.rglob("models/**/*.sql")
        # Beside them are what tests compile, in folders that are called as YAML files.
        if ".yml" not in str(path.parent)
    }
    assert len(found) > 200
    assert {name: number for name, number in found.items() if number > MOST} == {}
