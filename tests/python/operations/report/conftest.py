"""A small company's published tables, and the site of them, made once."""

import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import pytest

from operations.report import figures
from operations.report.site import Edition, write

Shared = Callable[[str, Callable[[Path], None]], Path]

EDITION = Edition("dev", "2026-07-01 06:00:00")

FEW = "fewer than 10 people, or nearly all of one"

CELLS = (
    "(select unnest([{g: 'All', r: 'All', k: 0}, {g: 'Commercial', r: 'All', k: 1}, "
    "{g: 'Staff & other', r: 'All', k: 2}, {g: 'All', r: 'North', k: 3}, "
    "{g: 'All', r: 'South', k: 4}]) as c)"
)
CELL = "c.g as department_group, c.r as region, null::varchar as withheld_reason"
NONE = "null::varchar as null_reason"
YEARS = "(select unnest([2024, 2025]) as y)"
SCALES = (
    "(select unnest([{c: 'Harbour GmbH', r: 'eu', b: 'hourly', k: 0}, "
    "{c: 'Harbour GmbH', r: 'eu', b: 'as_paid', k: 1}, "
    "{c: 'Harbour Ltd', r: 'eu', b: 'hourly', k: 2}, "
    "{c: 'Harbour Ltd', r: 'uk', b: 'hourly', k: 3}]) as s)"
)
SCALE = (
    "s.c as company, s.r as regime, s.b as basis, null::varchar as withheld_reason, "
    f"{NONE}, false as is_assumed, y as reference_year"
)

TABLES = {
    "headcount": "1200 - 205 * c.k + 5 * m as headcount, 5 as count_step, "
    "date '2024-01-01' + to_months(m::integer) as month_start_on",
    "movements": "1100 - 205 * c.k as opening_headcount, 45 - 5 * c.k as joiners, "
    "30 - 5 * c.k as exits, 1115 - 205 * c.k as closing_headcount",
    "turnover": f"{NONE}, (16.9 + c.k / 2 + (y - 2024) / 5)::decimal(9, 1) "
    "as turnover_pct, case when c.k = 0 then 12.3 end::decimal(9, 1) "
    "as voluntary_turnover_pct",
    "cost": f"'EUR' as currency, {NONE}, 90100000 - 20700000 * c.k as cost, "
    "90800 + 1300 * c.k as cost_per_fte",
    "absence": "(y - 2020 + 0.5 + c.k / 10)::decimal(9, 1) as absence_pct",
    "working_time": "(8.4 - c.k / 10)::decimal(9, 1) as worked_hours_per_day, "
    "15.1::decimal(9, 1) as people_in_breach_pct",
    "recruiting": "2945 - 415 * c.k as applications, 310 - 65 * c.k as accepted, "
    "8.1::decimal(9, 1) as internal_fill_pct, 73 + c.k as time_to_fill_days_median",
}


def publish(path: Path, *, where: str = "true") -> None:
    """Write published tables.

    The absence of regions is withheld, and one company's gap in the earlier year.

    Args:
        path: The database.
        where: Which rows are kept, as SQL that holds of any table.
    """
    metrics = ", ".join(f"'{each}'" for each in figures.METRICS)
    with duckdb.connect(str(path)) as connection:
        for table, columns in TABLES.items():
            is_monthly = table == "headcount"
            periods = "range(24) as months(m)" if is_monthly else YEARS
            year = "" if is_monthly else ", make_date(y, 1, 1) as year_start_on"
            connection.execute(
                f"create table {table} as "
                f"select {CELL}, {columns}{year} from {CELLS}, {periods} where {where}"
            )
        connection.execute(
            f"create table pay_gap as select {SCALE}, m.metric, "
            "((y - 2026.5) * (s.k - 1) * m.n + s.k)::decimal(9, 1) as value_pct "
            f"from {SCALES}, {YEARS}, "
            f"(select unnest([{metrics}]) as metric, "
            f"generate_subscripts([{metrics}], 1) as n) as m where {where}"
        )
        connection.execute(
            f"create table pay_quartiles as select {SCALE}, pay_band, "
            "(41 + s.k * 13)::decimal(9, 1) as women_pct, "
            "(59 - s.k * 13)::decimal(9, 1) as men_pct "
            f"from {SCALES}, {YEARS}, (select unnest(['lower_half', 'upper_half'])"
            f" as pay_band) where {where}"
        )
        connection.execute(
            f"update absence set absence_pct = null, withheld_reason = '{FEW}' "
            "where region <> 'All'"
        )
        connection.execute(
            f"update pay_gap set value_pct = null, withheld_reason = '{FEW}' "
            "where company = 'Harbour Ltd' and reference_year = 2024"
        )
        connection.execute(
            "create table groups as select 'department' as dimension, "
            "'<b>Sales</b>' as member, 'Commercial' as published_group "
            f"where {where}"
        )


@pytest.fixture(scope="session")
def made(shared: Shared) -> Path:
    """A folder with the published database, and the site of it in `report`."""

    def make(folder: Path) -> None:
        publish(folder / "published.duckdb")
        started = time.process_time()
        write(folder / "published.duckdb", folder / "report", EDITION)
        (folder / "seconds").write_text(str(time.process_time() - started))

    return shared("site", make)


@pytest.fixture(scope="session")
def published(made: Path) -> Path:
    """What a company publishes."""
    return made / "published.duckdb"


@pytest.fixture(scope="session")
def site(made: Path) -> Path:
    """The folder of its site."""
    return made / "report"
