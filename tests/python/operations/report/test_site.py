"""The site tells what is published, as it is, and needs nothing but its own files."""

import csv
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from environment import PROJECT
from operations import requirements
from operations.report import figures, language
from operations.report.site import Edition, write

BROWSER = next(filter(None, map(shutil.which, ("chromium", "google-chrome"))), None)


CELLS = (
    "(select unnest([{g: 'All', r: 'All'}, {g: 'Commercial', r: 'All'}, "
    "{g: 'Staff', r: 'All'}, {g: 'All', r: 'North'}, {g: 'All', r: 'South'}]) as c)"
)
CELL = "c.g as department_group, c.r as region, null::varchar as withheld_reason"
NONE = "null::varchar as null_reason"
YEARS = "(select unnest([2024, 2025]) as y)"
SCALES = (
    "(select unnest(['Harbour GmbH', 'Harbour Ltd']) as company, 'eu' as regime, "
    "'hourly' as basis, null::varchar as withheld_reason, "
    f"{NONE}, false as is_assumed)"
)
FEW = "fewer than 10 people, or nearly all of one"

TABLES = {
    "headcount": "1200 + 5 * m as headcount, 5 as count_step, "
    "date '2024-01-01' + to_months(m::integer) as month_start_on",
    "movements": "100 as opening_headcount, 25 as joiners, 15 as exits, "
    "110 as closing_headcount",
    "turnover": f"{NONE}, 16.9::decimal(9, 1) as turnover_pct, "
    "case when c.g = 'All' and c.r = 'All' then 12.0 end::decimal(9, 1) "
    "as voluntary_turnover_pct",
    "cost": f"'EUR' as currency, {NONE}, 1500000 as cost, 90800 as cost_per_fte",
    "absence": "(y - 2020 + 0.5)::decimal(9, 1) as absence_pct",
    "working_time": "8.4::decimal(9, 1) as worked_hours_per_day, "
    "15.1::decimal(9, 1) as people_in_breach_pct",
    "recruiting": "2945 as applications, 310 as accepted, "
    "8.1::decimal(9, 1) as internal_fill_pct, 73 as time_to_fill_days_median",
}


@pytest.fixture(scope="module")
def published(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """What a company publishes; the absence of its regions is withheld."""
    path = tmp_path_factory.mktemp("published") / "published.duckdb"
    metrics = ", ".join(f"'{each}'" for each in figures.METRICS)
    with duckdb.connect(str(path)) as connection:
        for table, columns in TABLES.items():
            is_monthly = table == "headcount"
            periods = "range(24) as months(m)" if is_monthly else YEARS
            year = "" if is_monthly else ", make_date(y, 1, 1) as year_start_on"
            connection.execute(
                f"create table {table} as "
                f"select {CELL}, {columns}{year} from {CELLS}, {periods}"
            )
        connection.execute(
            "create table pay_gap as "
            "select *, (y - 2026.5)::decimal(9, 1) as value_pct,"
            f" y as reference_year from {SCALES}, {YEARS},"
            " "
            f"(select unnest([{metrics}]) as metric)"
        )
        connection.execute(
            "create table pay_quartiles as select *, 40.0::decimal(9, 1) as women_pct, "
            "60.0::decimal(9, 1) as men_pct, y as reference_year "
            f"from {SCALES}, {YEARS},"
            " (select unnest(['lower_half', 'upper_half']) as pay_band)"
        )
        connection.execute(
            f"update absence set absence_pct = null, withheld_reason = '{FEW}' "
            "where region <> 'All'"
        )
        connection.execute(
            "create table groups as select 'department' as dimension, "
            "'<b>Sales</b>' as member, 'Commercial' as published_group"
        )
    return path


@pytest.fixture(scope="module")
def site(published: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("site") / "report"
    return write(published, folder, Edition("dev", "2026-07-01 06:00:00")).parent


def keys_of(words: Any, path: str = "") -> Iterator[str]:
    if isinstance(words, dict):
        for name, value in words.items():
            yield from keys_of(value, f"{path}.{name}")
    else:
        yield path


def test_both_languages_have_the_same_words() -> None:
    english, german = (language.read(each).words for each in language.LANGUAGES)
    assert list(keys_of(english)) == list(keys_of(german))


def test_every_requirement_of_a_figure_is_one() -> None:
    known, _ = requirements.read(requirements.FILE)
    assert set(figures.REQUIREMENTS) <= {each.id for each in known}


def test_every_reason_that_is_published_has_words() -> None:
    told = set()
    for path in (PROJECT / "models/marts/published").glob("*.yml"):
        for model in yaml.safe_load(path.read_text())["models"]:
            for column in model["columns"]:
                if column["name"] == "null_reason":
                    told |= set(re.findall("`(no_[a-z_]+)`", column["description"]))
    assert told
    for code in language.LANGUAGES:
        assert told <= language.read(code).words["reasons"].keys()


@pytest.mark.parametrize("code", language.LANGUAGES)
def test_each_file_has_the_published_rows(
    site: Path, published: Path, code: str
) -> None:
    words = language.read(code).words["csv"]
    folder = site / ("data" if code == "en" else f"{code}/data")
    with duckdb.connect(str(published), read_only=True) as connection:
        for figure in (each for page in figures.PAGES.values() for each in page):
            text = (folder / f"{figure.name}.csv").read_text(encoding="utf-8-sig")
            head, *rows = csv.reader(text.splitlines(), delimiter=words["separator"])
            titles = language.read(code).words["measures"]
            places = [head.index(titles[each]) for each in figure.measures]
            shown = sorted(
                tuple(row[place].replace(words["decimal"], ".") for place in places)
                for row in rows
            )
            columns = ", ".join(figure.measures)
            found = connection.execute(
                f"select {columns} from {figure.table} where {figure.rows}"
            ).fetchall()
            told = sorted(
                tuple("" if value is None else str(value) for value in row)
                for row in found
            )
            assert shown == told, figure.name


def test_what_is_withheld_is_marked_with_its_reason_and_never_zero(site: Path) -> None:
    page = (site / "absence.html").read_text()
    rows = re.findall(r"<tr data-keys[^>]*>(.*?)</tr>", page)
    withheld = [row for row in rows if "fewer than 10 people" in row]
    assert withheld
    assert all("not told" in row and ">0" not in row for row in withheld)
    assert "×" in (site / "charts/absence_regions.svg").read_text()  # noqa: RUF001


def test_labels_are_texts(site: Path) -> None:
    page = (site / "about.html").read_text()
    assert "<b>Sales" not in page
    assert "&lt;b&gt;Sales" in page


def test_nothing_is_fetched_and_all_is_small(site: Path) -> None:
    files = [each for each in site.rglob("*") if each.is_file()]
    assert sum(each.stat().st_size for each in files) < 3_000_000
    for page in site.rglob("*.html"):
        for place in re.findall(r'(?:src|href)="([^"#]*)', page.read_text()):
            if place and "docs/index.html" not in place and place != "data:,":
                assert (page.parent / place).exists(), (page, place)


@pytest.mark.skipif(BROWSER is None, reason="there is no Chromium here")
@pytest.mark.parametrize("page", [*figures.PAGES, "de/index", "de/pay_gap"])
def test_pages_draw_their_charts_from_a_disk(site: Path, page: str) -> None:
    told = subprocess.run(  # noqa: S603
        [
            str(BROWSER),
            *("--headless=new", "--no-sandbox", "--disable-gpu"),
            *("--host-resolver-rules=MAP * ~NOTFOUND", "--enable-logging=stderr"),
            *("--virtual-time-budget=3000", "--dump-dom"),
            (site / f"{page}.html").as_uri(),
        ],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert "CONSOLE" not in told.stderr
    drawn = re.findall(r'<div class="live"[^>]*><svg', told.stdout)
    assert len(drawn) == told.stdout.count('class="live"') > 0
