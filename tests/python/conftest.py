"""What all tests share, and how they are dealt to workers.

The tests of a file go to one worker, so that what they share is made once. Those of the
acceptance tests share warehouses among workers, and go to whichever is free.
"""

import os
import shutil
from collections.abc import Callable
from pathlib import Path

import dbt_kit
import pytest
from filelock import FileLock
from landing_kit import Warehouse

Make = Callable[[Path], None]
Shared = Callable[[str, Make], Path]

LONGEST = (
    *("acceptance", "operations", "ingestion", "hr_tables", "store"),
    *("properties", "disclosure"),
)
"""The folders whose tests take longest; they come first, so that no worker idles."""


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Group the tests of each file, and let the longest come first.

    It must be done before xdist looks at the groups.
    """

    def rank(item: pytest.Item) -> int:
        return next((n for n, f in enumerate(LONGEST) if f in item.path.parts), 9)

    items.sort(key=rank)
    for item in items:
        if rank(item):
            item.add_marker(pytest.mark.xdist_group(item.path.stem))


@pytest.fixture(scope="session")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Shared:
    """A folder made once in the whole run, whichever worker asks first."""
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent

    def give(name: str, make: Make) -> Path:
        folder = root / name
        made = root / f"{name}.made"
        with FileLock(root / f"{name}.lock"):
            if not made.exists():
                shutil.rmtree(folder, ignore_errors=True)
                folder.mkdir()
                make(folder)
                made.touch()
        return folder

    return give


@pytest.fixture(scope="session")
def parsed(shared: Shared) -> Path:
    """The folder that dbt has parsed the project into.

    `make check` gives one, and `make test` a home in which it was built.
    """
    if given := os.environ.get("MUSTER_PARSED"):
        return Path(given)
    if given := os.environ.get("MUSTER_REHEARSED"):
        return Path(given) / "dev" / "dbt"
    return shared("parsed", dbt_kit.parse)


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """An empty warehouse; files are taken at once, nothing outside is configured."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith("SOURCES__"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SOURCES__GRACE_SECONDS", "0")
    monkeypatch.setenv("MUSTER_CLOCK", "2026-07-01T06:00:00Z")
    monkeypatch.delenv("MUSTER_DEBUG", raising=False)
    return Warehouse(tmp_path / "warehouse")
