"""Marts and published tables, searched and attacked: no person is told of."""

import re
from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import pytest

from acceptance.company import SEEDS, Company
from operations.attack import attack

WarehouseOf = Callable[[int], Company]


SMALLEST_AMOUNT = 1000
"""Smaller amounts are not looked for: they may be counts."""

NO_MONEY = re.compile(r".*_(hours|days|pct)(_\d+\w*)?|fte|fte_months|.*_mean|.*_median")
"""Columns whose unit says that a number in them is no amount."""

LABELS = {
    "departments": "department_name",
    "branches": "branch",
    "designations": "designation",
    "companies": "company",
}


def databases(company: Company) -> list[Path]:
    """What others than HR may read."""
    return [company.marts, company.environment / "published.duckdb"]


def columns(database: Path, kinds: str) -> Iterator[tuple[str, str, set[Any]]]:
    """Table, column and distinct values of every column of some types."""
    with duckdb.connect(str(database), read_only=True) as connection:
        for schema, table, column in connection.execute(
            "select table_schema, table_name, column_name"
            " from information_schema.columns"
            " where regexp_matches(data_type, ?) order by all",
            [kinds],
        ).fetchall():
            values = connection.execute(
                f'select distinct "{column}" from "{schema}"."{table}"'
                f' where "{column}" is not null'
            ).fetchall()
            yield f"{schema}.{table}", column, {value for (value,) in values}


def ledger(company: Company, table: str, query: str) -> list[tuple[Any, ...]]:
    """Rows of a ledger's table, which the query calls `ledger`."""
    with duckdb.connect() as connection:
        path = company.ledger / f"{table}.parquet"
        connection.execute(f"create view ledger as select * from '{path}'")
        return connection.execute(query).fetchall()


def identifiers(company: Company) -> set[str]:
    """Everything that identifies somebody of the demo company, in lower case."""
    found: set[str] = set()
    for first, last, *others in ledger(
        company,
        "people",
        "select first_name, last_name, employee_number, attendance_user_id, email,"
        " phone, address, iban from ledger",
    ):
        found |= {text.lower() for text in others if text}
        found |= {f"{first} {last}".lower(), f"{last}, {first}".lower()}
    for name, email in ledger(
        company, "applications", "select candidate_name, candidate_email from ledger"
    ):
        found |= {text.lower() for text in (name, email) if text}
    return found


def names(company: Company) -> set[str]:
    """First and last names, without those that a place or department bears too."""
    people = ledger(company, "people", "select first_name, last_name from ledger")
    labels = {
        word
        for table in LABELS
        for row in ledger(company, table, "select * from ledger")
        for text in row
        if isinstance(text, str)
        for word in words(text)
    }
    return {word for row in people for text in row for word in words(text)} - labels


def words(text: str) -> set[str]:
    """The words of a text, in lower case; short ones say nothing."""
    return {word for word in re.findall(r"[^\W\d_]+", text.lower()) if len(word) > 3}


@pytest.mark.parametrize("seed", SEEDS)
def test_no_column_holds_what_identifies_somebody(
    warehouse_of: WarehouseOf, seed: int
) -> None:
    company = warehouse_of(seed)
    personal, of_people = identifiers(company), names(company)
    assert len(personal) > 500
    found = []
    scanned = 0
    for database in databases(company):
        for table, column, values in columns(database, "VARCHAR"):
            if table.startswith("reference."):
                # Seeds are files of the repository.
                continue
            scanned += 1
            found += [
                (table, column, value)
                for value in values
                if value.lower() in personal or words(value) & of_people
            ]

    assert scanned > 100
    assert not found


def test_the_scan_finds_a_name_and_a_number(in_one_go: Company) -> None:
    personal, of_people = identifiers(in_one_go), names(in_one_go)
    ((first, last, number),) = ledger(
        in_one_go,
        "people",
        "select first_name, last_name, employee_number from ledger"
        " order by length(last_name) desc, person_id limit 1",
    )

    assert number in personal
    assert f"{first} {last}".lower() in personal
    assert words(f"Replaces {last} until May") & of_people


@pytest.mark.parametrize("seed", SEEDS)
def test_no_date_of_a_person_is_the_date_of_birth(
    warehouse_of: WarehouseOf, seed: int
) -> None:
    company = warehouse_of(seed)
    born: dict[str, date] = dict(
        ledger(company, "people", "select employee_number, born_on from ledger")
    )
    with duckdb.connect(str(company.restricted), read_only=True) as connection:
        known = {
            key: born[number]
            for key, number in connection.execute(
                "select employee_key, employee_number"
                " from people.int_employees_conformed"
            ).fetchall()
            if number in born
        }
    assert len(known) > 100
    found = []
    with duckdb.connect(str(company.marts), read_only=True) as connection:
        for schema, table, column in connection.execute(
            "select dates.table_schema, dates.table_name, dates.column_name"
            " from information_schema.columns as dates"
            " inner join information_schema.columns as keys"
            " using (table_schema, table_name)"
            " where keys.column_name = 'employee_key' and dates.data_type = 'DATE'"
        ).fetchall():
            rows = connection.execute(
                f'select distinct employee_key, "{column}" from "{schema}"."{table}"'
            ).fetchall()
            found += [
                (f"{schema}.{table}", column)
                for key, day in rows
                if key in known and known[key] == day
            ]

    assert not found


def amounts(company: Company) -> tuple[set[float], set[float]]:
    """What single people earned: large amounts of any kind, and hourly rates."""
    with duckdb.connect(str(company.restricted), read_only=True) as connection:
        large = connection.execute(
            """
            with lines as (
                select * from pay.int_payslip_lines_attributed
                where line_type <> 'deduction'
            ),

            summed as (
                select
                    sum(amount) as cost,
                    sum(amount) filter (line_type <> 'employer_cost') as gross_pay
                from lines
                group by grouping sets (
                    (employee_key, payslip_id),
                    (employee_key, period_starts_on),
                    (employee_key, company_id, year(period_starts_on))
                )
            )

            select amount from lines
            union select cost from summed
            union select gross_pay from summed
            union select basic_pay from pay.fct_pay_levels
            union select gross_pay from pay.fct_pay_levels
            """
        ).fetchall()
        hourly = connection.execute(
            "select hourly_gross from pay.fct_pay_levels"
            " union select hourly_basic from pay.fct_pay_levels"
        ).fetchall()
    return (
        {float(x) for (x,) in large if x is not None and x >= SMALLEST_AMOUNT},
        {float(x) for (x,) in hourly if x},
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_no_column_holds_what_one_person_earned(
    warehouse_of: WarehouseOf, seed: int
) -> None:
    company = warehouse_of(seed)
    large, hourly = amounts(company)
    assert len(large) > 500
    assert hourly
    found = []
    for database in databases(company):
        for table, column, values in columns(database, "DECIMAL|DOUBLE|FLOAT"):
            if NO_MONEY.fullmatch(column):
                continue
            numbers = {float(value) for value in values}
            found += [(table, column, x) for x in numbers & (large | hourly)]

    assert not found


@pytest.mark.parametrize("seed", SEEDS)
def test_an_attack_on_what_is_published_finds_nothing(
    warehouse_of: WarehouseOf, seed: int
) -> None:
    company = warehouse_of(seed)
    found = attack(
        company.environment / "published.duckdb",
        company.marts,
        company.restricted,
        company.desk / "manifest.json",
    )

    assert not found.summary()
    assert not found.unjudged
    assert not found.untried
    assert not [*found.lacking, *found.withheld_in_vain()]
