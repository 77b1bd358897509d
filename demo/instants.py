"""Days and instants of the simulation.

Days are integers since 1970-01-01, instants are integers of microseconds since then, in
UTC: quick to compare and to draw. They become dates and text at the edges only.
"""

import functools
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Final, TypeVar
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt

SITE_TIME_ZONE: Final = "Europe/Berlin"
MINUTE: Final = 60_000_000
HOUR: Final = 60 * MINUTE
DAY: Final = 24 * HOUR
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_EPOCH_DAY: Final = date(1970, 1, 1)
_FIRST_DAY: Final = (date(2000, 1, 1) - _EPOCH_DAY).days
_LAST_DAY: Final = (date(2040, 1, 1) - _EPOCH_DAY).days
_OPENS: Final = 8 * HOUR
_CLOSES: Final = 17 * HOUR + 30 * MINUTE

T = TypeVar("T")

Days = npt.NDArray[np.int64]
Instants = npt.NDArray[np.int64]


def to_day(value: date) -> int:
    """Return a date as a day number."""
    return (value - _EPOCH_DAY).days


def to_date(day: int) -> date:
    """Return a day number as a date."""
    return _EPOCH_DAY + timedelta(days=day)


@functools.lru_cache(maxsize=65_536)
def day_text(day: int) -> str:
    """Return a day number as `yyyy-mm-dd`."""
    return to_date(day).isoformat()


def to_instant(value: datetime) -> int:
    """Return a datetime (naive means UTC) as microseconds since 1970."""
    aware = value if value.tzinfo else value.replace(tzinfo=UTC)
    return (aware - _EPOCH) // timedelta(microseconds=1)


def to_datetime(instant: int) -> datetime:
    """Return an instant as an aware datetime in UTC."""
    return _EPOCH + timedelta(microseconds=instant)


@functools.cache
def _site_zone() -> ZoneInfo:
    return ZoneInfo(SITE_TIME_ZONE)


def site_text(instant: int) -> str:
    """Return an instant as Frappe writes it: naive, site-local, with microseconds."""
    local = to_datetime(instant).astimezone(_site_zone())
    return local.replace(tzinfo=None).isoformat(" ", "microseconds")


def site_midnight(day: int) -> int:
    """Return the instant at which a day begins at the HRIS's site."""
    midnight = datetime.combine(to_date(day), datetime.min.time(), _site_zone())
    return to_instant(midnight)


@functools.cache
def _offsets() -> npt.NDArray[np.int64]:
    """Return the site's UTC offset at noon of each day, in microseconds."""
    noon = datetime(2000, 1, 1, 12, tzinfo=UTC)
    days = (noon + timedelta(days=n) for n in range(_LAST_DAY - _FIRST_DAY))
    local = (day.astimezone(_site_zone()) for day in days)
    return np.array(
        [
            (day.utcoffset() or timedelta()) // timedelta(microseconds=1)
            for day in local
        ],
        dtype=np.int64,
    )


def working_instants(rng: np.random.Generator, days: Days) -> Instants:
    """Return an instant within HR's working hours on each day, or the Monday after."""
    weekday = (days + 3) % 7
    working = days + np.where(weekday >= 5, 7 - weekday, 0)
    time_of_day = rng.integers(_OPENS, _CLOSES, days.shape[0])
    offset = _offsets()[working - _FIRST_DAY]
    return np.asarray(working * DAY + time_of_day - offset, dtype=np.int64)


def site_day(instant: int) -> int:
    """Return the day at the HRIS's site that an instant falls on."""
    day = instant // DAY
    return int((instant + int(_offsets()[day - _FIRST_DAY])) // DAY)


def month_first(day: int) -> int:
    """Return the first day of a day's month."""
    return to_day(to_date(day).replace(day=1))


def months_before(end: date, months: int) -> date:
    """Return the first of the month `months` before `end`, itself a first."""
    index = end.year * 12 + end.month - 1 - months
    return date(index // 12, index % 12 + 1, 1)


def snapped(
    rng: np.random.Generator, days: Days, first_share: float, last_share: float
) -> Days:
    """Move some days to their month's first or last day, where companies act."""
    months = days.astype("datetime64[D]").astype("datetime64[M]")
    first = months.astype("datetime64[D]").astype(np.int64)
    last = (months + 1).astype("datetime64[D]").astype(np.int64) - 1
    draw = rng.random(days.shape[0])
    chosen = np.where(draw < first_share, first, days)
    return np.asarray(
        np.where(draw >= 1 - last_share, last, chosen),
        dtype=np.int64,
    )


class Dice:
    """One-at-a-time draws from a generator, buffered because singles are slow."""

    def __init__(self, rng: np.random.Generator) -> None:
        self._rng = rng
        self._buffer: list[float] = []

    def random(self) -> float:
        """Return a float in [0, 1)."""
        if not self._buffer:
            self._buffer = self._rng.random(4096).tolist()
        return self._buffer.pop()

    def chance(self, share: float) -> bool:
        """Return true with the given probability."""
        return self.random() < share

    def between(self, low: int, high: int) -> int:
        """Return an integer in [low, high]."""
        return low + int(self.random() * (high - low + 1))

    def pick(self, options: Sequence[T]) -> T:
        """Return one of the options."""
        return options[int(self.random() * len(options))]

    def working_instant(self, day: int) -> int:
        """Return an instant within HR's working hours on a day, or the Monday after."""
        weekday = (day + 3) % 7
        working = day + (7 - weekday if weekday >= 5 else 0)
        time_of_day = self.between(_OPENS, _CLOSES - 1)
        return working * DAY + time_of_day - int(_offsets()[working - _FIRST_DAY])
