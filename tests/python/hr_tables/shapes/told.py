"""What is left of the truth in each shape, as data and a few loops.

`LIMITS` says of each shape on which days it was looked at and what it carries. From
that and the ledger alone `stays` gives the people's employments as anybody could know
them from the export, and the functions below count those.
"""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from itertools import pairwise
from typing import Literal, NamedTuple

from oracle.employment import UNASSIGNED

from shapes.export import (
    DATABASE_CODE,
    EVE,
    EXPORTERS,
    LAST_DAY,
    LIST_DAYS,
    PAY_MONTHS,
    SNAPSHOT_DAYS,
    department,
    number,
    paid_in,
    paid_job,
    yearly_pay,
)
from shapes.truth import (
    FIRST_MONTH,
    LAST_MONTH,
    ONE_DAY,
    Fields,
    Spell,
    Stay,
    Truth,
    month_ends,
    spells,
)

MONTHS = [day.replace(day=1) for day in month_ends(FIRST_MONTH, LAST_MONTH)]
"""The months that are compared, by their first days."""

Dated = Literal["dated", "seen", "unknown"]
"""Whether a day is in the export, or is when a row came or went, or is neither."""


@dataclass(frozen=True)
class Limits:
    """What an export can tell.

    Attributes:
        code: What begins its people's numbers.
        looks: The days of which it tells jobs; None where each change is dated.
        hires: How it tells of hires.
        exits: How it tells of exits.
        gone_since: The first day of which it tells of leavers; None for all days.
        has_kind: Whether it says why somebody left.
        counted_from: The first month-end at which its people can be counted.
        cells: Of which month-ends it can say who was in which department, and as what;
            None for each one from `counted_from` on.
        has_moves: Whether it tells of transfers.
        moved_from: The first month of which it can tell who came and who left.
        has_sex: Whether it says anybody's sex.
        has_hours: Whether it says anybody's hours.
        has_pay: Whether it says what anybody is paid.
    """

    code: str
    looks: tuple[date, ...] | None = None
    hires: Dated = "dated"
    exits: Dated = "dated"
    gone_since: date | None = None
    has_kind: bool = True
    counted_from: date = EVE
    cells: tuple[date, ...] | None = None
    has_moves: bool = True
    moved_from: date = FIRST_MONTH
    has_sex: bool = True
    has_hours: bool = True
    has_pay: bool = False


CODES = {name: code for name, (code, _) in EXPORTERS.items()}

LIMITS: dict[str, Limits] = {
    "history": Limits(CODES["history"], has_pay=True),
    "database": Limits(DATABASE_CODE, has_pay=True),
    "actions": Limits(CODES["actions"]),
    # Its jobs are those of a month's end; hires and exits bear their days.
    "periods": Limits(
        CODES["periods"],
        looks=tuple(month_ends(EVE, LAST_MONTH)),
        gone_since=EVE.replace(day=1),
    ),
    # Whoever left did so by the first workbook without them.
    "snapshots": Limits(
        CODES["snapshots"], looks=tuple(SNAPSHOT_DAYS), exits="seen", has_kind=False
    ),
    # Nobody who left is in it: what was before its day is nobody's headcount.
    "today": Limits(
        CODES["today"],
        looks=(LAST_DAY,),
        exits="unknown",
        counted_from=LAST_DAY,
        moved_from=LAST_DAY,
        has_moves=False,
        has_hours=False,
    ),
    "undated": Limits(
        CODES["undated"],
        looks=(LAST_DAY,),
        hires="unknown",
        exits="unknown",
        counted_from=LAST_DAY,
        moved_from=LAST_DAY,
        has_moves=False,
        has_sex=False,
        has_hours=False,
    ),
    # It says who was there ever, but who was where only of the days of its exports.
    "german": Limits(
        CODES["german"],
        looks=tuple(LIST_DAYS),
        cells=tuple(LIST_DAYS),
        has_moves=False,
    ),
    "leavers": Limits(
        CODES["leavers"],
        looks=(LAST_DAY,),
        cells=(LAST_DAY,),
        has_moves=False,
        has_hours=False,
    ),
    # Who is paid for some days of a month counts at its end, and leaves in the next.
    "payments": Limits(
        CODES["payments"],
        looks=tuple(PAY_MONTHS),
        hires="seen",
        exits="seen",
        has_kind=False,
        counted_from=PAY_MONTHS[0],
        moved_from=date(2025, 8, 1),
        has_sex=False,
        has_hours=False,
        has_pay=True,
    ),
}
"""The limits of each export, by the name of its mapping."""


class Head(NamedTuple):
    """Somebody at the close of a month; None where the export cannot say."""

    department: str | None
    designation: str | None


class Move(NamedTuple):
    """A hire, a rehire or an exit."""

    number: str
    month: date
    kind: str
    exit_kind: str | None


class Turnover(NamedTuple):
    """Who left a department in twelve months, and of how many."""

    headcount_mean: float
    exits: int
    exits_voluntary: int


def counted_ends(limits: Limits) -> list[date]:
    """The month-ends at which an export's people can be counted."""
    return [day for day in month_ends(EVE, LAST_MONTH) if day >= limits.counted_from]


def stays(truth: Truth, limits: Limits) -> list[Stay]:
    """The employments as the export tells them, by its own numbers and names."""
    if limits.code == CODES["payments"]:
        held = paid_stays(truth)
    else:
        held = [
            stay
            for each in truth.stays
            if (stay := seen(each.at_hand(), limits)) is not None
        ]
    return [renamed(stay, limits.code) for stay in followed(held)]


def seen(stay: Stay, limits: Limits) -> Stay | None:
    """An employment as it was seen on the days of the looks; None if it never was."""
    if not limits.has_kind:
        stay = replace(stay, exit_kind=None)
    if limits.looks is None:
        return stay
    there = [day for day in limits.looks if has_row(stay, day, limits)]
    if not there:
        return None
    later = [day for day in limits.looks if day > there[-1]]
    started_on = there[0] if limits.hires == "unknown" else stay.started_on
    ended_on = stay.ended_on
    if limits.exits != "dated":
        ended_on = later[0] if later and limits.exits == "seen" else None
    jobs = [(started_on if day == there[0] else day, stay.job(day)) for day in there]
    return replace(
        stay,
        started_on=started_on,
        ended_on=ended_on,
        jobs=spells(jobs, ended_on),
        hours=seen_hours(stay, there, started_on),
    )


def has_row(stay: Stay, day: date, limits: Limits) -> bool:
    """Whether the export of a day has a row of the employment.

    Who left is in a list all the same, and in a leavers' list, with the last job.
    """
    if stay.ended_on is None or limits.exits != "dated" or stay.contains(day):
        return stay.contains(day)
    is_late = limits.gone_since is None or stay.ended_on >= limits.gone_since
    return stay.started_on <= day and is_late


def paid_stays(truth: Truth) -> list[Stay]:
    """The employments that pay lists tell: as long as a month follows on a month."""
    paid = {day: paid_in(truth, day) for day in PAY_MONTHS}
    found = []
    for own in sorted({own for lists in paid.values() for own in lists}):
        runs: list[list[date]] = []
        for day in PAY_MONTHS:
            if own in paid[day]:
                is_new = not runs or runs[-1][-1] != day.replace(day=1) - ONE_DAY
                runs += [[day]] if is_new else []
                runs[-1] += [] if is_new else [day]
        for run in runs:
            later = [day for day in PAY_MONTHS if day > run[-1]]
            end = later[0] if later else None
            jobs = spells([(day, paid_job(truth, own, day)) for day in run], end)
            found.append(Stay(own, run[0], end, None, run is not runs[0], jobs, ()))
    return found


def followed(held: list[Stay]) -> list[Stay]:
    """The employments, each over when the same person's next one begins."""
    held = sorted(held, key=lambda stay: (stay.number, stay.started_on))
    found = []
    for stay, after in zip(held, [*held[1:], None], strict=True):
        if after is None or after.number != stay.number:
            found.append(stay)
        else:
            end = min(stay.ended_on or after.started_on, after.started_on)
            found.append(replace(stay, ended_on=end))
    return found


def seen_hours(stay: Stay, there: list[date], started_on: date) -> tuple[Spell, ...]:
    """The hours of an employment as they were on the days of the looks."""
    hours: list[tuple[date, Fields]] = []
    for day in there:
        weekly = stay.weekly_hours(day)
        if weekly is not None:
            since = day if hours else started_on
            hours.append((since, {"weekly_hours": weekly}))
    return spells(hours, stay.ended_on)


def renamed(stay: Stay, code: str) -> Stay:
    """The employment with the export's number and names of departments."""

    def named(job: Spell) -> Spell:
        fields = {
            **job.fields,
            "department": department(code, job.fields["department"]) or None,
        }
        return replace(job, fields=fields)

    return replace(
        stay,
        number=number(code, stay.number),
        jobs=tuple(named(job) for job in stay.jobs),
    )


def labelled(truth: Truth, held: list[Stay], code: str) -> list[Stay]:
    """The employments with the names that a list of departments gives them."""
    labels = {
        department(code, name): department(code, label)
        for name, label in truth.workforce.department_labels.items()
    }

    def named(job: Spell) -> Spell:
        fields = job.fields
        label = labels.get(fields["department"] or "")
        return replace(job, fields={**fields, "department": label})

    return [replace(s, jobs=tuple(named(job) for job in s.jobs)) for s in held]


def told(truth: Truth, name: str) -> list[Stay]:
    """The employments as the export of a mapping tells them."""
    limits = LIMITS[name]
    held = stays(truth, limits)
    has_labels = name in ("history", "database")
    return labelled(truth, held, limits.code) if has_labels else held


def heads(held: list[Stay], limits: Limits) -> dict[tuple[str, date], Head]:
    """Everybody at each month-end that counts, by number and month."""
    found = {}
    for day in counted_ends(limits):
        for stay in held:
            if not stay.contains(day):
                continue
            key = (stay.number, day.replace(day=1))
            assert key not in found, f"{key} is there twice"
            found[key] = Head(None, None)
            if limits.cells is None or day in limits.cells:
                job = stay.job(day)
                found[key] = Head(
                    job["department"] or UNASSIGNED, job["designation"] or UNASSIGNED
                )
    return found


def moves(held: list[Stay], limits: Limits) -> Counter[Move]:
    """The hires, rehires and exits of each month that the export can tell of."""
    found: Counter[Move] = Counter()
    months = {month for month in MONTHS if month >= limits.moved_from}
    for stay in held:
        month = stay.started_on.replace(day=1)
        if month in months and limits.hires != "unknown":
            kind = "rehire" if is_rehire(stay, held) else "hire"
            found[Move(stay.number, month, kind, None)] += 1
        if stay.ended_on is not None and stay.ended_on.replace(day=1) in months:
            month = stay.ended_on.replace(day=1)
            why = stay.exit_kind if limits.has_kind else None
            found[Move(stay.number, month, "exit", why)] += 1
    return found


def is_rehire(stay: Stay, held: list[Stay]) -> bool:
    """Whether the export knows of an earlier employment of the person."""
    return any(s.number == stay.number and s.started_on < stay.started_on for s in held)


def transfers(held: list[Stay]) -> Counter[tuple[str, date]]:
    """How often in a month somebody changed department or title."""
    found: Counter[tuple[str, date]] = Counter()
    for stay in held:
        for before, after in pairwise(stay.jobs):
            month = after.from_on.replace(day=1)
            names = ("department", "designation")
            changed = any(before.fields[n] != after.fields[n] for n in names)
            if changed and month in MONTHS and stay.contains(after.from_on):
                found[stay.number, month] += 1
    return found


def turnover(held: list[Stay], limits: Limits) -> dict[str, Turnover]:
    """Turnover of each department in the twelve months to the last one's end."""
    year = month_ends(MONTHS[-12], LAST_MONTH)
    counted = Counter(
        stay.job(day)["department"]
        for day in year
        for stay in held
        if stay.contains(day)
    )
    left = [
        (stay.job(stay.ended_on - ONE_DAY)["department"], stay.exit_kind)
        for stay in held
        if stay.ended_on is not None and MONTHS[-12] <= stay.ended_on <= year[-1]
    ]
    found = {}
    for name in counted.keys() | {name for name, _ in left}:
        if name is not None:
            kinds = [kind for own, kind in left if own == name]
            found[name] = Turnover(
                counted[name] / 12, len(kinds), kinds.count("voluntary")
            )
    return found


def pay_rates(held: list[Stay], day: date) -> dict[str, Decimal]:
    """What everybody there on a day is paid in a year."""
    return {
        stay.number: yearly_pay(stay.job(day)["grade"])
        for stay in held
        if stay.contains(day)
    }


Year = tuple[int, int, int, int, int]
"""Opening headcount, hires, rehires, exits and closing headcount."""


def identities(held: list[Stay], limits: Limits) -> Iterator[Year]:
    """The balance of each year, or half of one, as far as the export can tell."""
    counted = Counter(month for _, month in heads(held, limits))
    return yearly(counted, moves(held, limits), limits)


def yearly(
    counted: Counter[date], moved: Counter[Move], limits: Limits
) -> Iterator[Year]:
    """The balance of each year from heads by month and from moves."""
    for first, last in ((MONTHS[0], MONTHS[11]), (MONTHS[12], MONTHS[17])):
        eve = first - ONE_DAY
        if eve < limits.counted_from or first < limits.moved_from:
            continue
        within = Counter(
            move.kind for move in moved.elements() if first <= move.month <= last
        )
        yield (
            counted[eve.replace(day=1)],
            within["hire"],
            within["rehire"],
            within["exit"],
            counted[last],
        )
