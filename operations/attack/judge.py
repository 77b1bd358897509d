"""What is true, from tables of persons: the judge knows it, the attacker does not.

Nothing here asks which figures were withheld or why. What a claim hits is counted, and
never told.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from functools import cached_property
from itertools import chain
from typing import Any

import duckdb

from environment.sql import literal
from operations.attack.reading import ALL, DIMENSIONS, MONTHS, REST, Groups, Key

FEWEST = 10
"""A number of people from here on discloses nobody."""

WITHIN = 1.0
"""A number of people that is known this closely is known."""

NOT_SECRET = frozenset({"headcount", "joiners", "exits", "employed"})
"""Of the whole company everybody there knows who is there, comes and leaves."""

NO_PEOPLE = frozenset({"transfers_in", "transfers_out"})
"""Moves are not judged: what is a move depends on what is a group."""

GROUPS = """
    create or replace temporary view groups as {groups};
    create or replace temporary view regions as {regions}
"""

PUBLISHED_GROUPS = (
    "select member as label, published_group from muster.core.dim_published_group"
    " where dimension = '{dimension}'"
)

SPANS = """
    create or replace temporary table spans as
    select
        history.employee_key,
        coalesce(groups.published_group, '{rest}') as department_group,
        history.department,
        coalesce(regions.published_group, '{rest}') as region,
        coalesce(history.branch, 'none') as branch,
        history.effective_from,
        history.effective_to
    from muster.core.dim_employee_history as history
    left join groups on history.department = groups.label
    left join regions on history.region = regions.label
"""

PLACE = ", ".join(DIMENSIONS)

COUNTS = {
    "headcount": """
        select spans.employee_key, {place}, cast(months.day as date) as day
        from spans inner join (
            select unnest(generate_series(
                (select date_trunc('month', min(effective_from)) from spans),
                date '{last}', interval 1 month
            )) as day
        ) as months
        on effective_from < date_trunc('month', months.day) + interval 1 month
        and effective_to >= date_trunc('month', months.day) + interval 1 month
    """,
    "joiners": """
        select spans.employee_key, {place}, moved_on as day
        from muster.core.fct_employee_movements as moves inner join spans
        on moves.employee_key = spans.employee_key
        and moved_on >= effective_from and moved_on < effective_to
        where movement_type in ('hire', 'rehire')
    """,
    "exits": """
        select spans.employee_key, {place}, moved_on as day
        from muster.core.fct_employee_movements as moves inner join spans
        on moves.employee_key = spans.employee_key and moved_on = effective_to
        where movement_type = 'exit'
    """,
    "accepted": """
        select application_key as employee_key,
            coalesce(groups.published_group, '{rest}') as department_group, department,
            coalesce(regions.published_group, '{rest}') as region,
            coalesce(applications.branch, 'none') as branch,
            accepted_on as day
        from muster.recruiting.fct_applications as applications
        left join (select distinct branch, region from muster.core.dim_employee_history)
            as places on applications.branch = places.branch
        left join groups
        on coalesce(applications.department, 'Unassigned') = groups.label
        left join regions on coalesce(places.region, 'Unknown') = regions.label
        where outcome = 'accepted'
    """,
    "in_breach": """
        select spans.employee_key, {place}, breached_on as day
        from muster.working_time.rpt_working_time_breaches as breaches inner join spans
        on breaches.employee_key = spans.employee_key
        and breached_on >= effective_from and breached_on < effective_to
    """,
}
COUNTS["exits_voluntary"] = COUNTS["exits"] + " and exit_kind = 'voluntary'"
COUNTS["exits_otherwise"] = (
    COUNTS["exits"] + " and exit_kind is distinct from 'voluntary'"
)
COUNTS["accepted_from_within"] = COUNTS["accepted"] + " and is_internal"
COUNTS["accepted_from_outside"] = COUNTS["accepted"] + " and not is_internal"

AMOUNTS = {
    "absent": """
        select spans.employee_key, {place}, leave_on as day, lost_days as amount
        from restricted.working_time.int_leave_days_derived as days inner join spans
        on days.employee_key = spans.employee_key
        and leave_on >= effective_from and leave_on < effective_to
        where lost_days > 0
    """,
    "paid": """
        select spans.employee_key, {place}, period_starts_on as day,
            amount * coalesce(reporting_units, 1) as amount
        from restricted.pay.int_payslip_lines_attributed as lines
        asof inner join spans
        on lines.employee_key = spans.employee_key
        and period_ends_on >= effective_from
        left join restricted.pay.int_exchange_rates_averaged as rates
        on lines.currency = rates.currency
        and date_trunc('month', period_ends_on) = rates.month_start_on
        where line_type <> 'deduction'
    """,
    "worked": """
        select spans.employee_key, {place}, worked_on as day, worked_hours as amount
        from muster.working_time.fct_working_days as days inner join spans
        on days.employee_key = spans.employee_key
        and worked_on >= effective_from and worked_on < effective_to
    """,
}

SEXED = """
    select regime, company, reference_year,
        case sex when 'female' then 'women' when 'male' then 'men' else 'other' end
            as sex,
        count(*) filter (is_in_component_population) as relevant,
        count(*) filter (is_in_population) as "full",
        count(*) filter (is_in_component_population and not is_in_population)
            as not_full,
        count(*) filter (is_in_component_population and has_components) as recipients,
        count(*) filter (is_in_component_population and not has_components)
            as non_recipients
    from restricted.pay.fct_pay_levels group by all
"""

HALF = {
    "lower": "lower_half",
    "lower_middle": "lower_half",
    "upper_middle": "upper_half",
    "upper": "upper_half",
}

PAID = """
    with levels as (
        select regime, company, reference_year, sex, basis, metric, level
        from (
            select *, is_in_population as is_paid, is_in_component_population
                and (regime <> 'uk' or has_components) as has_part
            from restricted.pay.fct_pay_levels
        ) as people,
        lateral (values
            ('hourly', 'a_mean_gap', hourly_gross, is_paid),
            ('hourly', 'b_mean_component_gap',
                case regime when 'uk' then bonus_pay else hourly_component end,
                has_part),
            ('as_paid', 'a_mean_gap', gross_pay, is_paid),
            ('as_paid', 'b_mean_component_gap', component_pay, has_part),
            ('annualised', 'a_mean_gap', annualised_gross, is_paid),
            ('annualised', 'b_mean_component_gap', annualised_component, has_part)
        ) as paid (basis, metric, level, counts)
        where counts and sex in ('female', 'male') and level is not null
    )
    select regime, company, reference_year, basis || ' ' || metric || ' ' || sex,
        count(*), sum(level), max(level), max(level, 2)[2]
    from levels group by all
"""

QUARTERS = """
    select regime, company, reference_year, basis || ' ' || quartile, women, men
    from {}.pay.rpt_pay_quartiles
"""


@dataclass(frozen=True)
class Sum:
    """What people contribute to a sum.

    Attributes:
        people: How many contribute.
        total: The sum.
        largest: The largest contribution.
        second: The one after it.
    """

    people: int
    total: float
    largest: float
    second: float


class Truth:
    """The truth about a publication.

    Args:
        connection: With `muster` and `restricted` attached.
        units: The units in which each measure is published.
        shapes: Which of `DIMENSIONS` the places that are published say.
        last: The last day that is published.
        groups: What is published as one; as the marts say where it is not given.
    """

    def __init__(
        self,
        connection: duckdb.DuckDBPyConnection,
        units: Mapping[str, Iterable[str]],
        shapes: Iterable[tuple[str, ...]],
        last: date,
        groups: Groups | None = None,
    ) -> None:
        self.connection = connection
        self.units = units
        self.missing: set[str] = set()
        self.shapes = shapes = sorted(set(shapes))
        self.sets = ", ".join(
            f"({', '.join(('employee_key', 'start', *shape))})" for shape in shapes
        )
        said = {name for shape in shapes for name in shape}
        self.labels = ", ".join(
            f"coalesce({name}, '{ALL}') as {name}"
            if name in said
            else f"'{ALL}' as {name}"
            for name in DIMENSIONS
        )
        self.last = last
        queries = (
            PUBLISHED_GROUPS.format(dimension="department"),
            PUBLISHED_GROUPS.format(dimension="region"),
        )
        if groups is not None:
            queries = _listed(groups, 0), _listed(groups, 2)
        elif not _is_there(connection, "muster.core.dim_published_group"):
            queries = (
                "select department as label, department_group as published_group"
                " from muster.core.dim_department_group",
                "select distinct region as label, region as published_group"
                " from muster.core.dim_employee_history"
                " union select 'Unknown', 'Unknown'",
            )
        connection.execute(GROUPS.format(groups=queries[0], regions=queries[1]))
        connection.execute(SPANS.format(rest=REST))

    @cached_property
    def counts(self) -> dict[Key, int]:
        """How many people every number is about."""
        found = {}
        for measure, query in COUNTS.items():
            # Who comes twice is counted twice; who breaks two rules is one person.
            events = ("1", (), "sum(total)") if measure != "in_breach" else ("1",)
            for key, (people, *_) in self._totalled(measure, query, *events):
                found[key] = int(people)
        return found | dict(self._sexed()) | dict(self._quartiles())

    @cached_property
    def sums(self) -> dict[Key, Sum]:
        """What makes up every sum."""
        return {
            key: Sum(int(people), float(total), float(largest), float(second or 0))
            for key, (people, total, largest, second) in chain(
                *(
                    self._totalled(name, query, "amount")
                    for name, query in AMOUNTS.items()
                ),
                self._paid(),
            )
        }

    def people(self, key: Key) -> float:
        """How many people a row tells of, on the average of its period."""
        if len(key.place) == 2:
            sexes = (key._replace(measure=f"relevant {s}") for s in ("women", "men"))
            return float(sum(self.counts.get(each, 0) for each in sexes))
        return self._people.get((key.place, key.unit, key.start), 0.0)

    @cached_property
    def _people(self) -> dict[tuple[tuple[str, ...], str, date], float]:
        every = {unit for units in self.units.values() for unit in units} | {"month"}
        return {
            (key.place, key.unit, key.start): float(people) / MONTHS[key.unit]
            for unit in every
            for key, (people, *_) in self._totalled(
                "headcount", COUNTS["headcount"], "1", (unit,), "sum(total)"
            )
        }

    def _totalled(
        self,
        measure: str,
        query: str,
        amount: str = "1",
        units: Sequence[str] = (),
        people: str = "count(*)",
    ) -> Iterator[tuple[Key, Sequence[float]]]:
        for unit in units or sorted(self.units.get(measure, ())):
            text = query.format(place=PLACE, rest=REST, last=self.last)
            try:
                rows = self.connection.execute(
                    f"with facts as (select *, cast(date_trunc('{unit}', day) as date)"
                    f" as start from ({text})), summed as (select employee_key,"
                    f" {self.labels}, start, sum({amount}) as total from facts"
                    f" group by grouping sets ({self.sets}))"
                    f" select {PLACE}, start, {people}, sum(total), max(total),"
                    " max(total, 2)[2] from summed group by all"
                ).fetchall()
            except duckdb.CatalogException:
                self.missing.add(measure)
                return
            for *place, start, number, total, largest, second in rows:
                key = Key(measure, tuple(place), unit, start)
                yield key, (number, total, largest, second)

    def _sexed(self) -> Iterator[tuple[Key, int]]:
        try:
            found = self.connection.execute(SEXED)
        except duckdb.CatalogException:
            if any(" " in measure for measure in self.units):
                self.missing.add("pay")
            return
        names = [column[0] for column in found.description or ()][4:]
        totals: dict[Key, int] = {}
        for regime, company, year, sex, *numbers in found.fetchall():
            for name, number in zip(names, numbers, strict=True):
                key = _of_pay(f"{name} {sex}", regime, company, year)
                totals[key] = totals.get(key, 0) + int(number)
        yield from totals.items()

    def _paid(self) -> Iterator[tuple[Key, Sequence[float]]]:
        if not any(measure.endswith("mean_gap") for measure in self.units):
            return
        try:
            rows = self.connection.execute(PAID).fetchall()
        except (duckdb.CatalogException, duckdb.BinderException):
            self.missing.add("pay levels")
            return
        for regime, company, year, measure, *amounts in rows:
            yield _of_pay(measure, regime, company, year), amounts

    def _quartiles(self) -> Iterator[tuple[Key, int]]:
        if not any(" lower" in measure for measure in self.units):
            return
        rows: list[tuple[Any, ...]] = []
        halves: Counter[Key] = Counter()
        for database in ("restricted", "muster"):
            with suppress(duckdb.CatalogException):
                rows = self.connection.execute(QUARTERS.format(database)).fetchall()
                break
        else:
            self.missing.add("quartiles")
        for regime, company, year, quarter, *numbers in rows:
            for sex, number in zip(("women", "men"), numbers, strict=True):
                key = _of_pay(f"{quarter} {sex}", regime, company, year)
                yield key, int(number or 0)
                half = HALF.get(quarter.partition(" ")[2])
                if half:
                    own = f"{quarter.partition(' ')[0]} {half} {sex}"
                    halves[key._replace(measure=own)] += int(number or 0)
        yield from halves.items()

    def is_small(self, key: Key) -> bool:
        """Whether a number of people is to be kept secret."""
        return not is_open(key) and 0 < self.counts.get(key, 0) < FEWEST


def _of_pay(measure: str, regime: str, company: str, year: float) -> Key:
    """A number of people whose pay is compared, by the rules of a regime."""
    return Key(measure, (regime, company), "year", date(int(year), 1, 1))


def is_open(key: Key) -> bool:
    """Whether everybody in the company knows a number anyway."""
    return key.measure in NO_PEOPLE or (
        key.measure in NOT_SECRET and set(key.place) == {ALL}
    )


def _listed(groups: Groups, place: int) -> str:
    rows = [
        (member, label)
        for (n, label), members in groups.items()
        if n == place
        for member in sorted(members)
    ]
    quoted = ", ".join(f"({', '.join(map(literal, row))})" for row in rows)
    values = f"(values {quoted})" if rows else "(select '', '' where false)"
    return f"select label, published_group from {values} as t(label, published_group)"


def _is_there(connection: duckdb.DuckDBPyConnection, table: str) -> bool:
    try:
        connection.execute(f"select 1 from {table} limit 0")
    except duckdb.Error:
        return False
    return True
