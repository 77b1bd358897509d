"""Common table expressions come before a query as dbt itself puts them there."""

from types import SimpleNamespace
from typing import Any

import pytest
from dbt.compilation import inject_ctes_into_sql as dbts

from operations.build.inside.ctes import inject

CTES = [
    SimpleNamespace(sql=" __dbt__cte__a as (\nselect 1 as x\n)"),
    SimpleNamespace(sql=" __dbt__cte__b as (\nselect 2 as x\n)"),
]


@pytest.mark.parametrize("given", [CTES, CTES[:1], []])
@pytest.mark.parametrize(
    "sql",
    [
        "select * from a",
        "\n\n-- with what is known\n/* with\nall */ select * from a",
        "with c as (select 'with' as word) select * from c",
        "WITH RECURSIVE c as (select 1) select * from c",
        "-- Why.\n\n  with\nrecursive c as (select 1)\n\nselect * from c -- end",
        "with recursive_ones as (select 1) select * from recursive_ones",
        "select * from withdrawn",
        "(select 1)",
    ],
)
def test_they_are_where_dbt_puts_them(sql: str, given: list[Any]) -> None:
    assert inject(sql, given) == dbts(sql, given)
