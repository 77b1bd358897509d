"""No model divides a decimal by a decimal: DuckDB gives a double, others cut digits."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import sqlglot
from sqlglot import exp
from sqlglot.optimizer.annotate_types import annotate_types
from sqlglot.optimizer.qualify import qualify

from acceptance.company import Company
from environment import DATABASES

Schema = dict[str, Any]
"""Database, schema, table and column to a type."""


def columns(folder: Path) -> Schema:
    """The type of each column of what was built, by database, schema and table."""
    found: Schema = {}
    with duckdb.connect() as connection:
        for name in DATABASES:
            connection.execute(f"attach '{folder / name}.duckdb' (read_only)")
        rows = connection.execute(
            "select database_name, schema_name, table_name, column_name, data_type"
            " from duckdb_columns() where list_contains($1, database_name)",
            [DATABASES],
        ).fetchall()
    for database, schema, table, column, kind in rows:
        tables = found.setdefault(database, {}).setdefault(schema, {})
        tables.setdefault(table, {})[column] = kind
    return found


def divisions(sql: str, schema: Schema) -> Iterator[str]:
    """What of a query divides a decimal by a decimal."""
    parsed = qualify(
        sqlglot.parse_one(sql, read="duckdb"),
        schema=schema,
        dialect="duckdb",
        validate_qualify_columns=False,
    )
    for each in annotate_types(parsed, schema=schema, dialect="duckdb").find_all(
        exp.Div
    ):
        if each.left.is_type("decimal") and each.right.is_type("decimal"):
            yield each.sql("duckdb")


def test_a_decimal_that_divides_a_decimal_is_found() -> None:
    schema: Schema = {
        "muster": {"a": {"b": {"x": "DECIMAL(9, 2)", "y": "DECIMAL(5, 2)"}}}
    }
    for figure, expected in (("x / nullif(y, 0)", 1), ("cast(x as double) / y", 0)):
        sql = f"with c as (select * from muster.a.b) select {figure} as z from c"
        assert len([*divisions(sql, schema)]) == expected


def test_no_model_divides_a_decimal_by_a_decimal(in_one_go: Company) -> None:
    places = (in_one_go.environment / "dbt", in_one_go.desk / "target")
    compiled = next(each for each in places if each.exists()) / "compiled"
    schema, found, models = columns(in_one_go.environment), {}, 0
    for path in compiled.rglob("models/**/*.sql"):
        text = path.read_text()
        # Beside them are what tests compile, in folders that are called as YAML files.
        if ".yml" not in str(path.parent) and "/" in text:
            models += 1
            found[path.stem] = [*divisions(text, schema)]
    assert models > 20
    assert {name: told for name, told in found.items() if told} == {}
