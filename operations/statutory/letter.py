"""`muster answer`: what a worker may know of their pay, as a letter.

Directive (EU) 2023/970, Article 7: the own pay level, and the average pay levels of
women and of men who do equal work or work of equal value, in writing, in two months.
"""

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

FOLDER = "answers"
"""Below an environment's folder, for its owner alone."""

COLUMNS = {
    ("hourly", "gross"): "hourly_gross",
    ("hourly", "basic"): "hourly_basic",
    ("hourly", "components"): "hourly_component",
    ("annualised", "gross"): "annualised_gross",
    ("annualised", "basic"): "annualised_basic",
    ("annualised", "components"): "annualised_component",
    ("as_paid", "gross"): "gross_pay",
    ("as_paid", "basic"): "basic_pay",
    ("as_paid", "components"): "component_pay",
}
"""Where `fct_pay_levels` has a person's own level, by basis and component."""

FEWEST_NAMELESS = {True: 3, False: 2}
"""How many of one sex an average is of, so that it is nobody's pay: where one of them
is the worker who asks, who can subtract their own, and where none is."""


@dataclass(frozen=True)
class Level:
    """A pay level: the worker's own, and the averages of the category.

    Attributes:
        basis: `hourly`, `annualised` or `as_paid`.
        component: `gross`, `basic` or `components`.
        own: The worker's, in the letter's currency; None where it has no hours.
        averages: Of `female` and `male`; None where there is none.
        reasons: Why an average is None, by sex.
    """

    basis: str
    component: str
    own: float | None
    averages: dict[str, float | None]
    reasons: dict[str, str | None]


@dataclass(frozen=True)
class Letter:
    """What one letter tells.

    Attributes:
        name: Of the worker.
        employee_number: Of the worker.
        sex: Of the worker, as recorded.
        company: The employer.
        category: The worker's category.
        year: The reference year.
        currency: Of all amounts.
        law: The law that gives the right; None where the employer answers without one.
        within: The months and days within which it asks for an answer.
        country: Where the worker works, by ISO 3166-1; None where it is not known.
        is_assumed: Whether a level rests on an assumption.
        known_at: The instant (UTC) of which it tells what was known.
        levels: By basis and component.
    """

    name: str
    employee_number: str
    sex: str
    company: str
    category: str
    year: int
    currency: str
    law: str | None
    within: register.Within
    country: str | None
    is_assumed: bool
    known_at: str
    levels: list[Level]


def answer(
    name: str,
    employee_number: str,
    console: Console,
    *,
    year: int | None = None,
    company: str | None = None,
    received_on: date | None = None,
    through: str = "worker",
    is_voluntary: bool = False,
    today: date,
    language: str = "en",
) -> None:
    """Write the letter to one worker, and note in the register that it is written.

    Args:
        name: The environment.
        employee_number: Of the worker.
        console: Where is told what was written.
        year: The reference year; None for the last that is closed.
        company: The employer, where several paid the worker.
        received_on: The day of the request; None for today, or for the day of a
            request of this worker that is in the register and not answered.
        through: Who asks: one of `register.THROUGH`.
        is_voluntary: Whether the employer answers although no law asks it to.
        today: The day on which it is answered.
        language: In which it is written: one of `documents.LANGUAGES`.

    Raises:
        MusterError: There is no such worker, pay or category, or no right to a letter.
    """
    environment = environments.find(name)
    read = read_from(environment, console)
    note(environment, "answer", "restricted")
    databases = {"muster": read.marts, "restricted": read.restricted}
    with opened(databases) as connection:
        letter = compose(connection, employee_number, year, company, is_voluntary)
    folder = environment.folder / FOLDER
    written = []
    answering = register.answering(
        folder, employee_number, received_on, through, letter.within, today
    )
    with private_files(), answering as entry:
        for form in ("html", "txt"):
            path = folder / f"{entry.request}.{form}"
            told = documents.rendered(f"letter.{form}", language, letter=letter)
            write_whole(path, told)
            written.append(path)
    for path in written:
        console.print(f"Wrote {environments.shown(path)}", soft_wrap=True)
    console.print(
        f"Request {entry.request} of {entry.received_on}: due on {entry.due_on},"
        f" answered on {entry.answered_on}."
    )


def compose(
    connection: duckdb.DuckDBPyConnection,
    employee_number: str,
    year: int | None,
    company: str | None,
    is_voluntary: bool,
) -> Letter:
    """Find what a letter tells.

    Args:
        connection: One on which `muster` and `restricted` are attached.
        employee_number: Of the worker.
        year: The reference year; None for the last.
        company: The employer; None where one alone paid the worker.
        is_voluntary: Whether there is a letter where no law gives the right.

    Raises:
        MusterError: As `answer` says.
    """
    level = _own(connection, employee_number, year, company)
    law, within, option = _right(connection, level, is_voluntary)
    averages = {
        (basis, component, sex): (mean, people, reason)
        for basis, component, sex, mean, people, reason in connection.execute(
            "select basis, component, sex, mean_pay, people, null_reason"
            " from restricted.pay.rpt_pay_information where regime = 'eu'"
            " and company = ? and reference_year = ? and worker_category = ?",
            [level["company"], level["reference_year"], level["worker_category"]],
        ).fetchall()
    }
    levels = []
    for (basis, component), column in COLUMNS.items():
        told: dict[str, float | None] = {}
        reasons: dict[str, str | None] = {}
        for sex in ("female", "male"):
            mean, people, reason = averages.get(
                (basis, component, sex), (None, 0, "nobody")
            )
            fewest = FEWEST_NAMELESS[sex == level["sex"]]
            if option == "taken" and mean is not None and people < fewest:
                mean, reason = None, "identifiable"
            told[sex], reasons[sex] = mean, reason
        own = level[column]
        levels.append(
            Level(basis, component, None if own is None else float(own), told, reasons)
        )
    names = [level["first_name"], level["last_name"]]
    return Letter(
        name=" ".join(part for part in names if part),
        employee_number=employee_number,
        sex=level["sex"],
        company=level["company"],
        category=level["worker_category"],
        year=level["reference_year"],
        currency=level["currency"],
        law=law,
        within=within,
        country=level["country_code"],
        is_assumed=level["is_assumed"] or level["is_converted"],
        known_at=f"{level['as_at']:%Y-%m-%d %H:%M}",
        levels=levels,
    )


def _own(
    connection: duckdb.DuckDBPyConnection,
    employee_number: str,
    year: int | None,
    company: str | None,
) -> dict[str, Any]:
    """The worker's pay level of one year and employer, with who and where they are."""
    found = connection.execute(
        """
        select
            levels.*,
            people.first_name,
            people.last_name,
            locations.country_code,
            period.as_at
        from restricted.pay.fct_pay_levels as levels
        inner join restricted.people.int_employees_conformed as people
            on levels.employee_key = people.employee_key
        left join muster.core.dim_employee_history as history
            on
                levels.employee_key = history.employee_key
                and levels.reference_on >= history.effective_from
        left join muster.core.dim_location as locations
            on history.location_key = locations.location_key
        cross join restricted.people.int_reporting_period_resolved as period
        where
            people.employee_number = $employee_number
            and levels.regime = 'eu'
            and levels.is_in_population
            and ($company is null or levels.company = $company)
            and ($year is null or levels.reference_year = $year)
        qualify
            levels.reference_year = max(levels.reference_year) over ()
            and row_number() over (
                partition by levels.pay_level_key
                order by history.effective_from desc
            ) = 1
        order by levels.company
        """,
        {"employee_number": employee_number, "company": company, "year": year},
    )
    names = [column[0] for column in found.description or []]
    rows = [dict(zip(names, row, strict=True)) for row in found.fetchall()]
    if not rows:
        raise MusterError(
            f"No pay of employee {employee_number!r} is known"
            + (f" in {year}" if year else " in a closed year")
            + (f" from {company!r}" if company else "")
            + ": see the number in the HR system, and restricted.pay.fct_pay_levels."
        )
    if len(rows) > 1:
        companies = ", ".join(str(row["company"]) for row in rows)
        raise MusterError(
            f"Several employers paid employee {employee_number!r} ({companies}):"
            " say which with --company.",
            2,
        )
    if rows[0]["worker_category"] is None:
        raise MusterError(
            f"The job {rows[0]['designation']!r} is in no category of workers: add it"
            " to the seed job_evaluations, and build again."
        )
    return rows[0]


def _right(
    connection: duckdb.DuckDBPyConnection,
    level: dict[str, Any],
    is_voluntary: bool,
) -> tuple[str | None, register.Within, str | None]:
    """The law by which the worker may ask, when it is due, and Article 12(3)."""
    country = level["country_code"]
    found = connection.execute(
        """
        select
            law,
            information_months,
            information_days,
            identifiable_pay_option,
            source_on,
            coalesce(information_from <= cast($as_at as date), false)
        from muster.reference.pay_transparency_laws
        where country_code = $country
        """,
        {"country": country, "as_at": level["as_at"]},
    ).fetchone()
    if found and found[5]:
        law, months, days, option = found[:4]
        within = register.Within(months or 0, days or 0)
        return str(law), within if any(within) else register.TWO_MONTHS, str(option)
    if is_voluntary:
        return None, register.TWO_MONTHS, None
    told = (
        f"in {country} no law that gives this right is known to be in force"
        + (f" (as of {found[4]})" if found else "")
        if country
        else "it is not known in which country the worker works"
    )
    raise MusterError(
        f"No letter was written: {told}. See the seed pay_transparency_laws; with"
        " --voluntary it is written as the employer's own information.",
    )
