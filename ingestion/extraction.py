"""Rows on their way from a source's answers into raw, for sources read through dlt.

Files go through the landing zone instead. Here rows come as Arrow tables of text, page
by page; they are typed as declared, what does not fit is rejected durably, what says
nothing new is left out, and the rest is loaded by dlt as Parquet.

No cursor says what is new: a run compares what the source has with the newest known
row of each record, so that a clock that is wrong, there or here, loses nothing.
"""

import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from environment.errors import ConfigurationError, MusterError
from environment.sql import literal, quote
from ingestion.clock import now_naive
from ingestion.columns import Column, dlt_columns, split
from ingestion.context import RunContext
from ingestion.pipelines import open_pipeline
from ingestion.tally import Count, Step

if TYPE_CHECKING:
    from dlt.extract import DltResource

LANDED_ROWS = 10_000
LANDED_SECONDS = 60.0
"""What is collected at most, and for how long, until it is loaded: what a kill costs
is read again."""

GONE_SHARE = 0.2
"""Of a kind's known records, how many may be gone at once without a trace: more are a
lost permission rather than a deletion."""

GONE_ALWAYS = 3
"""So many may be gone at once whatever their share, unless none is left."""

STEPS = frozenset({"extract", "normalize", "load"})
"""The steps of a run of dlt."""

NAMED = 5
"""How many keys a note names."""


class Intake:
    """The rows of one source in one run.

    Opening it completes what an interrupted run left behind, so that what is known is
    judged by completed loads.

    Args:
        context: The run.
        tables: The source's tables in raw and their columns.
    """

    def __init__(
        self, context: RunContext, tables: Mapping[str, Sequence[Column]]
    ) -> None:
        self.context = context
        # One resource after the other rather than in turns.
        os.environ.setdefault("EXTRACT__NEXT_ITEM_MODE", "fifo")
        self._tables = tables
        self._pipeline = open_pipeline(context)
        self._collected: dict[str, list[pa.Table]] = {}
        self._landed_at = time.monotonic()
        self._loading: Counter[str] = Counter()
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._inside = 0.0
        self._reported: set[tuple[str, str, str]] = set()

    def admit(
        self,
        resource: str,
        rows: pa.Table,
        *,
        origin: Callable[[int], str],
        lines: Sequence[int] | None = None,
    ) -> pa.Table:
        """Type rows as declared, and reject the rows and values that do not fit.

        Args:
            resource: The resource, also the table in raw.
            rows: Rows as text; what is not declared of them is left out.
            origin: Tells what a row, from 0, is called where it is rejected.
            lines: The position of each row within its origin; 1 by default.

        Returns:
            The rows that fit, typed, in their order.
        """
        good, *faults = split(rows, self._tables[resource], self.context.connection)
        for rejected, are_values in zip(faults, (False, True), strict=True):
            if not len(rejected):
                continue
            positions = [row - 1 for row in rejected["row"].to_pylist()]
            located = pa.table(
                {
                    "file": [origin(i) for i in positions],
                    "line": [lines[i] if lines else 1 for i in positions],
                    "column_name": rejected["column_name"],
                    "reason": rejected["reason"],
                    "row_text": rejected["row_text"],
                }
            )
            self.context.write_rejected(resource, located, are_values=are_values)
        return good

    def taken(self, resource: str, rows: pa.Table) -> pa.Table:
        """Count rows that go to the load; they count as loaded once it is complete."""
        self._loading[resource] += len(rows)
        return rows

    def collect(self, resource: str, rows: pa.Table) -> None:
        """Keep rows for the next load."""
        self._collected.setdefault(resource, []).append(self.taken(resource, rows))

    @property
    def is_due(self) -> bool:
        """Whether so much was collected that it should be loaded now."""
        rows = sum(self._loading.values())
        seconds = time.monotonic() - self._landed_at
        return rows > LANDED_ROWS or bool(rows and seconds > LANDED_SECONDS)

    def land(self) -> None:
        """Load what was collected."""
        import dlt

        collected, self._collected = self._collected, {}
        if collected:
            self.load(
                dlt.resource(rows, name=resource, columns=self.hints(resource))
                for resource, rows in collected.items()
            )

    def hints(self, resource: str) -> Any:
        """The columns of a resource, as dlt takes them."""
        return dlt_columns(self._tables[resource])

    @contextmanager
    def timed(self, resource: str) -> Iterator[None]:
        """Count the time of the body as the resource's, less what is timed inside."""
        started = time.perf_counter()
        outside, self._inside = self._inside, 0.0
        try:
            yield
        finally:
            took = time.perf_counter() - started
            self._seconds[resource] += took - self._inside
            self._inside = outside + took

    def load(self, resources: "Iterable[DltResource]") -> None:
        """Load what resources yield, all or nothing.

        Raises:
            MusterError: They could not be read; nothing of them was loaded.
        """
        import dlt
        from dlt.extract import DltSource, storage
        from dlt.pipeline.exceptions import PipelineStepFailed

        name = self.context.source
        started, before = time.perf_counter(), sum(self._seconds.values())
        # dlt's own ids follow the wall clock alone, also back.
        next_id = partial(self.context.raw.next_id, self.context.dataset)
        storage.create_load_id = next_id  # type: ignore[attr-defined]
        try:
            self._pipeline.run(
                DltSource(dlt.Schema(name), name, list(resources)),
                write_disposition="append",
                loader_file_format="parquet",
            )
        except PipelineStepFailed as error:
            raise _cause(error) from None
        finally:
            self._note_steps()
        self.context.show()
        inside = sum(self._seconds.values()) - before
        shared = time.perf_counter() - started - inside
        rows = sum(self._loading.values())
        for resource, loaded in (+self._loading).items():
            self.context.add(resource, Count(delivered=loaded, loaded=loaded))
            self._seconds[resource] += max(shared * loaded / rows, 0)
        self._loading.clear()
        self._landed_at = time.monotonic()

    def _note_steps(self) -> None:
        """Add what dlt's trace says of each step, but no text: one may hold a value."""
        trace = self._pipeline.last_trace
        for each in trace.steps if trace else ():
            if each.step in STEPS and each.finished_at:
                step = self.context.tally.steps.setdefault(
                    (self.context.source, each.step), Step()
                )
                step.runs += 1
                step.failures += each.step_exception is not None
                step.seconds += (each.finished_at - each.started_at).total_seconds()

    def finish(self) -> None:
        """Count the time that each resource took."""
        for resource, seconds in self._seconds.items():
            self.context.add(resource, Count(seconds=seconds))
        self._seconds.clear()

    def note(self, text: str) -> None:
        """Note what a person should know."""
        self.context.tally.notes.append(f"{self.context.source}: {text}")

    def report_missing(self, resource: str, fields: Iterable[str]) -> None:
        """Report declared fields that the source does not deliver, once."""
        self._report(resource, fields, "missing", "not delivered, left empty")

    def report_added(self, resource: str, fields: Iterable[str]) -> None:
        """Report fields that are delivered and not declared, once."""
        self._report(resource, fields, "added, not loaded", "not declared, not loaded")

    def report_incomplete(
        self,
        resource: str,
        records: str,
        *,
        key: str,
        version: str,
        field: str,
        origin: str = "k.{}",
        removed: str = "false",
    ) -> None:
        """Report the values and child rows that known records lack, in every run.

        Args:
            resource: The resource.
            records: The table of the records that its rows are of: itself, or that of
                their parents.
            key: The column there that identifies a record.
            version: The column there that tells its versions apart.
            field: What a rejected row calls the version.
            origin: SQL of what a record of `k` is called where a row is rejected.
            removed: SQL of whether a record of `k` is not in the source any more.
        """
        context = self.context
        cursor = context.connection.cursor()
        told = (
            "from raw_ops.rejected_rows where source ="
            f" {literal(context.source)} and resource = {literal(resource)}"
        )
        if not cursor.execute(f"select 1 {told} limit 1").fetchall():
            return
        still = "true"
        if resource == records:
            columns = self._tables[resource]
            nulls = [
                f"when {literal(c.field)} then k.{quote(c.name)} is null"
                for c in columns
            ]
            still = f"case column_name {' '.join(nulls)} else true end"
        found = cursor.execute(
            f"with newest as ({newest(context.dataset, records, key, version)}),"
            f" lacking as (select distinct file, line, column_name, {_stamp(field)} as"
            f" stamp {told}) select column_name, count(*) from lacking join newest as k"
            f" on file = {origin.format(key)} and stamp = k.{quote(version)}"
            f" where {still} and not ({removed}) group by all order by all"
        ).fetchall()
        if found:
            lacking = sum(number for _, number in found)
            context.add(resource, Count(incomplete=lacking))
            which = ", ".join(f"{name} ({number:,})" for name, number in found)
            context.tally.notes.append(
                f"{context.source}.{resource}: known records lack what did not fit,"
                f" until the source mends it: {which}"
            )

    def _report(
        self, resource: str, fields: Iterable[str], change: str, what: str
    ) -> None:
        source, log = self.context.source, self.context.log
        told = [f for f in fields if (resource, f, change) not in self._reported]
        if not told:
            return
        self._reported |= {(resource, field, change) for field in told}
        if fresh := log.write_schema_changes(source, resource, told, change):
            names = ", ".join(fresh)
            self.context.tally.notes.append(f"{source}.{resource}: {what}: {names}")


def newest(dataset: str, table: str, key: str, version: str, such: str = "") -> str:
    """SQL of the newest row of each record: what is known of it.

    Args:
        dataset: The dataset.
        table: The table.
        key: The column that identifies a record.
        version: The column that tells its versions apart.
        such: A condition on the records.
    """
    return (
        f"select * from {dataset}.{quote(table)} where {such or 'true'}"
        " qualify 1 = row_number() over"
        f" (partition by {quote(key)}"
        f" order by _dlt_load_id desc, {quote(version)} desc nulls last)"
    )


def told_gone(dataset: str, table: str, kind: tuple[str, str], key: str) -> str:
    """SQL of whether a known row `k` was told gone since it was read.

    Args:
        dataset: The dataset.
        table: The table of what is gone.
        kind: The column there that says what it is of, and what that says of `k`.
        key: The column, there and of `k`, that identifies a record.
    """
    return (
        f"exists (select 1 from {dataset}.{table} as g"
        f" where g.{kind[0]} = {literal(kind[1])} and g.{key} = k.{key}"
        " and g._dlt_load_id >= k._dlt_load_id)"
    )


def noticed(
    cursor: duckdb.DuckDBPyConnection,
    relation: str,
    columns: tuple[str, str],
    hidden: Iterable[str],
) -> pa.Table:
    """What is gone now, but for what is hidden rather than gone.

    Args:
        cursor: Where the relation is.
        relation: What is gone.
        columns: Its columns that say what it is of, and which.
        hidden: What is not told to be gone, as the first column says.

    Returns:
        The columns, and `noticed_at`.
    """
    left_out = ", ".join(map(literal, hidden)) or "''"
    instant = literal(str(now_naive()))
    return cursor.execute(
        f"select {', '.join(columns)}, timestamp {instant} as noticed_at"
        f" from {relation} where {columns[0]} not in ({left_out}) order by all"
    ).to_arrow_table()


def implausible(
    gone: Mapping[str, int], known: Mapping[str, int], share: float
) -> dict[str, int]:
    """Of what so many records cannot be gone at once, but are hidden.

    Args:
        gone: Of what how many of the known are not in the source, without a trace.
        known: Of what how many were known to be there.
        share: Which part of them may be gone; from 1 on, all may.
    """
    return {
        kind: number
        for kind, number in gone.items()
        if number
        and share < 1
        and (
            number == known[kind] > 1 or number > max(GONE_ALWAYS, share * known[kind])
        )
    }


def read_again(context: RunContext, version: str) -> str:
    """SQL of whether a listed record `l` is read although its version is known."""
    if not context.is_reread:
        return "false"
    return f"l.{version} >= {literal(str(context.since))}" if context.since else "true"


def named(keys: Sequence[Any], count: int) -> str:
    """A few keys, and how many there are besides."""
    more = f" and {count - len(keys):,} more" if count > len(keys) else ""
    return ", ".join(map(str, keys)) + more


def number_setting(context: RunContext, name: str, default: float) -> float:
    """A numeric setting of the source.

    Raises:
        ConfigurationError: It is not a number, or negative.
    """
    value = context.setting(name, default)
    try:
        number = float(value)
    except (TypeError, ValueError):
        number = -1
    if number < 0:
        raise ConfigurationError(
            f"{context.source}: sources.{context.source}.{name} must be a number"
        )
    return number


def _stamp(field: str) -> str:
    return f"try_cast(row_text ->> {literal('$.' + field)} as timestamp)"


def _cause(error: BaseException) -> BaseException:
    """The error behind those that dlt wraps around it: ours, or an interruption."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, MusterError | KeyboardInterrupt):
            return seen
        seen = seen.__cause__ or seen.__context__
    return error
