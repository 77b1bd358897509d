"""After the pseudonyms' key was changed no old pseudonym is left as bytes."""

import hmac
import shutil
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from release_kit import Built, make_log, released
from rich.console import Console
from store_kit import s3_root, s3_settings

from environment import Environment
from environment.errors import MusterError
from ingestion.erasure.personal import PSEUDONYM
from ingestion.ledger_tables import RUNS
from ingestion.log import of as log_of
from operations.build import build
from operations.build.inside import KEY_VARIABLE
from operations.build.inside.pseudonyms import pseudonym_key
from operations.erasure import kept, rotation, search
from operations.erasure.person import Person
from operations.monitoring import seen
from operations.release import release as release_module
from store import mirror, releases
from store.store import Store, is_home, open_store

__all__ = ["s3_root", "s3_settings"]

KEYS = [f"the {each} key of these tests, worth nothing" for each in ("old", "new")]
PEOPLE = [f"hr:{number}" for number in range(10)]


def pseudonyms(key: str) -> dict[str, str]:
    """Whoever has a pseudonym by a key."""
    digests = (hmac.digest(key.encode(), p.encode(), "sha256") for p in PEOPLE)
    return {each.hex()[:32]: "new" for each in digests}


class Keyed(Built):
    """Marts of people under pseudonyms by the key there is."""

    def __call__(
        self, candidate: Environment, variables: dict[str, Any], console: Console
    ) -> None:
        key = pseudonym_key(candidate.folder).decode()
        self.people = "values " + ", ".join(f"('{each}')" for each in pseudonyms(key))
        super().__call__(candidate, variables, console)


@pytest.fixture
def dev(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Environment:
    """An environment with a log whose store is a folder, or in S3."""
    monkeypatch.delenv("MUSTER_STORE", raising=False)
    if getattr(request, "param", "") == "s3":
        monkeypatch.setenv("MUSTER_STORE", request.getfixturevalue("s3_root"))
    monkeypatch.setattr(release_module, "revision_of", lambda project: ("f" * 40, True))
    monkeypatch.setenv("MUSTER_HOME", str(tmp_path))
    monkeypatch.setenv(KEY_VARIABLE, KEYS[0])
    return make_log(tmp_path)


def spread(environment: Environment) -> None:
    """Leave pseudonyms wherever a build, a look or a run does."""
    shutil.rmtree(environment.artifacts, ignore_errors=True)
    Keyed(1)(environment, {}, Console(quiet=True))
    told = f"employee_key {next(iter(pseudonyms(KEYS[0])))}"
    with duckdb.connect(str(environment.marts)) as marts:
        # Its bytes stay in the file.
        marts.execute("drop table people.leavers")
    look = seen.database(environment)
    look.parent.mkdir()
    shutil.copy(environment.marts, look)
    failed = environment.folder / "candidates" / "failed" / "dev"
    failed.mkdir(parents=True)
    shutil.copy(environment.marts, failed)
    (environment.artifacts / "failing.json").write_text(told)
    for _ in range(2):
        with log_of(environment.folder).write(RUNS) as draft:
            table = pa.table({"run_id": ["r"], "node": ["n"], "keys": [told]})
            pq.write_table(table, draft.path("node_results"))
    mirror.push(environment, open_store(environment))


def found(environment: Environment, scratch: Path) -> set[str]:
    """The places that hold an old pseudonym, also decoded, here and in the store."""
    whom, store = Person({PSEUDONYM: pseudonyms(KEYS[0])}, []), open_store(environment)
    places = [(environment.folder, "")]
    if not is_home(store, environment):
        for key in store.keys(""):
            store.download(key, scratch / key)
        places.append((scratch, "store/"))
    return {
        name + "/".join(path.relative_to(folder).parts[:2])
        for folder, name in places
        for path in search.below(folder, whom).places
    }


@pytest.mark.parametrize("dev", ["folder", "s3"], indirect=True)
def test_no_old_pseudonym_is_left_after_a_release_by_a_new_key(
    dev: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for marker in (1, 2):
        released(dev, marker, builder=Keyed(marker))
    spread(dev)
    store = open_store(dev)
    at = "" if is_home(store, dev) else "store/"
    before = found(dev, tmp_path / "before")
    assert before >= {
        *("muster.duckdb", "candidates/failed", "dbt/failing.json", "ops/ops.duckdb"),
        *(f"raw/{RUNS}", f"{at}raw/{RUNS}"),
        *(f"{at}releases/{each.release}" for each in releases.listed(store)),
    }

    monkeypatch.setenv(KEY_VARIABLE, KEYS[1])
    with pytest.raises(MusterError, match="run muster release dev --new-key"):
        released(dev, 3, builder=Keyed(3))
    assert found(dev, tmp_path / "refused") == before
    made = released(dev, 3, builder=Keyed(3), is_new_key=True)
    assert found(dev, tmp_path / "after") == set()
    assert [each.release for each in releases.listed(store)] == [made.release]
    assert releases.current(store) == made.release
    noted = log_of(dev.folder)
    with noted.connect([RUNS]) as connection:
        rows = connection.execute(f"select node, keys from {RUNS}.node_results")
        assert rows.fetchall() == [("n", "employee_key ")] * 2
    released(dev, 4, builder=Keyed(4))


def test_a_sweep_that_was_killed_is_done_again(
    dev: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    released(dev, 1, builder=Keyed(1))
    spread(dev)
    monkeypatch.setenv(KEY_VARIABLE, KEYS[1])

    def die(*_: object) -> None:
        raise KeyboardInterrupt

    for module, name in (
        (kept, "drop_made"),
        (rotation, "finish"),
        (Store, "drop_versions"),
    ):
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(module, name, die)
            with pytest.raises(KeyboardInterrupt):
                released(dev, 2, builder=Keyed(2), is_new_key=True)
        with pytest.raises(MusterError, match="made by another key"):
            released(dev, 2, builder=Keyed(2))
    released(dev, 2, builder=Keyed(2), is_new_key=True)
    assert found(dev, tmp_path / "after") == set()


def test_a_build_by_a_new_key_begins_with_new_files(
    dev: Environment, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(build, "require_ingested", lambda _: None)
    monkeypatch.setattr(build, "write_report", lambda *_: None)
    monkeypatch.setattr(
        build,
        "run_dbt",
        lambda dev, variables, console, _: Keyed(1)(dev, variables, console),
    )
    monkeypatch.setattr(build, "told", lambda *_: "")

    def run(**options: bool) -> None:
        build.build("dev", Console(quiet=True), **options)  # type: ignore[arg-type]

    run()
    spread(dev)
    monkeypatch.setenv(KEY_VARIABLE, KEYS[1])
    with pytest.raises(MusterError, match="run muster build --env dev --new-key"):
        run()
    run(is_new_key=True)
    assert dev.marts.exists()
    assert found(dev, tmp_path) == set()
    shutil.rmtree(dev.artifacts)
    run(force=True)


def test_readers_of_a_release_have_one_until_the_next_is_there(
    dev: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = released(dev, 1, builder=Keyed(1))
    monkeypatch.setenv(KEY_VARIABLE, KEYS[1])
    with pytest.raises(MusterError, match="run muster release dev --new-key"):
        build.build("dev", Console(quiet=True), is_new_key=True)
    broken = Keyed(2, statuses=("fail",))
    with pytest.raises(MusterError, match="Not released"):
        released(dev, 2, builder=broken, is_new_key=True)
    assert releases.current(open_store(dev)) == made.release
