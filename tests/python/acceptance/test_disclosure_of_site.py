"""The files of the site, as text: no number in them that is not published.

Each file is read as whoever attacks it reads it: what a page says, what its script is
given, pictures and files. A number is a cell of a published table, or follows from
published cells in a way that is written here, or stands there as well where nothing is
published at all.
"""

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import Any

import duckdb
import pytest
from filelock import FileLock

from acceptance.company import SEEDS, Company
from operations.report import charts, figures, language
from operations.report.figures import Figure
from operations.report.site import Edition, write

EDITION = Edition("dev", "2026-07-01 06:00:00")

NUMBER = re.compile(r"\d(?:[\d.,]*\d)?")


@dataclass(frozen=True)
class Sites:
    """The site of a company, and that of a company of which nothing is published.

    Attributes:
        marts: The company's marts.
        published: The company's published database.
        full: The company's site.
        empty: The other one.
    """

    marts: Path
    published: Path
    full: Path
    empty: Path

    def files(self, ending: str) -> Iterator[Path]:
        """The files of the company's site that end so, below its folder."""
        for path in sorted(self.full.rglob(f"*{ending}")):
            yield path.relative_to(self.full)


@pytest.fixture(scope="module", params=SEEDS)
def sites(
    request: pytest.FixtureRequest, warehouse_of: Callable[[int], Company]
) -> Sites:
    """Both sites of a company by its seed; workers share them."""
    return sites_of(warehouse_of(request.param))


def sites_of(company: Company) -> Sites:
    """Both sites, written by whoever asks first."""
    published = company.environment / "published.duckdb"
    folder = company.home / "sites"
    made = Sites(company.marts, published, folder / "full", folder / "empty")
    with FileLock(f"{folder}.lock"):
        if not made.full.exists():
            folder.mkdir(exist_ok=True)
            nothing = folder / "nothing.duckdb"
            with duckdb.connect(str(nothing)) as connection:
                connection.execute(f"attach '{published}' as published (read_only)")
                for (table,) in connection.execute(
                    "select table_name from duckdb_tables()"
                    " where database_name = 'published'"
                ).fetchall():
                    connection.execute(
                        f"create table {table} as from published.{table} limit 0"
                    )
            write(nothing, made.empty, EDITION)
            write(published, made.full, EDITION)
    return made


class Texts(HTMLParser):
    """What a page says: its texts, what attributes say, and its script's data."""

    def __init__(self, page: str) -> None:
        super().__init__()
        self.said: list[str] = []
        self.data = ""
        self.is_data = False
        self.feed(page)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Take in the attributes."""
        self.is_data = tag == "script" and ("id", "data") in attrs
        self.said += [value for _, value in attrs if value]

    def handle_data(self, data: str) -> None:
        """Take in a text."""
        if self.is_data:
            self.data += data
        else:
            self.said.append(data)
        self.is_data = False


def numbers(text: str, *, is_german: bool) -> Counter[Decimal]:
    """The numbers in a text, whatever is around them."""
    found: Counter[Decimal] = Counter()
    for each in NUMBER.findall(text):
        digits = each.translate(str.maketrans(".,", ",.")) if is_german else each
        parts = digits.split(",")
        is_grouped = all(len(part.split(".")[0]) == 3 for part in parts[1:])
        plain = digits.replace(",", "") if is_grouped else digits.replace(",", " ")
        found.update(Decimal(x) for x in re.findall(r"\d+(?:\.\d+)?", plain))
    return found


def cells(published: Path) -> set[Decimal]:
    """Every number of every published table, and the years of its periods."""
    found: set[Decimal] = set()
    with duckdb.connect(str(published), read_only=True) as connection:
        for table, column, kind in connection.execute(
            "select table_name, column_name, data_type from duckdb_columns()"
            " where not internal and not regexp_matches(data_type, 'VARCHAR|BOOL')"
        ).fetchall():
            read = f'year("{column}")' if kind == "DATE" else f'"{column}"'
            found |= {
                abs(Decimal(x))
                for (x,) in connection.execute(
                    f'select distinct {read} from "{table}"'
                    f' where "{column}" is not null'
                ).fetchall()
            }
    return found


def derived(published: Path) -> set[Decimal]:
    """What pages reckon from published cells: changes, millions, companies."""
    found: set[Decimal] = set()
    with duckdb.connect(str(published), read_only=True) as connection:
        for tile in figures.TILES[:-1]:
            period = "month_start_on" if tile.table == "headcount" else "year_start_on"
            found |= {
                abs(Decimal(x))
                for (x,) in connection.execute(
                    f"select now.{tile.measure} - before.{tile.measure} as difference"
                    f" from {tile.table} as now inner join {tile.table} as before"
                    " using (department_group, region)"
                    f" where now.{period} = before.{period} + interval 1 year"
                    " and difference is not null"
                ).fetchall()
            }
        found |= {
            Decimal(x) / 1_000_000
            for (x,) in connection.execute(
                "select cost from cost where cost is not null"
            ).fetchall()
        }
        found |= {
            Decimal(x)
            for (x,) in connection.execute(
                "select count(distinct company) from pay_gap group by reference_year"
            ).fetchall()
        }
    return found


def unknown(text: str, known: set[Decimal], *, is_german: bool) -> set[Decimal]:
    """The numbers of a text that are none of those that may be there."""
    return numbers(text, is_german=is_german).keys() - known


def figures_of(page: Path) -> dict[str, Figure]:
    """The figures of a page by their names."""
    return {each.name: each for each in figures.PAGES.get(page.stem, ())}


def data_of(sites: Sites, page: Path) -> dict[str, Any]:
    """What a page's script is given."""
    text = Texts((sites.full / page).read_text(encoding="utf-8")).data
    return dict(json.loads(text)) if text else {}


def values(published: Path, figure: Figure) -> Counter[float | None]:
    """The published values of a figure, as they are drawn; none where withheld."""
    with duckdb.connect(str(published), read_only=True) as connection:
        rows = connection.execute(
            f"select {', '.join(figure.measures)} from {figure.table} "
            f"where {figure.rows}"
        ).fetchall()
    scale = 1_000_000 if "cost" in figure.measures else 1
    return Counter(
        None if x is None else float(Decimal(x) / scale) for row in rows for x in row
    )


def test_what_pages_say_is_published(sites: Sites) -> None:
    known = cells(sites.published) | derived(sites.published) | metric_words()
    known |= few(sites)
    assert len(known) > 50
    found = []
    for page in sites.files(".html"):
        is_german = page.parts[0] == "de"
        spoken = language.read("de" if is_german else "en")
        full, empty = (
            Texts((folder / page).read_text(encoding="utf-8"))
            for folder in (sites.full, sites.empty)
        )
        known_at = spoken.instant(EDITION.known_at)
        constant: set[Decimal] = set()
        for text in (*empty.said, *strings(empty.data)):
            constant |= numbers(text, is_german=is_german).keys()
        allowed = known | constant
        for text in {*full.said, *strings(full.data)}:
            new = unknown(text.replace(known_at, ""), allowed, is_german=is_german)
            found += [(page, text[:80], each) for each in new]
    assert not found


def strings(data: str) -> Iterator[str]:
    """The texts in JSON, with the names of what they are."""

    def walk(value: Any) -> Iterator[str]:
        if isinstance(value, dict):
            for name, each in value.items():
                yield name
                yield from walk(each)
        elif isinstance(value, list):
            for each in value:
                yield from walk(each)
        elif isinstance(value, str):
            yield value

    return walk(json.loads(data)) if data else iter(())


def test_what_scripts_are_given_is_published(sites: Sites) -> None:
    withheld = 0
    for page in sites.files(".html"):
        drawn = data_of(sites, page).get("figures", {})
        assert drawn.keys() == figures_of(page).keys()
        for name, figure in figures_of(page).items():
            rows = drawn[name]["rows"]
            assert Counter(row["y"] for row in rows) == values(
                sites.published, figure
            ), name
            withheld += sum(row["y"] is None for row in rows)
            begins = starts(rows) if rows and "y0" in rows[0] else set()
            for row in rows:
                others = {
                    key: value
                    for key, value in row.items()
                    if key != "y" and not isinstance(value, str) and value is not None
                }
                assert others.keys() <= {"x", "s", "i", "y0", "y1"}
                assert row["s"] in (0, 1)
                assert abs(row.get("i", 0)) < 10
                if figure.chart == "months":
                    day = datetime.fromtimestamp(row["x"] / 1000, UTC)
                    assert (day.day, day.hour, day.minute) == (1, 0, 0)
                else:
                    assert isinstance(row["x"], str)
                if "y0" in row and row["y"] is not None:
                    # A step or a share is as long as its published value.
                    length = round(row["y1"] - row["y0"], 1)
                    assert abs(length) == row["y"]
                    assert abs(row["y0"]) in begins, name
    assert withheld, "some figure of a small company is withheld"


def starts(rows: Any) -> set[float]:
    """Where a step can begin: at zero, at a published value, or at a sum of two."""
    told = [0.0, *(each["y"] for each in rows if each["y"] is not None)]
    return {round(a + b, 1) for a in told for b in told}


def test_files_hold_published_rows(sites: Sites) -> None:
    known = cells(sites.published) | few(sites) | metric_words()
    for path in sites.files(".csv"):
        is_german = path.parts[0] == "de"
        text = (sites.full / path).read_text(encoding="utf-8-sig")
        empty = (sites.empty / path).read_text(encoding="utf-8-sig")
        # Files have no thousands, and Germans' a decimal comma.
        constant = {Decimal(x) for x in re.findall(r"\d+", empty)}
        separator = ";" if is_german else ","
        allowed = known | constant
        for cell in set(re.split(rf"[{separator}\r\n]", text)):
            plain = cell.replace(",", ".") if is_german else cell
            new = {Decimal(x) for x in re.findall(r"\d+(?:\.\d+)?", plain)}
            assert new <= allowed, (path, cell)


def few(sites: Sites) -> set[Decimal]:
    """The number of people in the reason of what is withheld."""
    with duckdb.connect(str(sites.published), read_only=True) as connection:
        reasons = connection.execute(
            "select distinct withheld_reason from headcount"
            " union select distinct withheld_reason from pay_gap"
            " union select distinct withheld_reason from absence"
        ).fetchall()
    return {Decimal(x) for (r,) in reasons if r for x in re.findall(r"\d+", r)}


def metric_words() -> set[Decimal]:
    """The numbers in the names of what figures are of, such as a directive's."""
    found: set[Decimal] = set()
    for code in language.LANGUAGES:
        for names in language.read(code).words["values"].values():
            for text in names.values():
                found |= {Decimal(x) for x in re.findall(r"\d+", text)}
    return found


def test_pictures_are_drawn_of_what_scripts_are_given_and_nothing_else(
    sites: Sites,
) -> None:
    looked_at = set()
    for page in sites.files(".html"):
        code = "de" if page.parts[0] == "de" else "en"
        formats = language.read(code).words["formats"]
        given = data_of(sites, page)
        text = (sites.full / page).read_text(encoding="utf-8")
        first = dict(
            re.findall(
                r'<select [^>]*name="([^"]*)">.*?<option value="([^"]*)" selected>',
                text,
                re.DOTALL,
            )
        )
        for name, figure in figures_of(page).items():
            drawn = given["figures"][name]
            rows = [
                row
                for row in drawn["rows"]
                if all(row[each] == first[each] for each in figure.filters)
            ]
            two = drawn["vega"].endswith("2")
            picture = charts.picture(
                figure.chart, rows, formats["number"], formats["time"], two=two
            )
            path = (sites.full / page).parent / "charts" / f"{name}.svg"
            assert path.read_text(encoding="utf-8") == picture, name
            looked_at.add(path)
            if figure.chart == "months":
                ticks_are_round(picture)
    assert looked_at == {sites.full / path for path in sites.files(".svg")}


def ticks_are_round(picture: str) -> None:
    """An axis by its numbers tells no more than between which the values lie."""
    told = re.findall(r'text-anchor="end"[^>]*>([\d,.]+)</text>', picture)
    ticks = [int(re.sub("[,.]", "", each)) for each in told]
    steps = {b - a for a, b in pairwise(ticks)}
    assert len(steps) == 1
    (step,) = steps
    assert str(step).rstrip("0") in ("1", "2", "5")
    assert not any(tick % step for tick in ticks)


def test_what_all_pages_share_is_the_same_where_nothing_is_published(
    sites: Sites,
) -> None:
    for path in sites.files(""):
        if (sites.full / path).is_dir():
            continue
        assert path.suffix in {".html", ".csv", ".svg", ".js", ".css"}
        if path.parts[0] == "assets":
            assert (sites.full / path).read_bytes() == (
                sites.empty / path
            ).read_bytes(), path


def test_the_scan_finds_what_is_not_published(sites: Sites) -> None:
    known = cells(sites.published) | derived(sites.published)
    with duckdb.connect(str(sites.marts), read_only=True) as connection:
        exact = [
            x
            for (x,) in connection.execute(
                "select distinct headcount from people.rpt_headcount_monthly"
                " where headcount > 0"
            ).fetchall()
        ]
    unpublished = [x for x in exact if Decimal(x) not in known]
    assert unpublished
    for is_german in (False, True):
        spoken = language.read("de" if is_german else "en")
        for count in unpublished:
            text = f"In {date(2025, 3, 1):%Y} there were {spoken.number(count)} people."
            assert unknown(text, known, is_german=is_german) == {Decimal(count)}
