"""When the warehouse learned something: the completed loads in raw."""

from datetime import datetime

import duckdb


def instants(raw: duckdb.DuckDBPyConnection) -> list[datetime]:
    """When loads completed, naive UTC, each instant once and in order.

    Args:
        raw: An open connection to `raw.duckdb`.
    """
    datasets = raw.execute(
        "select table_schema from information_schema.tables"
        " where table_name = '_dlt_loads' order by all"
    ).fetchall()
    found: set[datetime] = set()
    for (dataset,) in datasets:
        rows = raw.execute(
            "select timezone('UTC', inserted_at)"
            f' from "{dataset}"._dlt_loads where status = 0'
        ).fetchall()
        found.update(row[0] for row in rows)
    return sorted(found)
