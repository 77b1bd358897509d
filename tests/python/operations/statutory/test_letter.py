"""A letter by hand: three women and one man, in states with and without the option."""

from collections.abc import Iterator

import duckdb
import pytest

from environment.errors import MusterError
from operations.statutory import letter

LAWS = """
    ('IT', 'Act 1', 2, null, 'taken', date '2026-06-07'),
    ('MT', 'Act 2', null, 8, 'not_taken', date '2026-06-05'),
    ('LT', 'Act 3', 2, null, 'unknown', date '2027-01-01')
"""


@pytest.fixture
def marts() -> Iterator[duckdb.DuckDBPyConnection]:
    """What a letter reads, of one category by the hour."""
    with duckdb.connect() as connection:
        connection.execute(
            f"""
            attach ':memory:' as muster;
            attach ':memory:' as restricted;
            create schema muster.core;
            create schema muster.reference;
            create schema restricted.pay;
            create schema restricted.people;
            create table muster.reference.pay_transparency_laws as
                select *, date '2026-10-01' as source_on
                from (values {LAWS}) as laws (
                    country_code, law, information_months, information_days,
                    identifiable_pay_option, information_from
                );
            create table muster.core.dim_location as
                select unnest(['IT', 'MT', 'LT']) as location_key,
                    unnest(['IT', 'MT', 'LT']) as country_code;
            create table muster.core.dim_employee_history as
                select * from (values
                    ('ann', 'LT', date '2020-01-01'), ('ann', 'IT', date '2021-01-01'),
                    ('bea', 'MT', date '2020-01-01'), ('cat', 'LT', date '2020-01-01'),
                    ('dan', 'IT', date '2020-01-01'), ('dan', 'MT', date '2026-01-01')
                ) as history (employee_key, location_key, effective_from);
            create table restricted.people.int_reporting_period_resolved as
                select timestamp '2026-11-27 06:00' as as_at;
            create table restricted.people.int_employees_conformed as
                select * from (values
                    ('ann', '1', 'Ann', 'A'), ('bea', '2', 'Bea', null),
                    ('cat', '3', null, null), ('dan', '4', 'Dan', 'D'),
                    ('eve', '5', 'Eve', 'E')
                ) as people (employee_key, employee_number, first_name, last_name);
            create table restricted.pay.fct_pay_levels as
                select
                    employee_key || reference_year || company as pay_level_key,
                    employee_key, company, sex, category as worker_category,
                    'Job' as designation, reference_year, 'EUR' as currency,
                    'eu' as regime, true as is_in_population, false as is_assumed,
                    false as is_converted, make_date(reference_year, 12, 31)
                        as reference_on,
                    hourly as hourly_gross, hourly as hourly_basic,
                    0.0 as hourly_component, 2080 * hourly as annualised_gross,
                    2080 * hourly as annualised_basic, 0.0 as annualised_component,
                    100.0 as gross_pay, 100.0 as basic_pay, 0.0 as component_pay
                from (values
                    ('ann', 'A', 'female', 'Experts', 2025, 20.0),
                    ('ann', 'A', 'female', 'Experts', 2024, 19.0),
                    ('bea', 'A', 'female', 'Experts', 2025, 22.0),
                    ('cat', 'A', 'female', 'Experts', 2025, 24.0),
                    ('dan', 'A', 'male', 'Experts', 2025, 30.0),
                    ('eve', 'A', 'female', 'Experts', 2025, 20.0),
                    ('eve', 'B', 'female', null, 2025, 20.0)
                ) as levels (
                    employee_key, company, sex, category, reference_year, hourly
                );
            create table restricted.pay.rpt_pay_information as
                select
                    'eu' as regime, 'A' as company, 2025 as reference_year,
                    'Experts' as worker_category, 'hourly' as basis,
                    'gross' as component, sex, people, mean_pay,
                    null as null_reason
                from (values ('female', 3, 22.0), ('male', 1, 30.0)) as told (
                    sex, people, mean_pay
                );
            """
        )
        yield connection


def hourly(found: letter.Letter) -> letter.Level:
    """All pay by the hour."""
    return next(
        x for x in found.levels if (x.basis, x.component) == ("hourly", "gross")
    )


def test_where_the_state_took_the_option_nobodys_pay_is_disclosed(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    ann = letter.compose(marts, "1", None, None, False)

    assert (ann.name, ann.year, ann.law, ann.within) == ("Ann A", 2025, "Act 1", (2, 0))
    assert hourly(ann).own == 20
    assert hourly(ann).averages == {"female": 22.0, "male": None}
    assert hourly(ann).reasons["male"] == "identifiable"


def test_where_it_did_not_every_average_is_told(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    bea = letter.compose(marts, "2", None, None, False)

    assert (bea.name, bea.within) == ("Bea", (0, 8))
    assert hourly(bea).averages == {"female": 22.0, "male": 30.0}


def test_one_who_could_subtract_their_own_pay_is_not_told_of_two(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    marts.execute(
        "update restricted.pay.rpt_pay_information set people = 2 where sex = 'female'"
    )

    assert hourly(letter.compose(marts, "1", None, None, False)).averages == {
        "female": None,
        "male": None,
    }


def test_a_right_that_comes_later_is_none_yet(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    with pytest.raises(MusterError, match="in LT no law"):
        letter.compose(marts, "3", None, None, False)
    cat = letter.compose(marts, "3", None, None, True)

    assert (cat.name, cat.law, cat.within) == ("", None, (2, 0))


def test_the_country_is_that_of_the_year_asked_about(
    marts: duckdb.DuckDBPyConnection,
) -> None:
    assert letter.compose(marts, "4", None, None, False).law == "Act 1"


def test_who_cannot_be_answered_is_told_why(marts: duckdb.DuckDBPyConnection) -> None:
    with pytest.raises(MusterError, match="No pay of employee '9'"):
        letter.compose(marts, "9", None, None, False)
    with pytest.raises(MusterError, match="No pay of employee '1' is known in 2023"):
        letter.compose(marts, "1", 2023, None, False)
    with pytest.raises(MusterError, match=r"Several employers .*A, B"):
        letter.compose(marts, "5", None, None, False)
    with pytest.raises(MusterError, match="in no category"):
        letter.compose(marts, "5", None, "B", False)
