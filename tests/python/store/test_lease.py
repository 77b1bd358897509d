"""The lease: one writer at a time, and the next one once it is gone."""

import json
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict
from pathlib import Path

import pytest
from store_kit import s3_root, s3_settings, store

from environment.errors import MusterError
from store import lease as leases
from store.lease import Claim, hold
from store.store import Store

__all__ = ["s3_root", "s3_settings", "store"]


@pytest.fixture(autouse=True)
def _settle_soon(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(leases, "SETTLE_SECONDS", 0.05)


def claim(store: Store, expires_in: float, machine: str = "elsewhere") -> None:
    """Leave the claim of a runner that was killed."""
    now = time.time()
    until = now + expires_in
    left = Claim("t", machine, "box-7, process 42", "release", 60, now, until)
    assert store.create("lease/000000000004.json", json.dumps(asdict(left)).encode())


def test_the_second_is_refused_and_told_who_holds_it(store: Store) -> None:
    with hold(store, "ingest") as held:
        held.check()
        with (
            pytest.raises(MusterError, match=r"process \d+ \(ingest\) since") as no,
            hold(store, "release"),
        ):
            pass
        assert "its lease ends by itself at" in str(no.value)
    with hold(store, "release") as held:
        held.check()
    assert len([k for k in store.keys("lease") if k.endswith(".json")]) == 1


def test_a_dead_runner_is_replaced_after_its_expiry_not_before(store: Store) -> None:
    claim(store, expires_in=20)
    with (
        pytest.raises(MusterError, match=r"box-7, process 42 \(release\)"),
        hold(store, "ingest"),
    ):
        pass
    store.delete("lease/000000000004.json")
    claim(store, expires_in=-2)
    with (
        pytest.raises(MusterError, match="box-7"),
        hold(store, "ingest"),
    ):
        pass
    store.delete("lease/000000000004.json")
    claim(store, expires_in=-4)
    with hold(store, "ingest") as held:
        held.check()
    assert [k for k in store.keys("lease") if k.endswith(".json")] == [
        "lease/000000000005.json"
    ]


def test_a_lease_is_renewed_and_one_that_ran_out_is_lost(store: Store) -> None:
    with hold(store, "ingest", seconds=3) as held:
        first = held.claim.expires_at
        while held.claim.expires_at == first:
            time.sleep(0.02)
        held.check()
    with hold(store, "ingest", seconds=600) as held:
        assert store.create("lease/000000000099.json", _foreign())
        with pytest.raises(MusterError, match="was lost"):
            held.check()
        held.renew()
        with pytest.raises(MusterError, match="was lost"):
            held.check()


def _foreign() -> bytes:
    now = time.time()
    taken = Claim("u", "elsewhere", "box-8, process 1", "ingest", 60, now, now + 60)
    return json.dumps(asdict(taken)).encode()


def test_of_many_at_once_one_gets_it(store: Store) -> None:
    if not store.is_conditional:
        pytest.skip("a store without conditional writes has bounded delays only")
    claim(store, expires_in=-100)

    def attempt(_: int) -> bool:
        try:
            leases._take(store, "ingest", 60, is_alone=False)
        except MusterError:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert list(pool.map(attempt, range(6))).count(True) == 1


def test_a_late_claim_below_the_highest_does_not_hold(
    s3_root: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A runner saw claim 4 expire, slept, and wakes when 6 is taken and 5 forgotten."""
    store = Store(f"{s3_root}/dev")
    claim(store, expires_in=-100)
    seen = leases._newest(store)
    store.delete("lease/000000000004.json")
    assert store.create("lease/000000000006.json", _foreign())
    answers = iter([seen])
    newest = leases._newest
    monkeypatch.setattr(leases, "_newest", lambda s: next(answers, None) or newest(s))
    with pytest.raises(MusterError, match="box-8"), hold(store, "ingest"):
        pass


def test_a_runner_killed_on_this_machine_is_replaced_at_once(tmp_path: Path) -> None:
    store = Store(str(tmp_path / "dev"))
    code = (
        "import sys, time; from store.lease import hold;"
        " from store.store import Store;"
        " h = hold(Store(sys.argv[1]), 'ingest'); h.__enter__();"
        " print('held', flush=True); time.sleep(60)"
    )
    with subprocess.Popen(  # noqa: S603 - our own interpreter
        [sys.executable, "-c", code, store.address], stdout=subprocess.PIPE
    ) as runner:
        assert runner.stdout
        assert runner.stdout.readline()
        with (
            pytest.raises(MusterError, match=f"process {runner.pid} "),
            hold(store, "ingest"),
        ):
            pass
        runner.kill()
        runner.wait()
    with hold(store, "ingest") as held:
        held.check()
