"""A small company, made by hand, that publishes its headcount and its absence."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path

import duckdb

from operations.attack import Attacked, attack

PLACES = "department_group, region"

SHAPES = ("(month_start_on)", "(month_start_on, department_group)",
    "(month_start_on, region)")  # fmt: skip
"""The whole company, each group and each region: nothing crosses them."""


@dataclass(frozen=True)
class Company:
    """A company and how it publishes.

    Attributes:
        people: Department and region to how many work there, all the time.
        groups: Department to the group that it is published in, if any.
        step: What headcounts of groups and regions are rounded to.
        absent: Department to how many of its people are absent once a year.
    """

    people: Mapping[tuple[str, str], int]
    groups: Mapping[str, str]
    step: int = 10
    absent: Mapping[str, int] = field(default_factory=dict)

    def build(self, folder: Path, *, is_withheld: Iterable[str] = ()) -> Path:
        """Write the databases.

        Args:
            folder: Where.
            is_withheld: The groups whose headcount is withheld.
        """
        folder.mkdir(parents=True, exist_ok=True)
        with duckdb.connect() as connection:
            for name in ("published", "muster", "restricted"):
                connection.execute(f"attach '{folder / name}.duckdb' as {name}")
            self._truth(connection)
            self._publication(connection, list(is_withheld))
        return folder

    def _truth(self, connection: duckdb.DuckDBPyConnection) -> None:
        connection.execute(
            """
            create schema muster.core;
            create table muster.core.dim_employee_history (
                employee_key varchar, company varchar, department varchar,
                branch varchar, region varchar, effective_from date, effective_to date
            );
            create table muster.core.dim_published_group (
                dimension varchar, member varchar, published_group varchar
            );
            create schema restricted.working_time;
            create table restricted.working_time.int_leave_days_derived (
                employee_key varchar, leave_on date, lost_days decimal(18, 1)
            );
            """
        )
        people = [
            (f"{department} {region} {n}", department, region, n)
            for (department, region), number in self.people.items()
            for n in range(number)
        ]
        connection.executemany(
            "insert into muster.core.dim_employee_history values"
            " (?, 'One', ?, null, ?, '2023-01-15', '9999-12-31')",
            [each[:3] for each in people],
        )
        connection.executemany(
            "insert into restricted.working_time.int_leave_days_derived"
            " values (?, '2025-03-03', 5)",
            [
                [key]
                for key, department, _, n in people
                if n < self.absent.get(department, 0)
            ],
        )
        regions = {region for _, region in self.people if region != "Unknown"}
        rows = [("department", *row) for row in self.groups.items()]
        rows += [("region", region, region) for region in sorted(regions)]
        connection.executemany(
            "insert into muster.core.dim_published_group values (?, ?, ?)", rows
        )

    def _publication(
        self, connection: duckdb.DuckDBPyConnection, is_withheld: list[str]
    ) -> None:
        connection.execute(
            f"""
            create table published.main.groups as from muster.core.dim_published_group;

            create temporary table people as
            select published_group as department_group, region, m as month_start_on,
                employee_key
            from muster.core.dim_employee_history
            left join muster.core.dim_published_group
            on department = member and dimension = 'department',
            (select unnest(generate_series(
                date '2025-01-01', date '2025-12-01', interval 1 month))::date as m);

            create table published.main.headcount as
            with totalled as (
                select
                    case grouping(department_group) when 1 then 'All'
                        else department_group end as department_group,
                    case grouping(region) when 1 then 'All' else region end as region,
                    count(*) as headcount, month_start_on
                from people group by grouping sets ({", ".join(SHAPES)})
            )
            select {PLACES},
                case when department_group in {(*is_withheld, "", "")}
                    then 'few' end as withheld_reason,
                case when withheld_reason is not null then null
                    when department_group = 'All' and region = 'All' then headcount
                    else {self.step} * round(headcount / {self.step})::bigint
                end as headcount,
                case when department_group = 'All' and region = 'All' then 1
                    else {self.step} end as count_step,
                month_start_on
            from totalled
            where department_group is not null and region not in ('Unknown');

            create table published.main.absence as
            with lost as (
                select coalesce(department_group, 'All') as department_group,
                    sum(lost_days) as lost
                from (select distinct department_group, employee_key from people)
                inner join restricted.working_time.int_leave_days_derived
                using (employee_key) group by rollup(department_group)
            )
            select department_group, 'All' as region,
                cast(null as varchar) as withheld_reason,
                round(100 * lost / 260 / headcount, 1)::decimal(9, 1) as absence_pct,
                date '2025-01-01' as year_start_on
            from lost inner join published.main.headcount using (department_group)
            where region = 'All' and month_start_on = date '2025-06-01'
            """
        )


def attacked(folder: Path, previous: Path | None = None) -> Attacked:
    """Attack what a folder holds."""
    return attack(
        folder / "published.duckdb",
        folder / "muster.duckdb",
        folder / "restricted.duckdb",
        seconds=20,
        previous=previous and previous / "published.duckdb",
    )
