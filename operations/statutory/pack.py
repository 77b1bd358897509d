"""`muster report --for`: what an employer hands in, or shows to those who may see it.

One page that needs nothing beside it and one workbook, per employer and year, from the
restricted database. Nothing is withheld for being small: the authority's is complete.
"""

import hashlib
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import xlsxwriter
import yaml
from rich.console import Console

import environment as environments
from environment import Environment
from environment.databases import opened
from environment.errors import MusterError
from environment.files import private_files, write_whole
from operations import numbers
from operations.read.access import note
from operations.read.query import read_from
from operations.statutory import documents, earlier

AUDIENCES = ("authority", "workers", "representatives", "board")

FOLDER = "reports"
"""Below an environment's folder, for its owner alone."""

HANDED_IN = "handed_in"
"""Below `FOLDER`: what was handed in, as it was."""

COMPLETE = (
    "gaps",
    "quarters",
    "categories",
    "differences",
    "assessment",
    "earlier",
    "population",
    "availability",
    "set_aside",
)
PUBLIC = ("gaps", "quarters", "population")
PARTS: dict[str, dict[str, tuple[str, ...]]] = {
    "eu": dict.fromkeys(AUDIENCES, COMPLETE) | {"workers": ("categories", *PUBLIC)},
    **dict.fromkeys(
        ("uk", "ie"),
        dict.fromkeys(AUDIENCES, (*PUBLIC, "availability", "set_aside"))
        | {"workers": PUBLIC},
    ),
}
"""Which parts a report has, by regime and audience.

What the Directive's Article 9(1)(g) asks for goes to all workers too (Article 9(9)).
"""

BASES = {
    "eu": ("hourly", "annualised", "as_paid"),
    "uk": ("hourly",),
    "ie": ("hourly",),
}
"""On which pay levels each regime compares."""

_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)

LEAST_OF_IRELAND = 50
"""Employees on the snapshot date from whom on a report is due (S.I. 212/2025)."""

COMPONENTS = ("basic", "components", "gross")
"""Of pay in a category, in the order of the law."""

QUARTERS = ("lower", "lower_middle", "upper_middle", "upper")

WIDTHS = {"text": 44, "count": 12, "pct": 16, "money": 16, "day": 14}
"""How wide the columns of a workbook are, in characters."""


class Cell(NamedTuple):
    """A figure, or why there is none.

    Attributes:
        value: As it is shown and written: rounded.
        reason: Why it is None.
    """

    value: str | int | Decimal | date | None
    reason: str = ""


@dataclass(frozen=True)
class Column:
    """A column of a table.

    Attributes:
        title: Its heading.
        kind: One of `WIDTHS`.
    """

    title: str
    kind: str = "text"


@dataclass(frozen=True)
class Table:
    """A table of a report, on the page and in the workbook alike.

    Attributes:
        name: Its sheet.
        title: Its heading.
        means: What it tells, of whom; a paragraph each.
        requirement: The requirement that it answers.
        columns: Its columns.
        rows: As many cells each as there are columns.
    """

    name: str
    title: str
    means: tuple[str, ...]
    requirement: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Cell, ...], ...]


class Field(NamedTuple):
    """What the employer says itself, or a line to be filled by hand.

    Attributes:
        title: What it is.
        text: What is said; empty where it is to be filled.
    """

    title: str
    text: str


@dataclass(frozen=True)
class Pack:
    """What one report tells.

    Attributes:
        audience: One of `AUDIENCES`.
        regime: One of `BASES`.
        company: The employer.
        year: The reference year.
        title: Its heading.
        language: In which it is told.
        sheet: The name of the workbook's first sheet.
        facts: What is said of employer, duty and knowledge, by its name.
        tables: In the order of the law.
        heading: Of what the employer says.
        statements: What the employer says.
        signs: Who signs.
    """

    audience: str
    regime: str
    company: str
    year: int
    title: str
    language: str
    sheet: str
    facts: dict[str, str]
    tables: tuple[Table, ...]
    heading: str
    statements: tuple[Field, ...]
    signs: tuple[Field, ...]


class Asked(NamedTuple):
    """Which figures a report is of."""

    regime: str
    company: str
    year: int


Ask = Callable[..., list[tuple[Any, ...]]]
"""Rows of a query, given with what stands for its parameters."""


def report(
    name: str,
    audience: str,
    console: Console,
    *,
    company: str | None = None,
    year: int | None = None,
    regime: str | None = None,
    handed_in_on: date | None = None,
    language: str = "en",
) -> None:
    """Write the report of each employer, or of one.

    Args:
        name: The environment.
        audience: Whom it is for.
        console: Where is told what was written.
        company: The employer; None for all.
        year: The reference year; None for the last that is closed.
        regime: One of `BASES`; None for that of the country where most work.
        handed_in_on: The day on which it is handed in: it is kept as it is.
        language: In which it is told: one of `documents.LANGUAGES`.

    Raises:
        MusterError: There is nothing to report, pay is of a type that nobody mapped, or
            it was handed in already.
    """
    if audience not in AUDIENCES:
        raise MusterError(f"--for is one of {', '.join(AUDIENCES)}.", 2)
    environment = environments.find(name)
    read = read_from(environment, console)
    note(environment, "report", "restricted")
    with opened({"muster": read.marts, "restricted": read.restricted}) as connection:
        packs = []
        for asked in _asked(connection, company, year, regime):
            _require_all_pay(connection, asked)
            kept = environment.folder / FOLDER / HANDED_IN
            release = of_release(read)
            packs.append(compose(connection, audience, asked, release, kept, language))
    for pack in packs:
        for path in write(environment, pack, handed_in_on):
            console.print(f"Wrote {environments.shown(path)}", soft_wrap=True)
        if handed_in_on and pack.regime == "eu" and pack.audience == "authority":
            console.print(
                "Six months to remedy a difference run from that day (Article 10): add"
                " to the seed pay_reports_submitted.csv, unless the year is there,"
                f" {pack.company},{pack.year},{handed_in_on}",
                soft_wrap=True,
            )


def of_release(read: Environment) -> str:
    """The id of the release that is read; of a build that is none, that it is none."""
    path = read.folder / "release.json"
    if not path.exists():
        return ""
    return str(yaml.safe_load(path.read_text(encoding="utf-8"))["release"])


def compose(
    connection: duckdb.DuckDBPyConnection,
    audience: str,
    asked: Asked,
    release: str,
    kept: Path,
    language: str = "en",
) -> Pack:
    """Find what a report tells.

    Args:
        connection: One on which `muster` and `restricted` are attached.
        audience: Whom it is for.
        asked: Which figures.
        release: The id of the release; empty for a build that is none.
        kept: Where what was handed in is kept.
        language: In which it is told.
    """
    words = documents.words(language)

    def ask(sql: str, **given: Any) -> list[tuple[Any, ...]]:
        return connection.execute(sql, given).fetchall()

    makers: dict[str, Callable[[Ask, Asked, Any], Table]] = {
        "gaps": _gaps,
        "quarters": _quarters,
        "categories": _categories,
        "differences": _differences,
        "assessment": _assessment,
        "earlier": partial(_earlier, kept),
        "population": _population,
        "availability": _availability,
        "set_aside": partial(_set_aside, documents.rules(language)),
    }
    tables = [makers[part](ask, asked, words) for part in PARTS[asked.regime][audience]]
    said = _said(ask, asked, words)
    return Pack(
        audience=audience,
        regime=asked.regime,
        company=asked.company,
        year=asked.year,
        title=words["titles"][asked.regime].format(year=asked.year),
        language=language,
        sheet=words["report"],
        facts=_facts(ask, asked, words, release, language),
        tables=tuple(tables),
        heading=words["statements"]["title"],
        statements=_fields(words["statements"][asked.regime], said),
        signs=_fields(words["signs"][asked.regime], said),
    )


def write(
    environment: Environment, pack: Pack, handed_in_on: date | None = None
) -> list[Path]:
    """Write a report as a page and as a workbook.

    Args:
        environment: In whose folder.
        pack: What it tells.
        handed_in_on: Where it is handed in, the day.

    Returns:
        The files, which their owner alone may read.

    Raises:
        MusterError: Another report was handed in on that day already.
    """
    place = _place(pack.company, pack.year)
    folder = environment.folder / FOLDER / place
    with private_files():
        folder.mkdir(parents=True, exist_ok=True)
        spoken = f"{pack.audience}-{pack.regime}{documents.suffix(pack.language)}"
        page = folder / f"{spoken}.html"
        write_whole(page, documents.rendered("pack.html", pack.language, pack=pack))
        workbook = page.with_suffix(".xlsx")
        _write_workbook(workbook, pack)
        written = [page, workbook]
        if handed_in_on is not None:
            kept = environment.folder / FOLDER / HANDED_IN / place / str(handed_in_on)
            written += [_kept(path, kept) for path in written]
    for path in written:
        path.chmod(0o400 if HANDED_IN in path.parts else 0o600)
    return written


def _place(company: str, year: int) -> str:
    """Where the reports of an employer and year are, below the reports' folder."""
    slug = re.sub(r"[^a-z0-9]+", "-", company.lower()).strip("-")
    # Two companies may be spelled alike but for signs that a file cannot have.
    told = hashlib.sha256(company.encode()).hexdigest()[:6]
    return f"{year}/{slug or 'company'}-{told}"


def _kept(path: Path, folder: Path) -> Path:
    """A copy of a file among what was handed in, never over another one."""
    kept = folder / path.name
    if kept.exists() and kept.read_bytes() != path.read_bytes():
        raise MusterError(
            f"{environments.shown(kept)} was handed in already and is kept as it was:"
            " hand a corrected report in on another day."
        )
    folder.mkdir(parents=True, exist_ok=True)
    if not kept.exists():
        draft = kept.with_name(f".{kept.name}")
        shutil.copyfile(path, draft)
        draft.replace(kept)
    return kept


def _asked(
    connection: duckdb.DuckDBPyConnection,
    company: str | None,
    year: int | None,
    regime: str | None,
) -> list[Asked]:
    """Which employers there are figures of, in which year and regime."""
    found = connection.execute(
        """
        with main_countries as (
            select company, country_code
            from restricted.pay.rpt_pay_reporting_duties
            qualify row_number() over (
                partition by company
                order by reference_year desc, workers desc, country_code
            ) = 1
        )

        select levels.regime, levels.company, max(levels.reference_year)
        from restricted.pay.rpt_pay_gap as levels
        left join main_countries using (company)
        where
            levels.regime = coalesce(
                $regime,
                case country_code when 'GB' then 'uk' when 'IE' then 'ie' else 'eu' end
            )
            and ($company is null or levels.company = $company)
            and ($year is null or levels.reference_year = $year)
        group by all
        order by all
        """,
        {"regime": regime, "company": company, "year": year},
    ).fetchall()
    if not found:
        lacking = connection.execute(
            """
            select company || ': ' || null_reason
            from muster.quality.rpt_available_figures
            where
                figure = 'pay_gap'
                and null_reason is not null
                and ($company is null or company = $company)
            order by company
            """,
            {"company": company},
        ).fetchall()
        told = ", ".join(reason for (reason,) in lacking)
        raise MusterError(
            "There is no pay gap"
            + (f" of {company!r}" if company else "")
            + (f" for {year}" if year else "")
            + (f" by the rules of {regime!r}" if regime else "")
            + (
                f" ({told}): docs/onboarding.md says what each reason needs."
                if lacking
                else ": see restricted.pay.rpt_pay_gap, and"
                " quality.rpt_available_figures for what is lacking."
            )
        )
    return [Asked(*row) for row in found]


def _require_all_pay(connection: duckdb.DuckDBPyConnection, asked: Asked) -> None:
    """See that every line of pay of the period counts in something, or in nothing.

    Pay is in cash or in kind (Article 3(1)(a)): a type that nobody mapped may be pay.
    """
    unmapped = connection.execute(
        """
        with years as (
            select distinct reference_on
            from restricted.pay.fct_pay_levels
            where regime = $regime and company = $company and reference_year = $year
        )

        select line_type, count(*)
        from restricted.pay.int_payslip_lines_converted
        inner join years
            on
                period_ends_on > reference_on - interval 1 year
                and period_starts_on <= reference_on
        where pay_kind is null and company_id = $company and amount <> 0
        group by all
        order by all
        """,
        asked._asdict(),
    ).fetchall()
    if unmapped:
        told = ", ".join(f"{name!r} (lines: {lines})" for name, lines in unmapped)
        raise MusterError(
            f"No report of {asked.company!r} on {asked.year} was written: payslips have"
            f" lines of types that nobody mapped, {told}. Add each to the seed"
            " pay_line_types.csv, as pay or as a deduction, and build again."
        )


def _facts(
    ask: Ask, asked: Asked, words: Any, release: str, language: str
) -> dict[str, str]:
    names = words["facts"]
    ((as_at, known_until),) = ask(
        "select as_at, known_until_on from"
        " restricted.people.int_reporting_period_resolved"
    )
    facts = {names["employer"]: asked.company, names["year"]: str(asked.year)}
    for country, law, size, workers, reason, due, following in ask(
        """
        select
            country_code, law, size_class, workers, no_duty_reason, report_due_on,
            next_report_due_on
        from restricted.pay.rpt_pay_reporting_duties
        where company = $company and reference_year = $year
        order by workers desc, country_code
        """,
        company=asked.company,
        year=asked.year,
    ):
        told = names["duty"].format(
            workers=documents.number(workers, numbers.MEAN_COUNT, language),
            size=size or names["no_size"],
        )
        if reason:
            told += " " + words["reasons"][reason]
        else:
            told += f" {law}." if law else ""
            told += " " + (names["due"].format(due=due) if due else names["not_due"])
        if following:
            told += " " + names["next"].format(due=following)
        facts[names["country"].format(country=country or "?")] = told
    ((people, snapshot_on, due),) = ask(
        """
        select
            count_if(is_in_component_population), max(reference_on),
            (max(reference_on) + interval 5 month)::date
        from restricted.pay.fct_pay_levels
        where regime = $regime and company = $company and reference_year = $year
        """,
        **asked._asdict(),
    )
    if asked.regime == "ie":
        facts[names["snapshot"]] = str(snapshot_on)
        duty = names["to_publish" if people >= LEAST_OF_IRELAND else "no_irish_duty"]
        facts[names["headcount"]] = duty.format(
            people=documents.number(people), due=due
        )
    if asked.regime == "uk":
        reached = max(least for least in names["bands"] if least <= people)
        duty = names["published_by" if reached else "not_published"]
        facts[names["headcount"]] = names["band"].format(
            people=documents.number(people),
            band=names["bands"][reached],
            duty=duty.format(year=asked.year + 1),
        )
    facts[names["known_at"]] = f"{as_at:%Y-%m-%d %H:%M} UTC"
    facts[names["known_until"]] = str(known_until)
    facts[names["release"]] = release or names["no_release"]
    return facts


def _said(ask: Ask, asked: Asked, words: Any) -> dict[str, str]:
    """What the employer says of its report, by the name of the field."""
    rows = ask(
        """
        select
            reasons, measures, consulted,
            concat_ws(', ', signatory_name, signatory_title, signed_on)
        from restricted.reference.pay_report_statements
        where company = $company and regime = $regime and reference_year = $year
        """,
        **asked._asdict(),
    )
    row = rows[0] if rows else (None,) * 4
    said = zip(("reasons", "measures", "consulted", "signatory"), row, strict=True)
    return {
        "accuracy": words["statements"]["accuracy"],
        **{name: text or "" for name, text in said},
    }


def _fields(titles: dict[str, str], said: dict[str, str]) -> tuple[Field, ...]:
    return tuple(Field(title, said[name]) for name, title in titles.items())


def _gaps(ask: Ask, asked: Asked, words: Any) -> Table:
    """Article 9(1)(a) to (e), or what the UK's and Ireland's regulations have of it."""
    part, bases = words["gaps"][asked.regime], BASES[asked.regime]
    found = {
        (basis, metric): rest
        for basis, metric, *rest in ask(
            """
            select basis, metric, value_pct, null_reason, is_assumed, women, men
            from restricted.pay.rpt_pay_gap
            where regime = $regime and company = $company and reference_year = $year
            """,
            **asked._asdict(),
        )
    }
    rows = []
    for metric, title in part["metrics"].items():
        cells = [Cell(title)]
        for basis in bases:
            value, reason, *_ = found.get((basis, metric), (None, "not_told"))
            cells.append(_pct(value, reason, words))
        told = found.get(("hourly", metric))
        cells += [Cell(told[3]), Cell(told[4])] if told else [Cell(None), Cell(None)]
        is_assumed = any(found[key][2] for key in found if key[1] == metric)
        cells.append(Cell(words["assumed"][is_assumed]))
        rows.append(tuple(cells))
    return _table("gaps", part, words, rows, [words["bases"][x] for x in bases])


def _quarters(ask: Ask, asked: Asked, words: Any) -> Table:
    """Article 9(1)(f): the shares of women and men in each quartile pay band."""
    part = words["quarters"]
    part["title"] = part["titles"][asked.regime]
    found = {
        (basis, quarter): rest
        for basis, quarter, *rest in ask(
            """
            select basis, quartile, women, men, women_pct, men_pct, null_reason
            from restricted.pay.rpt_pay_quartiles
            where regime = $regime and company = $company and reference_year = $year
            """,
            **asked._asdict(),
        )
    }
    rows = []
    for basis in BASES[asked.regime]:
        for quarter in QUARTERS:
            women, men, women_pct, men_pct, reason = found.get(
                (basis, quarter), (None, None, None, None, "not_told")
            )
            rows.append(
                (
                    Cell(words["bases"][basis]),
                    Cell(part["names"][quarter]),
                    Cell(women),
                    Cell(men),
                    _pct(women_pct, reason, words),
                    _pct(men_pct, reason, words),
                )
            )
    return _table("quarters", part, words, rows)


def _categories(ask: Ask, asked: Asked, words: Any) -> Table:
    """Article 9(1)(g): gaps by category, of basic pay and of components."""
    part = words["categories"]
    found: dict[tuple[str, str], dict[str, Any]] = {}
    for category, basis, component, mean, median, reason, women, men, assumed in ask(
        """
        select
            worker_category, basis, component, mean_gap_pct, median_gap_pct,
            null_reason, women, men, is_assumed
        from restricted.pay.rpt_pay_gap_by_category
        where regime = $regime and company = $company and reference_year = $year
        order by worker_category
        """,
        **asked._asdict(),
    ):
        row = found.setdefault((category, basis), {"people": (women, men)})
        row[component] = (mean, median, reason)
        row["assumed"] = row.get("assumed", False) or assumed
    rows = []
    for basis in BASES[asked.regime]:
        for (category, of), row in found.items():
            if of != basis:
                continue
            cells = [Cell(category), Cell(words["bases"][basis])]
            cells += [Cell(count) for count in row["people"]]
            for component in COMPONENTS:
                mean, median, reason = row[component]
                cells += [_pct(mean, reason, words), _pct(median, reason, words)]
            cells.append(Cell(words["assumed"][row["assumed"]]))
            rows.append(tuple(cells))
    return _table("categories", part, words, rows)


def _differences(ask: Ask, asked: Asked, words: Any) -> Table:
    """Article 10(1): the differences to justify or to remedy, and where each stands."""
    part = words["differences"]
    rows = [
        (
            Cell(category),
            Cell(words["bases"][basis]),
            _pct(gap, "", words),
            Cell(women),
            Cell(men),
            Cell(str(since)) if since else Cell(None, part["no_report"]),
            Cell(criteria or part["no_criteria"]),
            Cell(remedy_due_on) if remedy_due_on else Cell(None, part["no_report"]),
            _pct(after, "not_known_yet", words),
            Cell(part["assessments"][assessment] if assessment else part["no_report"]),
        )
        for (
            category,
            basis,
            gap,
            women,
            men,
            since,
            criteria,
            remedy_due_on,
            after,
            assessment,
        ) in ask(
            """
            select
                gaps.worker_category, gaps.basis, gaps.mean_gap_pct, gaps.women,
                gaps.men, since_year, criteria, remedy_due_on, difference_after_pct,
                case
                    when assessment <> 'not_remedied' then assessment
                    when is_joint_assessment_due then 'due'
                    else 'not_remedied'
                end
            from restricted.pay.rpt_pay_gap_by_category as gaps
            left join restricted.pay.rpt_pay_differences as differences
                using (regime, company, reference_year, worker_category, basis)
            where
                regime = $regime
                and company = $company
                and reference_year = $year
                and gaps.component = 'gross'
                and gaps.is_difference_to_justify
            order by worker_category, basis desc
            """,
            **asked._asdict(),
        )
    ]
    return _table("differences", part, words, rows)


def _assessment(ask: Ask, asked: Asked, words: Any) -> Table:
    """Article 10(2): what a joint pay assessment of each category holds."""
    part = words["assessment"]
    rows = []
    for (
        category,
        basis,
        women,
        men,
        *pay,
        criteria,
        agreed,
        reason,
        w,
        m,
        do,
        did,
    ) in ask(
        """
        select
            worker_category, basis, women_pct, men_pct, women_mean_pay, men_mean_pay,
            women_mean_component_pay, men_mean_component_pay, difference_pct,
            criteria, agreed_with, returns_null_reason,
            women_improved || ' / ' || women_returned,
            men_improved || ' / ' || men_returned,
            measures, earlier_measures
        from restricted.pay.rpt_pay_differences
        where regime = $regime and company = $company and reference_year = $year
        order by worker_category, basis desc
        """,
        **asked._asdict(),
    ):
        *amounts, difference = pay
        unknown = words["reasons"].get(reason, reason or "")
        rows.append(
            (
                Cell(category),
                Cell(words["bases"][basis]),
                _pct(women, "nobody", words),
                _pct(men, "nobody", words),
                *(
                    Cell(None, words["reasons"]["nobody"])
                    if amount is None
                    else Cell(numbers.rounded(amount, numbers.MONEY.decimals))
                    for amount in amounts
                ),
                _pct(difference, "nobody", words),
                Cell(
                    f"{criteria} ({agreed})"
                    if agreed and criteria
                    else criteria or part["to_fill"]
                ),
                Cell(w, unknown),
                Cell(m, unknown),
                Cell(do or part["to_fill"]),
                Cell(did or part["to_fill"]),
            )
        )
    return _table("assessment", part, words, rows)


def _earlier(kept: Path, ask: Ask, asked: Asked, words: Any) -> Table:
    """Article 9(9): the gaps by category of four years, as reported and now."""
    part = words["earlier"]
    titles = earlier.gap_titles(words)
    now = {
        (year, category, basis, figure): _pct(value, reason, words)
        for year, category, basis, component, reason, *values in ask(
            """
            select
                reference_year, worker_category, basis, component, null_reason,
                mean_gap_pct, median_gap_pct
            from restricted.pay.rpt_pay_gap_by_category
            where regime = $regime and company = $company and reference_year < $year
            """,
            **asked._asdict(),
        )
        for figure, value in enumerate(values, 2 * COMPONENTS.index(component))
    }
    submitted: dict[int, date] = dict(
        ask(
            """
            select reference_year, submitted_on
            from muster.reference.pay_reports_submitted
            where company = $company
            """,
            company=asked.company,
        )
    )
    unknown = Cell(None, words["reasons"]["not_told"])
    rows: list[tuple[Cell, ...]] = []
    for year in range(asked.year - 1, asked.year - 1 - earlier.YEARS, -1):
        place = _place(asked.company, year)
        found = earlier.reported(kept, place, asked.regime)
        rows += [
            (
                Cell(str(year)),
                Cell(each.handed_in_on),
                Cell(each.category),
                Cell(words["bases"][each.basis]),
                Cell(titles[each.figure]),
                Cell(None, each.value)
                if isinstance(each.value, str)
                else Cell(each.value),
                now.get((year, each.category, each.basis, each.figure), unknown),
            )
            for each in found
        ]
        if not found and year in submitted:
            lacking = [Cell(None, part["not_kept"])] * (len(part["columns"]) - 2)
            rows.append((Cell(str(year)), Cell(submitted[year]), *lacking))
    return _table("earlier", part, words, rows)


def _population(ask: Ask, asked: Asked, words: Any) -> Table:
    """Who is compared, and who is not and why."""
    rows = [
        (Cell(words["populations"][reason]), Cell(women), Cell(men), Cell(others))
        for reason, women, men, others in ask(
            """
            select
                population_reason,
                count_if(sex = 'female'),
                count_if(sex = 'male'),
                count_if(sex not in ('female', 'male'))
            from restricted.pay.fct_pay_levels
            where regime = $regime and company = $company and reference_year = $year
            group by all
            order by bool_or(is_in_population) desc, population_reason desc
            """,
            **asked._asdict(),
        )
    ]
    return _table("population", words["population"], words, rows)


def _availability(ask: Ask, asked: Asked, words: Any) -> Table:
    """From when until when the data carry each kind of figure."""
    rows = [
        (
            Cell(words["figures"].get(figure, figure)),
            Cell(since),
            Cell(until),
            Cell(words["reasons"].get(reason, reason) if reason else ""),
        )
        for figure, since, until, reason in ask(
            """
            select figure, available_from, available_to, null_reason
            from muster.quality.rpt_available_figures
            where company = $company
            order by figure
            """,
            company=asked.company,
        )
    ]
    return _table("availability", words["availability"], words, rows)


def _set_aside(
    rules: dict[str, list[str]], ask: Ask, asked: Asked, words: Any
) -> Table:
    """Records of the sources that were not taken as they are, by rule."""
    rows = [
        (Cell(consequence), Cell(records), Cell(figures), Cell(remedy))
        for rule, records, *told in ask(
            """
            select rule, sum(records)::bigint, consequence, figures, remedy
            from muster.quality.rpt_set_aside_counts
            group by all
            order by consequence, rule
            """
        )
        for consequence, figures, remedy in [rules.get(rule, told)]
    ]
    return _table("set_aside", words["set_aside"], words, rows)


def _pct(value: float | None, reason: str | None, words: Any) -> Cell:
    if value is None:
        return Cell(None, words["reasons"].get(reason, reason or ""))
    return Cell(numbers.rounded(value, numbers.PERCENT.decimals))


def _table(
    name: str,
    part: Any,
    words: Any,
    rows: Sequence[tuple[Cell, ...]],
    bases: Sequence[str] = (),
) -> Table:
    columns: list[Column] = []
    for column in part["columns"]:
        title, kind = column["title"], column.get("kind", "text")
        if title == "bases":
            columns += [Column(basis, kind) for basis in bases]
        else:
            columns.append(Column(title, kind))
    return Table(
        name=part["sheet"],
        title=part["title"],
        means=tuple(part["means"]),
        requirement=part["requirement"],
        columns=tuple(columns),
        rows=tuple(rows),
    )


def _write_workbook(path: Path, pack: Pack) -> None:
    draft = path.with_name(f".{path.name}")
    with xlsxwriter.Workbook(str(draft), {"in_memory": True}) as book:
        # A workbook of the same figures has the same bytes: no clock in it.
        book.set_properties({"title": pack.title, "created": _EPOCH})
        heading = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
        wrapped = book.add_format({"text_wrap": True, "valign": "top"})
        forms = {
            **{
                name: book.add_format({"num_format": kind.pattern, "valign": "top"})
                for name, kind in documents.KINDS.items()
            },
            "day": book.add_format({"num_format": "yyyy-mm-dd", "valign": "top"}),
            "text": wrapped,
        }
        first = book.add_worksheet(pack.sheet)
        first.set_column(0, 0, 28)
        first.set_column(1, 1, 90)
        first.write(0, 0, pack.title, book.add_format({"bold": True, "font_size": 14}))
        for row, (fact, told) in enumerate(pack.facts.items(), start=2):
            first.write_string(row, 0, fact, heading)
            first.write_string(row, 1, told, wrapped)
        start = len(pack.facts) + 3
        for row, field in enumerate([*pack.statements, *pack.signs], start):
            first.write_string(row, 0, field.title, heading)
            first.write_string(row, 1, field.text, wrapped)
        for table in pack.tables:
            sheet = book.add_worksheet(table.name)
            sheet.write_string(
                0, 0, table.title, book.add_format({"bold": True, "font_size": 12})
            )
            for row, text in enumerate(table.means, start=1):
                sheet.write_string(row, 0, text)
            start = len(table.means) + 2
            for place, column in enumerate(table.columns):
                sheet.set_column(place, place, WIDTHS[column.kind])
                sheet.write_string(start, place, column.title, heading)
            for row, cells in enumerate(table.rows, start=start + 1):
                for place, (cell, column) in enumerate(
                    zip(cells, table.columns, strict=True)
                ):
                    _write_cell(sheet, row, place, cell, forms[column.kind], wrapped)
            sheet.freeze_panes(start + 1, 1)
    draft.replace(path)


def _write_cell(
    sheet: Any, row: int, place: int, cell: Cell, form: Any, wrapped: Any
) -> None:
    if cell.value is None:
        sheet.write_string(row, place, cell.reason, wrapped)
    elif isinstance(cell.value, str):
        # Also where it looks like a formula or an address.
        sheet.write_string(row, place, cell.value, wrapped)
    elif isinstance(cell.value, date):
        sheet.write_datetime(row, place, cell.value, form)
    else:
        sheet.write_number(row, place, cell.value, form)
