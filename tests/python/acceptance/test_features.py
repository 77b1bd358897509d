"""Features do not leak: cut the log at a month's close, and its rows stay the same."""

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from acceptance import order, warehouse
from acceptance.company import Company
from ingestion.log import MARKERS, parse_marker

# A fixture may build whole warehouses, on a machine that does other things too.
pytestmark = pytest.mark.timeout(1800)

FEATURES = "features.ftr_attrition_monthly"
WEEK = timedelta(days=7)
"""For how long what the HR system said holds after it was read."""

LABEL = "is_voluntary_leaver_90_days"

SELECTED = "+ftr_attrition_monthly staging"

Shared = Callable[[str, Callable[[Path], None]], Path]


def closes(day_by_day: order.DayByDay) -> list[tuple[date, datetime]]:
    """The months of the mart and the instants of their knowledge."""
    return warehouse.rows(
        day_by_day.marts,
        f"select distinct month_start_on, known_at from {FEATURES} order by 1",
    )


def feature_rows(marts: Path, months: list[date]) -> set[tuple[object, ...]]:
    """The rows of some months, the label aside."""
    listed = ", ".join(f"date '{month}'" for month in months)
    return set(
        warehouse.rows(
            marts,
            f"select * exclude ({LABEL}) from {FEATURES}"
            f" where month_start_on in ({listed})",
        )
    )


def cut(raw: Path, instant: datetime) -> None:
    """Delete from a log every load that completed after an instant, naive UTC."""
    for marker in raw.glob(f"*/{MARKERS}/*.jsonl"):
        load = parse_marker(marker.read_bytes(), str(marker))
        is_later = {
            each.inserted_at > instant.replace(tzinfo=UTC)
            for each in load.merged or (load,)
        }
        assert len(is_later) == 1, "loads before and after the instant were merged"
        if True in is_later:
            marker.unlink()


@pytest.fixture(scope="module")
def then(day_by_day: order.DayByDay) -> datetime:
    """The close of a month in the middle that was known then, as all was loaded."""
    loaded = order.steps(day_by_day.company)
    known = [
        known_at
        for _, known_at in closes(day_by_day)
        if any(known_at - WEEK < each < known_at for each in loaded)
    ]
    assert len(known) >= 3
    return known[len(known) // 2]


@pytest.fixture(scope="module")
def built_then(
    shared: Shared, day_by_day: order.DayByDay, desk: Path, then: datetime
) -> Company:
    """Features built from a log that ends at the close."""

    def make(home: Path) -> None:
        company = Company(home, desk)
        company.environment.mkdir()
        shutil.copytree(day_by_day.company.raw, company.raw)
        cut(company.raw, then)
        company.build(as_at=then, only=SELECTED)

    return Company(shared("features_then", make), desk)


def test_features_of_a_log_cut_at_the_close_are_those_of_the_whole_log(
    day_by_day: order.DayByDay, built_then: Company, then: datetime
) -> None:
    months = [month for month, known_at in closes(day_by_day) if known_at <= then]
    whole = feature_rows(day_by_day.marts, months)

    assert len(months) >= 3
    assert len(whole) > 100 * len(months)
    assert feature_rows(built_then.marts, months) == whole


def test_features_as_at_a_landmark_are_those_of_the_whole_log(
    day_by_day: order.DayByDay,
) -> None:
    for number, instant in enumerate(day_by_day.landmarks):
        months = [
            month for month, known_at in closes(day_by_day) if known_at <= instant
        ]
        whole = feature_rows(day_by_day.marts, months)

        assert feature_rows(day_by_day.then(number), months) == whole
        assert feature_rows(day_by_day.restated(number), months) == whole


def test_later_loads_did_tell_other_things_of_those_months(
    day_by_day: order.DayByDay,
) -> None:
    found = warehouse.rows(
        day_by_day.marts,
        f"""
        select count(*) from {FEATURES} as told
        full join (
            select history.*, months.month_start_on
            from core.dim_employee_history as history
            inner join (select distinct month_start_on, month_end_on from {FEATURES})
                as months on effective_from <= month_end_on
                and effective_to > month_end_on
        ) as held using (employee_key, month_start_on)
        where (told.department, told.designation, told.grade, told.branch, told.fte)
            is distinct from
            (held.department, held.designation, held.grade, held.branch, held.fte)
        """,
    )

    assert found[0][0] >= 10


def test_versions_known_at_an_instant_are_what_staging_knew_then(
    day_by_day: order.DayByDay, built_then: Company, then: datetime
) -> None:
    views = warehouse.rows(
        day_by_day.restricted,
        """
        select
            schema_name || '.' || table_name,
            string_agg(column_name, ', ' order by column_index)
                filter (column_name not in ('known_from', 'known_to'))
        from duckdb_columns()
        -- What a mapping shows is raw nowhere, and the demo company has none.
        where table_name like 'stg_%' and schema_name != 'staging_hr_tables'
        group by all
        having bool_or(column_name = 'known_to')
        """,
    )

    assert len(views) >= 20
    for view, columns in views:
        knew = warehouse.rows(
            built_then.restricted,
            f"select {columns} from {view} where known_to = '9999-12-31'",
            raw=day_by_day.company.raw,
        )
        versions = warehouse.rows(
            day_by_day.restricted,
            f"select {columns} from {view} where known_from <= '{then}'"
            f" and known_to > '{then}'",
            raw=day_by_day.company.raw,
        )
        assert knew or "gone" in view, view
        assert set(versions) == set(knew), view
        assert len(versions) == len(knew), view


def test_a_label_waits_for_its_days(day_by_day: order.DayByDay) -> None:
    told = dict(
        warehouse.rows(
            day_by_day.marts,
            f"select month_end_on, count({LABEL}) from {FEATURES} group by 1",
        )
    )
    over = {end for end in told if end + timedelta(days=90) < order.LAST_CLOCK.date()}

    assert over
    assert {end for end, labels in told.items() if labels} == over
