"""Companies of several sizes, each built in a scratch folder, attacked and measured.

`make attack` runs it: `python -m operations.attack 90 400 --seeds 1 2`.
"""

import argparse
import os
import subprocess
import sys
from pathlib import Path
from tempfile import TemporaryDirectory

from rich.console import Console

from environment import Environment
from operations.attack import attacked

SIZES = (90, 400, 1200, 2500)
SEEDS = (1, 2)
MONTHS = 36


def build(home: Path, people: int, seed: int, months: int) -> Environment:
    """Build a demo company's warehouse from nothing.

    Raises:
        subprocess.CalledProcessError: A step failed; its output says why.
    """
    steps = [
        f"demo create --employees {people} --months {months} --seed {seed}",
        "ingest --demo --env ci",
        "build --env ci",
    ]
    for step in steps:
        subprocess.run(  # noqa: S603
            [Path(sys.executable).parent / "muster", *step.split()],
            env={**os.environ, "MUSTER_HOME": str(home)},
            stdout=subprocess.DEVNULL,
            check=True,
        )
    return Environment("ci", home)


def main(arguments: list[str]) -> int:
    """Attack companies; 1 where one breaks or tells too little, else 0."""
    parser = argparse.ArgumentParser(prog="python -m operations.attack")
    parser.add_argument("sizes", nargs="*", type=int, default=SIZES)
    parser.add_argument("--seeds", nargs="*", type=int, default=SEEDS)
    parser.add_argument("--months", type=int, default=MONTHS)
    given = parser.parse_args(arguments)
    console = Console(highlight=False, soft_wrap=True)
    failed = 0
    for people in given.sizes:
        for seed in given.seeds:
            with TemporaryDirectory() as home:
                found = attacked(build(Path(home), people, seed, given.months))
            wrong = [*found.lacking, *found.withheld_in_vain()]
            failed += bool(wrong) or not found.passed
            console.print(f"{people} people, seed {seed}: {found.verdict()}")
            for line in wrong:
                console.print(f"  {line}")
            shares = (f"{table} {share:.0%}" for table, share in found.told.items())
            console.print(f"  told: {', '.join(shares)}")
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
