"""What changed between two builds: schema, rows, keys and columns, in numbers."""

from pathlib import Path
from typing import Any

import duckdb
import pytest

from environment.errors import MusterError
from operations.diff import compare, sizes

KEYS = {"people.pay": ("id",), "people.cells": ("month", "department")}


def database(path: Path, *statements: str) -> Path:
    """A database of what the statements make."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema people")
        for statement in statements:
            connection.execute(statement)
    return path


def pay(*rows: str) -> str:
    """A statement that makes a table with a key."""
    return (
        "create table people.pay as select * from (values "
        f"{', '.join(rows)}) as rows(id, level, grade)"
    )


def compared(tmp_path: Path, before: str, after: str) -> compare.TableChange:
    """The comparison of databases of one table each."""
    found = compare.databases(
        database(tmp_path / "before.duckdb", before),
        database(tmp_path / "after.duckdb", after),
        KEYS,
    )
    (table,) = found.tables
    return table


def test_keys_are_added_removed_and_changed_column_by_column(tmp_path: Path) -> None:
    table = compared(
        tmp_path,
        pay("(1, 10, 'a')", "(2, 20, null)", "(3, 30, 'c')", "(4, 40, 'd')"),
        pay("(1, 11, 'a')", "(2, 21, 'b')", "(3, 30, 'c')", "(5, 50, 'e')"),
    )
    assert table.key == ("id",)
    assert (table.rows_before, table.rows_after) == (4, 4)
    assert (table.keys_added, table.keys_removed) == (1, 1)
    assert (table.keys_kept, table.keys_changed) == (3, 2)
    assert table.changes == {"level": 2, "grade": 1}
    assert list(table.rates) == ["level", "grade"]
    assert table.rates["grade"] == pytest.approx(1 / 3)


def test_a_key_may_have_several_columns_and_nulls(tmp_path: Path) -> None:
    made = (
        "create table people.cells as select * from (values (1, 'Sales', {}), "
        "(1, null, 2), (2, null, 3)) as rows(month, department, headcount)"
    )
    table = compared(tmp_path, made.format(1), made.format(9))
    assert (table.keys_kept, table.keys_changed) == (3, 1)
    assert table.changes == {"headcount": 1}


def test_a_table_without_a_key_is_compared_by_whole_rows(tmp_path: Path) -> None:
    # The declared key is none: it is there twice.
    table = compared(
        tmp_path,
        pay("(1, 10, 'a')", "(1, 10, 'a')", "(2, 20, 'b')"),
        pay("(1, 10, 'a')", "(2, 21, 'b')"),
    )
    assert table.key == ()
    assert (table.keys_added, table.keys_removed, table.keys_kept) == (1, 2, 1)
    assert (table.keys_changed, table.rates) == (0, {})


def test_columns_are_added_removed_and_retyped(tmp_path: Path) -> None:
    table = compared(
        tmp_path,
        "create table people.pay as select 1 as id, 7 as level, 'x' as old",
        "create table people.pay as select 1 as id, '7' as level, true as new",
    )
    assert table.columns_added == {"new": "BOOLEAN"}
    assert table.columns_removed == {"old": "VARCHAR"}
    assert table.columns_retyped == {"level": ("INTEGER", "VARCHAR")}
    assert table.has_changed
    assert table.keys_changed == 0


def test_tables_come_and_go_and_equal_ones_are_counted(tmp_path: Path) -> None:
    same = "create table people.same as select 1 as id"
    before = database(tmp_path / "a.duckdb", same, pay("(1, 1, 'a')"))
    after = database(
        tmp_path / "b.duckdb",
        same,
        "create table people.fresh as select 1 as id union all select 2",
        "create table people.fresh__dbt_tmp as select 1 as id",
        "create view people.seen as select * from people.same",
    )
    found = compare.databases(before, after)
    assert [t.table for t in found.tables] == [
        "people.fresh",
        "people.pay",
        "people.same",
    ]
    fresh, gone = found.changed
    assert (fresh.is_new, fresh.rows_after) == (True, 2)
    assert (gone.is_gone, gone.rows_before) == (True, 1)
    told = found.to_dict()
    assert told["equal_tables"] == 1
    assert [t["table"] for t in told["changed_tables"]] == [
        "people.fresh",
        "people.pay",
    ]


def test_a_database_equals_itself(tmp_path: Path) -> None:
    path = database(tmp_path / "a.duckdb", pay("(1, 1, 'a')"))
    link = tmp_path / "link.duckdb"
    link.symlink_to(path)
    assert not compare.databases(path, link, KEYS).changed


def test_a_missing_database_is_told(tmp_path: Path) -> None:
    path, missing = database(tmp_path / "a.duckdb"), tmp_path / "nowhere.duckdb"
    for pair in ((path, missing), (missing, path)):
        with pytest.raises(MusterError, match=r"There is no database .*nowhere"):
            compare.databases(*pair)


def model(name: str) -> dict[str, Any]:
    """A model of a manifest."""
    return {"resource_type": "model", "schema": "people", "name": name, "alias": name}


def key_test(name: str, of: str, where: str | None = None, **kwargs: Any) -> Any:
    """A test of a manifest."""
    return {
        "resource_type": "test",
        "attached_node": of,
        "test_metadata": {"name": name, "kwargs": kwargs},
        "config": {"where": where},
    }


def test_keys_are_those_that_tests_declare() -> None:
    manifest = {
        "nodes": {
            "model.pay": model("pay"),
            "model.cells": model("cells"),
            "model.some": model("some"),
            "test.1": key_test("unique", "model.pay", column_name="id"),
            "test.2": key_test("not_null", "model.pay", column_name="level"),
            "test.3": key_test("unique", "model.cells", column_name="row_number"),
            "test.4": key_test(
                "unique_combination", "model.cells", columns=["month", "department"]
            ),
            "test.5": key_test("unique", "model.some", "id > 0", column_name="id"),
        }
    }
    assert compare.keys_of(manifest) == KEYS


def test_a_changed_number_has_a_size(tmp_path: Path) -> None:
    before = {"a": "1.0", "b": "2.0", "c": "null", "d": "4.0", "e": "5.0"}
    after = {"a": "1.5", "b": "1.0", "c": "3.0", "d": "null", "e": "5.0"}
    earlier, later = (
        database(
            tmp_path / f"{name}.duckdb",
            pay(*(f"('{key}', {level}, 'A')" for key, level in rows.items())),
        )
        for name, rows in (("before", before), ("after", after))
    )
    (found,) = compare.databases(earlier, later, KEYS, is_demo=True).tables
    assert found.changes == {"level": 4}
    size = found.sizes["level"]
    assert (size.nulls_gained, size.nulls_lost) == (1, 1)
    assert (size.mean, size.median, size.largest) == (-0.25, -0.25, -1.0)
    assert size.spread == "█▁▁▁▁▁▁█"
    assert found.samples == ("id=a", "id=b", "id=c")

    (found,) = compare.databases(earlier, later, KEYS).tables
    assert found.sizes == {"level": sizes.Size(1, 1)}
    assert not found.samples, "of people who are not invented there are rates alone"


def test_what_became_another_type_is_compared_and_no_error_tells_a_value(
    tmp_path: Path,
) -> None:
    rows = ["('a', 1, 'Senior')", "('b', 2, '7')"]
    paths = [
        database(tmp_path / "before.duckdb", pay(*rows)),
        database(tmp_path / "after.duckdb", pay("('a', 1, 5)", "('b', 2, 7)")),
        database(tmp_path / "keyed.duckdb", pay("(1, 1, 'Senior')", "(2, 2, '7')")),
    ]
    (found,) = compare.databases(paths[0], paths[1], KEYS, is_demo=True).tables
    assert found.columns_retyped == {"grade": ("VARCHAR", "INTEGER")}
    assert (found.changes, found.samples) == ({"grade": 1}, ("id=a",))
    (found,) = compare.databases(paths[0], paths[2], KEYS, is_demo=True).tables
    assert (found.key, found.keys_added, found.keys_removed) == ((), 2, 2)


def test_a_shift_of_all_by_the_same_is_no_spread(tmp_path: Path) -> None:
    earlier, later = (
        database(
            tmp_path / f"{more}.duckdb",
            "create table people.pay as select range as id,"
            f" cast(range / 7.0 + {more} as decimal(18, 3)) as level,"
            " case when range = 0 then 'nan'::double else 1 / (1 + range) end as rate,"
            f" [cast({more} as decimal(9, 2))] as list from range(20)",
        )
        for more in (0, 0.5)
    )
    (found,) = compare.databases(earlier, later, KEYS, is_demo=True).tables
    assert (found.sizes["level"].mean, found.sizes["level"].spread) == (0.5, "")
    assert found.sizes["list"].mean is None
