"""Runs a command and tells what it cost."""

import os
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

MUSTER = (sys.executable, "-c", "from operations.cli import main; main()")
"""The `muster` command of this repository."""


@dataclass(frozen=True)
class Cost:
    """What one command cost.

    Attributes:
        wall_seconds: From start to end.
        cpu_seconds: User and system time, children included.
        peak_megabytes: Resident memory of the largest process among them.
    """

    wall_seconds: float
    cpu_seconds: float
    peak_megabytes: float


class CommandFailedError(Exception):
    """A measured command did not succeed; the message is what it printed."""


def measure(command: Sequence[str], environment: Mapping[str, str]) -> Cost:
    """Run a command to its end.

    Args:
        command: The program and its arguments.
        environment: Its environment variables.

    Returns:
        What it cost, by the operating system's own account.

    Raises:
        CommandFailedError: It ended with another code than 0.
    """
    started = time.monotonic()
    process = subprocess.Popen(  # noqa: S603 - our own commands
        command,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    output = process.stdout.read() if process.stdout else b""
    _, status, usage = os.wait4(process.pid, 0)
    wall = time.monotonic() - started
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode != 0:
        raise CommandFailedError(
            f"{' '.join(command)} ended with {process.returncode}:\n"
            + output.decode(errors="replace")[-4000:]
        )
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1024)


def compared(
    tools: Mapping[str, Callable[[], Cost]], runs: int
) -> dict[str, list[Cost]]:
    """Let tools take turns, so that what else the machine does falls on all alike.

    Args:
        tools: What each does, by its name; done once before it counts.
        runs: How often each then does it.
    """
    costs: dict[str, list[Cost]] = {name: [] for name in tools}
    for run in tools.values():
        run()
    for _ in range(runs):
        for name, run in tools.items():
            costs[name].append(run())
    return costs


def compiled(folder: Path) -> dict[str, str]:
    """Settings with which Python keeps what it compiled, wherever this runs."""
    return {
        "PYTHONPYCACHEPREFIX": str(folder / "compiled"),
        "PYTHONDONTWRITEBYTECODE": "",
    }
