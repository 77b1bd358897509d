"""Pay figures are what the ledger says was paid, in every cell."""

import csv
from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import cache
from typing import Any

import pytest
from dbt_kit import REPOSITORY
from oracle import (
    pay,
    pay_adjusted,
    pay_cost,
    pay_differences,
    pay_structure,
    sustainability,
)

from acceptance import warehouse
from acceptance.company import SEEDS, Company

# A fixture may build whole warehouses, on a machine that does other things too.
pytestmark = pytest.mark.timeout(1800)


WarehouseOf = Callable[[int], Company]
Rows = dict[tuple[Any, ...], tuple[Any, ...]]


def seed(name: str) -> list[dict[str, str]]:
    """The rows of a table that the employer keeps."""
    path = REPOSITORY / "demo/company/seeds" / f"{name}.csv"
    with path.open(newline="") as file:
        return list(csv.DictReader(file))


def leave_types() -> dict[str, dict[str, str]]:
    """What each type of leave is for, by its name in lower case."""
    return {row["leave_type"].strip().lower(): row for row in seed("leave_types")}


def employment_types() -> dict[str, dict[str, str]]:
    """What each type of employment is, by its name in lower case."""
    rows = seed("employment_types")
    return {row["employment_type"].strip().lower(): row for row in rows}


@cache
def paid_by(company: Company) -> tuple[pay.Payroll, list[pay.Level]]:
    """What the ledger says was paid, and the pay levels that it makes."""
    paid = pay.payroll(company.ledger, company.clock)
    return paid, pay.levels(paid, leave_types(), employment_types())


def disagreements(expected: Rows, found: Rows) -> list[str]:
    """Every key on which the two differ.

    An hour's pay has twelve decimals, so that equal rates are equal; the oracle's is
    exact.
    """
    return warehouse.near_disagreements(expected, found, tolerance=1e-9)


def to_the_cent(amount: Decimal | Fraction) -> Decimal:
    """An amount as tables show it, half a cent being a cent."""
    exact = Fraction(amount)
    quotient = Decimal(exact.numerator) / Decimal(exact.denominator)
    return quotient.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def by_key(rows: list[tuple[Any, ...]], width: int) -> Rows:
    """The rows by their first columns."""
    found = {row[:width]: row[width:] for row in rows}
    assert len(found) == len(rows), "two rows have one key"
    return found


@pytest.mark.parametrize("seed_number", SEEDS)
def test_pay_levels_are_what_was_paid(
    warehouse_of: WarehouseOf, seed_number: int
) -> None:
    company = warehouse_of(seed_number)
    _, levels = paid_by(company)
    expected = {
        (x.regime, x.year, x.company, x.employee): (
            x.currency,
            x.sex,
            x.reason,
            x.basic,
            to_the_cent(x.components),
            x.bonus,
            x.basic + to_the_cent(x.components),
            *(
                float(x.pay(component, "hourly")) if x.hours else None
                for component in ("gross", "basic", "components")
            ),
            *(
                float(x.pay(component, "annualised")) if x.regime == "eu" else None
                for component in ("gross", "basic", "components")
            ),
            x.is_in_population,
            x.is_relevant,
            x.counted_components > 0,
            x.is_assumed,
        )
        for x in levels
    }
    found = warehouse.rows(
        company.restricted,
        """
        with numbers as (
            select distinct employee_key, employee_number
            from people.int_employees_conformed
        )
        select
            regime, reference_year, company, employee_number,
            currency, sex, population_reason,
            basic_pay, component_pay, bonus_pay, gross_pay,
            hourly_gross, hourly_basic, hourly_component,
            annualised_gross, annualised_basic, annualised_component,
            is_in_population, is_in_component_population, has_components, is_assumed
        from pay.fct_pay_levels
        left join numbers using (employee_key)
        """,
    )

    assert {key[:2] for key in expected} == {("eu", 2025), ("uk", 2026), ("ie", 2026)}
    april_bonuses = [
        x for x in levels if x.regime == "uk" and Fraction(x.components) % 1
    ]
    assert april_bonuses, "no bonus for a year was paid in a snapshot's pay period"
    assert disagreements(expected, by_key(found, 4)) == []


@pytest.mark.parametrize("seed_number", SEEDS)
def test_pay_gaps_are_the_ledgers(warehouse_of: WarehouseOf, seed_number: int) -> None:
    company = warehouse_of(seed_number)
    _, levels = paid_by(company)
    expected = {
        tuple(key): (*figure, figure.others if key.regime == "uk" else 0)
        for key, figure in pay.gaps(levels).items()
    }
    found = warehouse.rows(
        company.restricted,
        """
        select
            regime, reference_year, company, basis, metric,
            value_pct, women, men, undeclared_or_other, sex_missing
        from pay.rpt_pay_gap
        """,
    )

    assert any(value is not None for value, *_ in expected.values())
    assert disagreements(expected, by_key(found, 5)) == []


@pytest.mark.parametrize("seed_number", SEEDS)
def test_the_groups_pay_gap_and_ratio_are_the_ledgers(
    warehouse_of: WarehouseOf, seed_number: int
) -> None:
    company = warehouse_of(seed_number)
    paid, levels = paid_by(company)
    told = sustainability.group_pay(paid, levels, company.ledger, company.clock)
    found = warehouse.rows(
        company.restricted,
        """
        select reference_year, metric, basis, exact_value, people, women, men
        from pay.rpt_sustainability_pay
        """,
    )

    assert {key.year for key in told} == {2025}
    assert len({level.currency for level in levels}) > 1
    expected: Rows = {tuple(key): tuple(row) for key, row in told.items()}
    assert disagreements(expected, by_key(found, 3)) == []


@pytest.mark.parametrize("seed_number", SEEDS)
def test_quarters_of_pay_are_the_ledgers(
    warehouse_of: WarehouseOf, seed_number: int
) -> None:
    company = warehouse_of(seed_number)
    _, levels = paid_by(company)
    expected = {
        key: (
            quarter.women,
            quarter.men,
            100 * quarter.women / sum(quarter),
            100 * quarter.men / sum(quarter),
        )
        for key, quarter in pay.quartiles(levels).items()
    }
    found = warehouse.rows(
        company.restricted,
        """
        select
            regime, reference_year, company, basis, quartile,
            women, men, women_pct, men_pct
        from pay.rpt_pay_quartiles
        """,
    )

    assert disagreements(expected, by_key(found, 5)) == []


@pytest.mark.parametrize("seed_number", SEEDS)
def test_gaps_by_category_are_the_ledgers(
    warehouse_of: WarehouseOf, seed_number: int
) -> None:
    company = warehouse_of(seed_number)
    paid, levels = paid_by(company)
    categories = {
        row["designation"].strip().lower(): row["worker_category"]
        for row in seed("job_evaluations")
    }
    expected = {
        key: tuple(row)
        for key, row in pay.category_gaps(paid, levels, categories).items()
    }
    found = warehouse.rows(
        company.restricted,
        """
        select
            reference_year, company, worker_category, basis, component,
            women, men, undeclared_or_other, mean_gap_pct, median_gap_pct,
            is_difference_to_justify
        from pay.rpt_pay_gap_by_category
        where regime = 'eu'
        """,
    )

    assert disagreements(expected, by_key(found, 5)) == []


@pytest.mark.parametrize("seed_number", SEEDS)
def test_average_pay_levels_by_category_are_the_ledgers(
    warehouse_of: WarehouseOf, seed_number: int
) -> None:
    company = warehouse_of(seed_number)
    paid, levels = paid_by(company)
    categories = {
        row["designation"].strip().lower(): row["worker_category"]
        for row in seed("job_evaluations")
    }
    expected: Rows = dict(pay.average_levels(paid, levels, categories))
    found = warehouse.rows(
        company.restricted,
        """
        select
            reference_year, company, worker_category, basis, component, sex,
            people, mean_pay
        from pay.rpt_pay_information
        where regime = 'eu'
        """,
    )

    assert any(average is None for _, average in expected.values())
    assert disagreements(expected, by_key(found, 6)) == []


@pytest.mark.parametrize("seed_number", SEEDS)
def test_differences_to_justify_are_the_ledgers(
    warehouse_of: WarehouseOf, seed_number: int
) -> None:
    company = warehouse_of(seed_number)
    paid, levels = paid_by(company)
    told = pay_differences.differences(
        paid,
        levels,
        {
            row["designation"].strip().lower(): row["worker_category"]
            for row in seed("job_evaluations")
        },
        leave_types(),
        {
            (row["company"], int(row["reference_year"])): date.fromisoformat(
                row["submitted_on"]
            )
            for row in seed("pay_reports_submitted")
        },
        {
            (row["company"], row["worker_category"]): row["criteria"]
            for row in seed("pay_gap_justifications")
        },
        company.clock.date(),
    )
    expected: Rows = {tuple(key): tuple(row) for key, row in told.items()}
    found = warehouse.rows(
        company.restricted,
        """
        select
            reference_year, company, worker_category, basis,
            difference_pct, rounded_difference_pct, direction, assessment, criteria,
            since_year, women, men, women_mean_pay, men_mean_pay,
            women_mean_component_pay, men_mean_component_pay, difference_after_pct,
            women_returned, women_improved, men_returned, men_improved
        from pay.rpt_pay_differences
        where regime = 'eu'
        """,
    )

    assert {row.assessment for row in told.values()} >= {
        "below_threshold",
        "time_to_remedy",
    }
    assert any(row.after is not None for row in told.values())
    assert disagreements(expected, by_key(found, 4)) == []


@pytest.mark.parametrize("seed_number", SEEDS)
def test_what_starters_got_beside_the_structure_is_the_ledgers(
    warehouse_of: WarehouseOf, seed_number: int
) -> None:
    company = warehouse_of(seed_number)
    paid, _ = paid_by(company)
    told = pay_structure.starters(
        paid,
        pay_differences.by_month(paid, {}),
        pay_structure.ranges(seed("pay_structure")),
    )
    expected: Rows = {key: (*women, *men) for key, (women, men) in told.items()}
    found = warehouse.rows(
        company.restricted,
        """
        select
            company, designation, valid_from,
            women_started, women_compared, women_mean_starting_pay,
            women_below_range, women_above_range,
            men_started, men_compared, men_mean_starting_pay,
            men_below_range, men_above_range
        from pay.rpt_pay_structure
        """,
    )

    assert sum(women.compared + men.compared for women, men in told.values()) > 3
    assert any(women.below + men.below for women, men in told.values())
    assert disagreements(expected, by_key(found, 3)) == []


@pytest.mark.parametrize("seed_number", SEEDS)
def test_workers_who_make_a_duty_are_the_ledgers(
    warehouse_of: WarehouseOf, seed_number: int
) -> None:
    company = warehouse_of(seed_number)
    told = pay.workers(company.ledger, company.clock)
    found = warehouse.rows(
        company.restricted,
        """
        select reference_year, company, country_code, workers
        from pay.rpt_pay_reporting_duties
        """,
    )

    assert told
    expected: Rows = {key: (count,) for key, count in told.items()}
    assert disagreements(expected, by_key(found, 3)) == []


@pytest.mark.parametrize("seed_number", SEEDS)
def test_workforce_cost_is_what_payroll_paid_at_the_months_mean_rate(
    warehouse_of: WarehouseOf, seed_number: int
) -> None:
    company = warehouse_of(seed_number)
    paid, _ = paid_by(company)
    expected: Rows = {
        key: (*cost, None if cost.fte else "no_fte")
        for key, cost in pay_cost.costs(paid, company.ledger, company.clock).items()
    }
    found = warehouse.rows(
        company.restricted,
        """
        select
            month_start_on, department, region, designation,
            gross_pay, employer_cost, cost, fte, cost_per_fte, null_reason
        from pay.rpt_workforce_cost_monthly
        """,
    )

    assert len(expected) > 100
    assert disagreements(expected, by_key(found, 4)) == []


@pytest.mark.parametrize("seed_number", SEEDS)
def test_the_adjusted_gap_is_what_statsmodels_says_of_the_ledger(
    warehouse_of: WarehouseOf, seed_number: int
) -> None:
    company = warehouse_of(seed_number)
    paid, levels = paid_by(company)
    evaluations = {
        row["designation"].strip().lower(): pay_adjusted.Evaluated(
            int(row["requirement_level"]), int(row["position_level"])
        )
        for row in seed("job_evaluations")
    }
    training_years = {
        row["education_level"].strip().lower(): float(row["training_years"])
        for row in seed("education_levels")
    }
    groups = pay_adjusted.compared(
        paid, company.ledger, levels, training_years, evaluations
    )
    expected: Rows = {
        key: tuple(term)
        for key, term in pay_adjusted.adjusted(
            groups, list(evaluations.values())
        ).items()
    }
    found = warehouse.rows(
        company.restricted,
        """
        select
            reference_year, company, term,
            coefficient, standard_error, people, people_left_out, r_squared,
            adjusted_gap_pct, null_reason
        from pay.rpt_adjusted_pay_gap
        """,
    )

    assert any(group.left_out for group in groups.values()), "nobody lacks anything"
    assert any(row[5] is not None for row in expected.values()), "no regression"
    assert disagreements(expected, by_key(found, 3)) == []
