"""`muster answer --remind`: what all workers are told of their right, every year.

Directive (EU) 2023/970, Article 7(3): of the right to information on pay, and of what
to do to exercise it.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Any

import duckdb
from rich.console import Console

import environment as environments
from environment.databases import opened
from environment.errors import MusterError
from environment.files import private_files, write_whole
from operations.read.access import note
from operations.read.query import read_from
from operations.statutory import documents, register

FOLDER = "reminders"
"""Below an environment's folder."""


@dataclass(frozen=True)
class Reminder:
    """What one reminder tells.

    Attributes:
        company: The employer.
        country: Where those who are told work, by ISO 3166-1.
        law: The law that gives them the right.
        term: How long an answer may take, in words.
        address: Where to ask.
        on: The day of the reminder.
    """

    company: str
    country: str
    law: str
    term: str
    address: str
    on: date


def remind(
    name: str, address: str, console: Console, today: date, language: str = "en"
) -> None:
    """Write the reminder of each employer and country where workers have the right.

    Args:
        name: The environment.
        address: Where workers ask.
        console: Where is told what was written.
        today: The day of the reminder.
        language: In which it is told: one of `documents.LANGUAGES`.

    Raises:
        MusterError: No law that gives the right is known to be in force anywhere.
    """
    environment = environments.find(name)
    read = read_from(environment, console)
    note(environment, "answer", "restricted")
    with opened({"muster": read.marts, "restricted": read.restricted}) as connection:
        reminders = compose(connection, address, today, language)
    for one in reminders:
        company = re.sub(r"[^a-z0-9]+", "-", one.company.lower()).strip("-")
        place = f"{today.year}-{one.country}-{company}{documents.suffix(language)}.txt"
        path = environment.folder / FOLDER / place
        with private_files():
            text = documents.rendered("reminder.txt", language, reminder=one)
            write_whole(path, text)
        console.print(f"Wrote {environments.shown(path)}", soft_wrap=True)


def compose(
    connection: duckdb.DuckDBPyConnection,
    address: str,
    today: date,
    language: str = "en",
) -> list[Reminder]:
    """Find whom to remind, of what.

    Args:
        connection: One on which `restricted` is attached.
        address: Where workers ask.
        today: The day of the reminder.
        language: In which it is told.

    Raises:
        MusterError: As `remind` says.
    """
    units = documents.words(language)["reminder"]["units"]
    found = connection.execute(
        """
        select company, country_code, law, information_months, information_days
        from restricted.pay.rpt_pay_reporting_duties
        where information_from <= $today
        qualify row_number() over (
            partition by company, country_code order by reference_year desc
        ) = 1
        order by company, country_code
        """,
        {"today": today},
    ).fetchall()
    if not found:
        raise MusterError(
            "No reminder was written: in no country where people work a law that gives"
            " the right to information on pay is known to be in force. See the seed"
            " pay_transparency_laws."
        )
    return [
        Reminder(company, country, law, _term(months, days, units), address, today)
        for company, country, law, months, days in found
    ]


def _term(months: int | None, days: int | None, units: dict[str, Any]) -> str:
    within = register.Within(months or 0, days or 0)
    told = within if any(within) else register.TWO_MONTHS
    parts = ((told.months, units["months"]), (told.days, units["days"]))
    spoken = [f"{n} {words[n > 1]}" for n, words in parts if n]
    return str(units["and"]).join(spoken)
