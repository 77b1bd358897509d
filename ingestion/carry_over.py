"""A log that an earlier version kept in `raw.duckdb`, carried over into files."""

import shutil
from datetime import UTC, datetime
from pathlib import Path

import duckdb

from environment import RAW
from environment.databases import connect
from environment.errors import MusterError
from environment.sql import literal, quote
from ingestion.ledger_tables import DATASET, TABLES
from ingestion.log import LOAD_ID, MARKERS, MERGED, Draft, Load, Log, of

DATABASE = "raw.duckdb"


def is_due(environment: Path) -> bool:
    """Whether an environment's log is in a database still."""
    return (environment / DATABASE).exists() and not of(environment).datasets()


def require_none(environment: Path) -> None:
    """Make sure that nothing is to be carried over.

    Raises:
        MusterError: Something is.
    """
    if is_due(environment):
        raise MusterError(
            f"{environment / DATABASE} is the log of an earlier version: run muster"
            f" carry-over {environment.name}, which writes it as files"
        )


def carry_over(environment: Path) -> int:
    """Write the completed loads of `raw.duckdb` as files; the database stays.

    Each table becomes one file, whose rows bear the ids of their loads, and each load
    is known since when it was. Killed on its way, it begins anew.

    Args:
        environment: The environment's folder; nobody may be loading into it.

    Returns:
        How many loads there were.

    Raises:
        MusterError: There is nothing to carry over, or the database is in use.
    """
    path = environment / DATABASE
    if not is_due(environment):
        raise MusterError(f"{environment}: nothing to carry over")
    draft = environment / f"{RAW}.carried"
    shutil.rmtree(draft, ignore_errors=True)
    log = Log(draft)
    carried = 0
    with connect(path) as database:
        database.execute("set TimeZone = 'UTC'")
        datasets = database.execute(
            "select distinct schema_name from duckdb_tables() where table_name = ?",
            [MARKERS],
        ).fetchall()
        for dataset in [DATASET, *(str(name) for (name,) in datasets)]:
            carried += _carry_over(database, log, dataset)
    draft.replace(environment / RAW)
    return carried


def _carry_over(database: duckdb.DuckDBPyConnection, log: Log, dataset: str) -> int:
    loads = _loads(database, dataset)
    draft = Draft(f"{loads[-1].load_id}{MERGED}", log.folder / dataset)
    tables = database.execute(
        "select distinct table_name from duckdb_columns() where schema_name = ?"
        " and database_name = current_database()"
        " and (column_name = ? or table_name in (select unnest(?))) order by all",
        [dataset, LOAD_ID, list(TABLES) if dataset == DATASET else []],
    ).fetchall()
    for (table,) in tables:
        if table.startswith("_dlt"):
            continue
        which = "true"
        if dataset != DATASET:
            ids = f"select load_id from {quote(dataset)}.{MARKERS} where status = 0"
            which = f"{LOAD_ID} in ({ids})"
        database.execute(
            f"copy (select * from {quote(dataset)}.{quote(table)} where {which}"
            f") to {literal(str(draft.path(table)))}"
            " (format parquet, compression zstd)"
        )
    log.complete(dataset, draft.load_id, replaced=loads)
    return len(loads) if dataset != DATASET else 0


def _loads(database: duckdb.DuckDBPyConnection, dataset: str) -> list[Load]:
    if dataset == DATASET:
        # Before all runs to come.
        return [Load("0", "ops", datetime.now(UTC))]
    rows = database.execute(
        "select load_id, schema_name, inserted_at, schema_version_hash"
        f" from {quote(dataset)}.{MARKERS} where status = 0 order by load_id"
    ).fetchall()
    return [Load(*row) for row in rows]
