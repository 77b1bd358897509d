"""A small ledger of people and employments, for tests of the systems that read it."""

import json
from datetime import date
from pathlib import Path

import duckdb


def write_small_company(
    home: Path, employees: int = 120, months: int = 6, seed: int = 1
) -> Path:
    """Write a company's state and the part of the ledger that others build on.

    Args:
        home: The folder to write to, made where it is missing.
        employees: Size of the standing workforce; a fifth more join later.
        months: Months simulated, up to July 2026.
        seed: The seed.

    Returns:
        The home folder.
    """
    ledger = home / "demo" / "ledger"
    ledger.mkdir(parents=True)
    months_back = 2026 * 12 + 6 - months
    starts_on = date(months_back // 12, months_back % 12 + 1, 1)
    state = {
        "seed": seed,
        "employees": employees,
        "months": months,
        "starts_on": starts_on.isoformat(),
        "ends_on": "2026-07-01",
        "clock": "2026-07-01T06:00:00Z",
    }
    (home / "demo" / "state.json").write_text(json.dumps(state))
    with duckdb.connect() as database:
        database.execute(
            f"""
            create table people as
            select
                cast(i as integer) as person_id,
                format('E{{:05d}}', i) as employee_number,
                'First' || i as first_name,
                'Last' || i as last_name,
                ['Female', 'male ', 'Non-binary'][i % 3 + 1] as gender,
                date '1980-01-01' + cast(i as integer) as born_on,
                'app-' || i as attendance_user_id
            from range(1, {employees} * 6 // 5 + 1) as t (i)
            """
        )
        database.execute(
            f"""
            create table employments as
            select
                person_id as employment_id,
                person_id,
                case when person_id <= {employees}
                    then date '{starts_on}' - person_id * 9
                    else date '{starts_on}' + cast(
                        10 + person_id * 7919 % {months * 30 - 40} as integer
                    )
                end as started_on,
                case when person_id % 11 = 0
                    then date '{starts_on}' + cast(
                        {months * 30 - 20} + person_id % 15 as integer
                    )
                end as ended_on,
                case
                    when person_id % 22 = 0 then 'involuntary'
                    when person_id % 11 = 0 then 'voluntary'
                end as exit_kind,
                false as is_rehire,
                [
                    'Harbour Group GmbH', 'Harbour UK Ltd', 'Harbour Inc'
                ][person_id % 3 + 1] as company,
                ['Logistics - HG', 'Sales - HG'][person_id % 2 + 1] as department,
                case person_id % 3
                    when 0 then ['Berlin', 'Vienna', 'Port Louis'][
                        person_id // 3 % 3 + 1
                    ]
                    when 1 then ['London', 'Manchester', null][
                        person_id // 3 % 3 + 1
                    ]
                    else ['New York', 'Austin'][person_id // 3 % 2 + 1]
                end as branch,
                ['Analyst', 'Clerk; night', 'Senior "Desk" Agent'][
                    person_id % 3 + 1
                ] as designation,
                ['G1', 'G2', 'G3', 'G4'][person_id % 4 + 1] as grade,
                cast(
                    [40, 37.5, 20, null][person_id % 4 + 1] as decimal(5, 2)
                ) as weekly_hours,
                cast(started_on as timestamp) as recorded_at,
                cast(null as timestamp) as retracted_at
            from people
            """
        )
        database.execute(
            f"""
            create table assignment_changes as
            select
                employment_id as change_id,
                employment_id,
                date '{starts_on}' + 75 as effective_on,
                case when employment_id % 2 = 0 then 'branch' else 'company' end
                    as field,
                case when employment_id % 2 = 0 then branch else company end
                    as old_value,
                case when employment_id % 2 = 0
                    then 'Hamburg' else 'Harbour Group GmbH'
                end as new_value,
                'transfer' as kind,
                'TRF-' || employment_id as document,
                cast(date '{starts_on}' + 60 as timestamp) as recorded_at,
                cast(null as timestamp) as retracted_at
            from employments
            where employment_id % 12 in (2, 7)
            """
        )
        database.execute(
            f"""
            create table contracted_hours as
            select
                employments.employment_id,
                employments.person_id,
                people.employee_number,
                started_on as effective_on,
                weekly_hours,
                greatest(
                    cast(started_on as timestamp), timestamp '{starts_on} 00:00:00'
                ) as recorded_at
            from employments
            inner join people on employments.person_id = people.person_id
            where weekly_hours is not null
            order by employment_id
            """
        )
        for table in (
            "people",
            "employments",
            "assignment_changes",
            "contracted_hours",
        ):
            database.execute(
                f"copy {table} to '{ledger / table}.parquet' (format parquet)"
            )
    return home
