"""Loads written to a log by hand, for tests of what reads it."""

from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from ingestion import clock
from ingestion.log import Draft, Log

Rows = Sequence[Mapping[str, Any]]

MORNING = "2026-07-01T06:00:00Z"
"""When what the tests load is known, where they do not say otherwise."""


def fill(draft: Draft, tables: Mapping[str, Rows]) -> None:
    """Write the files of a load, each table's rows in one."""
    for table, rows in tables.items():
        pq.write_table(pa.Table.from_pylist(list(rows)), draft.path(table))


def write_load(
    log: Log, dataset: str, tables: Mapping[str, Rows], known_at: str = MORNING
) -> None:
    """Write a load that was completed at an instant.

    Args:
        log: The log.
        dataset: The dataset, such as `raw_fx`.
        tables: Each table's rows.
        known_at: The instant.
    """
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv(clock.VARIABLE, known_at)
        with log.write(dataset) as draft:
            fill(draft, tables)
