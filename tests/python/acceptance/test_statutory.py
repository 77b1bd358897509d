"""What is handed in, and what workers are answered, is what the marts say."""

import shutil
from collections.abc import Callable
from datetime import date
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path
from typing import Any

import duckdb
import pytest
from python_calamine import CalamineWorkbook
from rich.console import Console

from acceptance import warehouse
from acceptance.company import Company
from environment import set_inside
from environment.databases import opened
from environment.errors import MusterError
from operations.statutory import letter, pack, register

# A fixture may build whole warehouses, on a machine that does other things too.
pytestmark = pytest.mark.timeout(1800)

EMPLOYER = "Harbour Group GmbH"

PARTS = {
    "Gaps": """
        select a.value_pct, b.value_pct, c.value_pct, a.women, a.men
        from pay.rpt_pay_gap as a
        inner join pay.rpt_pay_gap as b using (regime, company, reference_year, metric)
        inner join pay.rpt_pay_gap as c using (regime, company, reference_year, metric)
        where
            regime = 'eu' and company = $company and reference_year = 2025
            and a.basis = 'hourly' and b.basis = 'annualised' and c.basis = 'as_paid'
        order by replace(metric, 'share_women', 'share_a')
    """,
    "Quartiles": """
        select women, men, women_pct, men_pct
        from pay.rpt_pay_quartiles
        where regime = 'eu' and company = $company and reference_year = 2025
        order by
            list_position(['hourly', 'annualised', 'as_paid'], basis),
            list_position(['lower', 'lower_middle', 'upper_middle', 'upper'], quartile)
    """,
    "Categories": """
        select
            b.women, b.men, b.mean_gap_pct, b.median_gap_pct, c.mean_gap_pct,
            c.median_gap_pct, g.mean_gap_pct, g.median_gap_pct
        from pay.rpt_pay_gap_by_category as b
        inner join pay.rpt_pay_gap_by_category as c
            using (regime, company, reference_year, worker_category, basis)
        inner join pay.rpt_pay_gap_by_category as g
            using (regime, company, reference_year, worker_category, basis)
        where
            regime = 'eu' and company = $company and reference_year = 2025
            and b.component = 'basic' and c.component = 'components'
            and g.component = 'gross'
        order by
            list_position(['hourly', 'annualised', 'as_paid'], basis), worker_category
    """,
}
"""The numbers of each sheet, in its order."""


LEVELS = ("By the hour", "Annual, at full time for a full year", "Annual, as paid")
GERMAN = (
    "Je Stunde",
    "Im Jahr, auf Vollzeit und ein volles Jahr gerechnet",
    "Im Jahr, wie gezahlt",
)
BASIC_MEAN = "Basic pay: mean gap, %"


@pytest.fixture
def home(in_one_go: Company, tmp_path: Path) -> Company:
    """The company's databases, where reports may be written beside them."""
    folder = tmp_path / "dev"
    folder.mkdir()
    for database in ("restricted", "muster"):
        target = in_one_go.environment / f"{database}.duckdb"
        (folder / f"{database}.duckdb").symlink_to(target)
    return Company(tmp_path, in_one_go.desk)


def writing_to(home: Company) -> duckdb.DuckDBPyConnection:
    """The restricted database of a home, from now on its own, to write to."""
    own = home.restricted
    whole = own.resolve()
    own.unlink()
    shutil.copyfile(whole, own)
    return duckdb.connect(str(own))


def run(at: Company, work: Callable[..., None], *given: Any, **named: Any) -> None:
    """Do what a command does, in a company's home."""
    with set_inside(MUSTER_HOME=str(at.home)):
        work(*given, Console(quiet=True), **named)


def one_decimal(value: float | None) -> Decimal | None:
    """A figure as it leaves the restricted database."""
    if value is None:
        return None
    return Decimal(repr(value)).quantize(Decimal("0.1"), ROUND_HALF_UP)


def numbers_of(sheet: list[list[Any]], width: int) -> list[list[Decimal | None]]:
    """The numbers of a workbook's table: the columns after those that are words."""
    start = next(i for i, row in enumerate(sheet) if row[:1] != [""] and row[1] != "")
    rows = sheet[start + 1 :]
    first = next(
        i for i in range(len(rows[0])) if any(isinstance(r[i], float) for r in rows)
    )
    return [
        [
            Decimal(repr(cell)) if isinstance(cell, float) else None
            for cell in row[first : first + width]
        ]
        for row in rows
    ]


def test_every_number_of_a_report_is_the_marts(home: Company) -> None:
    run(home, pack.report, "dev", "authority", company=EMPLOYER, year=2025)
    (page,) = home.environment.glob("reports/2025/*/authority-eu.html")
    text = page.read_text(encoding="utf-8")
    book = CalamineWorkbook.from_path(str(page.with_suffix(".xlsx")))

    for sheet, query in PARTS.items():
        expected = [
            [None if x is None else one_decimal(float(x)) for x in row]
            for row in warehouse.rows(
                home.restricted, query.replace("$company", f"'{EMPLOYER}'")
            )
        ]
        found = numbers_of(book.get_sheet_by_name(sheet).to_python(), len(expected[0]))
        assert len(expected) > 5
        assert found == expected, sheet
        for row in expected:
            for value in row:
                if value is not None and value != value.to_integral_value():
                    assert f"{value:,}".replace("-", "\u2212") in text
    assert "http" not in text.replace("http-equiv", "")
    assert page.stat().st_mode & 0o777 == 0o600
    assert page.with_suffix(".xlsx").stat().st_mode & 0o777 == 0o600


def test_where_differences_stand_and_what_an_assessment_holds_is_the_marts(
    home: Company,
) -> None:
    run(home, pack.report, "dev", "representatives", company=EMPLOYER, year=2025)
    (page,) = home.environment.glob("reports/2025/*/representatives-eu.html")
    book = CalamineWorkbook.from_path(str(page.with_suffix(".xlsx")))
    found = numbers_of(book.get_sheet_by_name("Assessment").to_python(), 7)
    told = warehouse.rows(
        home.restricted,
        f"""
        select
            women_pct, men_pct, women_mean_pay, men_mean_pay,
            women_mean_component_pay, men_mean_component_pay, rounded_difference_pct
        from pay.rpt_pay_differences
        where regime = 'eu' and company = '{EMPLOYER}' and reference_year = 2025
        order by worker_category, basis desc
        """,
    )
    two, one = Decimal("0.01"), Decimal("0.1")
    digits = (one, one, two, two, two, two, one)
    assert found == [
        [
            None
            if value is None
            else Decimal(repr(float(value))).quantize(step, ROUND_HALF_UP)
            for value, step in zip(row, digits, strict=True)
        ]
        for row in told
    ]
    rows = book.get_sheet_by_name("Differences").to_python()
    standing = {(row[0], row[-1]) for row in rows}
    assert ("Team leaders", "Justified by objective criteria") in standing
    assert any("six months are not over" in str(row[-1]) for row in rows)


def test_what_the_employer_says_is_in_the_report_or_a_line_to_be_filled(
    home: Company,
) -> None:
    with writing_to(home) as connection:
        connection.execute(
            """
            insert into reference.pay_report_statements values (
                'Harbour UK Ltd', 'uk', 2026, 'More men are drivers', null,
                'Ada Example', 'Director', date '2026-11-27', null
            )
            """
        )
        ((people,),) = connection.execute(
            """
            select count(*) from pay.fct_pay_levels
            where
                company = 'Harbour UK Ltd' and regime = 'uk' and reference_year = 2026
                and population_reason <> 'not_employed_on_snapshot'
            """
        ).fetchall()
    for audience in ("authority", "workers"):
        run(home, pack.report, "dev", audience)
    pages = {
        path.name + path.parent.name[:11]: path.read_text(encoding="utf-8")
        for path in home.environment.glob("reports/*/*/*.html")
    }
    for audience in ("authority", "workers"):
        german = pages[f"{audience}-eu.htmlharbour-gro"]
        assert "Pay rounds begin with team leaders" in german
        assert "Article 9(6)" in german
        assert german.count("<p></p>") == 2
        british = pages[f"{audience}-uk.htmlharbour-uk-"]
        assert "is confirmed to be accurate" in british
        assert "Ada Example, Director, 2026-11-27" in british
        assert "More men are drivers" in british
        assert british.count('<div class="lines">') == 1
        assert f"{people} (size band of the government" in british
        assert "Less than 250). Fewer than 250: nothing has to be pub" in british
        assert "Article" not in british


def test_an_employer_in_ireland_reports_what_its_regulations_ask_for(
    home: Company,
) -> None:
    with writing_to(home) as connection:
        connection.execute(
            "update pay.rpt_pay_reporting_duties set country_code = 'IE'"
        )
    run(home, pack.report, "dev", "workers", company=EMPLOYER)
    run(home, pack.report, "dev", "authority", company=EMPLOYER, language="de")
    (page,) = home.environment.glob("reports/2026/*/workers-ie.html")
    text = page.read_text(encoding="utf-8")

    assert "part-time employees" in text
    assert "Benefits in kind" in text
    assert "To be published by 2026-11-30" in text
    assert text.count('<div class="lines">') == 2
    assert "Article" not in text
    assert any(home.environment.glob("reports/2026/*/authority-ie-de.html"))


@pytest.mark.parametrize(
    ("regime", "company", "gaps"), [("ie", EMPLOYER, 12), ("uk", "Harbour UK Ltd", 6)]
)
def test_every_number_of_a_report_by_a_snapshot_is_the_marts(
    home: Company, regime: str, company: str, gaps: int
) -> None:
    run(home, pack.report, "dev", "workers", company=company, regime=regime)
    (path,) = home.environment.glob(f"reports/2026/*/workers-{regime}.xlsx")
    book = CalamineWorkbook.from_path(str(path))
    whom = f"regime = '{regime}' and company = '{company}' and reference_year = 2026"
    for sheet, rows, query in (
        (
            "Gaps",
            gaps,
            f"""
            select value_pct, women, men from pay.rpt_pay_gap where {whom}
            order by
                list_position(['a', 'c', 'p', 't', 'b', 'd', 'e', 'i'], metric[1]),
                replace(metric, 'share_women', 'share_a')
            """,
        ),
        (
            "Quartiles",
            4,
            f"""
            select women, men, women_pct, men_pct from pay.rpt_pay_quartiles
            where {whom}
            order by
                list_position(
                    ['lower', 'lower_middle', 'upper_middle', 'upper'], quartile
                )
            """,
        ),
    ):
        expected = [
            [None if x is None else one_decimal(float(x)) for x in row]
            for row in warehouse.rows(home.restricted, query)
        ]
        assert len(expected) == rows
        found = numbers_of(book.get_sheet_by_name(sheet).to_python(), len(expected[0]))
        assert found == expected, sheet


def test_a_report_tells_what_earlier_ones_said_beside_what_is_known_now(
    home: Company,
) -> None:
    for day, language in ((date(2026, 1, 15), "en"), (date(2026, 3, 1), "de")):
        run(
            home,
            pack.report,
            "dev",
            "authority",
            company=EMPLOYER,
            handed_in_on=day,
            language=language,
        )
    with writing_to(home) as connection:
        connection.execute(
            """
            insert into pay.rpt_pay_gap
            select * replace (2026 as reference_year)
            from pay.rpt_pay_gap where regime = 'eu';
            update pay.rpt_pay_gap_by_category set mean_gap_pct = -77.7
            where component = 'basic' and basis = 'hourly'
            """
        )
    run(home, pack.report, "dev", "authority", company=EMPLOYER, year=2026)
    (later,) = home.environment.glob("reports/2026/*/authority-eu.xlsx")
    (kept,) = home.environment.glob("reports/handed_in/2025/*/2026-03-01/*.xlsx")
    found = CalamineWorkbook.from_path(str(later)).get_sheet_by_name("Earlier years")
    told = CalamineWorkbook.from_path(str(kept)).get_sheet_by_name("Gruppen")
    rows = found.to_python()
    start = next(i for i, row in enumerate(rows) if row[0] == "Reference year")
    before = [
        cell for row in told.to_python() if row[1] in GERMAN for cell in row[4:10]
    ]

    assert len(before) == 6 * 3 * 7
    assert [row[5] for row in rows[start + 1 :]] == before
    assert {(row[0], row[1]) for row in rows[start + 1 :]} == {
        ("2025", date(2026, 3, 1))
    }
    changed = {row[6] for row in rows if row[3:5] == [LEVELS[0], BASIC_MEAN]}
    assert changed == {-77.7}
    alike = [
        row[5] == row[6]
        for row in rows[start + 1 :]
        if row[3:5] != [LEVELS[0], BASIC_MEAN]
    ]
    assert all(alike)


def test_a_report_and_a_letter_in_german_have_the_same_numbers(home: Company) -> None:
    given = {"company": EMPLOYER, "year": 2025}
    for language in ("en", "de"):
        run(home, pack.report, "dev", "authority", language=language, **given)
    english, german = (
        CalamineWorkbook.from_path(str(next(home.environment.glob(f"reports/{name}"))))
        for name in ("2025/*/authority-eu.xlsx", "2025/*/authority-eu-de.xlsx")
    )
    for one, other in zip(english.sheet_names, german.sheet_names, strict=True):
        cells = (
            [
                [cell for cell in row if not isinstance(cell, str)]
                for row in book.get_sheet_by_name(name).to_python()
            ]
            for book, name in ((english, one), (german, other))
        )
        assert next(cells) == next(cells), one
    page = next(home.environment.glob("reports/2025/*/authority-eu-de.html"))
    text = page.read_text(encoding="utf-8")
    assert '<html lang="de">' in text
    assert "Artikel 9 Absatz 1 g" in text
    assert "Women" not in text
    assert "the device" not in text

    ((number,),) = warehouse.rows(
        home.restricted,
        f"""
        select min(people.employee_number)
        from pay.fct_pay_levels as levels
        inner join people.int_employees_conformed as people using (employee_key)
        where
            levels.regime = 'eu' and levels.company = '{EMPLOYER}'
            and levels.is_in_population and levels.worker_category is not null
        """,
    )
    day = date(2026, 11, 27)
    told = {"company": EMPLOYER, "is_voluntary": True, "today": day}
    run(home, letter.answer, "dev", number, language="de", **told)
    for path in home.environment.glob("answers/R-*"):
        assert "Durchschnitt der Frauen" in path.read_text(encoding="utf-8")
        assert "verage" not in path.read_text(encoding="utf-8")


def test_of_a_report_that_nobody_kept_a_copy_of_the_day_alone_is_told(
    home: Company,
) -> None:
    with writing_to(home) as connection:
        connection.execute(
            """
            insert into pay.rpt_pay_gap
            select * replace (2026 as reference_year)
            from pay.rpt_pay_gap where regime = 'eu'
            """
        )
    run(home, pack.report, "dev", "authority", company=EMPLOYER, year=2026)
    (later,) = home.environment.glob("reports/2026/*/authority-eu.xlsx")
    found = CalamineWorkbook.from_path(str(later)).get_sheet_by_name("Earlier years")

    assert found.to_python()[-1][:3] == [
        "2025",
        date(2026, 1, 15),
        "no copy is kept here",
    ]


def test_the_same_figures_are_the_same_bytes_and_what_was_handed_in_stays(
    home: Company,
) -> None:
    made = []
    for _ in range(2):
        run(
            home,
            pack.report,
            "dev",
            "workers",
            company=EMPLOYER,
            handed_in_on=date(2026, 6, 1),
        )
        found = sorted(home.environment.glob("reports/20*/*/workers-eu.*"))
        made.append([path.read_bytes() for path in found])
    kept = sorted(home.environment.glob("reports/handed_in/2025/*/2026-06-01/*"))

    assert len(made[0]) == 2
    assert made[0] == made[1]
    assert [path.read_bytes() for path in kept] == made[0]
    assert {path.stat().st_mode & 0o777 for path in kept} == {0o400}

    kept[0].chmod(0o600)
    kept[0].write_text("as it was handed in")
    with pytest.raises(MusterError, match="was handed in already"):
        run(
            home,
            pack.report,
            "dev",
            "workers",
            company=EMPLOYER,
            handed_in_on=date(2026, 6, 1),
        )
    assert kept[0].read_text() == "as it was handed in"


def test_a_letter_tells_the_worker_what_the_marts_say_and_nobody_elses_pay(
    home: Company,
) -> None:
    number, category, own = warehouse.rows(
        home.restricted,
        """
        select people.employee_number, levels.worker_category, levels.hourly_gross
        from pay.fct_pay_levels as levels
        inner join people.int_employees_conformed as people using (employee_key)
        where
            levels.regime = 'eu' and levels.company = 'Harbour Group GmbH'
            and levels.is_in_population and levels.hourly_gross is not null
            and levels.worker_category is not null
        qualify count(*) over (partition by people.employee_number) = 1
        order by people.employee_number
        limit 1
        """,
    )[0]
    averages = dict(
        warehouse.rows(
            home.restricted,
            f"""
            select sex, mean_pay from pay.rpt_pay_information
            where
                regime = 'eu' and company = '{EMPLOYER}' and basis = 'hourly'
                and component = 'gross' and worker_category = '{category}'
                and reference_year = 2025
            """,
        )
    )
    with pytest.raises(MusterError, match="no law that gives this right"):
        run(home, letter.answer, "dev", number, today=date(2026, 11, 27))
    assert not list(home.environment.glob("answers/*"))

    run(
        home,
        letter.answer,
        "dev",
        number,
        is_voluntary=True,
        today=date(2026, 11, 27),
    )
    (text,) = home.environment.glob("answers/*.txt")
    told = text.read_text(encoding="utf-8")
    with (
        set_inside(MUSTER_HOME=str(home.home)),
        opened({"muster": home.marts, "restricted": home.restricted}) as connection,
    ):
        composed = letter.compose(connection, number, None, None, True)

    first = composed.levels[0]
    assert (first.basis, first.component) == ("hourly", "gross")
    assert first.own == pytest.approx(own)
    assert first.averages == pytest.approx(averages)
    assert first.averages["female"] is not None
    for value in (own, *averages.values()):
        assert (
            f"{Decimal(repr(value)).quantize(Decimal('0.01'), ROUND_HALF_UP)}" in told
        )
    assert text.stat().st_mode & 0o777 == 0o600
    assert register.read(home.environment / letter.FOLDER) == [
        register.Request(
            "R-00001",
            number,
            "worker",
            date(2026, 11, 27),
            date(2027, 1, 27),
            date(2026, 11, 27),
        )
    ]


def test_pay_of_a_type_that_nobody_mapped_stops_the_report_of_its_employer_and_year(
    home: Company,
) -> None:
    with writing_to(home) as connection:
        connection.execute(
            f"""
            update pay.int_payslip_lines_converted
            set pay_kind = null, line_type = 'company_car'
            where payslip_line_id = (
                select min(payslip_line_id) from pay.int_payslip_lines_converted
                where
                    company_id = '{EMPLOYER}' and pay_kind = 'basic'
                    and period_ends_on = '2025-12-31'
            )
            """
        )
    with pytest.raises(MusterError, match=r"'company_car' \(lines: 1\)"):
        run(home, pack.report, "dev", "authority", company=EMPLOYER, year=2025)
    assert not list(home.environment.glob("reports/**/*.html"))

    run(home, pack.report, "dev", "authority", company="Harbour Inc", year=2025)
    assert list(home.environment.glob("reports/2025/*/*.html"))


def test_nothing_to_report_says_so(home: Company) -> None:
    with pytest.raises(MusterError, match="There is no pay gap of 'Nobody'"):
        run(home, pack.report, "dev", "board", company="Nobody")
    with pytest.raises(MusterError, match="--for is one of"):
        run(home, pack.report, "dev", "everybody")
