"""The payroll system: monthly pay runs in three currencies, in a SQL database.

The ledger's pay tables hold versions: a row is true from `recorded_at` until
`retracted_at`. The payroll database at a clock holds each row's newest version by
then, `recorded_at` as its `updated_at`; what a row was before is gone there.

Amounts are what the payslip adds up: deductions are negative, so a payslip's net pay
is the sum of its lines but the employer's cost. A correction is a payslip that
reverses an earlier one in a later run (every line negated), and a corrected one beside
it.
"""

from datetime import datetime
from pathlib import Path
from typing import Any

import duckdb
import sqlalchemy as sa

from demo.spells import (
    Progress,
    Span,
    connect,
    create_spells,
    ledger_path,
    naive_utc,
    read_span,
)
from demo.vocabulary import COMPANIES

PAY_LEVELS = {"EUR": 1.00, "GBP": 0.90, "USD": 1.25}
"""What an hour of the same grade pays in a currency, the euro being 1."""

BONUS_MONTHS = {"EUR": 3, "GBP": 4, "USD": 3}
"""The month in which the annual bonus is paid. In the United Kingdom it is April, the
month of the day on which pay is looked at, which is why its period matters there."""

_BATCH_ROWS = 20_000
_NEVER = datetime(1900, 1, 1)

_METADATA = sa.MetaData()

PAY_RUNS = sa.Table(
    "pay_runs",
    _METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("company", sa.String(140), nullable=False),
    sa.Column("period_start", sa.Date, nullable=False),
    sa.Column("period_end", sa.Date, nullable=False),
    sa.Column("paid_on", sa.Date, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("status", sa.String(20), nullable=False),
    sa.Column("updated_at", sa.TIMESTAMP, nullable=False, index=True),
)
PAYSLIPS = sa.Table(
    "payslips",
    _METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("pay_run_id", sa.Integer, nullable=False),
    sa.Column("employee_number", sa.String(40), nullable=False),
    sa.Column("reversal_of", sa.Integer),
    sa.Column("updated_at", sa.TIMESTAMP, nullable=False, index=True),
)
PAYSLIP_LINES = sa.Table(
    "payslip_lines",
    _METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("payslip_id", sa.Integer, nullable=False),
    sa.Column("line_type", sa.String(20), nullable=False),
    sa.Column("description", sa.String(140), nullable=False),
    sa.Column("amount", sa.Numeric(18, 2), nullable=False),
    sa.Column("hours", sa.Numeric(9, 2)),
    sa.Column("updated_at", sa.TIMESTAMP, nullable=False, index=True),
)
CONTRACTED_HOURS = sa.Table(
    "contracted_hours",
    _METADATA,
    sa.Column("id", sa.Integer, primary_key=True),
    sa.Column("employee_number", sa.String(40), nullable=False),
    sa.Column("effective_from", sa.Date, nullable=False),
    sa.Column("weekly_hours", sa.Numeric(5, 2), nullable=False),
    sa.Column("updated_at", sa.TIMESTAMP, nullable=False, index=True),
)
TABLES = (PAY_RUNS, PAYSLIPS, PAYSLIP_LINES, CONTRACTED_HOURS)

_LEDGER_IDS = {
    "pay_runs": "pay_run_id",
    "payslips": "payslip_id",
    "payslip_lines": "line_id",
}


def write_all(home: Path, on_progress: Progress | None = None) -> None:
    """Simulate all pay runs and write them to the ledger.

    Writes the ledger's `pay_runs`, `payslips` and `payslip_lines`, and removes the
    payroll database of an earlier company.

    Args:
        home: The warehouse's root folder, MUSTER_HOME.
        on_progress: Called after each step.
    """
    for path in (home / "demo").glob("payroll.sqlite*"):
        path.unlink()
    span = read_span(home)
    with connect(home, span) as database:
        for field in ("company", "grade"):
            create_spells(database, field, span.horizon)
        steps = (
            ("pay runs", _create_periods),
            ("payslips", _create_payslips),
            ("payslip lines", _create_lines),
            ("pay ledger", _write_ledger),
        )
        for done, (step, create) in enumerate(steps, start=1):
            create(database, home, span)
            if on_progress:
                on_progress(f"payroll: {step}", done, len(steps))


def reveal(
    home: Path, clock: datetime, on_progress: Progress | None = None
) -> dict[str, int]:
    """Bring the SQLite payroll database to the clock.

    Args:
        home: The warehouse's root folder, MUSTER_HOME.
        clock: The company's clock.
        on_progress: Called after each batch of rows.

    Returns:
        Rows written by table.
    """
    path = home / "demo" / "payroll.sqlite"
    return load_into(f"sqlite:///{path}", home, clock, on_progress)


def load_into(
    url: str, home: Path, clock: datetime, on_progress: Progress | None = None
) -> dict[str, int]:
    """Bring the payroll tables of any SQL database to the clock.

    Makes the tables where they are missing, and writes what was updated after their
    newest row and by the clock; all of it in one transaction. Where the clock was set
    back, the tables are emptied and filled again.

    Args:
        url: A SQLAlchemy URL, such as `sqlite:///...` or `postgresql+psycopg://...`.
        home: The warehouse's root folder, MUSTER_HOME.
        clock: The company's clock.
        on_progress: Called after each batch of rows.

    Returns:
        Rows written by table.
    """
    engine = sa.create_engine(url)
    written: dict[str, int] = {}
    try:
        _METADATA.create_all(engine)
        with duckdb.connect() as ledger, engine.begin() as target:
            if any(_newest(target, table) > naive_utc(clock) for table in TABLES):
                for table in TABLES:
                    target.execute(sa.delete(table))
            for table in TABLES:
                written[table.name] = _extend(
                    target, table, ledger, home, naive_utc(clock), on_progress
                )
    finally:
        engine.dispose()
    return written


def _extend(
    target: sa.Connection,
    table: sa.Table,
    ledger: duckdb.DuckDBPyConnection,
    home: Path,
    clock: datetime,
    on_progress: Progress | None,
) -> int:
    since = _newest(target, table)
    is_sqlite = target.dialect.name == "sqlite"
    columns = ", ".join(
        _as_text(column) if is_sqlite else column.name for column in table.columns
    )
    ledger.execute(
        f"""
        create or replace temp table fresh as
        -- Materialised: DuckDB 1.5 cannot prune rows through the window inside.
        with versions as materialized ({_versions(home, table)})

        select *
        from versions
        where updated_at > $since
            and updated_at <= $clock
            and (replaced_at is null or replaced_at > $clock)
        """,
        {"since": since, "clock": clock},
    )
    total = int(_scalar(ledger, "select count(*) from fresh"))
    mark = "?" if target.dialect.paramstyle == "qmark" else "%s"
    marks = ", ".join([mark] * len(table.columns))
    insert = f"insert into {table.name} values ({marks})"
    delete = f"delete from {table.name} where id = {mark}"
    reader = ledger.execute(
        f"select {columns} from fresh order by fresh.updated_at, fresh.id"
    )
    done = 0
    while rows := reader.fetchmany(_BATCH_ROWS):
        if since > _NEVER:
            target.exec_driver_sql(delete, [(row[0],) for row in rows])
        target.exec_driver_sql(insert, rows)
        done += len(rows)
        if on_progress:
            on_progress(f"payroll: {table.name}", done, total)
    return total


def _newest(target: sa.Connection, table: sa.Table) -> datetime:
    newest = target.execute(sa.select(sa.func.max(table.c.updated_at))).scalar()
    return _NEVER if newest is None else newest


def _as_text(column: sa.Column[Any]) -> str:
    """Render a value as SQLAlchemy stores it in SQLite, which has no such types."""
    match column.type:
        case sa.TIMESTAMP():
            return f"strftime({column.name}, '%Y-%m-%d %H:%M:%S.%f') as {column.name}"
        case sa.Date() | sa.Numeric():
            return f"cast({column.name} as varchar) as {column.name}"
        case _:
            return column.name


def _versions(home: Path, table: sa.Table) -> str:
    path = ledger_path(home, table.name)
    if table is CONTRACTED_HOURS:
        return f"""
            select
                row_number() over (
                    order by
                        recorded_at, employee_number, effective_on, employment_id
                ) as id,
                employee_number,
                effective_on as effective_from,
                weekly_hours,
                recorded_at as updated_at,
                cast(null as timestamp) as replaced_at
            from read_parquet('{path}')
        """
    key = _LEDGER_IDS[table.name]
    names = [column.name for column in table.columns][1:-1]
    return f"""
        select
            {key} as id, {", ".join(names)},
            recorded_at as updated_at,
            retracted_at as replaced_at
        from read_parquet('{path}')
    """


def _scalar(database: duckdb.DuckDBPyConnection, query: str) -> Any:
    row = database.execute(query).fetchone()
    return row[0] if row else None


def _create_periods(
    database: duckdb.DuckDBPyConnection, _home: Path, span: Span
) -> None:
    # Each company's run starts twenty minutes after the one before.
    rows = ", ".join(
        str(
            (
                *(company.company, company.currency, PAY_LEVELS[company.currency]),
                *(BONUS_MONTHS[company.currency], n * 20),
            )
        )
        for n, company in enumerate(COMPANIES)
    )
    database.execute(
        f"""
        create table companies as
        select * from (values {rows})
            as t (company, currency, pay_level, bonus_month, minutes)
        """
    )
    database.execute(
        f"""
        create table months as
        select
            cast(month_start as date) as period_start,
            cast(month_start + interval 1 month as date) as next_start
        from generate_series(
            date_trunc('month', date '{span.starts_on}'),
            date '{span.horizon}' - interval 1 day,
            interval 1 month
        ) as t (month_start)
        """
    )
    # A run is drafted on the 21st and paid on the 27th or the working day before.
    database.execute(
        f"""
        create table runs as
        with worked as (
            select distinct months.period_start, months.next_start, spells.company
            from months
            inner join company_spells as spells
                on spells.from_on < months.next_start
                and spells.until_on > months.period_start
        )

        select
            row_number() over (
                order by worked.period_start, companies.minutes
            ) as pay_run_id,
            worked.company,
            worked.period_start,
            worked.next_start,
            cast(
                worked.period_start + interval 26 day
                - to_days(cast(greatest(
                    isodow(worked.period_start + interval 26 day) - 5, 0
                ) as integer)) as date
            ) as paid_on,
            companies.currency,
            companies.pay_level,
            companies.bonus_month,
            worked.period_start + interval 20 day + interval 8 hour
            + to_minutes(companies.minutes) as drafted_at
        from worked
        inner join companies on worked.company = companies.company
        where worked.next_start <= date '{span.horizon}' + interval 1 day
        """
    )


def _create_payslips(
    database: duckdb.DuckDBPyConnection, _home: Path, _span: Span
) -> None:
    database.execute(
        """
        create table hours_spells as
        select
            employment_id,
            weekly_hours,
            effective_on as from_on,
            coalesce(lead(effective_on) over (
                partition by employment_id order by effective_on, recorded_at
            ), date '9999-12-31') as until_on
        from contracted_hours
        """
    )
    database.execute(
        """
        create table grade_ranks as
        select grade, dense_rank() over (order by grade) as grade_rank
        from (select distinct grade from grade_spells where grade is not null)
        """
    )
    # A month in two companies, or two employments in a month, are two payslips.
    database.execute(
        """
        create table stays as
        select
            runs.pay_run_id,
            runs.company,
            runs.period_start,
            runs.next_start,
            runs.pay_level,
            runs.bonus_month,
            spells.employment_id,
            spells.person_id,
            greatest(spells.from_on, runs.period_start) as from_on,
            least(spells.until_on, runs.next_start) as until_on
        from runs
        inner join company_spells as spells
            on runs.company = spells.company
            and spells.from_on < runs.next_start
            and spells.until_on > runs.period_start
        """
    )
    database.execute(
        """
        create table earnings as
        with placed as (
            select
                stays.*,
                people.employee_number,
                coalesce(ranks.grade_rank, 3) as grade_rank,
                coalesce(hours.weekly_hours, employments.weekly_hours, 40)
                    as weekly_hours,
                employments.started_on,
                people.gender,
                chance('payslip', stays.employment_id, stays.from_on) as luck,
                chance('corrected', stays.employment_id, stays.from_on) as fate,
                chance('pay', stays.person_id, '') as talent,
                (stays.until_on - stays.from_on)
                / cast(stays.next_start - stays.period_start as double) as share
            from stays
            inner join employments
                on stays.employment_id = employments.employment_id
            inner join people on stays.person_id = people.person_id
            left join hours_spells as hours
                on stays.employment_id = hours.employment_id
                and stays.until_on - 1 >= hours.from_on
                and stays.until_on - 1 < hours.until_on
            left join grade_spells as grades
                on stays.employment_id = grades.employment_id
                and stays.until_on - 1 >= grades.from_on
                and stays.until_on - 1 < grades.until_on
            left join grade_ranks as ranks on grades.grade = ranks.grade
        ),

        priced as (
            select
                *,
                cast(round(
                    (11 + 4.5 * power(grade_rank, 1.3)) * pay_level
                    * (0.93 + 0.14 * part(talent, 0))
                    * case
                        when lower(trim(gender)) = 'female' then 0.97 else 1.0
                    end
                    * power(1.025, year(period_start) - 2020),
                    2
                ) as decimal(9, 2)) as hourly_pay
            from placed
        )

        select
            *,
            cast(round(weekly_hours * 52 / 12 * share, 2) as decimal(9, 2))
                as base_hours,
            case when part(talent, 1) < 0.35
                then cast(round(85 * share, 2) as decimal(18, 2))
            end as allowance,
            case
                when month(period_start) = bonus_month
                    and year(started_on) < year(period_start)
                    and grade_rank >= 3
                    and part(luck, 0) < 0.5
                    then cast(round(
                        hourly_pay * weekly_hours * 52 * (0.03 + 0.09 * part(luck, 1))
                    , 2) as decimal(18, 2))
                when part(luck, 0) > 0.985
                    then cast(250 + 50 * floor(part(luck, 1) * 16) as decimal(18, 2))
            end as bonus,
            cast(case
                when part(luck, 2) < 0.18 then 0.25 * (4 + floor(part(luck, 3) * 45))
            end as decimal(9, 2)) as overtime_hours,
            part(fate, 0) < 0.01 as is_reversed,
            case when part(fate, 1) < 0.7 then 1 else 2 end as months_later,
            cast(0.25 * (2 + floor(part(fate, 2) * 30)) as decimal(9, 2))
                as unseen_overtime_hours,
            part(fate, 3) < 0.03 as is_redrafted,
            part(fate, 3) > 0.997 as is_touched
        from priced
        """
    )
    database.execute(
        """
        create table slips as
        with originals as (
            select
                earnings.*,
                'original' as kind,
                overtime_hours as paid_overtime_hours,
                is_redrafted and overtime_hours is not null as is_corrected_in_draft,
                pay_run_id as run_id
            from earnings
        ),

        later as (
            select earnings.*, runs.pay_run_id as run_id
            from earnings
            inner join runs
                on earnings.company = runs.company
                and runs.period_start
                = earnings.period_start + to_months(earnings.months_later)
            where earnings.is_reversed
        ),

        kinds as (
            select * from originals

            union all by name

            select
                *,
                'reversal' as kind,
                overtime_hours as paid_overtime_hours,
                false as is_corrected_in_draft
            from later

            union all by name

            select
                *,
                'corrected' as kind,
                coalesce(overtime_hours, 0) + unseen_overtime_hours
                    as paid_overtime_hours,
                false as is_corrected_in_draft
            from later
        ),

        ranked as (
            select
                kinds.*,
                runs.drafted_at,
                runs.paid_on,
                row_number() over (
                    partition by kinds.run_id
                    order by
                        kinds.kind, kinds.employee_number,
                        kinds.employment_id, kinds.from_on
                ) as position
            from kinds
            inner join runs on kinds.run_id = runs.pay_run_id
        )

        select
            *,
            row_number() over (order by run_id, position) as payslip_id,
            drafted_at + to_seconds(3 * ((position - 1) // 250)) as slip_at,
            drafted_at + interval 1 day + to_minutes(position % 7) as redrafted_at,
            paid_on + interval 18 hour + to_minutes(position % 5) as touched_at
        from ranked
        """
    )


def _create_lines(
    database: duckdb.DuckDBPyConnection, _home: Path, _span: Span
) -> None:
    # The first draft of some payslips claims two hours of overtime too many.
    database.execute(
        """
        create table line_versions as
        with drafts as (
            select
                *,
                1 as version,
                paid_overtime_hours
                + case when is_corrected_in_draft then 2 else 0 end as extra_hours
            from slips

            union all

            select *, 2 as version, paid_overtime_hours as extra_hours
            from slips
            where is_corrected_in_draft
        ),

        gross as (
            select
                *,
                cast(round(hourly_pay * base_hours, 2) as decimal(18, 2)) as base,
                cast(round(hourly_pay * extra_hours * 1.25, 2) as decimal(18, 2))
                    as overtime
            from drafts
        ),

        summed as (
            select
                *,
                cast(
                    base + coalesce(overtime, 0) + coalesce(bonus, 0)
                    + coalesce(allowance, 0) as decimal(18, 2)
                ) as gross_pay,
                case when kind = 'reversal' then -1 else 1 end as direction
            from gross
        ),

        taxed as (
            select
                *,
                cast(-round(gross_pay * 0.19, 2) as decimal(18, 2)) as tax,
                cast(-round(gross_pay * 0.11, 2) as decimal(18, 2)) as insurance,
                cast(round(gross_pay * 0.205, 2) as decimal(18, 2)) as employer_cost
            from summed
        ),

        lines as (
            select
                payslip_id, version, slip_at, redrafted_at, is_corrected_in_draft,
                direction, base_hours, extra_hours,
                unnest([
                    {'n': 1, 't': 'base', 'd': 'Basic pay', 'a': base},
                    {'n': 2, 't': 'bonus', 'd': case
                        when month(period_start) = bonus_month
                            and part(luck, 0) < 0.5 then 'Annual bonus'
                        else 'Spot bonus'
                    end, 'a': bonus},
                    {'n': 3, 't': 'allowance', 'd': 'Travel allowance',
                        'a': allowance},
                    {'n': 4, 't': 'overtime', 'd': 'Overtime at 125 %',
                        'a': overtime},
                    {'n': 5, 't': 'deduction', 'd': 'Income tax', 'a': tax},
                    {'n': 6, 't': 'deduction', 'd': 'Social insurance',
                        'a': insurance},
                    {'n': 7, 't': 'employer_cost',
                        'd': 'Employer''s social insurance', 'a': employer_cost}
                ]) as line
            from taxed
        )

        select
            payslip_id,
            line.n as line_number,
            version,
            line.t as line_type,
            line.d as description,
            cast(line.a * direction as decimal(18, 2)) as amount,
            cast(case line.n
                when 1 then base_hours * direction
                when 4 then extra_hours * direction
            end as decimal(9, 2)) as hours,
            case when version = 1 then slip_at else redrafted_at end as recorded_at,
            case
                when version = 1 and is_corrected_in_draft and line.n >= 4
                    then redrafted_at
            end as retracted_at
        from lines
        where line.a is not null and (version = 1 or line.n >= 4)
        """
    )


def _write_ledger(database: duckdb.DuckDBPyConnection, home: Path, _span: Span) -> None:
    _write(
        database,
        home,
        "pay_runs",
        """
        with versions as (
            select
                *,
                'draft' as status,
                drafted_at as recorded_at,
                paid_on + interval 14 hour as retracted_at
            from runs

            union all

            select
                *,
                'paid' as status,
                paid_on + interval 14 hour as recorded_at,
                null as retracted_at
            from runs
        )

        select
            pay_run_id, company, period_start,
            cast(next_start - 1 as date) as period_end,
            paid_on, currency, status, recorded_at, retracted_at
        from versions
        order by recorded_at, pay_run_id
        """,
    )
    # A touched payslip is written again, unchanged, as real systems do.
    _write(
        database,
        home,
        "payslips",
        """
        with reversed_slips as (
            select
                reversals.payslip_id,
                originals.payslip_id as reversal_of
            from slips as reversals
            inner join slips as originals
                on reversals.employment_id = originals.employment_id
                and reversals.from_on = originals.from_on
                and reversals.company = originals.company
                and originals.kind = 'original'
            where reversals.kind = 'reversal'
        ),

        versions as (
            select
                *,
                slip_at as recorded_at,
                case when is_touched then touched_at end as retracted_at
            from slips

            union all

            select *, touched_at as recorded_at, null as retracted_at
            from slips
            where is_touched
        )

        select
            versions.payslip_id,
            versions.run_id as pay_run_id,
            versions.person_id,
            versions.employment_id,
            versions.employee_number,
            reversed_slips.reversal_of,
            versions.kind,
            versions.recorded_at,
            versions.retracted_at
        from versions
        left join reversed_slips on versions.payslip_id = reversed_slips.payslip_id
        order by versions.recorded_at, versions.payslip_id
        """,
    )
    _write(
        database,
        home,
        "payslip_lines",
        """
        select
            dense_rank() over (order by payslip_id, line_number) as line_id,
            payslip_id, line_type, description, amount, hours,
            recorded_at, retracted_at
        from line_versions
        order by recorded_at, line_id
        """,
    )


def _write(
    database: duckdb.DuckDBPyConnection, home: Path, table: str, query: str
) -> None:
    database.execute(
        f"copy ({query}) to '{ledger_path(home, table)}' "
        "(format parquet, row_group_size 20000)"
    )
