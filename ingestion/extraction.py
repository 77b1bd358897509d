"""Rows on their way from a source's answers into raw, for sources read through dlt.

Files go through the landing zone instead. Here rows come as Arrow tables of text, page
by page; they are typed as declared, what does not fit is rejected durably, what a
completed load already holds is left out, and the rest is loaded by dlt as Parquet.
"""

import os
import time
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING

import pyarrow as pa

from ingestion.columns import Column, split
from ingestion.context import RunContext
from ingestion.errors import ConfigurationError, IngestionError

if TYPE_CHECKING:
    from dlt.extract import DltSource


class Intake:
    """The rows of one source in one run.

    Opening it completes what an interrupted run left behind, so that what is known is
    judged by completed loads.

    Args:
        context: The run.
    """

    def __init__(self, context: RunContext) -> None:
        self.context = context
        # One resource after the other, deletions last, rather than in turns.
        os.environ.setdefault("EXTRACT__NEXT_ITEM_MODE", "fifo")
        self._pipeline = context.pipeline()
        self._loading: Counter[str] = Counter()
        self._seconds: defaultdict[str, float] = defaultdict(float)
        self._inside = 0.0
        self._reported: set[tuple[str, str, str]] = set()

    def admit(
        self,
        resource: str,
        rows: pa.Table,
        columns: Sequence[Column],
        *,
        key: Sequence[str] = (),
        origin: Callable[[int], str],
        lines: Sequence[int] | None = None,
    ) -> pa.Table:
        """Type rows, reject those that do not fit, and leave out those already known.

        Args:
            resource: The resource, also the table in raw.
            rows: Rows as text.
            columns: Declared columns; a field beyond them is reported, once.
            key: Key and version columns; empty to take every row as new.
            origin: Tells what a row, from 0, is called where it is rejected.
            lines: The position of each row within its origin; 1 by default.

        Returns:
            The rows that fit and are new, typed, in their order.
        """
        self._report_added(resource, rows.column_names, columns)
        good, rejected = split(rows, columns, self.context.connection)
        if len(rejected):
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
            self.context.write_rejected(resource, located)
        return self.context.drop_known(resource, good, key) if key else good

    def taken(self, resource: str, rows: pa.Table) -> pa.Table:
        """Count rows that go to the load; they count as loaded once it is complete."""
        self._loading[resource] += len(rows)
        return rows

    def is_new(self, resource: str) -> bool:
        """Whether the log holds nothing of the resource yet."""
        return self.context.is_new(resource)

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

    def report_missing(self, resource: str, fields: Iterable[str]) -> None:
        """Report declared fields that the source does not deliver, once."""
        self._report(resource, fields, "missing", "not delivered, left empty")

    def load(self, source: "DltSource") -> None:
        """Read the source and load what it yields, all or nothing.

        Raises:
            IngestionError: The source could not be read; nothing of it was loaded.
        """
        from dlt.pipeline.exceptions import PipelineStepFailed

        started = time.perf_counter()
        try:
            self._pipeline.run(
                source, write_disposition="append", loader_file_format="parquet"
            )
        except PipelineStepFailed as error:
            raise _cause(error) from None
        self.context.show()
        shared = time.perf_counter() - started - sum(self._seconds.values())
        rows = sum(self._loading.values())
        for resource in self._loading.keys() | self._seconds.keys():
            loaded = self._loading[resource]
            share = shared * loaded / rows if rows else 0
            self.context.add(
                resource,
                delivered=loaded,
                loaded=loaded,
                seconds=self._seconds[resource] + max(share, 0),
            )

    def _report_added(
        self, resource: str, fields: Sequence[str], columns: Sequence[Column]
    ) -> None:
        declared = {column.field for column in columns}
        added = [field for field in fields if field not in declared]
        self._report(resource, added, "added", "loaded as text")

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
        message = f"{context.source}: sources.{context.source}.{name} must be a number"
        raise ConfigurationError(message)
    return number


def _cause(error: BaseException) -> BaseException:
    """The error behind those that dlt wraps around it: ours, or an interruption."""
    seen: BaseException | None = error
    while seen is not None:
        if isinstance(seen, IngestionError | KeyboardInterrupt):
            return seen
        seen = seen.__cause__ or seen.__context__
    return error
