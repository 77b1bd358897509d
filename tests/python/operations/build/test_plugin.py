"""What runs inside dbt before any model: private files, and a key that is a secret."""

import os
import stat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest

from environment import Environment
from environment.errors import MusterError
from environment.files import own_umask
from environment.locks import require_writable
from operations.build.inside import plugin as inside
from operations.build.inside.plugin import Plugin
from operations.build.inside.pseudonyms import pseudonym_key


def attached(environment: Environment) -> None:
    """Do what the plugin does before DuckDB opens an environment's databases."""
    others = (environment.restricted, environment.published)
    attach = [SimpleNamespace(path=str(path), alias=path.stem) for path in others]
    attach.append(SimpleNamespace(path=":memory:", alias="ops"))
    creds = SimpleNamespace(path=str(environment.marts), attach=attach)
    Plugin.__new__(Plugin).update_connection_config(creds, {})


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_what_a_build_writes_is_private_but_for_what_is_read(
    tmp_path: Path, umask: int
) -> None:
    dev = Environment("dev", tmp_path)

    def mode(path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)

    with own_umask():
        os.umask(umask)
        attached(dev)
        with duckdb.connect(str(dev.restricted)) as restricted:
            restricted.execute("create table people as select 'Hazel' as first_name")
            assert mode(dev.folder / "restricted.duckdb.wal") == 0o600
        assert mode(dev.restricted) == 0o600
        assert mode(dev.marts) == mode(dev.published) == 0o666 & ~umask
        assert mode(dev.folder) == 0o711


def test_what_a_full_disk_left_of_a_database_holds_nobody_up(tmp_path: Path) -> None:
    dev = Environment("dev", tmp_path)
    for begin in (require_writable, attached):
        for path in dev.databases:
            path.parent.mkdir(exist_ok=True)
            path.write_bytes(b"")
        with own_umask():
            begin(dev)
    for path in dev.databases:
        with duckdb.connect(str(path)) as database:
            database.execute("create table rows as select 1 as number")
    with own_umask():
        attached(dev)
    for path in dev.databases:
        with duckdb.connect(str(path)) as database:
            assert database.execute("from rows").fetchall() == [(1,)]


def test_whoever_comes_again_to_an_open_database_finds_all_as_the_first_time(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    dev = Environment("dev", tmp_path)
    dev.folder.mkdir()
    monkeypatch.setattr(inside, "require_variables", lambda: None)
    plugin = Plugin.__new__(Plugin)
    creds: Any = SimpleNamespace(settings={}, path=str(dev.marts))
    plugin.creds = creds
    with duckdb.connect() as connection:
        for _ in range(2):
            plugin.configure_connection(connection)
            found = connection.execute("select length(pseudonym('somebody'))")
            assert found.fetchall() == [(32,)]
            connection.execute("from raw.raw_ats.applications")


@pytest.mark.parametrize(
    ("key", "why"),
    [("short", "too short"), ("x" * 40, "no secret"), ("abc" * 20, "no secret")],
)
def test_a_key_that_is_no_secret_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, why: str
) -> None:
    monkeypatch.setenv("MUSTER_PSEUDONYM_KEY", key)
    with pytest.raises(MusterError, match=why):
        pseudonym_key(tmp_path / "prod")
    monkeypatch.setenv("MUSTER_PSEUDONYM_KEY", "0123456789abcdef" * 2)
    assert pseudonym_key(tmp_path / "prod")
