"""The register of requests for information on pay: when they are due, and answered."""

import csv
import io
from calendar import monthrange
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, fields, replace
from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

from rich.console import Console
from rich.table import Table

from environment.errors import MusterError
from environment.files import private_files, write_whole
from environment.locks import held

FILE = "register.csv"

THROUGH = ("worker", "representatives", "equality_body")
"""Who may ask: the worker, or for the worker their representatives or an equality body
(Article 7(2))."""


class Within(NamedTuple):
    """How long an employer has to answer."""

    months: int
    days: int = 0

    def after(self, day: date) -> date:
        """The last day to answer what came on a day."""
        years, month = divmod(day.month - 1 + self.months, 12)
        year, month = day.year + years, month + 1
        last = monthrange(year, month)[1]
        return date(year, month, min(day.day, last)) + timedelta(days=self.days)


TWO_MONTHS = Within(months=2)
"""What the Directive gives (Article 7(4))."""


@dataclass(frozen=True)
class Request:
    """One request.

    Attributes:
        request: Its number, as letters are named.
        employee_number: Whose.
        through: One of `THROUGH`.
        received_on: The day on which it came.
        due_on: The last day to answer.
        answered_on: The day on which a letter was written; None until then.
    """

    request: str
    employee_number: str
    through: str
    received_on: date
    due_on: date
    answered_on: date | None


def read(folder: Path) -> list[Request]:
    """The requests, in the order in which they were entered.

    Raises:
        MusterError: The register is not as it was written.
    """
    path = folder / FILE
    if not path.exists():
        return []
    with path.open(encoding="utf-8", newline="") as file:
        try:
            return [_request(row) for row in csv.DictReader(file)]
        except (KeyError, TypeError, ValueError):
            raise MusterError(
                f"The register {path} is not as Muster wrote it: mend the row that was"
                " changed by hand, or put the file back from a backup."
            ) from None


def received(
    folder: Path,
    employee_number: str,
    received_on: date,
    through: str,
    within: Within = TWO_MONTHS,
) -> Request:
    """Enter a request.

    Args:
        folder: Where the register lies.
        employee_number: Who asks, or for whom is asked.
        received_on: The day on which the request came.
        through: One of `THROUGH`.
        within: How long there is to answer.

    Raises:
        MusterError: `through` is none of these, or the register cannot be read or is
            being written.
    """
    with held(folder, FILE):
        return _entered(folder, employee_number, received_on, through, within)


@contextmanager
def answering(
    folder: Path,
    employee_number: str,
    received_on: date | None,
    through: str,
    within: Within,
    today: date,
) -> Iterator[Request]:
    """Answer a request: the oldest open one of the worker, or a new one.

    It is entered before, and noted as answered after, the letter is written: a letter
    that was never written is never noted as one. Nobody else writes the register
    meanwhile.

    Args:
        folder: Where the register lies.
        employee_number: Whose.
        received_on: The day of a new request; None for the oldest open one, or today.
        through: As `received` takes it.
        within: As `received` takes it.
        today: The day of the answer.

    Yields:
        The request, as it is once it is answered.

    Raises:
        MusterError: As `received`.
    """
    with held(folder, FILE):
        waiting = [
            request
            for request in read(folder)
            if request.employee_number == employee_number
            and request.answered_on is None
            and received_on in (None, request.received_on)
        ]
        entry = (
            waiting[0]
            if waiting
            else _entered(
                folder, employee_number, received_on or today, through, within
            )
        )
        done = replace(entry, answered_on=today)
        yield done
        _write(folder, [done if x == entry else x for x in read(folder)])


def show(folder: Path, console: Console, today: date) -> None:
    """Show the requests: the open ones first, and what is overdue.

    Raises:
        MusterError: The register cannot be read.
    """
    requests = read(folder)
    if not requests:
        console.print("No request for information on pay is in the register.")
        return
    table = Table(box=None, header_style="bold", pad_edge=False)
    for heading in ("request", "employee", "through", "received", "due", "answered"):
        table.add_column(heading, no_wrap=True)
    for one in sorted(requests, key=lambda x: (x.answered_on is not None, x.due_on)):
        state = str(one.answered_on) if one.answered_on else "open"
        if one.answered_on is None and one.due_on < today:
            state = "overdue"
        table.add_row(
            one.request,
            one.employee_number,
            one.through,
            str(one.received_on),
            str(one.due_on),
            state,
        )
    console.print(table)


def _entered(
    folder: Path, employee_number: str, received_on: date, through: str, within: Within
) -> Request:
    if through not in THROUGH:
        raise MusterError(f"--through is one of {', '.join(THROUGH)}.", 2)
    requests = read(folder)
    entry = Request(
        f"R-{len(requests) + 1:05}",
        employee_number,
        through,
        received_on,
        within.after(received_on),
        None,
    )
    _write(folder, [*requests, entry])
    return entry


def _request(row: dict[str, str]) -> Request:
    return Request(
        row["request"],
        row["employee_number"],
        row["through"],
        date.fromisoformat(row["received_on"]),
        date.fromisoformat(row["due_on"]),
        date.fromisoformat(row["answered_on"]) if row["answered_on"] else None,
    )


def _write(folder: Path, requests: list[Request]) -> None:
    text = io.StringIO()
    writer = csv.DictWriter(
        text, [field.name for field in fields(Request)], lineterminator="\n"
    )
    writer.writeheader()
    writer.writerows(asdict(request) for request in requests)
    with private_files():
        write_whole(folder / FILE, text.getvalue().rstrip("\n"))
        (folder / FILE).chmod(0o600)
