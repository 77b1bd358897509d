"""The attendance app: punches from phones, one gzip file of JSON lines each day.

Worked sessions are simulated first, in UTC, and kept as the truth; the punches tell
them the way phones do: resent, late, out of order, with check-ins and check-outs
missing and a few clocks ahead. The day's file holds what arrived on that UTC day and
is delivered early on the next one.

A run of days is simulated at a time, so memory does not grow with the company.
"""

import gzip
import json
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from demo import delivery
from demo.spells import (
    Progress,
    Span,
    connect,
    create_spells,
    ledger_path,
    read_span,
)
from demo.vocabulary import BRANCHES

SOURCE = "attendance"
RESOURCE = "punches"
DELIVERED_AT = time(2, 15)
"""When the file of the day before is delivered, UTC."""

APP_SHARE = 0.62
"""Share of the people with an app account who punch; the rest work on trust."""

SHIFT_DEPARTMENTS = ("Customer Support", "Logistics", "Production")
"""Where some have turns: now and then an early shift follows upon a late one."""

SEASONS = (
    ("Customer Support", (8, 1), (12, 21)),
    ("Logistics", (8, 1), (12, 21)),
    ("Production", (1, 12), (6, 15)),
)
"""Each department's busy season in every year: in it, some work long weeks."""

TURNS_SHARE = 0.35
"""Share of the people in those departments who have turns."""

TURN_WEEKS_SHARE = 0.1
"""Share of their weeks with a late shift on Wednesday and an early one on Thursday."""

LONG_WEEKS_SHARE = 0.3
"""Share of a department's people who work long weeks in a season."""

LONGER_MINUTES = 150
"""By how much each of their shifts is then longer."""

_COMPRESSION = 3
_WORKER_DAYS_AT_ONCE = 300_000

SESSION_COLUMNS = """
    session_id, person_id, employment_id, branch, started_at, ended_at,
    in_event_id, out_event_id, is_in_missing, is_out_missing,
    worked_on, in_device_at, out_device_at, clock_ahead_minutes
"""


@dataclass
class Faults:
    """The days whose file goes wrong, and what the ledger will say about each."""

    truncated_on: date
    bad_lines_on: date
    empty_on: date
    same_name_on: date
    other_name_on: date
    rows: list[dict[str, object]] = field(default_factory=list)

    def add(self, name: str, line: int | None, kind: str, detail: str) -> None:
        """Note a fault; what is expected of it follows from its kind."""
        expected = {
            "bad_line": "rejected",
            "truncated": "quarantined",
            "empty": "quarantined",
            "delivered_twice": "already_known",
        }
        self.rows.append(
            {
                "source": SOURCE,
                "resource": RESOURCE,
                "file": name,
                "line": line,
                "kind": kind,
                "detail": detail,
                "expected": expected[kind],
            }
        )


def write_all(home: Path, on_progress: Progress | None = None) -> None:
    """Simulate all worked sessions and fill the outbox with the files of punches.

    Writes the ledger's `worked_sessions` and `faults_attendance`. Beyond what the
    ledger says, a session holds the instants its phone said (`in_device_at`,
    `out_device_at`, UTC, null where the punch is missing) and the local day it began.

    Args:
        home: The warehouse's root folder, MUSTER_HOME.
        on_progress: Called after each run of days.
    """
    span = read_span(home)
    delivery.reset(home, SOURCE)
    faults = _plan_faults(span)
    with (
        connect(home, span) as database,
        ThreadPoolExecutor(max_workers=2) as packers,
    ):
        create_spells(database, "branch", span.horizon)
        create_spells(database, "department", span.horizon)
        _create_zones(database, span)
        _create_workers(database, span)
        _create_strains(database, span)
        _create_absences(database, home)
        periods = _periods(database, span)
        sessions_path = ledger_path(home, "worked_sessions")
        writer: pq.ParquetWriter | None = None
        known = 0
        for done, (start, end) in enumerate(periods, start=1):
            _create_sessions(database, start, end, known)
            sessions = database.execute(
                f"select {SESSION_COLUMNS} from sessions order by session_id"
            ).to_arrow_table()
            known += sessions.num_rows
            writer = writer or pq.ParquetWriter(sessions_path, sessions.schema)
            writer.write_table(sessions)
            _add_punches(database)
            lines = _take_lines(database, end if end < span.horizon else None)
            list(packers.map(_packer(home, faults), delivery.files_of(lines)))
            if on_progress:
                on_progress("attendance: punches", done, len(periods))
        if writer:
            writer.close()
    faults.rows.sort(key=lambda row: (str(row["file"]), row["line"] or 0))
    write_faults(home, SOURCE, faults.rows)


def deliver(home: Path, inbox: Path, clock: datetime) -> list[str]:
    """Deliver the files due by the clock; see `demo.delivery.deliver`."""
    return delivery.deliver(home, SOURCE, inbox, clock)


def write_faults(home: Path, source: str, rows: list[dict[str, object]]) -> None:
    """Write a source's faults to the ledger.

    Args:
        home: The warehouse's root folder, MUSTER_HOME.
        source: The source.
        rows: Faults, with the columns of the ledger's `faults`.
    """
    schema = pa.schema(
        [
            ("source", pa.string()),
            ("resource", pa.string()),
            ("file", pa.string()),
            ("line", pa.int64()),
            ("kind", pa.string()),
            ("detail", pa.string()),
            ("expected", pa.string()),
        ]
    )
    table = pa.Table.from_pylist(rows, schema=schema)
    pq.write_table(table, ledger_path(home, f"faults_{source}"))


def _periods(
    database: duckdb.DuckDBPyConnection, span: Span
) -> list[tuple[date, date]]:
    """Cut the span into runs of days that keep memory bounded."""
    row = database.execute("select count(*) from workers").fetchone()
    workers = row[0] if row else 0
    days = timedelta(days=max(2, min(180, _WORKER_DAYS_AT_ONCE // max(1, workers))))
    periods = []
    start = span.starts_on
    while start < span.horizon:
        end = min(start + days, span.horizon)
        periods.append((start, end))
        start = end
    return periods


def _plan_faults(span: Span) -> Faults:
    """Choose a Tuesday for each fault: every site works on it, and the day after."""

    def tuesday(share: float) -> date:
        day = span.day_at(share)
        return day + timedelta(days=(1 - day.weekday()) % 7)

    return Faults(
        truncated_on=tuesday(0.2),
        bad_lines_on=tuesday(0.35),
        empty_on=tuesday(0.5),
        same_name_on=tuesday(0.65),
        other_name_on=tuesday(0.8),
    )


def _create_zones(database: duckdb.DuckDBPyConnection, span: Span) -> None:
    """Create the branches' UTC offsets, and the nights on which a zone changes its."""
    first = datetime.combine(span.starts_on, time(), UTC) - timedelta(days=400)
    last = datetime.combine(span.horizon, time(), UTC) + timedelta(days=10)
    offsets = [
        (name, instant.replace(tzinfo=None), minutes)
        for name in sorted({branch.time_zone for branch in BRANCHES})
        for instant, minutes in _offsets(ZoneInfo(name), first, last)
    ]
    database.execute(
        "create table offsets (time_zone text, utc_from timestamp, minutes integer)"
    )
    database.executemany("insert into offsets values (?, ?, ?)", offsets)
    database.execute(
        """
        alter table offsets add column local_from timestamp;
        update offsets set local_from = utc_from + to_minutes(minutes);
        alter table offsets add column utc_until timestamp;
        update offsets set utc_until = coalesce(
            (
                select min(later.utc_from)
                from offsets as later
                where later.time_zone = offsets.time_zone
                    and later.utc_from > offsets.utc_from
            ),
            timestamp '9999-12-31'
        );
        alter table offsets add column local_until timestamp;
        update offsets set local_until = coalesce(
            (
                select min(later.local_from)
                from offsets as later
                where later.time_zone = offsets.time_zone
                    and later.utc_from > offsets.utc_from
            ),
            timestamp '9999-12-31'
        );
        """
    )
    database.execute("create table zones (branch text, time_zone text)")
    database.executemany(
        "insert into zones values (?, ?)",
        [(branch.branch, branch.time_zone) for branch in BRANCHES],
    )
    database.execute(
        f"""
        create table changing_nights as
        select time_zone, cast(local_from - interval 1 day as date) as night_on
        from offsets
        where utc_from > timestamp '{first:%Y-%m-%d %H:%M:%S}'
        """
    )


def _offsets(
    zone: ZoneInfo, first: datetime, last: datetime
) -> Iterator[tuple[datetime, int]]:
    """Give a zone's UTC offsets in minutes, each with the instant it begins."""

    def minutes_at(instant: datetime) -> int:
        offset = instant.astimezone(zone).utcoffset() or timedelta()
        return offset // timedelta(minutes=1)

    known = minutes_at(first)
    yield first, known
    day = first
    while day < last:
        next_day = day + timedelta(days=1)
        if minutes_at(next_day) != known:
            while minutes_at(day) == known:
                day += timedelta(hours=1)
            known = minutes_at(day)
            yield day, known
        day = next_day


def _create_workers(database: duckdb.DuckDBPyConnection, span: Span) -> None:
    """Create who punches, and how: two in each branch always work at night."""
    database.execute(
        f"""
        create table workers as
        with ranked as (
            select
                employments.person_id,
                row_number() over (
                    partition by employments.branch
                    order by
                        employments.started_on > date '{span.starts_on}',
                        employments.ended_on is not null,
                        chance('night', employments.person_id, ''),
                        employments.employment_id
                ) as branch_rank
            from employments
            inner join zones on employments.branch = zones.branch
            inner join people on employments.person_id = people.person_id
            where people.attendance_user_id is not null
        ),

        best as (
            select person_id, min(branch_rank) as branch_rank
            from ranked
            group by person_id
        ),

        drawn as (
            select
                people.person_id,
                people.attendance_user_id as user_id,
                coalesce(best.branch_rank, 999) as branch_rank,
                chance('worker', people.person_id, '') as luck,
                chance('habit', people.person_id, '') as habit
            from people
            left join best on people.person_id = best.person_id
            where people.attendance_user_id is not null
        )

        select
            person_id,
            user_id,
            case
                when branch_rank <= 2 or part(luck, 1) < 0.06 then 'night'
                when part(luck, 1) < 0.16 then 'late'
                else 'day'
            end as shift,
            branch_rank = 1 or part(luck, 2) < 0.22 as has_punched_break,
            branch_rank = 1 as is_first,
            cast(floor(part(habit, 0) * 121) as integer) - 60 as habit_minutes,
            lower(to_hex(luck & 4294967295)) as device_id,
            lower(to_hex(habit & 4294967295)) as next_device_id,
            -- One in ten changes phones, at some time.
            case when part(habit, 2) < 0.1
                then date '{span.starts_on}'
                    + cast(part(habit, 3) * 1000 as integer)
            end as next_device_on
        from drawn
        where branch_rank <= 2 or part(luck, 0) < {APP_SHARE}
        """
    )


def _create_strains(database: duckdb.DuckDBPyConnection, span: Span) -> None:
    """Create when somebody has turns, and when they work long weeks.

    It is what the law has limits for: too little rest between two shifts, and too many
    hours in the mean of seventeen weeks.
    """
    database.execute(
        f"""
        create table turns as
        select employment_id, from_on, until_on
        from department_spells
        where
            regexp_replace(department, ' - [A-Z]+$', '') in {SHIFT_DEPARTMENTS}
            and part(chance('turns', person_id, ''), 0) < {TURNS_SHARE}
        """
    )
    database.execute(
        "create table seasons (department text, season_from date, season_until date)"
    )
    database.executemany(
        "insert into seasons values (?, ?, ?)",
        [
            (department, date(year, *first), date(year, *end))
            for year in range(span.starts_on.year, span.horizon.year + 1)
            for department, first, end in SEASONS
        ],
    )
    database.execute(
        f"""
        create table long_weeks as
        select
            spells.employment_id,
            greatest(spells.from_on, seasons.season_from) as from_on,
            least(spells.until_on, seasons.season_until) as until_on
        from department_spells as spells
        inner join seasons
            on regexp_replace(spells.department, ' - [A-Z]+$', '') = seasons.department
            and spells.from_on < seasons.season_until
            and spells.until_on > seasons.season_from
        where
            part(chance('season', spells.person_id, seasons.season_from), 0)
            < {LONG_WEEKS_SHARE}
        """
    )


def _create_absences(database: duckdb.DuckDBPyConnection, home: Path) -> None:
    """Create the days on which an approved leave keeps someone away all day."""
    path = ledger_path(home, "leaves")
    if not path.exists():
        database.execute("create table absences (employment_id bigint, absent_on date)")
        return
    database.execute(
        f"""
        create table absences as
        select distinct
            employment_id,
            cast(unnest(range(from_on, to_on + 1, interval 1 day)) as date) as absent_on
        from read_parquet('{path}')
        where status = 'Approved' and not is_half_day
        """
    )


def _create_sessions(
    database: duckdb.DuckDBPyConnection, start: date, end: date, known: int
) -> None:
    """Create the sessions that begin on a period's local days.

    Shifts begin and end by the clock on the wall, so a night over a change of the
    clocks is an hour shorter or longer; breaks are counted from the shift's beginning.
    At most one punch of a shift is missing, and never a first check-in on a first day
    in a branch: two neighbouring ones would make one session out of two.
    """
    database.execute(
        f"""
        create or replace temp table offsets_now as
        select *
        from offsets
        where utc_from < date '{end}' + 3 and utc_until > date '{start}' - 3
        """
    )
    database.execute(
        f"""
        create or replace temp table shifts as
        with days as materialized (
            select
                cast(day as date) as worked_on,
                datediff('day', date '2000-01-01', day) as day_number,
                isodow(day) <= 5
                and strftime(day, '%m-%d') not in ('01-01', '12-25', '12-26')
                    as is_weekday
            from generate_series(
                date '{start}', date '{end}' - interval 1 day, interval 1 day
            ) as t (day)
        ),

        planned as (
            select
                spells.employment_id,
                spells.person_id,
                spells.branch,
                zones.time_zone,
                spells.from_on,
                workers.* exclude (person_id, shift),
                case
                    when workers.shift = 'night' or turns.employment_id is null
                        or part(
                            quick_chance(
                                'turn', spells.person_id, yearweek(days.worked_on)
                            ), 0
                        ) >= {TURN_WEEKS_SHARE}
                        then workers.shift
                    when isodow(days.worked_on) = 3 then 'late'
                    when isodow(days.worked_on) = 4 then 'early'
                    else workers.shift
                end as shift,
                case
                    when workers.shift = 'night' or long_weeks.employment_id is null
                        then 0
                    else {LONGER_MINUTES}
                end as longer_minutes,
                days.worked_on,
                coalesce(nights.night_on = days.worked_on, false)
                and workers.shift = 'night' as is_changing_night
            from branch_spells as spells
            inner join zones on spells.branch = zones.branch
            inner join workers on spells.person_id = workers.person_id
            inner join days
                on days.worked_on >= spells.from_on
                and days.worked_on < spells.until_on
            left join changing_nights as nights
                on zones.time_zone = nights.time_zone
                and days.worked_on = nights.night_on
            left join turns
                on spells.employment_id = turns.employment_id
                and days.worked_on >= turns.from_on
                and days.worked_on < turns.until_on
            left join long_weeks
                on spells.employment_id = long_weeks.employment_id
                and days.worked_on >= long_weeks.from_on
                and days.worked_on < long_weeks.until_on
            anti join absences
                on spells.employment_id = absences.employment_id
                and days.worked_on = absences.absent_on
            where
                is_changing_night
                or case
                    when workers.shift = 'night'
                        then (days.day_number + spells.person_id) % 7 < 5
                    else days.is_weekday
                end
        ),

        drawn as (
            select
                *,
                quick_chance('shift', person_id, worked_on) as luck,
                part(quick_chance('week', person_id, yearweek(worked_on)), 0) < 0.03
                    as is_week_off
            from planned
        ),

        worked as (
            select
                * exclude (is_week_off, is_changing_night),
                quick_chance('trouble', person_id, worked_on) as trouble
            from drawn
            where is_changing_night or (not is_week_off and part(luck, 0) >= 0.03)
        ),

        walls as (
            select
                *,
                worked_on + to_minutes(habit_minutes + case shift
                    when 'early' then 6 * 60
                    when 'day' then 8 * 60
                    when 'late' then 13 * 60 + 30
                    else 22 * 60
                end) + to_seconds(cast(floor(part(luck, 1) * 1500) as integer) - 600)
                    as wall_start,
                case
                    when shift = 'night'
                        then worked_on + interval 30 hour + to_minutes(habit_minutes)
                            + to_seconds(cast(floor(part(luck, 2) * 1800) as integer))
                    else wall_start + interval 8 hour + to_minutes(longer_minutes)
                        + to_seconds(cast(floor(part(luck, 2) * 4500) as integer))
                end as wall_end
            from worked
        )

        select
            walls.*,
            walls.wall_start - to_minutes(starting.minutes) as started_at,
            walls.wall_end - to_minutes(ending.minutes) as ended_at,
            part(trouble, 0) as missing_draw,
            case when has_punched_break
                then started_at + interval 4 hour
                    + to_seconds(cast(floor(part(luck, 3) * 1200) as integer))
            end as break_at,
            break_at + interval 30 minute
            + to_seconds(cast(floor(part(trouble, 1) * 1200) as integer)) as back_at
        from walls
        inner join offsets_now as starting
            on walls.time_zone = starting.time_zone
            and walls.wall_start >= starting.local_from
            and walls.wall_start < starting.local_until
        inner join offsets_now as ending
            on walls.time_zone = ending.time_zone
            and walls.wall_end >= ending.local_from
            and walls.wall_end < ending.local_until
        """
    )
    # A wrong clock is a phone's for a month; the first worker's of each branch is
    # wrong every fifth month, so that there is always one.
    database.execute(
        f"""
        create or replace temp table sessions as
        with clocks as (
            select
                person_id,
                month_start,
                chance('clock', person_id, month_start) as clock_luck
            from (
                select distinct
                    person_id,
                    cast(date_trunc('month', worked_on) as date) as month_start
                from shifts
            )
        ),

        halves as (
            select
                shifts.*,
                clocks.clock_luck,
                1 as half,
                shifts.started_at as session_start,
                coalesce(shifts.break_at, shifts.ended_at) as session_end
            from shifts
            inner join clocks
                on shifts.person_id = clocks.person_id
                and date_trunc('month', shifts.worked_on) = clocks.month_start

            union all

            select
                shifts.*,
                clocks.clock_luck,
                2 as half,
                shifts.back_at as session_start,
                shifts.ended_at as session_end
            from shifts
            inner join clocks
                on shifts.person_id = clocks.person_id
                and date_trunc('month', shifts.worked_on) = clocks.month_start
            where shifts.break_at is not null
        ),

        flagged as (
            select
                *,
                case half
                    when 1 then missing_draw between 0.020 and 0.026
                        and worked_on > from_on
                    else missing_draw between 0.030 and 0.034
                end as is_in_missing,
                case
                    when half = 2 or break_at is null then missing_draw < 0.014
                    else missing_draw between 0.040 and 0.044
                end as is_out_missing,
                case
                    when (is_first and month(worked_on) % 5 = 2)
                        or part(clock_luck, 0) < 0.004
                        then 6 + cast(floor(part(clock_luck, 1) * 40) as integer)
                    else 0
                end as clock_ahead_minutes,
                printf('%016x', trouble) || half as event_key
            from halves
        )

        select
            {known} + row_number() over (
                order by session_start, person_id
            ) as session_id,
            person_id,
            employment_id,
            branch,
            session_start as started_at,
            session_end as ended_at,
            case when not is_in_missing then 'i' || event_key end as in_event_id,
            case when not is_out_missing then 'o' || event_key end as out_event_id,
            is_in_missing,
            is_out_missing,
            worked_on,
            case when not is_in_missing
                then session_start + to_minutes(clock_ahead_minutes)
            end as in_device_at,
            case when not is_out_missing
                then session_end + to_minutes(clock_ahead_minutes)
            end as out_device_at,
            clock_ahead_minutes,
            user_id,
            time_zone,
            case when worked_on >= next_device_on then next_device_id else device_id
            end as device_id,
            case
                when part(trouble, 2) < 0.02
                    then ended_at
                        + to_minutes(360 + cast(part(trouble, 3) * 5400 as integer))
            end as online_again_at
        from flagged
        """
    )


def _add_punches(database: duckdb.DuckDBPyConnection) -> None:
    """Add the sessions' punches to the table `pending`, with the day they arrive.

    A phone without a network sends its shift's punches when it has one again. One
    punch in a hundred is sent twice, the same line in the same or in a later file.
    """
    database.execute(
        """
        create table if not exists pending (
            file_on date, position double, event_id text, line text
        )
        """
    )
    database.execute(
        """
        insert into pending
        with punches as (
            select
                in_event_id as event_id, 'IN' as punch_type, started_at as punched_at,
                in_device_at as device_at, user_id, time_zone, device_id,
                online_again_at
            from sessions
            where not is_in_missing

            union all

            select
                out_event_id as event_id, 'OUT' as punch_type, ended_at as punched_at,
                out_device_at as device_at, user_id, time_zone, device_id,
                online_again_at
            from sessions
            where not is_out_missing
        ),

        arrived as (
            select
                punches.*,
                offsets.minutes,
                hash(punches.event_id) as luck,
                coalesce(punches.online_again_at, punches.punched_at)
                + to_seconds(1 + cast(
                    floor(part(hash(punches.event_id), 0) * 40) as integer
                )) as arrival_at
            from punches
            inner join offsets_now as offsets
                on punches.time_zone = offsets.time_zone
                and punches.device_at >= offsets.utc_from
                and punches.device_at < offsets.utc_until
        ),

        rendered as (
            select
                event_id,
                luck,
                arrival_at,
                '{"event_id": "' || event_id
                || '", "user_id": "' || user_id
                || '", "type": "' || punch_type
                || '", "device_time": "'
                || strftime(device_at + to_minutes(minutes), '%Y-%m-%dT%H:%M:%S')
                || case when minutes < 0 then '-' else '+' end
                || lpad(cast(abs(minutes) // 60 as varchar), 2, '0') || ':'
                || lpad(cast(abs(minutes) % 60 as varchar), 2, '0')
                || '", "arrival_time": "' || strftime(arrival_at, '%Y-%m-%dT%H:%M:%SZ')
                || '", "device_id": "ph-' || device_id || '"}' || chr(10) as line
            from arrived
        )

        select
            cast(arrival_at as date) as file_on,
            epoch(arrival_at) + part(luck, 1) * 7200 as position,
            event_id,
            line
        from rendered

        union all

        select
            cast(arrival_at as date) + case when part(luck, 2) < 0.005
                then 0 else 1 + cast(floor(part(luck, 3) * 3) as integer)
            end as file_on,
            epoch(arrival_at) + part(luck, 3) * 86400 as position,
            event_id,
            line
        from rendered
        where part(luck, 2) < 0.01
        """
    )


def _take_lines(database: duckdb.DuckDBPyConnection, before: date | None) -> pa.Table:
    """Take the pending lines of the files that are complete, in their order."""
    complete = "true" if before is None else f"file_on < date '{before}'"
    lines = database.execute(
        f"""
        select file_on as file_key, line
        from pending
        where {complete}
        order by file_on, position, event_id
        """
    ).to_arrow_table()
    database.execute(
        f"""
        create or replace table pending as
        select * from pending where not ({complete})
        """
    )
    return lines


def _packer(home: Path, faults: Faults) -> Callable[[tuple[object, bytes]], None]:
    """Give what puts a day's file, with its fault if it has one, into the outbox."""

    def pack(file: tuple[object, bytes]) -> None:
        day, content = file
        if not isinstance(day, date):
            message = f"a file of punches is named by its day, not by {day!r}"
            raise TypeError(message)
        stem = f"punches_{day.isoformat()}"
        name = f"{stem}.jsonl.gz"
        due = datetime.combine(day + timedelta(days=1), DELIVERED_AT)
        again = due + timedelta(days=1)
        if day == faults.bad_lines_on:
            content = _with_bad_lines(content, day, name, faults)
        packed = gzip.compress(content, _COMPRESSION, mtime=0)
        first = packed
        if day == faults.truncated_on:
            first = packed[: len(packed) * 3 // 5]
            faults.add(
                name, None, "truncated", "ends in the middle; sent whole a day later"
            )
            delivery.put(home, SOURCE, again, name, packed)
        if day == faults.empty_on:
            first = b""
            faults.add(name, None, "empty", "holds no byte; sent whole a day later")
            delivery.put(home, SOURCE, again, name, packed)
        if day == faults.same_name_on:
            faults.add(name, None, "delivered_twice", "the same a day later")
            delivery.put(home, SOURCE, again, name, packed)
        if day == faults.other_name_on:
            other = f"{stem}_resent.jsonl.gz"
            faults.add(other, None, "delivered_twice", f"the same as {name}")
            delivery.put(home, SOURCE, again, other, packed)
        delivery.put(home, SOURCE, due, name, first)

    return pack


def _with_bad_lines(content: bytes, day: date, name: str, faults: Faults) -> bytes:
    """Put ten lines that are no punches between the good ones, and note each."""
    good = {
        "event_id": "bad-1",
        "user_id": "app-unknown",
        "type": "IN",
        "device_time": f"{day}T09:00:00+00:00",
        "arrival_time": f"{day}T09:00:05Z",
        "device_id": "ph-00000000",
    }

    def without(column: str) -> str:
        return json.dumps({key: good[key] for key in good if key != column})

    def changed(column: str, value: object) -> str:
        return json.dumps({**good, column: value})

    bad = (
        (json.dumps(good)[:70], "cut in the middle of a value"),
        ("<html><body>502 Bad Gateway</body></html>", "not JSON"),
        (without("event_id"), "no event_id"),
        (without("user_id"), "no user_id"),
        (without("type"), "no type"),
        (changed("type", "INN"), "type is INN"),
        (changed("device_time", f"{day.year}-02-31T09:00:00+00:00"), "no such date"),
        (changed("device_time", f"{day}T25:61:00+00:00"), "no such hour"),
        (changed("device_time", 1700000000), "device_time is a number"),
        (changed("arrival_time", "soon"), "arrival_time is no time"),
    )
    lines = content.splitlines(keepends=True)
    step = max(1, len(lines) // (len(bad) + 1))
    for number, (line, detail) in enumerate(bad, start=1):
        position = min(number * step, len(lines))
        lines.insert(position, line.encode() + b"\n")
        faults.add(name, position + 1, "bad_line", detail)
    return b"".join(lines)
