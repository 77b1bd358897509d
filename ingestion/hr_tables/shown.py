"""The contract's views, on a connection that has the log."""

import duckdb

from environment import company
from environment.sql import quote
from ingestion.hr_tables import compiled, mapping
from ingestion.hr_tables.source import FOLDER
from ingestion.log import LOAD_ID, Log

SCHEMA = "raw_hr_tables"


def views(log: Log, catalog: str = "") -> dict[str, str]:
    """The views by name, as selects, of what the log has by the company's mappings.

    Args:
        log: The log.
        catalog: The database in which it is shown; the current one when empty.

    Raises:
        ConfigurationError: A mapping is wrong.
    """
    mappings = mapping.all_in(company() / FOLDER)
    columns: dict[str, dict[str, dict[str, None]]] = {}
    for each in mappings:
        tables = columns.setdefault(each.name, {})
        for load in log.loads(each.schema_name):
            for file in load.files:
                known = tables.setdefault(file.table, {})
                known.update(dict.fromkeys(n for n in file.columns if n != LOAD_ID))
    return compiled.views(mappings, columns, catalog)


def show(log: Log, connection: duckdb.DuckDBPyConnection, catalog: str = "") -> None:
    """Make the views, beside the log's tables.

    Raises:
        ConfigurationError: A mapping is wrong.
    """
    place = f"{quote(catalog)}.{SCHEMA}" if catalog else SCHEMA
    connection.execute(f"create schema if not exists {place}")
    for name, sql in views(log, catalog).items():
        connection.execute(f"create or replace view {place}.{quote(name)} as {sql}")
