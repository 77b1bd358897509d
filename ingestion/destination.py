"""The dlt destination for `raw.duckdb`: DuckDB, with the known time from our clock.

dlt enters a completed load into `_dlt_loads` with the wall clock. That instant is when
we came to know the facts in it, so it must be the same clock as everywhere else.
"""

from typing import Any

from dlt.destinations import duckdb
from dlt.destinations.impl.duckdb.duck import DuckDbClient

from ingestion.clock import now


class ClockedDuckDbClient(DuckDbClient):
    """Completes loads at the known time."""

    def complete_load(self, load_id: str) -> None:
        """Enter the load into `_dlt_loads`, as of the known time."""
        name = self.sql_client.make_qualified_table_name(self.schema.loads_table_name)
        self.sql_client.execute_sql(
            f"insert into {name}({self.loads_table_schema_columns})"
            " values (%s, %s, %s, %s, %s)",
            load_id,
            self.schema.name,
            0,
            now(),
            self.schema.version_hash,
        )


class clocked_duckdb(duckdb):  # noqa: N801 - dlt names destinations like this
    """The DuckDB destination whose loads are completed at the known time."""

    @property
    def client_class(self) -> type[Any]:
        """The client that completes the loads."""
        return ClockedDuckDbClient


clocked_duckdb.register()
