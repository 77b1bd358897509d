"""Demo companies and their warehouses, made once and shared by the tests.

Each warehouse is made by whichever test asks first; a worker that needs one in the
making waits for it. Tests are ordered such that a worker rarely waits, as long as each
goes to whichever worker is free.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import dbt_kit
import pytest

from acceptance import order
from acceptance.company import Company, create

EMPLOYEES, MONTHS = 150, 18
"""Those of `make rehearse`."""

Make = Callable[[Path], None]
Shared = Callable[[str, Make], Path]


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Make first what takes longest; what else needs it runs last, when it is there."""
    waiting = [
        item for item in items if "day_by_day" in getattr(item, "fixturenames", ())
    ]
    others = [item for item in items if item not in waiting]
    items[:] = [*waiting[:1], *others, *waiting[1:]]


@pytest.fixture(scope="session")
def desk(parsed: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which this worker runs dbt, on a project already parsed."""
    desk = tmp_path_factory.mktemp("desk")
    for name in (dbt_kit.KEPT, "manifest.json"):
        shutil.copy(parsed / name, desk)
    return desk


@pytest.fixture(scope="session")
def untouched(shared: Shared, desk: Path) -> Callable[[int], Company]:
    """A company by its seed, from which nothing was ever ingested: copy it."""

    def make(seed: int) -> Make:
        def simulate(home: Path) -> None:
            create(home, desk, seed, EMPLOYEES, MONTHS)

        return simulate

    return lambda seed: Company(shared(f"company_{seed}", make(seed)), desk)


@pytest.fixture(scope="session")
def warehouse_of(
    shared: Shared, desk: Path, untouched: Callable[[int], Company]
) -> Callable[[int], Company]:
    """A company by its seed, all of it loaded in one go and built.

    `make test` has built the first, tested by dbt as well.
    """

    def make(seed: int) -> Make:
        def load(home: Path) -> None:
            company = untouched(seed).copy(home)
            company.ingest()
            company.build()

        return load

    def give(seed: int) -> Company:
        rehearsed = os.environ.get("MUSTER_REHEARSED")
        if rehearsed and seed == 1:
            return Company(Path(rehearsed), desk)
        return Company(shared(f"seed_{seed}", make(seed)), desk)

    return give


@pytest.fixture(scope="session")
def in_one_go(warehouse_of: Callable[[int], Company]) -> Company:
    """The first company, loaded in one go."""
    return warehouse_of(1)


@pytest.fixture
def fresh(untouched: Callable[[int], Company], tmp_path: Path) -> Company:
    """A copy of the first company, from which nothing was ingested yet."""
    return untouched(1).copy(tmp_path)


@pytest.fixture(scope="session")
def day_by_day(
    shared: Shared, desk: Path, untouched: Callable[[int], Company]
) -> order.DayByDay:
    """The first company, loaded in many steps, with what was built on the way."""
    home = shared(
        "day_by_day", lambda home: order.load_day_by_day(untouched(1).copy(home))
    )
    return order.DayByDay(Company(home, desk))
