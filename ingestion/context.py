"""What a source gets to work with, and the protocol every source package follows.

A source is a package `ingestion/<source>/` whose `source.py` has

    SOURCE: str                    its name, the package's
    def run(context: RunContext) -> None

and whose `settings.py` has

    TABLES: dict[str, tuple[Column, ...]]    its tables in raw and their columns

`run` loads what is new and counts it with `context.add` or, for files, by the landing
functions. It raises `NotConfiguredError` (through `context.require`) when it lacks
settings, `MusterError` with one clear line when it cannot go on.
"""

from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from environment.errors import NotConfiguredError
from environment.progress import Reporter
from environment.sql import quote
from ingestion.ledger import REJECTED_SCHEMA, Ledger
from ingestion.log import Log
from ingestion.tally import Count, Fault, Tally

FAULTS_TOLD = 1000
GRACE_SECONDS = 10.0


class Source(Protocol):
    """What the module of a source exposes."""

    SOURCE: str

    def run(self, context: "RunContext") -> None:
        """Load what is new."""


@dataclass
class RunContext:
    """One source in one run of one environment.

    Attributes:
        source: The source's name.
        home: `MUSTER_HOME`.
        env: The name of the environment.
        run_id: The run.
        connection: On which the log is shown; take a `.cursor()` of it.
        raw: The log.
        log: The `raw_ops` tables.
        tally: Counts of this run.
        progress: Where to report steps that take over a second.
        grace_seconds: For how long a file must not have changed, where no setting says.
        is_reread: Whether a system is read anew, and not only for what is new in it.
        since: Of those, since when a record must have changed, as the source's clock
            says; None for all.
    """

    source: str
    home: Path
    env: str
    run_id: str
    connection: duckdb.DuckDBPyConnection
    raw: Log
    log: Ledger
    tally: Tally
    progress: Reporter
    grace_seconds: float = GRACE_SECONDS
    is_reread: bool = False
    since: datetime | None = None
    _shown: set[str] | None = field(default=None, init=False)

    @property
    def folder(self) -> Path:
        """The environment's folder."""
        return self.home / self.env

    @property
    def dataset(self) -> str:
        """The dataset of the log that the source loads into."""
        return f"raw_{self.source}"

    def setting(self, name: str, default: Any = None) -> Any:
        """The dlt setting `sources.<source>.<name>`, from the environment or `.dlt`."""
        return dlt_setting(f"sources.{self.source}.{name}", default)

    def require(self, name: str, example: str = "") -> Any:
        """A setting that the source cannot do without.

        Raises:
            NotConfiguredError: It is not set; the message says how to set it.
        """
        value = self.setting(name)
        if value is None or value == "":
            variable = f"SOURCES__{self.source}__{name}".upper()
            such = f", e.g. {example}" if example else ""
            raise NotConfiguredError(
                f"{self.source}: set sources.{self.source}.{name} in .dlt/config.toml"
                f" or .dlt/secrets.toml, or {variable} in the environment{such}"
            )
        return value

    def write_rejected(
        self, resource: str, rows: pa.Table, *, are_values: bool = False
    ) -> None:
        """Make what is rejected durable; call it before the load that lacks it.

        The same is written once only, however often it is delivered.

        Args:
            resource: The resource.
            rows: Columns of `REJECTED_SCHEMA` (`file`, `file_sha256`, `line`,
                `column_name`, `reason`, `row_text`), or what `columns.split` returns,
                whose `row` then becomes the line.
            are_values: Whether they are values, whose rows are loaded without them.
        """
        table = rejected_table(rows)
        with self.log.transaction():
            self.log.write_rejected(self.source, resource, table)
        self.tally.add_faults(faults(self.source, resource, table))
        if are_values:
            self.add(resource, Count(rejected_values=len(table)))
        else:
            self.add(resource, Count(delivered=len(table), rejected=len(table)))

    def drop_known(
        self,
        resource: str,
        rows: pa.Table,
        key: str,
        version: str,
        also: str = "false",
    ) -> pa.Table:
        """Leave out rows that say nothing new of their records.

        What is known of a record is its newest row by arrival: that of the last load
        that brought it; of one load, the row with the greatest version. A row that
        says the same in every column is left out and counted as known. So what a
        source takes back, or stamps as older than it was, is new.

        Args:
            resource: The resource, also the table in raw.
            rows: Typed rows; of several of one record, the greatest version counts.
            key: The column that identifies a record.
            version: The column that tells its versions apart.
            also: SQL of what makes a row new all the same, of the known row `k`.

        Returns:
            The rows that are new, in their order.
        """
        is_each_once = pc.count_distinct(rows[key]).as_py() == len(rows)
        if not len(rows) or (is_each_once and self.is_new(resource)):
            return rows
        cursor = self.connection.cursor()
        numbered = rows.append_column("_row", pa.array(range(len(rows)), pa.int64()))
        cursor.register("_page", numbered)
        columns = [quote(name) for name in rows.column_names]
        newest = f"{quote(version)} desc nulls last, {', '.join(columns)}"
        same = " and ".join(f"k.{c} is not distinct from p.{c}" for c in columns)
        chosen = cursor.execute(
            "with page as (select * from _page qualify 1 = row_number() over"
            f" (partition by {quote(key)} order by {newest})),"
            f" known as (select * from {self.dataset}.{quote(resource)}"
            f" where {quote(key)} in (select {quote(key)} from _page)"
            f" qualify 1 = row_number() over (partition by {quote(key)}"
            f" order by _dlt_load_id desc, {newest}))"
            f" select p._row from page as p left join known as k using ({quote(key)})"
            f" where k._dlt_load_id is null or not ({same}) or ({also})"
            " order by p._row"
        ).to_arrow_table()
        cursor.close()
        fresh = rows.take(chosen["_row"])
        if known := len(rows) - len(fresh):
            self.add(resource, Count(delivered=known, already_known=known))
        return fresh

    def is_new(self, resource: str) -> bool:
        """Whether no completed load has brought the resource, not even an empty one."""
        return not any(
            file.table == resource
            for load in self.raw.loads(self.dataset)
            for file in load.files
        )

    def show(self) -> None:
        """See the loads that were completed since, if there are any."""
        here = self.raw.ids(self.dataset)
        if here != self._shown:
            self.raw.show(self.connection, datasets=[self.dataset])
            self._shown = here

    def add(self, resource: str, count: Count) -> None:
        """Count, for the summary and `raw_ops.load_counts` alike.

        Count rows as loaded after their load is complete, not before.
        """
        self.tally.add(self.source, resource, count)
        self.log.write_count(self.source, resource, count)


def dlt_setting(key: str, default: Any) -> Any:
    """A setting, from the environment or `.dlt`."""
    import dlt
    from dlt.common.configuration.exceptions import ConfigFieldMissingException

    value: Any
    for place in (dlt.secrets, dlt.config):
        try:
            value = place.get(key)
        except ConfigFieldMissingException:
            value = None
        if value is not None:
            return value
    return default


def rejected_table(rows: pa.Table) -> pa.Table:
    """Rejected rows with the columns of `REJECTED_SCHEMA`, null where they lack one."""
    names = ["line" if name == "row" else name for name in rows.column_names]
    rows = rows.rename_columns(names)
    arrays = [
        rows[f.name].cast(f.type) if f.name in names else pa.nulls(len(rows), f.type)
        for f in REJECTED_SCHEMA
    ]
    return pa.table(arrays, schema=REJECTED_SCHEMA)


def faults(source: str, resource: str, rows: pa.Table) -> list[Fault]:
    """Rejected rows as the summary's entries, without their text; the first 1,000."""
    told = rows.select(["file", "line", "column_name", "reason"])
    return [
        Fault(
            source,
            resource,
            row["file"] or "",
            row["line"],
            row["column_name"],
            row["reason"],
        )
        for row in told.slice(0, FAULTS_TOLD).to_pylist()
    ]
