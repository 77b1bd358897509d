"""The currency rates: invented ones, in the format of the ECB's `eurofxref-hist.csv`.

One column for each currency, units for one euro; the newest day first, no weekends and
no bank holidays, `N/A` where a currency is not quoted, a comma at every line's end. The
file is delivered under one name, each time with what was published since.
"""

from datetime import date, datetime, time, timedelta
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.parquet as pq

from demo import delivery
from demo.spells import Progress, Span, ledger_path, naive_utc, read_span

SOURCE = "fx"
FILE_NAME = "eurofxref-hist.csv"
PUBLISHED_AT = time(15, 0)
"""When a working day's rates are published, UTC."""

FIRST_RATES = {
    "USD": (1.09, 4),
    "JPY": (158.0, 2),
    "BGN": (1.9558, 4),
    "CZK": (24.4, 3),
    "DKK": (7.45, 4),
    "GBP": (0.86, 5),
    "HUF": (386.0, 2),
    "PLN": (4.42, 4),
    "RON": (4.96, 4),
    "SEK": (11.5, 4),
    "CHF": (0.965, 4),
    "ISK": (148.5, 2),
    "NOK": (11.4, 4),
    "TRY": (31.0, 4),
    "AUD": (1.63, 4),
    "BRL": (5.4, 4),
    "CAD": (1.46, 4),
    "CNY": (7.72, 4),
    "HKD": (8.5, 4),
    "IDR": (16600.0, 2),
    "ILS": (4.0, 4),
    "INR": (89.5, 4),
    "KRW": (1425.0, 2),
    "MXN": (19.2, 4),
    "MYR": (5.0, 4),
    "NZD": (1.77, 4),
    "PHP": (60.8, 3),
    "SGD": (1.46, 4),
    "THB": (38.3, 3),
    "ZAR": (20.2, 4),
}
"""Units for one euro that the invented rates start from, and decimals published."""

HEADER = (
    "Date,USD,JPY,BGN,CYP,CZK,DKK,EEK,GBP,HUF,LTL,LVL,MTL,PLN,ROL,RON,SEK,SIT,SKK,CHF,"
    "ISK,NOK,HRK,RUB,TRL,TRY,AUD,BRL,CAD,CNY,HKD,IDR,ILS,INR,KRW,MXN,MYR,NZD,PHP,SGD,"
    "THB,ZAR,"
)
"""The file's header; currencies without a first rate are those of the past."""

_PEGGED = {"BGN": 0.0, "DKK": 0.00005}
_DAILY_CHANGE = 0.0035
_LAST_QUOTED_ON = {"BGN": date(2025, 12, 31)}


def write_all(home: Path, on_progress: Progress | None = None) -> None:
    """Invent the rates, from one year before the company's start to its horizon.

    Writes the ledger's `reference_rates` (rate_on, currency, rate) and the lines of
    the whole file; `deliver` cuts it at the clock.

    Args:
        home: The warehouse's root folder, MUSTER_HOME.
        on_progress: Called at the end.
    """
    span = read_span(home)
    delivery.reset(home, SOURCE)
    days = _working_days(span)
    texts = {
        currency: _quotes(span, number, currency, days)
        for number, currency in enumerate(FIRST_RATES)
    }
    _write_ledger(home, days, texts)
    blank = ["N/A"] * len(days)
    columns = [texts.get(currency, blank) for currency in HEADER.split(",")[1:-1]]
    lines = [
        ",".join((day.isoformat(), *quotes)) + ","
        for day, *quotes in zip(days, *columns, strict=True)
    ]
    path = _whole_file(home)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([HEADER, *reversed(lines)]) + "\n")
    if on_progress:
        on_progress("currency rates", 1, 1)


def deliver(home: Path, inbox: Path, clock: datetime) -> list[str]:
    """Deliver the file with the rates published by the clock, where there are new ones.

    Args:
        home: The warehouse's root folder, MUSTER_HOME.
        inbox: The folder to deliver to, made where it is missing.
        clock: The company's clock.

    Returns:
        The file's name, or nothing where the inbox has it already.
    """
    now = naive_utc(clock)
    published = now.date() if now.time() >= PUBLISHED_AT else now.date() - _DAY
    header, *lines = _whole_file(home).read_text().splitlines(keepends=True)
    due = [line for line in lines if line[:10] <= published.isoformat()]
    if not due or due[0][:10] <= delivery.read_note(home, SOURCE, inbox):
        return []
    inbox.mkdir(parents=True, exist_ok=True)
    delivery.place(inbox, FILE_NAME, "".join([header, *due]).encode())
    delivery.write_note(home, SOURCE, inbox, due[0][:10])
    return [FILE_NAME]


_DAY = timedelta(days=1)


def _whole_file(home: Path) -> Path:
    return home / "demo" / "outbox" / SOURCE / FILE_NAME


def _working_days(span: Span) -> list[date]:
    holidays = {(1, 1), (5, 1), (12, 25), (12, 26)}
    first = span.starts_on - timedelta(days=366)
    days = [first + timedelta(days=n) for n in range((span.horizon - first).days)]
    return [
        day
        for day in days
        if day.weekday() < 5 and (day.month, day.day) not in holidays
    ]


def _quotes(span: Span, number: int, currency: str, days: list[date]) -> list[str]:
    """Give a currency's published texts, a random walk that leans back to its start."""
    random = np.random.default_rng([span.seed, 70, number])
    change = _PEGGED.get(currency, _DAILY_CHANGE)
    steps = random.standard_normal(len(days)) * change
    logs: npt.NDArray[np.float64] = np.zeros(len(days))
    for position in range(1, len(days)):
        logs[position] = logs[position - 1] * 0.995 + steps[position]
    start, decimals = FIRST_RATES[currency]
    rates = start * np.exp(logs)
    last_on = _LAST_QUOTED_ON.get(currency, date.max)
    return [
        f"{rate:.{decimals}f}".rstrip("0").rstrip(".") if day <= last_on else "N/A"
        for rate, day in zip(rates.tolist(), days, strict=True)
    ]


def _write_ledger(home: Path, days: list[date], texts: dict[str, list[str]]) -> None:
    rows = [
        (day, currency, quote)
        for currency, quotes in texts.items()
        for day, quote in zip(days, quotes, strict=True)
        if quote != "N/A"
    ]
    rows.sort()
    table = pa.table(
        {
            "rate_on": pa.array([row[0] for row in rows], pa.date32()),
            "currency": pa.array([row[1] for row in rows]),
            "rate": pa.array([row[2] for row in rows]).cast(pa.decimal128(18, 6)),
        }
    )
    pq.write_table(table, ledger_path(home, "reference_rates"))
