"""Releases: what is published, what is refused, what is kept, and the way back."""

import hashlib
import json
import os
import shutil
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import duckdb
import pytest
import release_kit
import requests
from log_kit import write_load
from release_kit import Built, make_log, markers, released
from rich.console import Console
from set_aside_kit import count
from store_kit import s3_root, s3_settings
from typer.testing import CliRunner

from environment import Environment
from environment.errors import MusterError
from ingestion.log import of as log_of
from operations import attack
from operations.build import build
from operations.build.inside import KEY_VARIABLE
from operations.cli import app
from operations.diff.breaking import broken_columns
from operations.read import status
from operations.release import audit
from operations.release import release as release_module
from operations.release.revision import answers, git, revision_of
from store import lease, mirror, releases
from store.store import Store, open_store

__all__ = ["s3_root", "s3_settings"]

REPOSITORY = Path(__file__).resolve().parents[4]


READ_BY = {
    "nodes": {
        "model.muster.headcount": {
            "resource_type": "model",
            "database": "muster",
            "schema": "people",
            "name": "headcount",
        }
    },
    "exposures": {
        "exposure.e": {"name": "headcount_report", "resource_type": "exposure"}
    },
    "child_map": {"model.muster.headcount": ["exposure.e"]},
}
"""A manifest that tells who reads a mart."""


@pytest.fixture
def dev(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Environment:
    """An environment with a log, and no git commit to look up."""
    for name in ("MUSTER_STORE", releases.KEEP_VARIABLE, releases.DAYS_VARIABLE):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(release_module, "revision_of", lambda project: ("f" * 40, True))
    monkeypatch.setenv("MUSTER_HOME", str(tmp_path))
    return make_log(tmp_path)


def current(environment: Environment) -> Path:
    return environment.folder / "current" / "muster.duckdb"


def told(*arguments: str) -> tuple[int, str]:
    """Run one of the commands; gives its exit code and what it writes."""
    result = CliRunner().invoke(app, arguments, env={"COLUMNS": "200"})
    return result.exit_code, result.output


class SetAside(Built):
    """Marts that say of how many payslips of 100 nobody knows whose they are."""

    payslips: int

    def __call__(
        self, candidate: Environment, variables: dict[str, Any], console: Console
    ) -> None:
        super().__call__(candidate, variables, console)
        with duckdb.connect(str(candidate.marts)) as marts:
            count(marts, self.payslips, is_past_bound=self.payslips > 5)


def test_a_release_stops_where_more_is_set_aside_than_a_rule_allows(
    dev: Environment,
) -> None:
    builder = SetAside(1)
    builder.payslips = 5
    made = released(dev, 1, builder=builder)
    findings = {finding.check: finding.detail for finding in made.audit}
    assert findings["set aside"] == "5 set aside, 0 assumed, 2 flagged, by 2 rules"
    now = datetime.now(UTC)
    assert status.of(dev, now).set_aside == findings["set aside"]

    builder.payslips = 7
    with pytest.raises(MusterError, match="Not released") as stopped:
        released(dev, 2, builder=builder)
    told = str(stopped.value)
    assert (
        "set aside: payslip_of_nobody: 7 payslips of payroll (7.0 %, where 5.0 % are "
        "the most); Enter the number. See them: MUSTER_HOME="
    ) in told
    assert "where rule = 'payslip_of_nobody'" in told
    assert "clock_ahead" not in told
    assert markers(current(dev)) == {1}


def test_a_release_is_whole_and_says_what_it_is(dev: Environment) -> None:
    builder = Built(7)
    made = released(dev, 7, builder=builder)
    store = open_store(dev)
    folder = store.path(made.key)
    assert markers(current(dev)) == {7}
    assert os.readlink(dev.folder / "current") == f"releases/{made.release}"  # noqa: PTH115
    assert made.release.endswith("Z-fffffffff")
    assert builder.variables == {"current_release": {}}

    written = json.loads((folder / "release.json").read_text())
    assert written["verdict"] == "passed"
    assert written["revision"] == "f" * 40
    assert written["as_at"] == "2026-07-01 06:00:00"
    assert written["environment"] == "dev"
    assert written["requirements"] == {"BR-01.1": "proven"}
    assert written["tables"] == {f"people.{t}": 2 for t in release_kit.TABLES}
    assert {finding["check"] for finding in written["audit"]} == {
        "files",
        "tests",
        "requirements",
        "contracts",
        "queries",
        "set aside",
        "identifiers",
        "disclosure",
    }
    for name, facts in written["files"].items():
        content = (folder / name).read_bytes()
        assert len(content) == facts["bytes"]
        assert hashlib.sha256(content).hexdigest() == facts["sha256"]

    # The snapshot says the same, for those who do not use DuckDB.
    manifest = json.loads((folder / "snapshot" / "manifest.json").read_text())
    for entry in manifest["tables"]:
        path = folder / "snapshot" / entry["file"]
        assert f"{entry['schema']}.{entry['table']}.parquet" == entry["file"]
        assert hashlib.sha256(path.read_bytes()).hexdigest() == entry["sha256"]
        rows = duckdb.execute(f"select count(*) from '{path}'").fetchall()
        assert rows == [(entry["rows"],)]
    assert (folder / "requirements.md").exists()
    assert not list(folder.rglob("*.wal"))
    modes = {p.name: stat.S_IMODE(p.stat().st_mode) for p in folder.iterdir()}
    assert modes["restricted.duckdb"] == 0o600
    assert modes["muster.duckdb"] == modes["release.json"] == 0o644
    assert not list((dev.folder / "candidates").iterdir())
    assert releases.read(store, made.release) == made


def test_a_release_is_on_the_disk_before_the_pointer_is(
    dev: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A power cut leaves the release before, or the whole of the next."""
    kept, point, fsync = set(), releases.point, os.fsync

    def noted(opened: int) -> None:
        fsync(opened)
        status = os.fstat(opened)
        kept.add((status.st_dev, status.st_ino))

    def is_kept(path: Path) -> bool:
        status = path.stat()
        return (status.st_dev, status.st_ino) in kept

    def looked_at(store: Store, release: str) -> None:
        folder = store.path(f"releases/{release}")
        lacking = [each.name for each in folder.rglob("*") if not is_kept(each)]
        assert not lacking
        assert is_kept(folder)
        kept.clear()
        point(store, release)
        assert is_kept(dev.folder)

    monkeypatch.setattr(os, "fsync", noted)
    monkeypatch.setattr(releases, "point", looked_at)
    released(dev, 7)
    assert markers(current(dev)) == {7}


def test_the_next_release_starts_from_a_copy_and_is_compared(dev: Environment) -> None:
    first = released(dev, 1)
    seen: dict[str, set[int]] = {}

    class Looking(Built):
        def __call__(
            self, candidate: Environment, variables: dict[str, Any], console: Console
        ) -> None:
            if candidate.marts.exists():
                seen["before"] = markers(candidate.marts)
            super().__call__(candidate, variables, console)

    looking = Looking(2)
    second = released(dev, 2, builder=looking)
    assert seen == {"before": {1}}, "incremental models go on where they were"
    assert second.replaces == first.release
    snapshot = Path(looking.variables["current_release"]["people.headcount"])
    assert snapshot.name == "people.headcount.parquet"
    assert first.release in str(snapshot)

    seen.clear()
    of_then = Looking(3)
    third = released(dev, 3, builder=of_then, as_at="2026-03-01")
    assert not seen, "what was learned after as_at is not carried over"
    assert of_then.variables == {"as_at": "2026-03-01 00:00:00"}
    assert third.as_at == "2026-03-01 00:00:00"


@pytest.mark.parametrize(
    ("options", "reason"),
    [
        (
            {"builder": Built(2, statuses=("pass", "fail"))},
            "tests: failed: test.muster",
        ),
        ({"builder": Built(2, statuses=())}, "no test ran"),
        ({"gate": lambda _: release_kit.UNPROVEN}, "requirements: BR-01.1 has no test"),
        (
            {"builder": Built(2, "employee_key varchar, marker bigint")},
            "people.headcount.fte is gone",
        ),
        (
            {"builder": Built(2, "employee_key varchar, marker integer, fte real")},
            "people.headcount.marker is INTEGER, was BIGINT",
        ),
        (
            {"builder": Built(2, people="values ('k1'), (' e0002 ')")},
            "identifiers: values that identify people in people.headcount.employee_key",
        ),
        ({"builder": Built(2, people="values ('hr|1')")}, "identify people"),
        ({"builder": Built(2, people="values ('Hazel')")}, "identify people"),
        ({"builder": Built(2, people="values ('to x@y.org')")}, "identify people"),
    ],
)
def test_what_does_not_pass_moves_nothing_and_leaves_evidence(
    dev: Environment, options: dict[str, Any], reason: str
) -> None:
    first = released(dev, 1)
    with pytest.raises(MusterError, match="Not released") as caught:
        released(dev, 2, **options)
    assert reason in str(caught.value)
    assert markers(current(dev)) == {1}
    store = open_store(dev)
    _, failed = releases.listed(store)
    assert failed.verdict == "failed"
    assert reason in failed.reason
    assert releases.current(store) == first.release
    assert not store.exists(f"{failed.key}/muster.duckdb")
    candidate = dev.folder / "candidates" / failed.release / "dev"
    assert markers(candidate / "muster.duckdb") == {2}

    # It is listed, cannot be gone to, and the next one clears the candidate away.
    _, output = told("releases", "dev")
    assert f"{failed.release}: {failed.reason}" in output
    with pytest.raises(MusterError, match="failed its audit"):
        releases.rollback(dev, failed.release)
    released(dev, 3)
    assert not candidate.exists() or releases.listed(store)[-1].verdict == "passed"


def test_what_is_broken_by_an_attack_is_not_released(
    dev: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = released(dev, 1)
    given: list[Any] = []

    def broken(*arguments: Any) -> attack.Attacked:
        given[:] = arguments
        breach = attack.Breach(
            "dominance", "published.absence", "absence_pct", "X, 2025"
        )
        return attack.Attacked([breach, breach], untried=3)

    monkeypatch.setattr(attack, "attack", broken)
    with pytest.raises(MusterError, match="absence_pct by dominance \\(2 times\\)"):
        released(dev, 2)
    store = open_store(dev)
    assert markers(current(dev)) == {1}
    assert given[4] == attack.SECONDS
    assert given[5] == store.path(first.key) / "published.duckdb"
    (finding,) = (
        each for each in releases.listed(store)[-1].audit if each.check == "disclosure"
    )
    assert not finding.passed
    assert "3 more not by programs, for want of time" in finding.detail
    assert " X" not in finding.detail, "where it is helps whoever looks for it"


def test_a_build_that_fails_moves_nothing(dev: Environment) -> None:
    released(dev, 1)

    def broken(*_: object) -> None:
        message = "The build failed: see above."
        raise MusterError(message)

    with pytest.raises(MusterError, match="The build failed"):
        released(dev, 2, builder=broken)
    assert markers(current(dev)) == {1}


def test_the_key_of_a_first_release_is_that_of_the_next(dev: Environment) -> None:
    keys = []

    def keyed(candidate: Environment, *rest: Any) -> None:
        key = candidate.folder / "pseudonym.key"
        if not key.exists():
            key.write_text(f"made by {candidate.home.name}")
        keys.append(key.read_text())
        Built(1)(candidate, *rest)

    released(dev, 1, builder=keyed)
    released(dev, 1, builder=keyed, is_fresh=True)
    assert keys[0] == keys[1] == (dev.folder / "pseudonym.key").read_text()
    assert not list((dev.folder / "releases").rglob("pseudonym.key"))


def test_a_name_that_is_also_a_place_identifies_nobody(dev: Environment) -> None:
    made = released(dev, 1, builder=Built(1, people="values ('Austin'), ('Bo')"))
    detail = {finding.check: finding.detail for finding in made.audit}["identifiers"]
    assert detail.startswith("none of "), "Bo is too short, Austin is a branch"


def test_breaking_readers_takes_a_change_request_or_a_version(dev: Environment) -> None:
    released(dev, 1)
    without = Built(2, "employee_key varchar, marker bigint")
    for given in ("because", "CR-1", "cr-1:people.headcount", "CR-1:headcount"):
        with pytest.raises(MusterError, match="says not what is accepted") as caught:
            released(dev, 2, builder=without, accept_breaking=[given])
        assert caught.value.exit_code == 2
    accepted = ["CR-123:people.headcount.fte", "CR-4:people.movements"]
    with pytest.raises(
        MusterError, match=r"people.leavers.fte is gone: keep"
    ) as caught:
        released(dev, 2, builder=without, accept_breaking=accepted)
    assert "people.movements" not in str(caught.value)
    accepted += ["CR-123:people.leavers.fte", "CR-5:people.typo"]
    made = released(dev, 2, builder=without, accept_breaking=accepted)
    assert isinstance(made.accepted_breaking, dict)
    assert made.accepted_breaking["people.movements"] == "CR-4"
    told = {finding.check: finding.detail for finding in made.audit}["contracts"]
    assert told == (
        "CR-123 accepts people.headcount.fte; CR-123 accepts people.leavers.fte; "
        "CR-4 accepts people.movements; CR-5 accepts people.typo, which does not break"
    )

    old = {"people.headcount": {"marker": "BIGINT", "fte": "DOUBLE"}}
    versions = ["people.headcount_v1", "people.headcount_v2"]
    family = dict.fromkeys([*old, *versions], versions)
    kept = {versions[0]: {"marker": "BIGINT", "fte": "DOUBLE"}, versions[1]: {}}
    lost = {versions[0]: {"marker": "BIGINT"}, versions[1]: {}}
    gone = ["people.headcount is gone"]
    assert not list(broken_columns(old, kept, family))
    assert list(map(str, broken_columns(old, lost, family))) == gone
    assert list(map(str, broken_columns(old, kept, {}))) == gone


@pytest.mark.parametrize("status", [200, 404])
def test_a_change_request_is_looked_up_where_there_is_a_tracker(
    status: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = []

    def get(address: str, **options: Any) -> Any:
        asked.append((address, options["headers"]))
        return SimpleNamespace(status_code=status)

    monkeypatch.setattr(requests, "get", get)
    monkeypatch.setenv("MUSTER_TRACKER", "https://tracker.example.com/issues/{number}")
    monkeypatch.setenv("MUSTER_TRACKER_TOKEN", "secret")
    if status == 200:
        assert audit.change_requests(["CR-12:a.b"]) == {"a.b": "CR-12"}
    else:
        with pytest.raises(MusterError, match="does not know CR-12: it answers 404"):
            audit.change_requests(["CR-12:a.b"])
    headers = {"Authorization": "Bearer secret"}
    assert asked == [("https://tracker.example.com/issues/12", headers)]


def test_marts_that_few_may_read_are_kept_too(dev: Environment) -> None:
    class WithPay(Built):
        def __init__(self, marker: int, pay: str) -> None:
            super().__init__(marker)
            self.pay = pay

        def __call__(
            self, candidate: Environment, variables: dict[str, Any], console: Console
        ) -> None:
            super().__call__(candidate, variables, console)
            with duckdb.connect(str(candidate.folder / "restricted.duckdb")) as pay:
                pay.execute("create schema if not exists pay")
                pay.execute(f"create or replace table pay.rpt_pay as select {self.pay}")
                pay.execute(f"create or replace table pay.int_pay as select {self.pay}")

    made = released(dev, 1, builder=WithPay(1, "1 as gap, 2 as people"))
    assert made.columns["restricted.pay.rpt_pay"] == {
        "gap": "INTEGER",
        "people": "INTEGER",
    }
    assert "restricted.pay.int_pay" not in made.columns
    assert "restricted.pay.rpt_pay" not in made.tables, (
        "it is not exported for everybody"
    )
    with pytest.raises(MusterError, match=r"restricted.pay.rpt_pay.gap is gone: keep"):
        released(dev, 2, builder=WithPay(2, "1 as gap_pct, 2 as people"))


def test_a_mart_that_becomes_restricted_is_lost_to_its_readers(
    dev: Environment,
) -> None:
    class Moved(Built):
        def __call__(
            self, candidate: Environment, variables: dict[str, Any], console: Console
        ) -> None:
            super().__call__(candidate, variables, console)
            with duckdb.connect() as moved:
                for path in candidate.databases:
                    moved.execute(f"attach '{path}'")
                moved.execute(
                    "create table restricted.people.headcount as"
                    " from muster.people.headcount; drop table muster.people.headcount"
                )

    manifest = dev.artifacts / "manifest.json"
    released(dev, 1)
    dev.artifacts.mkdir(exist_ok=True)
    manifest.write_text(json.dumps(READ_BY))
    with pytest.raises(
        MusterError,
        match=r"people.headcount is gone \(read by headcount_report\): keep",
    ):
        released(dev, 2, builder=Moved(2))


def test_queries_of_the_docs_run(dev: Environment) -> None:
    class WithQuery(Built):
        query = "select fte from people.headcount"

        def __call__(
            self, candidate: Environment, variables: dict[str, Any], console: Console
        ) -> None:
            super().__call__(candidate, variables, console)
            meta = {"meta": {"query": self.query}}
            exposures = {"exposure.e": {"name": "headcount_report", "config": meta}}
            manifest = candidate.artifacts / "manifest.json"
            manifest.write_text(json.dumps({"exposures": exposures}))

    made = released(dev, 1, builder=WithQuery(1))
    told = {finding.check: finding.detail for finding in made.audit}
    assert told["queries"] == "those of 1 exposures run"
    WithQuery.query = "select ftes from people.headcount"
    with pytest.raises(MusterError, match=r'headcount_report: .*"ftes" not found'):
        released(dev, 2, builder=WithQuery(2))
    WithQuery.query = (
        "select cast(case when range = 99999 then employee_key end as integer)"
        " from people.headcount cross join range(100000);"
    )
    with pytest.raises(MusterError, match=r"headcount_report: ConversionException\."):
        released(dev, 2, builder=WithQuery(2))


def test_a_model_that_is_gone_leaves_no_table_and_no_bytes(dev: Environment) -> None:
    needle = "what only the restricted database may hold"
    released(dev, 1, builder=Built(1, people=f"values ('{needle}')"))
    marts = dev.folder / "current" / "muster.duckdb"
    assert needle.encode() in marts.read_bytes()

    class WithManifest(Built):
        def __call__(
            self, candidate: Environment, variables: dict[str, Any], console: Console
        ) -> None:
            super().__call__(candidate, variables, console)
            nodes = {
                f"model.muster.{name}": {
                    "resource_type": "model",
                    "database": database,
                    "schema": "people",
                    "alias": name,
                    "name": name,
                }
                for database, name in (
                    ("muster", "headcount"),
                    ("restricted", "int_employees_conformed"),
                )
            }
            manifest = candidate.artifacts / "manifest.json"
            manifest.write_text(json.dumps({"nodes": nodes}))

    made = released(
        dev,
        2,
        builder=WithManifest(2),
        accept_breaking=["CR-1:people.movements", "CR-1:people.leavers"],
    )
    assert list(made.tables) == ["people.headcount"]
    assert needle.encode() not in marts.read_bytes()


def test_rollback_goes_to_what_was_current_before(dev: Environment) -> None:
    store = open_store(dev)
    with pytest.raises(MusterError, match="Nothing is released"):
        releases.rollback(dev)
    made = [released(dev, marker) for marker in (1, 2, 3)]
    assert releases.rollback(dev) == (made[2].release, made[1].release)
    assert markers(current(dev)) == {2}
    fourth = released(dev, 4)
    releases.rollback(dev)
    assert markers(current(dev)) == {2}, "not to 3, which was taken back"
    releases.rollback(dev)
    with pytest.raises(MusterError, match="is left to go back to"):
        releases.rollback(dev)
    releases.rollback(dev, fourth.release[:22])
    assert markers(current(dev)) == {4}
    with pytest.raises(MusterError, match="No release begins") as caught:
        releases.rollback(dev, "1999")
    assert caught.value.exit_code == 2
    with pytest.raises(MusterError, match="Several releases begin"):
        releases.rollback(dev, "20")

    damaged = store.path(f"{made[0].key}/muster.duckdb")
    damaged.write_bytes(damaged.read_bytes()[:-1])
    with pytest.raises(MusterError, match="missing or was changed"):
        releases.rollback(dev, made[0].release)
    assert markers(current(dev)) == {4}


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"release": "x"}', "\0" * 9])
def test_a_damaged_release_holds_up_no_other(dev: Environment, content: str) -> None:
    store = open_store(dev)
    made = [released(dev, marker) for marker in (1, 2, 3)]
    whole = store.read_bytes(f"{made[0].key}/release.json")
    for damaged in made[::2]:
        store.write_bytes(f"{damaged.key}/release.json", content.encode())
    listed = releases.listed(store)
    assert [each.verdict for each in listed] == ["failed", "passed", "failed"]
    assert listed[0].reason.endswith(
        "release.json is damaged: restore it from a backup"
    )
    told = status.of(dev, datetime.now(UTC)).failures
    assert told[0].startswith(f"release {made[2].release} failed: ")
    assert releases.rollback(dev) == (made[2].release, made[1].release)
    assert markers(current(dev)) == {2}
    released(dev, 4)
    assert markers(current(dev)) == {4}
    # Nothing of it was removed: it can be put back.
    store.write_bytes(f"{made[0].key}/release.json", whole)
    assert releases.rollback(dev, made[0].release)[1] == made[0].release


def test_old_releases_go_but_never_the_current_or_the_one_before(
    dev: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(dev)
    monkeypatch.setenv(releases.KEEP_VARIABLE, "2")
    made = [released(dev, marker).release for marker in range(4)]
    assert releases.ids(store) == made[2:]
    releases.rollback(dev)
    made += [released(dev, 5).release]
    assert releases.ids(store) == [made[2], made[3], made[4]], "2 is the way back"
    much_later = datetime.now(UTC) + timedelta(days=1000)
    assert releases.prune(store, much_later) == [made[3]]
    assert markers(current(dev)) == {5}
    monkeypatch.setenv(releases.DAYS_VARIABLE, "soon")
    with pytest.raises(MusterError, match="MUSTER_KEEP_DAYS=soon is not a whole"):
        releases.prune(store)


def test_one_process_at_a_time_and_leftovers_are_cleared(dev: Environment) -> None:
    store = open_store(dev)
    made = released(dev, 1)
    with (
        lease.hold(store, "release"),
        pytest.raises(MusterError, match="is being written by"),
    ):
        released(dev, 2)
    (store.path("releases") / "20260101T000000.000000Z-half" / "snapshot").mkdir(
        parents=True
    )
    (dev.folder / "candidates" / "half").mkdir()
    (dev.folder / ".current.1").symlink_to("nowhere")
    second = released(dev, 2)
    assert releases.ids(store) == [made.release, second.release]
    assert not list((dev.folder / "candidates").iterdir())
    assert not list(dev.folder.glob(".current.*"))


def test_commands_tell_what_is_where(
    dev: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert "Nothing is released to dev" in told("releases", "dev")[1]
    first = released(dev, 1)
    second = released(dev, 2)
    counts = {
        "run_id": "r",
        "source": "fx",
        "rejected": 3,
        "quarantined": 1,
        "finished_at": datetime(2026, 7, 1, 6),
    }
    write_load(log_of(dev.folder), "raw_ops", {"load_counts": [counts]})
    code, output = told("releases", "dev")
    assert code == 0
    assert f"* {second.release}" in " ".join(output.split())
    assert "fffffffff+" in output
    code, output = told("rollback", "dev")
    assert f"dev is back at {first.release}; it was at {second.release}" in output
    assert f"Its report is {dev.report}." in output
    assert f"Release {first.release}" in dev.report.read_text()
    # The build of this machine is not what readers have.
    assert f"The report of the release {first.release} is" in told("report")[1]
    monkeypatch.setenv("MUSTER_CLOCK", "2026-07-01T08:00:00Z")
    assert first.release in told("status")[1]
    assert "2 hours ago" in told("status")[1]
    assert "late" not in told("status")[1]
    monkeypatch.setenv("MUSTER_CLOCK", "2026-07-09T08:00:00Z")
    assert "dev: fx is late: last loaded 8 days ago, due daily" in told("status")[1]
    assert told("release", "nowhere")[0] == 2
    assert {each.source for each in status.cadences()} >= {"frappe_hr", "fx"}


def test_a_folder_that_is_no_clone_has_no_revision(tmp_path: Path) -> None:
    assert revision_of(tmp_path) == ("unversioned", False)
    assert answers(tmp_path, None) == []


def test_a_release_answers_what_commits_name_since_the_one_before(
    tmp_path: Path,
) -> None:
    def commit(message: str) -> str:
        who = ("-c", "user.name=A", "-c", "user.email=a@example.com")
        git(tmp_path, *who, "commit", "--allow-empty", "--quiet", "-m", message)
        return git(tmp_path, "rev-parse", "HEAD")

    git(tmp_path, "init", "--quiet")
    before = commit("Count people once, for CR-7")
    commit("Read late punches\n\nMends INC-0123456789 and CR-12, not CR-x")
    last = commit("Write plainly: CR-12")

    assert answers(tmp_path, before) == ["CR-12", "INC-0123456789"]
    assert answers(tmp_path, last) == []
    # A clone that does not reach back that far knows its last commit.
    assert answers(tmp_path, "f" * 40) == answers(tmp_path, None) == ["CR-12"]


def test_an_object_store_gets_the_pointer_last(
    dev: Environment, s3_root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Each machine would make one of its own.
    monkeypatch.setenv(KEY_VARIABLE, "the key of these tests, worth nothing")
    writes: list[str] = []
    write_json, upload = Store.write_json, Store.upload

    def noted_json(self: Store, key: str, value: Any) -> None:
        writes.append(key)
        write_json(self, key, value)

    def noted_upload(self: Store, local: Path, key: str) -> None:
        writes.append(key)
        upload(self, local, key)

    monkeypatch.setattr(Store, "write_json", noted_json)
    monkeypatch.setattr(Store, "upload", noted_upload)
    monkeypatch.setenv("MUSTER_STORE", s3_root)
    store = open_store(dev)
    first = released(dev, 1)
    assert writes[-2:] == [f"{first.key}/release.json", "current.json"]
    assert f"{first.key}/muster.duckdb" in writes[:-2]
    second = released(dev, 2)
    assert second.replaces == first.release
    assert releases.current(store) == second.release
    assert releases.rollback(dev)[1] == first.release
    assert releases.current(store) == first.release
    kept = store.read_bytes(f"{second.key}/muster.duckdb")
    for content in (bytes([kept[0] ^ 1]) + kept[1:], b"short"):
        store.write_bytes(f"{second.key}/muster.duckdb", content)
        with pytest.raises(MusterError, match="missing or was changed"):
            releases.rollback(dev, second.release)
    store.write_bytes(f"{second.key}/muster.duckdb", kept)
    store.delete(f"{second.key}/restricted.duckdb")
    with pytest.raises(MusterError, match="missing or was changed"):
        releases.rollback(dev, second.release)

    # Another machine, with nothing on its disk, goes on where this one stopped.
    mirror.push(dev, store)
    shutil.rmtree(dev.folder)
    third = released(dev, 3)
    assert third.as_at == "2026-07-01 06:00:00"
    assert third.replaces == first.release
    store.download(f"{third.key}/muster.duckdb", dev.home / "third.duckdb")
    assert markers(dev.home / "third.duckdb") == {3}


MINI_PROJECT = """
name: muster
version: "0.1.0"
profile: mini
"""

MINI_PROFILES = """
mini:
  target: dev
  outputs:
    dev: {type: duckdb, path: "{{ env_var('MUSTER_HOME') }}/mini.duckdb"}
"""

MINI_MODEL = """
select cast(2 as bigint) as headcount, date '2026-06-01' as month_start_on
union all
select cast(8 as bigint) as headcount, date '2026-07-01' as month_start_on
"""

MINI_BOUNDS = """
  - name: NAME
    data_tests:
      - within_bounds_of_the_current_release:
          name: NAME_latest
          arguments:
            figure: sum(headcount)
            at_most_pct: 50
            at_most: 1
            latest_of: month_start_on
      - within_bounds_of_the_current_release:
          name: NAME_rows
          arguments: {figure: count(*), at_most_pct: 10, at_most: 1}
"""

JUNE, JULY = "date '2026-06-01'", "date '2026-07-01'"

RELEASED_ROWS = {
    "first": None,
    "near": f"select 99 as headcount, {JUNE} as month_start_on union all "
    f"select 12, {JULY}",
    "far": f"select 17 as headcount, {JULY} as month_start_on",
    "many": f"select 5 as headcount, {JULY} as month_start_on from range(4)",
    "widened": f"select {JULY} as month_start_on from range(2)",
}
"""What the current release holds of each model; of one it holds an older version."""


def test_bounds_compare_a_figure_with_the_current_release(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    project = tmp_path / "project"
    for name in ("models", "tests/generic", "macros"):
        (project / name).mkdir(parents=True)
    test = Path("tests", "generic", "within_bounds_of_the_current_release.sql")
    shutil.copy(REPOSITORY / test, project / test)
    shutil.copy(REPOSITORY / "macros/engine/released_rows.sql", project / "macros")
    (project / "dbt_project.yml").write_text(MINI_PROJECT)
    (project / "profiles.yml").write_text(MINI_PROFILES)
    paths, bounds = {}, "models:"
    for name, rows in RELEASED_ROWS.items():
        (project / "models" / f"{name}.sql").write_text(MINI_MODEL)
        bounds += MINI_BOUNDS.replace("NAME", name)
        if rows:
            paths[f"main.{name}"] = str(tmp_path / f"{name}'s.parquet")
            duckdb.execute(f"copy ({rows}) to '{tmp_path}/{name}''s.parquet'")
    (project / "models" / "bounds.yml").write_text(bounds)
    monkeypatch.setenv("MUSTER_HOME", str(tmp_path))
    common = ["--project-dir", str(project), "--profiles-dir", str(project)]
    common += ["--vars", json.dumps({"current_release": paths}), "--log-level", "none"]
    common += ["--target-path", str(tmp_path / "t"), "--log-path", str(tmp_path / "t")]
    try:
        result = build.invoke(["build", *common], build.Run())
    finally:
        build.close_databases()
    failing = {
        each.node.name
        for each in result.result.results
        if each.status.value not in {"pass", "success"}
    }
    assert failing == {"far_latest", "many_latest", "many_rows"}


def test_every_bound_has_a_date_and_a_reason() -> None:
    import yaml

    found = 0
    for path in (REPOSITORY / "models").rglob("*.yml"):
        for model in (yaml.safe_load(path.read_text()) or {}).get("models", []):
            for test in model.get("data_tests", []):
                if isinstance(test, dict) and next(iter(test)).startswith("within_"):
                    meta = next(iter(test.values()))["config"]["meta"]
                    assert meta["decided_on"], path
                    assert meta["reason"], path
                    found += 1
    assert found
