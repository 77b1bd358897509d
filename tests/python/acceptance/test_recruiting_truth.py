"""Applications are the ledger's, and there are openings filled."""

import hmac
from collections.abc import Callable
from hashlib import sha256

import pytest
from oracle import recruiting
from oracle.recruiting import Application
from oracle.totals import ALL

from acceptance import warehouse
from acceptance.company import PSEUDONYM_KEY, SEEDS, Company

# A fixture may build whole warehouses, on a machine that does other things too.
pytestmark = pytest.mark.timeout(1800)


def pseudonym(application_id: str) -> str:
    """What an application is called by in the marts."""
    told = f"application:{application_id}".encode()
    return hmac.new(PSEUDONYM_KEY.encode(), told, sha256).hexdigest()[:32]


WarehouseOf = Callable[[int], Company]


@pytest.mark.parametrize("seed", SEEDS)
def test_every_application_is_the_ledgers_as_far_as_it_had_come(
    warehouse_of: WarehouseOf, seed: int
) -> None:
    company = warehouse_of(seed)
    expected = {
        pseudonym(application.application_id): application._replace(
            application_id=pseudonym(application.application_id)
        )
        for application in recruiting.applications(company.ledger, company.clock)
    }
    numbers = dict(
        warehouse.rows(
            company.restricted,
            "select distinct employee_key, employee_number"
            " from people.int_employees_conformed",
        )
    )
    columns = ", ".join(Application._fields).replace("employee_number", "employee_key")
    columns = columns.replace("application_id", "application_key")
    found = [
        Application(*row)
        for row in warehouse.rows(
            company.marts, f"select {columns} from recruiting.fct_applications"
        )
    ]
    told = {
        row.application_id: row._replace(
            employee_number=numbers.get(row.employee_number)
        )
        for row in found
    }

    assert {row.outcome for row in expected.values()} >= {
        "accepted",
        "rejected",
        "withdrawn",
    }
    assert any(row.is_internal for row in expected.values())
    assert len(told) == len(found), "an application is told twice"
    assert warehouse.disagreements(expected, told) == []


@pytest.mark.parametrize("seed", SEEDS)
def test_there_are_openings_filled_to_tell_of(
    warehouse_of: WarehouseOf, seed: int
) -> None:
    company = warehouse_of(seed)
    expected = recruiting.time_to_fill(company.ledger, company.clock)
    of_all = [row for cell, row in expected.items() if cell[1:] == (ALL, ALL)]

    assert sum(row.filled_internally for row in of_all) > 0
    assert any(row.filled > 2 for row in of_all)
