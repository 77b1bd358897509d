"""The log of an earlier version, in a database, is carried over whole."""

import os
from pathlib import Path

import duckdb
import pytest
from typer.testing import CliRunner

from environment.errors import MusterError
from ingestion import log
from ingestion.carry_over import carry_over
from ingestion.log import Log
from ingestion.runner import ingest
from operations.cli import app

RAW = """
create schema raw_fx;
create table raw_fx._dlt_loads as select * from (values
    ('1.5', 'fx', 0::bigint, timestamptz '2026-01-01 06:00:00Z', 'v1'),
    ('2.5', 'fx', 0::bigint, timestamptz '2026-02-01 06:00:00Z', 'v1')
) as loads (load_id, schema_name, status, inserted_at, schema_version_hash);
create table raw_fx.reference_rates as select * from (values
    (date '2026-01-01', 'USD', 1.1::decimal(18, 8), 'note', '1.5'),
    (date '2026-02-01', 'USD', 1.2::decimal(18, 8), null, '2.5'),
    (date '2026-02-01', 'CHF', 0.9::decimal(18, 8), null, '3.5')
) as rates (rate_on, currency, units, extra, _dlt_load_id);
create schema raw_ops;
create table raw_ops.schema_changes as
select 'fx' as source, 'reference_rates' as resource, 'extra' as column_name,
    'added' as change, '20260101' as run_id, timestamp '2026-01-01 06:00:00'
    as recorded_at;
"""


@pytest.fixture
def environment(tmp_path: Path) -> Path:
    """An environment of an earlier version: two loads, and one that died."""
    environment = tmp_path / "dev"
    environment.mkdir()
    with duckdb.connect(str(environment / "raw.duckdb")) as raw:
        raw.execute(RAW)
    return environment


def test_every_completed_load_is_there_and_known_since_when_it_was(
    environment: Path,
) -> None:
    assert carry_over(environment) == 2
    with log.of(environment).connect() as connection:
        loads = connection.execute(
            "select load_id, cast(inserted_at as timestamp)::varchar"
            " from raw_fx._dlt_loads order by all"
        ).fetchall()
        rates = connection.execute(
            "select rate_on::varchar, units::double, extra, _dlt_load_id"
            " from raw_fx.reference_rates order by all"
        ).fetchall()
        changes = connection.execute(
            "select column_name from raw_ops.schema_changes"
        ).fetchall()
    assert loads == [("1.5", "2026-01-01 06:00:00"), ("2.5", "2026-02-01 06:00:00")]
    assert rates == [
        ("2026-01-01", 1.1, "note", "1.5"),
        ("2026-02-01", 1.2, None, "2.5"),
    ]
    assert changes == [("extra",)]


def test_nothing_is_loaded_before(environment: Path) -> None:
    with pytest.raises(MusterError, match="run muster carry-over dev"):
        ingest(["fx"], environment.parent)
    result = CliRunner().invoke(
        app, ["build"], env=os.environ | {"MUSTER_HOME": str(environment.parent)}
    )
    assert result.exit_code == 1
    assert not log.of(environment).datasets()


def test_killed_on_its_way_it_begins_anew(
    environment: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    complete = Log.complete

    def dies(self: Log, dataset: str, *arguments: object, **options: object) -> None:
        if dataset == "raw_fx":
            raise KeyboardInterrupt
        complete(self, dataset, *arguments, **options)  # type: ignore[arg-type]

    with monkeypatch.context() as patched:
        patched.setattr(Log, "complete", dies)
        with pytest.raises(KeyboardInterrupt):
            carry_over(environment)
    assert carry_over(environment) == 2
    with pytest.raises(MusterError, match="nothing to carry over"):
        carry_over(environment)
