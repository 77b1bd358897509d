"""What runs inside dbt before any model: private files, and a key that is a secret."""

import os
import stat
from pathlib import Path
from types import SimpleNamespace

import duckdb
import pytest
from dbt_common.exceptions import DbtRuntimeError

from environment.files import own_umask
from operations.build.inside.plugin import Plugin, pseudonym_key

ALIASES = ("restricted", "muster", "published")


@pytest.mark.parametrize("umask", [0o000, 0o022, 0o077])
def test_what_a_build_writes_is_private_but_for_what_is_read(
    tmp_path: Path, umask: int
) -> None:
    folder = tmp_path / "dev"
    paths = {alias: folder / f"{alias}.duckdb" for alias in ALIASES}
    attach = [SimpleNamespace(path=str(p), alias=alias) for alias, p in paths.items()]
    plugin = Plugin.__new__(Plugin)

    def mode(path: Path) -> int:
        return stat.S_IMODE(path.stat().st_mode)

    with own_umask():
        os.umask(umask)
        plugin.update_connection_config(SimpleNamespace(attach=attach), {})
        with duckdb.connect(str(paths["restricted"])) as restricted:
            restricted.execute("create table people as select 'Hazel' as first_name")
            assert mode(folder / "restricted.duckdb.wal") == 0o600
        assert mode(paths["restricted"]) == 0o600
        assert {mode(paths[a]) for a in ALIASES[1:]} == {0o666 & ~umask}
        assert mode(folder) == 0o711


@pytest.mark.parametrize(
    ("key", "why"),
    [("short", "too short"), ("x" * 40, "no secret"), ("abc" * 20, "no secret")],
)
def test_a_key_that_is_no_secret_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, key: str, why: str
) -> None:
    monkeypatch.setenv("MUSTER_PSEUDONYM_KEY", key)
    with pytest.raises(DbtRuntimeError, match=why):
        pseudonym_key(tmp_path / "prod")
    monkeypatch.setenv("MUSTER_PSEUDONYM_KEY", "0123456789abcdef" * 2)
    assert pseudonym_key(tmp_path / "prod")
