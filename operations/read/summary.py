"""`muster summary`: what was loaded and rejected, who is here now, and what to try."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

import duckdb
from rich.console import Console
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

import environment as environments
from environment import Environment
from environment.databases import connect
from ingestion.log import of as log_of
from ingestion.tally import Count
from operations.build.artifacts import read_note
from operations.ingest import require_ingested
from operations.read import set_aside
from operations.read.query import read_from

REASONS_SHOWN = 12
DEPARTMENTS_SHOWN = 12
BAR_WIDTH = 30

SAME_RUN = timedelta(hours=1)
"""Loads that completed within it of each other brought one state of affairs."""

LAST_RUN = "(select max(run_id) from raw_ops.load_counts)"

COUNTS = (
    "select {name}, sum(files), sum(delivered), sum(loaded), sum(rejected),"
    " sum(quarantined), sum(already_known), sum(seconds) from raw_ops.load_counts"
    " where {which} group by 1 order by 1"
)

REJECTED = """
with refusals as (
    select
        source,
        parse_filename(file) as file,
        reason,
        count(*) as amount,
        'row' as unit
    from raw_ops.rejected_rows
    where run_id = $run
    group by all
    union all
    select
        source,
        parse_filename(inbox_path),
        reason,
        count(*),
        'file'
    from raw_ops.landed_files
    where run_id = $run and status = 'quarantined'
    group by all
)

select * from refusals order by unit, amount desc, source, file, reason
"""

HEADCOUNT = """
select department, count(*) as employees
from core.dim_employee
where is_active
group by department
order by employees desc, department
"""


def summarise(name: str, console: Console) -> None:
    """Show the state of an environment.

    Raises:
        MusterError: Nothing was ingested or built, or a database is in use.
    """
    environment = environments.find(name)
    require_ingested(environment)
    log = log_of(environment.folder)
    read = read_from(environment, console)
    with log.connect() as raw:
        show_loaded(raw, console)
        show_rejected(raw, console)
    known = log.instants()
    note = read_note(environment)
    as_at = note.get("variables", {}).get("as_at")
    moment = f"as known at {as_at} UTC" if as_at else "now"
    with connect(read.marts) as marts:
        show_set_aside(set_aside.read(marts), environment, console)
        last_month = show_headcount(marts, console, moment)
    show_next(environment, last_month, known, console)


def counts(raw: duckdb.DuckDBPyConnection, name: str, which: str) -> dict[str, Count]:
    """Add up the load counts of some runs.

    Args:
        raw: A connection to the log.
        name: SQL that names the rows to add up together.
        which: SQL that chooses runs.
    """
    rows = raw.execute(COUNTS.format(name=name, which=which)).fetchall()
    return {str(part): Count(*numbers) for part, *numbers in rows}


def show_loaded(raw: duckdb.DuckDBPyConnection, console: Console) -> None:
    """Show what the last run loaded, by source, and all runs together.

    Delivered rows are loaded, rejected, quarantined with their file, or known before.
    """
    of_last_run = counts(raw, "source", f"run_id = {LAST_RUN}")
    together = counts(raw, "'all runs'", "true")
    table = plain_table("Loaded in the last run")
    table.add_column("source", no_wrap=True)
    for column in ("files", "delivered", "loaded", "rejected", "quarantined"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("known", justify="right", no_wrap=True)
    table.add_column("s", justify="right", no_wrap=True)
    for source, part in of_last_run.items():
        table.add_row(source, *cells(part))
    for every, whole in together.items():
        table.add_row(every, *cells(whole), style="dim")
    console.print(Padding(table, (0, 0, 1, 0)))


def cells(part: Count) -> tuple[str | Text, ...]:
    """Write counts as the cells of a row; what was refused stands out."""
    return (
        f"{part.files:,}",
        f"{part.delivered:,}",
        f"{part.loaded:,}",
        Text(f"{part.rejected:,}", "yellow" if part.rejected else ""),
        Text(f"{part.quarantined:,}", "yellow" if part.quarantined else ""),
        f"{part.already_known:,}",
        f"{part.seconds:,.0f}",
    )


def show_rejected(raw: duckdb.DuckDBPyConnection, console: Console) -> None:
    """Show what the last run refused, and why."""
    run = raw.execute(f"select {LAST_RUN}").fetchall()[0][0]
    refusals = raw.execute(REJECTED, {"run": run}).fetchall()
    if not refusals:
        console.print("[bold]Rejected[/]  nothing in the last run\n")
        return
    table = plain_table("Rejected, and why")
    table.add_column("what", justify="right", no_wrap=True)
    table.add_column("source", no_wrap=True)
    table.add_column("file", no_wrap=True)
    table.add_column("reason", overflow="fold")
    for source, file, reason, amount, unit in refusals[:REASONS_SHOWN]:
        table.add_row(
            f"{amount:,} {unit}{'' if amount == 1 else 's'}",
            str(source),
            Text(str(file or "")),
            Text(str(reason)),
        )
    console.print(table)
    hidden = len(refusals) - REASONS_SHOWN
    if hidden > 0:
        console.print(f"and {hidden} more reasons", style="dim")
    console.print(
        "each with line and text: muster query --log, raw.raw_ops.rejected_rows and"
        " raw.raw_ops.landed_files\n",
        style="dim",
        soft_wrap=True,
    )


def show_set_aside(
    rules: Sequence[set_aside.Rule], environment: Environment, console: Console
) -> None:
    """Show which records were not taken as they are, by rule, and what to do."""
    if not rules:
        return
    table = plain_table("Not taken as it is, and what to do")
    table.add_column("records", justify="right", no_wrap=True)
    for column in ("kind", "source", "rule"):
        table.add_column(column, no_wrap=True)
    table.add_column("what to do", overflow="fold")
    for each in rules[:REASONS_SHOWN]:
        table.add_row(
            Text(f"{each.records:,}", "yellow" if each.is_past_bound else ""),
            set_aside.KINDS[each.kind],
            each.source,
            each.rule,
            Text(each.remedy),
        )
    console.print(table)
    if len(rules) > REASONS_SHOWN:
        console.print(f"and {len(rules) - REASONS_SHOWN} more rules", style="dim")
    console.print(
        Text(f"each record: {set_aside.command(environment)}\n", "dim"), soft_wrap=True
    )


def show_headcount(
    marts: duckdb.DuckDBPyConnection, console: Console, moment: str
) -> date | None:
    """Show how many are employed in each department at the `as_at` date.

    Returns:
        The first day of the last month that the marts report on.
    """
    departments = [
        (str(department), int(employees))
        for department, employees in marts.execute(HEADCOUNT).fetchall()
    ]
    total = sum(employees for _, employees in departments)
    table = plain_table(f"{total:,} employees {moment}, by department")
    table.add_column("department", no_wrap=True)
    table.add_column("employees", justify="right")
    table.add_column("")
    largest = max((employees for _, employees in departments), default=1)
    for department, employees in folded(departments):
        # Others added up are not comparable: they get a number and no bar.
        is_one = (department, employees) in departments
        length = max(1, round(BAR_WIDTH * employees / largest)) if is_one else 0
        table.add_row(department, f"{employees:,}", Text("█" * length, "cyan"))
    table.show_header = False
    console.print(Padding(table, (0, 0, 1, 0)))
    months = marts.execute(
        "select max(month_start_on) from people.rpt_headcount_monthly"
    ).fetchall()
    month = months[0][0]
    return month if isinstance(month, date) else None


def folded(departments: Sequence[tuple[str, int]]) -> list[tuple[str, int]]:
    """Keep the largest departments and add the others up in one row."""
    if len(departments) <= DEPARTMENTS_SHOWN:
        return list(departments)
    kept = list(departments[: DEPARTMENTS_SHOWN - 1])
    others = departments[DEPARTMENTS_SHOWN - 1 :]
    return [*kept, (f"{len(others)} others", sum(number for _, number in others))]


def show_next(
    environment: Environment,
    month: date | None,
    known: Sequence[datetime],
    console: Console,
) -> None:
    """Say where the docs are and what to try, by the last month that is reported."""
    option = "" if environment.name == "dev" else f" --env {environment.name}"
    muster = f".venv/bin/muster query{option}"
    day = date(month.year, month.month, 15) if month else date(2026, 3, 15)
    steps = [
        (
            "Who was where on a day is one filter",
            f'{muster} "from core.dim_employee_history\n'
            "   select department, region, designation, count(*) as employees\n"
            f"   where effective_from <= date '{day}' and effective_to > date '{day}'\n"
            '   group by all order by all"',
        ),
        (
            "Headcount by month, department, region and designation",
            f'{muster} "from people.rpt_headcount_monthly order by all desc"',
        ),
    ]
    if (environments.home() / "demo" / "state.json").exists():
        steps.append(
            (
                "The company lives on for a day: only what is new is loaded",
                "make advance all",
            )
        )
    earlier = [moment for moment in known if known[-1] - moment > SAME_RUN]
    if earlier:
        last = earlier[-1] + timedelta(seconds=1)
        steps.insert(
            2,
            (
                "The same figures as they were known before the last load",
                f'.venv/bin/muster build{option} --as-at "{last:%Y-%m-%d %H:%M:%S}"',
            ),
        )
    console.print("[bold]Next[/]")
    console.print(
        "Docs of every model and column: "
        f"{environments.shown(environment.docs)} (make docs)"
    )
    for purpose, command in steps:
        console.print(f"{purpose}:")
        console.print(Text(f"  {command}", "cyan"), soft_wrap=True)
    if environment.report.exists():
        console.print(
            "The figures for everybody, as pages: "
            f"{environments.shown(environment.report)} (make report)",
            soft_wrap=True,
        )


def plain_table(title: str) -> Table:
    """A table without lines, under a bold title."""
    return Table(
        title=title,
        title_style="bold",
        title_justify="left",
        box=None,
        header_style="dim",
        pad_edge=False,
        padding=(0, 2, 0, 0),
    )
