"""What a workflow learns of the current release."""

from pathlib import Path

import pytest

import environment as environments
from environment.errors import MusterError
from operations.release.evidence import collect
from store import releases
from store.releases import PASSED, Release
from store.store import open_store

RELEASE = Release(
    release="20260701T060000.000000Z-0123456",
    environment="prod",
    revision="0123456789abcdef0123456789abcdef01234567",
    is_modified=False,
    as_at=None,
    built_at="2026-07-01T06:00:00+00:00",
    verdict=PASSED,
)


@pytest.fixture(autouse=True)
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("MUSTER_HOME", str(tmp_path / "home"))
    monkeypatch.delenv("MUSTER_STORE", raising=False)
    return tmp_path / "home"


def test_the_current_release_tells_of_itself(tmp_path: Path) -> None:
    environment = environments.find("prod")
    store = open_store(environment)
    store.write_bytes(f"{RELEASE.key}/requirements.md", b"| BR-01 |\n")
    store.write_json(f"{RELEASE.key}/release.json", RELEASE.to_dict())
    releases.point(store, RELEASE.release)
    told = collect(environment, tmp_path / "evidence")
    assert told == {"release": RELEASE.release, "revision": RELEASE.revision}
    assert (tmp_path / "evidence" / "requirements.md").read_text() == "| BR-01 |\n"
    assert RELEASE.revision in (tmp_path / "evidence" / "release.json").read_text()


def test_before_the_first_release_there_is_nothing_to_tell(tmp_path: Path) -> None:
    told = collect(environments.find("prod"), tmp_path / "evidence")
    assert told == {"release": "", "revision": ""}
    assert not (tmp_path / "evidence").exists()


def test_a_release_that_is_gone_is_one_line(tmp_path: Path) -> None:
    environment = environments.find("prod")
    store = open_store(environment)
    store.write_json(f"{RELEASE.key}/release.json", RELEASE.to_dict())
    releases.point(store, RELEASE.release)
    store.delete(f"{RELEASE.key}/release.json")
    with pytest.raises(MusterError, match="muster rollback prod"):
        collect(environment, tmp_path / "evidence")
