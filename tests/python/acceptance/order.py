"""The same deliveries in other ways: day by day, shuffled, twice, in spite of kills."""

import random
import shutil
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from trial_kit import trials

import demo.company
from acceptance.company import Company

LAST_DAYS = trials(1, nightly=6)
EARLIER_STEPS = trials(3, nightly=9)
BATCHES = 3
LANDMARKS = trials(1, nightly=2)
KILLS = 30
LAST_CLOCK = datetime(2026, 7, 1, 6)


def steps(company: Company) -> list[datetime]:
    """The instants at which the company is loaded, naive UTC.

    Every day of its life would take an hour. The steps are: the morning after go-live,
    some instants spread evenly over its life and over the hours of the day, then every
    morning of the last days. Three months have one in their last week, so that there is
    something to know at their closes.
    """
    days_before = LAST_CLOCK - timedelta(days=LAST_DAYS)
    first = company.go_live + timedelta(hours=6)
    span = (days_before - timedelta(days=7) - first) / EARLIER_STEPS
    earlier = [first + span * step for step in range(EARLIER_STEPS)]
    daily = [days_before + timedelta(days=day) for day in range(LAST_DAYS + 1)]
    return [instant.replace(microsecond=0) for instant in earlier] + daily


def landmarks(company: Company) -> list[datetime]:
    """The steps after which the warehouse is built, to be restated at the end."""
    instants = steps(company)
    return [instants[EARLIER_STEPS // 2], instants[EARLIER_STEPS - 2]][:LANDMARKS]


@dataclass(frozen=True)
class DayByDay:
    """A company that was loaded in steps, and its marts as they were built."""

    company: Company

    @property
    def landmarks(self) -> list[datetime]:
        """The instants at which marts were kept."""
        return landmarks(self.company)

    @property
    def marts(self) -> Path:
        """The marts built when all was loaded."""
        return self.company.home / "last" / "muster.duckdb"

    @property
    def restricted(self) -> Path:
        """The restricted database that belongs to them."""
        return self.company.home / "last" / "restricted.duckdb"

    def then(self, number: int) -> Path:
        """The marts as they were built at a landmark, before later loads."""
        return self.company.home / f"then_{number}" / "muster.duckdb"

    def restated(self, number: int) -> Path:
        """The marts built after all loads, as at a landmark."""
        return self.company.home / f"restated_{number}" / "muster.duckdb"


def load_day_by_day(company: Company) -> None:
    """Load in steps, build at each landmark, and restate the landmarks at the end.

    Each step is killed once before it is done, and at the end all is delivered again.
    """
    kept, kills = landmarks(company), Kills(10.0)
    for instant in steps(company):
        company.set_clock(instant)
        kills.try_one(company)
        company.ingest()
        if instant in kept:
            company.build()
            company.keep(f"then_{kept.index(instant)}")
    assert kills.made
    load_again(company)
    company.build()
    company.keep("last")
    for number, instant in enumerate(kept):
        company.build(as_at=instant)
        company.keep(f"restated_{number}")


def load_shuffled(company: Company) -> None:
    """Load files in batches drawn at random, most under the name of another.

    Applicant tracking's files keep their names: the day in a name is all that tells
    which of two states of an application is the newer.
    """
    held = company.home / "held"
    inbox = company.inbox
    demo.company.deliver(company.home, inbox, company.clock)
    shutil.copytree(inbox, held)
    files = sorted(path.relative_to(held) for path in held.rglob("*") if path.is_file())
    for path in files:
        (inbox / path).unlink()
    draw = random.Random(1)
    renamed = dict(zip(files, shuffled_names(files, draw), strict=True))
    draw.shuffle(files)
    for batch in range(BATCHES):
        for path in files[batch::BATCHES]:
            shutil.copyfile(held / path, inbox / renamed[path])
        company.ingest()


def shuffled_names(files: list[Path], draw: random.Random) -> list[Path]:
    """The same names, dealt anew within a source whose rows carry their own time."""
    punches = [path for path in files if path.parts[0] == "attendance"]
    names = draw.sample(punches, len(punches))
    dealt = dict(zip(punches, names, strict=True))
    return [dealt.get(path, path) for path in files]


def load_twice(company: Company) -> None:
    """Load all of it, and all of it again."""
    company.ingest()
    load_again(company)


def load_with_kills(company: Company) -> None:
    """Load as time goes by, each run killed, and what they left in one clean run."""
    kills, last = Kills(10.0), company.clock
    first = company.go_live + timedelta(hours=6)
    for attempt in range(2 * KILLS):
        company.set_clock(first + (last - first) * min(attempt / KILLS, 1))
        kills.try_one(company)
    assert kills.made >= KILLS
    company.set_clock(last)
    company.ingest()


class Kills:
    """Runs of ingestion that are killed at moments drawn at random.

    Args:
        seconds: How long a run takes at first; one that ends sooner tells better.
    """

    def __init__(self, seconds: float) -> None:
        self._draw = random.Random(6)
        self._seconds = seconds
        self.made = 0

    def try_one(self, company: Company) -> None:
        """Kill a run, unless it ends before."""
        started = time.monotonic()
        if company.ingest_killed_after(self._draw.uniform(0, self._seconds)):
            self.made += 1
        else:
            self._seconds = min(self._seconds, time.monotonic() - started)


def load_again(company: Company) -> None:
    """Load all of it once more: files under two names, cursors lost."""
    for path in sorted(company.inbox.rglob("*")):
        if path.is_file():
            stem, dot, endings = path.name.partition(".")
            shutil.copyfile(path, path.with_name(f"{stem}_again{dot}{endings}"))
            path.touch()
    lose_cursors(company)
    company.ingest()


def lose_cursors(company: Company) -> None:
    """Make the pipelines forget how far they came, as on a new machine."""
    shutil.rmtree(company.environment / "pipelines")
    for state in company.raw.glob("*/_dlt_pipeline_state/*.jsonl"):
        state.unlink()
