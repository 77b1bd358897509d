"""The applicant tracking system: weekly CSV exports of what changed.

Hires come from the ledger: who joined had an accepted application, some moves inside
the company were filled from a requisition too. The other applicants are invented.

A drop on a Monday holds what changed in the days before it: semicolons, a byte-order
mark, day-first dates, and from half-way on a column `channel` with the applications.
"""

from datetime import date, datetime, time, timedelta
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa

from demo import delivery
from demo.attendance import write_faults
from demo.spells import (
    Progress,
    Span,
    connect,
    create_spells,
    ledger_path,
    read_span,
)
from demo.vocabulary import first_names, last_names

SOURCE = "ats"
DELIVERED_AT = time(5, 30)
"""When a Monday's files are delivered, UTC."""

HEADERS = {
    "requisitions": (
        "requisition_id",
        "title",
        "department",
        "branch",
        "opened_on",
        "closed_on",
        "openings",
        "status",
    ),
    "applications": (
        "application_id",
        "requisition_id",
        "candidate_name",
        "candidate_email",
        "applied_on",
        "employee_number",
        "status",
        "channel",
    ),
    "stage_changes": (
        "stage_change_id",
        "application_id",
        "stage",
        "changed_on",
        "comment",
    ),
}
"""The columns of each resource's files; `channel` is there from half-way on."""

_BOM = b"\xef\xbb\xbf"
_LINE_END = "\r\n"

_COMMENTS = (
    "",
    "",
    "",
    "Good first call",
    'Asked about the "hybrid" policy; wants two days at home',
    "Strong on detail;\nneeds help with planning",
    'Panel said: "yes, but ""slowly"""',
    "Notice period: three months",
    "Line one\nLine two; with a semicolon\nLine three",
    "Reference checked",
)


def write_all(home: Path, on_progress: Progress | None = None) -> None:
    """Simulate recruiting and fill the outbox with the weekly files.

    Writes the ledger's `requisitions`, `applications`, `stage_changes` and
    `faults_ats`. A hire's application holds its `employment_id`.

    Args:
        home: The warehouse's root folder, MUSTER_HOME.
        on_progress: Called after each step.
    """
    span = read_span(home)
    delivery.reset(home, SOURCE)
    with connect(home, span) as database:
        for field in ("department", "designation", "branch"):
            create_spells(database, field, span.horizon)
        _create_fills(database, span)
        _create_requisitions(database)
        _create_applications(database, span)
        _create_stage_changes(database)
        _write_ledger(database, home)
        if on_progress:
            on_progress("applicants: ledger", 1, 2)
        _create_versions(database, span)
        _write_files(database, home, span)
        if on_progress:
            on_progress("applicants: files", 2, 2)


def deliver(home: Path, inbox: Path, clock: datetime) -> list[str]:
    """Deliver the files due by the clock; see `demo.delivery.deliver`."""
    return delivery.deliver(home, SOURCE, inbox, clock)


def _create_fills(database: duckdb.DuckDBPyConnection, span: Span) -> None:
    """Create who filled a requisition: all who joined, and one move in four."""
    database.execute(
        f"""
        create table fills as
        with joins as (
            select
                employments.employment_id,
                employments.person_id,
                employments.started_on as begins_on,
                cast(null as varchar) as employee_number,
                employments.department,
                employments.designation,
                employments.branch,
                false as is_internal
            from employments
            where employments.started_on > date '{span.starts_on}'
                and employments.started_on < date '{span.horizon}'
        ),

        moves as (
            select distinct
                changes.employment_id,
                employments.person_id,
                changes.effective_on as begins_on,
                people.employee_number,
                employments.department,
                employments.designation,
                employments.branch,
                true as is_internal
            from assignment_changes as changes
            inner join employments
                on changes.employment_id = employments.employment_id
            inner join people on employments.person_id = people.person_id
            where changes.field in ('department', 'designation', 'branch')
                and changes.kind in ('promotion', 'transfer')
                and changes.retracted_at is null
                and changes.effective_on > employments.started_on
                and changes.effective_on between
                    date '{span.starts_on}' and date '{span.horizon}' - 1
                and part(chance(
                    'move', changes.employment_id, changes.effective_on
                ), 0) < 0.25
        ),

        filled as (
            select * from joins
            union all
            select * from moves
        )

        select
            filled.employment_id,
            filled.person_id,
            filled.employee_number,
            filled.is_internal,
            filled.begins_on,
            chance('fill', filled.employment_id, filled.begins_on) as luck,
            coalesce(departments.department, filled.department, '') as department,
            coalesce(
                designations.designation, filled.designation, 'General application'
            ) as title,
            coalesce(branches.branch, filled.branch, '') as branch
        from filled
        left join department_spells as departments
            on filled.employment_id = departments.employment_id
            and filled.begins_on >= departments.from_on
            and filled.begins_on < departments.until_on
        left join designation_spells as designations
            on filled.employment_id = designations.employment_id
            and filled.begins_on >= designations.from_on
            and filled.begins_on < designations.until_on
        left join branch_spells as branches
            on filled.employment_id = branches.employment_id
            and filled.begins_on >= branches.from_on
            and filled.begins_on < branches.until_on
        """
    )


def _create_requisitions(database: duckdb.DuckDBPyConnection) -> None:
    """Create requisitions: one for each team, title and quarter; some stay unfilled."""
    database.execute(
        """
        create table openings as
        with grouped as (
            select
                department,
                title,
                branch,
                is_internal,
                date_trunc('quarter', begins_on) as quarter,
                case when is_internal then employment_id end as own,
                min(begins_on) as first_begins_on,
                count(*) as openings
            from fills
            group by all
        ),

        drawn as (
            select
                *,
                chance('requisition', concat_ws(
                    '|', department, title, branch, own
                ), quarter) as luck
            from grouped
        ),

        opened as (
            select
                *,
                first_begins_on - 65 - cast(part(luck, 0) * 55 as integer) as opened_on
            from drawn
        )

        select
            row_number() over (
                order by
                    opened_on, department, title, branch, is_internal, own, is_cancelled
            ) as requisition_number,
            *
        from (
            select *, false as is_cancelled from opened

            union all

            select * replace (
                opened_on + 5 + cast(part(luck, 2) * 30 as integer) as opened_on,
                1 as openings
            ), true as is_cancelled
            from opened
            where part(luck, 1) < 0.15 and not is_internal
        )
        """
    )
    database.execute(
        """
        create table accepted as
        select
            openings.requisition_number,
            openings.opened_on,
            fills.*,
            fills.begins_on - 10 - cast(part(fills.luck, 0) * 25 as integer)
                as accepted_on
        from openings
        inner join fills
            on openings.department = fills.department
            and openings.title = fills.title
            and openings.branch = fills.branch
            and openings.is_internal = fills.is_internal
            and openings.quarter = date_trunc('quarter', fills.begins_on)
            and (openings.own is null or openings.own = fills.employment_id)
        where not openings.is_cancelled
        """
    )
    database.execute(
        """
        create table requisitions as
        with filled as (
            select requisition_number, max(accepted_on) as filled_on
            from accepted
            group by requisition_number
        )

        select
            openings.requisition_number,
            printf('R-%05d', openings.requisition_number) as requisition_id,
            case
                when part(openings.luck, 3) < 0.06
                    then openings.title || ' ("maternity cover")'
                when part(openings.luck, 3) < 0.12
                    then openings.title || '; ' || coalesce(
                        nullif(openings.branch, ''), 'any site'
                    )
                else openings.title
            end as title,
            openings.title as designation,
            openings.department,
            openings.branch,
            openings.openings,
            openings.is_cancelled,
            part(openings.luck, 1) > 0.9 and not openings.is_cancelled as was_on_hold,
            openings.opened_on,
            case
                when openings.is_cancelled
                    then openings.opened_on + 60
                        + cast(part(openings.luck, 3) * 60 as integer)
                else filled.filled_on
            end as closed_on
        from openings
        left join filled on openings.requisition_number = filled.requisition_number
        """
    )


def _create_applications(database: duckdb.DuckDBPyConnection, span: Span) -> None:
    """Create the applications: one accepted for each opening, and the others."""
    database.execute(
        """
        create table others as
        select
            requisition_number,
            opened_on,
            closed_on,
            chance('applicant', requisition_number, nth) as luck,
            chance('career', requisition_number, nth) as career,
            nth
        from (
            select
                requisition_number,
                opened_on,
                closed_on,
                unnest(range(openings * (2 + cast(part(
                    chance('interest', requisition_number, ''), 0
                ) * 11 as integer)))) as nth
            from requisitions
        )
        order by requisition_number, nth
        """
    )
    row = database.execute("select count(*) from others").fetchone()
    count = row[0] if row else 0
    random = np.random.default_rng([span.seed, 71])
    names = pa.table(
        {
            "name_number": pa.array(range(count), pa.int64()),
            "first_name": pa.array(first_names(random, count), pa.string()),
            "last_name": pa.array(last_names(random, count), pa.string()),
        }
    )
    database.register("candidate_names", names)
    database.execute(
        """
        create table applications as
        with named as (
            select *, row_number() over (order by requisition_number, nth) - 1
                as name_number
            from others
        ),

        everyone as (
            select
                accepted.requisition_number,
                people.first_name,
                people.last_name,
                accepted.employee_number,
                accepted.employment_id,
                accepted.person_id,
                accepted.is_internal,
                accepted.opened_on + cast(floor(
                    part(accepted.luck, 1)
                    * (accepted.accepted_on - accepted.opened_on - 18)
                ) as integer) as applied_on,
                accepted.accepted_on as decided_on,
                'Accepted' as outcome,
                5 as stages,
                accepted.luck,
                -1 as nth
            from accepted
            inner join people on accepted.person_id = people.person_id

            union all

            select
                named.requisition_number,
                names.first_name,
                names.last_name,
                null as employee_number,
                null as employment_id,
                null as person_id,
                false as is_internal,
                named.opened_on + cast(floor(
                    part(named.luck, 0)
                    * greatest(named.closed_on - named.opened_on - 4, 0)
                ) as integer) as applied_on,
                least(
                    named.closed_on,
                    applied_on + 3 + cast(part(named.luck, 1) * 40 as integer)
                ) as decided_on,
                case when part(named.luck, 2) < 0.82 then 'Rejected' else 'Withdrawn'
                end as outcome,
                case
                    when part(named.luck, 3) < 0.35 then 2
                    when part(named.luck, 3) < 0.75 then 3
                    when part(named.luck, 3) < 0.96 then 4
                    else 5
                end as stages,
                named.career as luck,
                named.nth
            from named
            inner join candidate_names as names
                on named.name_number = names.name_number
        ),

        numbered as (
            select
                *,
                row_number() over (
                    order by applied_on, requisition_number, nth, employment_id
                ) as application_number
            from everyone
        )

        select
            application_number,
            printf('A-%07d', application_number) as application_id,
            printf('R-%05d', requisition_number) as requisition_id,
            case
                when part(luck, 2) < 0.03
                    then first_name || ' "' || left(first_name, 3) || '" ' || last_name
                else first_name || ' ' || last_name
            end as candidate_name,
            lower(first_name || '.' || last_name) || application_number
            || '@mail.example' as candidate_email,
            employee_number,
            case
                when is_internal then 'internal'
                when part(luck, 3) < 0.35 then 'careers site'
                when part(luck, 3) < 0.60 then 'job board'
                when part(luck, 3) < 0.80 then 'referral'
                else 'agency; "preferred"'
            end as channel,
            outcome,
            is_internal,
            employment_id,
            person_id,
            stages,
            applied_on,
            decided_on,
            luck
        from numbered
        """
    )


def _create_stage_changes(database: duckdb.DuckDBPyConnection) -> None:
    comments = ", ".join("'" + text.replace("'", "''") + "'" for text in _COMMENTS)
    database.execute(
        f"""
        create table stage_changes as
        with steps as (
            select *, unnest(range(stages)) as step
            from applications
        ),

        dated as (
            select
                application_id,
                application_number,
                step,
                case
                    when step = stages - 1 then outcome
                    else ['Applied', 'Screening', 'Interview', 'Offer'][step + 1]
                end as stage,
                case
                    when step = 0 then applied_on
                    when step = stages - 1 then decided_on
                    else applied_on + cast(floor(
                        (decided_on - applied_on)
                        * [0, 0.2, 0.55, 0.85][step + 1]
                    ) as integer)
                end as changed_on,
                md5_number_lower(application_id || '|' || luck || '|' || step)
                    as comment_luck
            from steps
        )

        select
            printf('S-%08d', row_number() over (
                order by changed_on, application_number, step
            )) as stage_change_id,
            application_id,
            stage,
            changed_on,
            case when step > 0 then nullif([{comments}][
                cast(comment_luck % {len(_COMMENTS)} as integer) + 1
            ], '') end as comment
        from dated
        """
    )


def _write_ledger(database: duckdb.DuckDBPyConnection, home: Path) -> None:
    for table, query in (
        (
            "requisitions",
            """
            select
                requisition_id, title, designation, department, branch, openings,
                case when is_cancelled then 'Cancelled' else 'Filled' end as status,
                opened_on, closed_on
            from requisitions
            order by requisition_id
            """,
        ),
        (
            "applications",
            """
            select
                application_id, requisition_id, candidate_name, candidate_email,
                employee_number, channel, outcome, is_internal, employment_id,
                person_id, applied_on, decided_on
            from applications
            order by application_id
            """,
        ),
        ("stage_changes", "select * from stage_changes order by stage_change_id"),
    ):
        path = ledger_path(home, table)
        database.execute(f"copy ({query}) to '{path}' (format parquet)")


def _create_versions(database: duckdb.DuckDBPyConnection, span: Span) -> None:
    """Create what the system showed of each record, by the day it changed.

    A drop holds the newest state of what changed since the one before.
    """
    first = span.starts_on + timedelta(days=-span.starts_on.weekday() % 7)
    database.execute(
        f"""
        create macro day_text(day) as coalesce(strftime(day, '%d.%m.%Y'), '');

        create macro field_text(content) as case
            when regexp_matches(coalesce(content, ''), '[;"\\n\\r]')
                then '"' || replace(content, '"', '""') || '"'
            else coalesce(content, '')
        end;

        create macro drop_day(day) as greatest(
            date '{first}', cast(date_trunc('week', day) as date) + 7
        );
        """
    )
    database.execute(
        """
        create table requisitions_shown as
        with states as (
            select *, opened_on as changed_on, 'Open' as status from requisitions
            union all
            select *, opened_on + 14 as changed_on, 'On hold' as status
            from requisitions
            where was_on_hold
            union all
            select *, opened_on + 24 as changed_on, 'Open' as status
            from requisitions
            where was_on_hold
            union all
            select
                *,
                closed_on as changed_on,
                case when is_cancelled then 'Cancelled' else 'Filled' end as status
            from requisitions
        )

        select
            drop_day(changed_on) as dropped_on,
            requisition_id as id,
            concat_ws(
                ';',
                requisition_id,
                field_text(title),
                field_text(department),
                field_text(branch),
                day_text(opened_on),
                case when status in ('Filled', 'Cancelled')
                    then day_text(closed_on) else ''
                end,
                openings,
                status
            ) as line
        from states
        qualify row_number() over (
            partition by requisition_id, dropped_on order by changed_on desc
        ) = 1
        """
    )
    database.execute(
        """
        create table applications_shown as
        with changes as (
            select
                applications.*,
                changes.changed_on,
                changes.stage_change_id,
                case
                    when changes.stage = 'Applied' then 'New'
                    when changes.stage = 'Accepted' then 'Hired'
                    when changes.stage in ('Rejected', 'Withdrawn') then changes.stage
                    else 'In process'
                end as status
            from stage_changes as changes
            inner join applications
                on changes.application_id = applications.application_id
        )

        select
            drop_day(changed_on) as dropped_on,
            application_id as id,
            concat_ws(
                ';',
                application_id,
                requisition_id,
                field_text(candidate_name),
                candidate_email,
                day_text(applied_on),
                coalesce(employee_number, ''),
                status
            ) as line,
            field_text(channel) as channel_text
        from changes
        qualify row_number() over (
            partition by application_id, dropped_on order by stage_change_id desc
        ) = 1
        """
    )
    database.execute(
        """
        create table stage_changes_shown as
        select
            drop_day(changed_on) as dropped_on,
            stage_change_id as id,
            concat_ws(
                ';',
                stage_change_id,
                application_id,
                stage,
                day_text(changed_on),
                field_text(comment)
            ) as line,
            concat_ws(
                ';',
                stage_change_id,
                application_id,
                day_text(changed_on),
                field_text(comment)
            ) as line_without_stage
        from stage_changes
        """
    )


def _write_files(database: duckdb.DuckDBPyConnection, home: Path, span: Span) -> None:
    """Put each week's files into the outbox, those with a fault among them.

    Lines are counted in the file as a text editor does, the header being line 1.
    """
    half_way = span.day_at(0.5)
    bad_date_from = span.day_at(0.25)
    short_row_from = span.day_at(0.4)
    no_stage_from = span.day_at(0.6)
    faults: list[dict[str, object]] = []

    def fault(
        resource: str, name: str, line: int | None, kind: str, detail: str
    ) -> None:
        expected = "quarantined" if kind == "missing_column" else "rejected"
        faults.append(
            {
                "source": SOURCE,
                "resource": resource,
                "file": name,
                "line": line,
                "kind": kind,
                "detail": detail,
                "expected": expected,
            }
        )

    for resource in HEADERS:
        seen: set[str] = set()
        for dropped_on, rows in _drops(database, resource, span, half_way):
            name = f"{resource}_{dropped_on.isoformat()}.csv"
            due = datetime.combine(dropped_on, DELIVERED_AT)
            columns = HEADERS[resource]
            if resource == "applications" and dropped_on < half_way:
                columns = columns[:-1]
            kind = ""
            if resource == "applications" and dropped_on >= bad_date_from:
                kind = "impossible_date"
            elif resource == "requisitions" and dropped_on >= short_row_from:
                kind = "too_few_columns"
            elif resource == "stage_changes" and dropped_on >= no_stage_from:
                kind = "missing_column"
            if kind in seen:
                kind = ""
            seen.add(kind)
            if kind == "impossible_date":
                bad = (
                    "A-9999901;R-00001;Nobody Atall;nobody@mail.example;"
                    f"31.02.{dropped_on.year};;New"
                )
                bad += ";job board" if len(columns) == len(HEADERS[resource]) else ""
                rows = _with_second_line(rows, bad)
                fault(resource, name, 3, kind, "applied_on is a 31 February")
            elif kind == "too_few_columns":
                rows = _with_second_line(rows, "R-99999;Cut short")
                fault(resource, name, 3, kind, "two columns of eight")
            elif kind == "missing_column":
                again = due + timedelta(days=7)
                delivery.put(home, SOURCE, again, name, _file(columns, rows))
                columns = tuple(column for column in columns if column != "stage")
                rows = _rows_without_stage(database, dropped_on)
                fault(resource, name, None, kind, "no stage; sent whole a week later")
            delivery.put(home, SOURCE, due, name, _file(columns, rows))
    faults.sort(key=lambda row: str(row["file"]))
    write_faults(home, SOURCE, faults)


def _drops(
    database: duckdb.DuckDBPyConnection, resource: str, span: Span, half_way: date
) -> list[tuple[date, bytes]]:
    line = "line"
    if resource == "applications":
        line = (
            f"case when dropped_on >= date '{half_way}' "
            "then line || ';' || channel_text else line end"
        )
    table = database.execute(
        f"""
        select dropped_on as file_key, {line} || '{_LINE_END}' as line
        from {resource}_shown
        where dropped_on < date '{span.horizon}'
        order by dropped_on, id
        """
    ).to_arrow_table()
    return [
        (key, content)
        for key, content in delivery.files_of(table)
        if isinstance(key, date)
    ]


def _rows_without_stage(database: duckdb.DuckDBPyConnection, dropped_on: date) -> bytes:
    table = database.execute(
        f"""
        select dropped_on as file_key, line_without_stage || '{_LINE_END}' as line
        from stage_changes_shown
        where dropped_on = date '{dropped_on}'
        order by id
        """
    ).to_arrow_table()
    return b"".join(content for _, content in delivery.files_of(table))


def _with_second_line(rows: bytes, line: str) -> bytes:
    """Put a row after the first one; no row before it spans lines."""
    first, *rest = rows.splitlines(keepends=True)
    return b"".join([first, line.encode() + _LINE_END.encode(), *rest])


def _file(columns: tuple[str, ...], rows: bytes) -> bytes:
    return _BOM + ";".join(columns).encode() + _LINE_END.encode() + rows
