"""Releases and rolls back, and is killed while it does, over and over.

    python release_killed.py HOME KILLS SEED

A process of its own for each attempt is forked from this one, which has released once,
and so has loaded what a release needs, and has no threads at work. After each kill it
checks with checksums alone what readers would find, and writes one line of JSON in the
end.
"""

import json
import os
import random
import signal
import sys
import time
from contextlib import suppress
from pathlib import Path

from release_kit import released

from environment import Environment
from environment.errors import MusterError
from operations.release import release as release_module
from store import releases
from store.store import open_store


def attempt(environment: Environment, number: int) -> None:
    """Release twice out of three times, else roll back; until killed."""
    while True:
        if number % 3 != 2:
            released(environment, number)
        else:
            with suppress(MusterError):
                releases.rollback(environment)
        number += 1


def is_whole(environment: Environment) -> bool:
    """Whether the pointer names a release that was audited and is as it was written."""
    store = open_store(environment)
    pointed = releases.current(store)
    found = releases.read(store, pointed) if pointed else None
    if found is None or found.verdict != "passed" or not found.audit:
        return False
    with suppress(MusterError):
        releases.check(store, found)
        return True
    return False


def seconds_of_a_release(environment: Environment) -> float:
    """How long a process takes to release once where nothing else keeps it waiting."""
    taken = []
    for marker in range(3):
        started = time.monotonic()
        child = os.fork()
        if not child:
            released(environment, marker)
            os._exit(0)
        os.waitpid(child, 0)
        taken.append(time.monotonic() - started)
    return min(taken)


def main(home: Path, kills: int, seed: int) -> dict[str, int]:
    """Kill as often as asked; give what was found."""
    chance = random.Random(seed)
    release_module.revision_of = lambda project: ("f" * 40, False)  # type: ignore[attr-defined]
    environment = Environment("dev", home)
    released(environment, 0)  # what a release imports late is imported here, once
    moments = {"whole": 0, "torn": 0, "moved": 0}
    longest = seconds_of_a_release(environment)
    before = releases.current(open_store(environment))
    for number in range(kills):
        child = os.fork()
        if not child:
            attempt(environment, number)
        time.sleep(chance.uniform(0, 2 * longest))
        os.kill(child, signal.SIGKILL)
        _, ending = os.waitpid(child, 0)
        if os.WTERMSIG(ending) != signal.SIGKILL:
            moments["torn"] += 1
        moments["whole" if is_whole(environment) else "torn"] += 1
        now = releases.current(open_store(environment))
        moments["moved"] += now != before
        before = now
    return moments


if __name__ == "__main__":
    sys.stdout.write(json.dumps(main(Path(sys.argv[1]), *map(int, sys.argv[2:]))))
