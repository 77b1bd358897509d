"""The site tells what is published, as it is, and needs nothing but its own files."""

import csv
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
import yaml

from environment import PROJECT
from operations import requirements
from operations.report import charts, figures, language


def keys_of(words: Any, path: str = "") -> Iterator[str]:
    if isinstance(words, dict):
        for name, value in words.items():
            yield from keys_of(value, f"{path}.{name}")
    else:
        yield path


def test_both_languages_have_the_same_words() -> None:
    english, german = (language.read(each).words for each in language.LANGUAGES)
    told = {name: words for name, words in german.items() if name != "requirements"}
    assert list(keys_of(english)) == list(keys_of(told))
    # English ones are the requirements' own.
    assert german["requirements"].keys() == set(figures.REQUIREMENTS)


def test_every_requirement_of_a_figure_is_one() -> None:
    known, _ = requirements.read(requirements.FILE)
    assert set(figures.REQUIREMENTS) <= {each.id for each in known}


def test_regions_and_groups_of_others_are_told_in_the_language() -> None:
    german, english = language.read("de"), language.read("en")
    with (PROJECT / "seeds/un_m49.csv").open(newline="") as file:
        regions = {row["sub_region_name"] for row in csv.DictReader(file)} - {""}

    assert german.words["values"]["region"].keys() == regions | {"Other", "Unknown"}
    assert german.key("region", "Western Europe") == "Westeuropa"
    assert german.key("region", "Western Europe and other") == "Westeuropa und sonstige"
    assert german.key("region", "Other") == "Sonstige"
    assert german.key("group", "Commercial and other") == "Commercial und sonstige"
    assert german.key("company", "Smith and other") == "Smith and other"
    for region in regions | {"Other", "Unknown", "Southern Asia and other"}:
        assert english.key("region", region) == region


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
    assert all("not shown" in row and ">0" not in row for row in withheld)
    assert "×" in (site / "charts/absence_regions.svg").read_text()  # noqa: RUF001


def test_labels_are_texts(site: Path) -> None:
    page = (site / "about.html").read_text()
    assert "<b>Sales" not in page
    assert "&lt;b&gt;Sales" in page


@pytest.mark.parametrize("kind", charts.KINDS)
def test_a_chart_is_one_by_the_schema(kind: str) -> None:
    charts.KINDS[kind](two=kind in ("bands", "companies")).to_dict(validate=True)


def test_it_is_written_in_ten_seconds(made: Path) -> None:
    # Of the processor: other tests are at work.
    assert float((made / "seconds").read_text()) < 10


def test_nothing_is_fetched_and_all_is_small(site: Path) -> None:
    files = [each for each in site.rglob("*") if each.is_file()]
    assert sum(each.stat().st_size for each in files) < 3_000_000
    for page in site.rglob("*.html"):
        for place in re.findall(r'(?:src|href)="([^"#]*)', page.read_text()):
            if place and "docs/index.html" not in place and place != "data:,":
                assert (page.parent / place).exists(), (page, place)
