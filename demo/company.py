"""The demo company as a whole: create it, move its clock, run its systems.

Everything lives under `<home>/demo`: `state.json`, `ledger/*.parquet` and the source
systems told from the ledger. A clock decides what those systems show; nothing here
reads the wall clock.
"""

import importlib
import json
import os
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import ModuleType
from typing import Any, Final

import numpy as np

from demo.facts import ENDS_ON, HIDDEN_DAYS, Plan, Progress

_OTHER_SYSTEMS: Final = ("payroll", "attendance", "ats", "fx")
_FILE_SYSTEMS: Final = ("attendance", "ats", "fx")
_DEFAULT_CLOCK: Final = datetime(2026, 7, 1, 6, tzinfo=UTC)
_START_SECONDS: Final = 15.0


class DemoError(Exception):
    """Something the person who runs the demo can put right; the message says how."""


@dataclass(frozen=True, slots=True)
class State:
    """What `state.json` holds."""

    seed: int
    employees: int
    months: int
    clock: datetime
    api_key: str
    api_secret: str
    is_complete: bool

    @property
    def plan(self) -> Plan:
        """The plan that the company was simulated from."""
        return Plan(self.seed, self.employees, self.months)


def folder(home: Path) -> Path:
    """Return the demo's own folder."""
    return home / "demo"


def create(
    home: Path,
    seed: int = 1,
    employees: int = 1200,
    months: int = 36,
    on_progress: Progress | None = None,
) -> State:
    """Simulate the company and write its ledger and source systems, from scratch."""
    if employees < 20 or not 1 <= months <= 120:
        raise DemoError("The demo company needs 20 employees or more, 1 to 120 months.")
    report = on_progress or _silent
    plan = Plan(seed, employees, months)
    root = folder(home)
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    report("simulating the company", 0, None)
    ledger = _module("ledger")
    simulated = ledger.simulate(plan)
    ledger.write(simulated, root / "ledger")
    key, secret = _credentials(seed)
    state = State(seed, employees, months, _DEFAULT_CLOCK, key, secret, False)
    _save(home, state)
    _module("hris").write(simulated, root / "hris.sqlite", report)
    for name in _OTHER_SYSTEMS:
        report(f"writing {name}", 0, None)
        _module(name).write_all(home, report)
    complete = replace(state, is_complete=True)
    _save(home, complete)
    _reveal(home, complete.clock)
    return complete


def existing(home: Path) -> State | None:
    """Return the state of a company that was made in full, or nothing."""
    if not (folder(home) / "state.json").exists():
        return None
    state = load(home)
    return state if state.is_complete else None


def load(home: Path) -> State:
    """Return the state of the company under `home`."""
    path = folder(home) / "state.json"
    if not path.exists():
        raise DemoError(
            f"No demo company in {folder(home)}. Create one: muster demo create"
        )
    held = json.loads(path.read_text())
    return State(
        seed=held["seed"],
        employees=held["employees"],
        months=held["months"],
        clock=parse_instant(held["clock"]),
        api_key=held["api_key"],
        api_secret=held["api_secret"],
        is_complete=held["is_complete"],
    )


def parse_instant(text: str) -> datetime:
    """Return an ISO instant as an aware datetime in UTC (naive text means UTC)."""
    value = datetime.fromisoformat(text)
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(UTC)


def instant_text(value: datetime) -> str:
    """Return an instant as ISO text in UTC, ending in `Z`."""
    return value.astimezone(UTC).replace(tzinfo=None).isoformat() + "Z"


def set_clock(home: Path, instant: datetime) -> State:
    """Move the company's clock to an instant (naive means UTC), back or forth."""
    state = load(home)
    clock = instant if instant.tzinfo else instant.replace(tzinfo=UTC)
    moved = replace(state, clock=clock.astimezone(UTC))
    _save(home, moved)
    _reveal(home, moved.clock)
    return moved


def advance(home: Path, to: datetime | timedelta | int = 1) -> State:
    """Move the clock forward: to an instant, or by a duration or a number of days."""
    now = load(home).clock
    if isinstance(to, datetime):
        target = to if to.tzinfo else to.replace(tzinfo=UTC)
    else:
        target = now + (to if isinstance(to, timedelta) else timedelta(days=to))
    last = datetime.combine(ENDS_ON, datetime.min.time(), UTC)
    last += timedelta(days=HIDDEN_DAYS)
    if target < now:
        raise DemoError(f"The clock only advances; it is {instant_text(now)} now.")
    if now >= last:
        raise DemoError(f"The demo company's story ends at {instant_text(last)}.")
    return set_clock(home, min(target, last))


@contextmanager
def running(home: Path, inbox_root: Path | None = None) -> Iterator[dict[str, str]]:
    """Run the company's systems; yield the environment that configures their sources.

    Files due by the clock are delivered into `<inbox_root>/<source>/` (default
    `<home>/demo/inbox`). The stand-in HRIS is a process on a free port of loopback; it
    ends with this block, and with this process however that dies.
    """
    state = load(home)
    if not state.is_complete:
        raise DemoError(
            "The demo company was left half made. Make it again: muster demo create"
        )
    inboxes = inbox_root or folder(home) / "inbox"
    deliver(home, inboxes, state.clock)
    _reveal(home, state.clock)
    process, url = _start_server(home)
    try:
        yield environment(home, state, url, inboxes)
    finally:
        process.terminate()
        try:
            process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def environment(home: Path, state: State, url: str, inbox_root: Path) -> dict[str, str]:
    """Return the environment variables that point every source at the demo."""
    database = (folder(home) / "payroll.sqlite").resolve()
    return {
        "SOURCES__FRAPPE_HR__BASE_URL": url,
        "SOURCES__FRAPPE_HR__API_KEY": state.api_key,
        "SOURCES__FRAPPE_HR__API_SECRET": state.api_secret,
        "SOURCES__PAYROLL__CREDENTIALS": f"sqlite:///{database}",
        **{
            f"SOURCES__{name.upper()}__INBOX": str((inbox_root / name).resolve())
            for name in _FILE_SYSTEMS
        },
        "MUSTER_CLOCK": instant_text(state.clock),
    }


def deliver(home: Path, inbox_root: Path, clock: datetime) -> None:
    """Put the files that are due by the clock into the inboxes."""
    for name in _FILE_SYSTEMS:
        (inbox_root / name).mkdir(parents=True, exist_ok=True)
        _module(name).deliver(home, inbox_root / name, clock)


def _reveal(home: Path, clock: datetime) -> None:
    _module("payroll").reveal(home, clock)


def _module(name: str) -> ModuleType:
    """Import a module when it is needed: each takes long."""
    return importlib.import_module(f"demo.{name}")


def _credentials(seed: int) -> tuple[str, str]:
    """Return the API key and secret of this demo company, drawn from its seed."""
    rng = np.random.default_rng([seed, 7])
    return f"demo-key-{rng.bytes(5).hex()}", f"demo-secret-{rng.bytes(8).hex()}"


def _save(home: Path, state: State) -> None:
    """Write `state.json` so that no reader ever sees half of it."""
    held: dict[str, Any] = {
        "seed": state.seed,
        "employees": state.employees,
        "months": state.months,
        "starts_on": state.plan.starts_on.isoformat(),
        "ends_on": ENDS_ON.isoformat(),
        "clock": instant_text(state.clock),
        "api_key": state.api_key,
        "api_secret": state.api_secret,
        "is_complete": state.is_complete,
    }
    path = folder(home) / "state.json"
    draft = path.with_suffix(".tmp")
    draft.write_text(json.dumps(held, indent=2) + "\n")
    draft.replace(path)


def _start_server(home: Path) -> tuple[subprocess.Popen[str], str]:
    """Start the stand-in HRIS as a process and wait until it answers."""
    command = [sys.executable, "-m", "demo.server", "--home", str(home.resolve())]
    paths = [str(Path(__file__).resolve().parent.parent), os.environ.get("PYTHONPATH")]
    process = subprocess.Popen(  # noqa: S603 - our own module, no input of others
        [*command, "--port", "0", "--parent", str(os.getpid())],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(p for p in paths if p)},
    )
    line = process.stdout.readline().strip() if process.stdout else ""
    url = line.rsplit(" ", 1)[-1]
    if not url.startswith("http://") or not _answers(f"{url}/api/method/ping"):
        process.kill()
        process.wait()
        raise DemoError(f"The stand-in HRIS did not start: {line or 'no output'}")
    return process, url


def _answers(url: str) -> bool:
    """Whether a loopback address answers before patience runs out."""
    deadline = time.monotonic() + _START_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=2) as answer:  # noqa: S310
                return bool(answer.status == 200)
        except (urllib.error.URLError, OSError):
            time.sleep(0.05)
    return False


def _silent(step: str, done: int, total: int | None) -> None:
    """Report progress to nobody."""
