"""The site as people meet it: in Chromium, from a disk, without a network.

One browser has one page, which each page of the site is opened in once. Without a
browser or axe-core these tests are skipped, but on GitHub's runners, which have both.
"""

import csv
import os
import re
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pytest
from playwright.sync_api import Page, sync_playwright

from environment import PROJECT
from operations.report import figures
from operations.report.figures import Figure
from operations.statutory import documents, pack

BROWSERS = ("chromium", "google-chrome", "google-chrome-stable", "chrome")
AXE = PROJECT / ".venv/npm/node_modules/axe-core/axe.min.js"

OF_FIGURES = [*figures.PAGES, *(f"de/{page}" for page in figures.PAGES)]
EVERY_PAGE = [*OF_FIGURES, "about", "de/about"]

NUMBER = re.compile(r"[\u2212-]?\d[\d.,]*")

Numbers = tuple[Decimal | None, ...]
Keys = tuple[tuple[str, str], ...]

SEEN = """() => {
    const texts = (root, query) =>
        [...root.querySelectorAll(query)].map((each) => each.textContent.trim());
    const selects = [...document.querySelectorAll('select')];
    const figures = [...document.querySelectorAll('.figure[id]:not(.words)')];
    return {
        chosen: Object.fromEntries(selects.map((each) => [each.name, each.value])),
        called: Object.fromEntries(selects.map((each) => [each.name,
            [each.labels[0], each.selectedOptions[0]].map((x) => x.textContent.trim())
        ])),
        figures: Object.fromEntries(figures.map((section) => [section.id, {
            rows: [...section.querySelectorAll('tbody tr')].map((row) => ({
                keys: JSON.parse(row.dataset.keys),
                shown: !row.hidden,
                numbers: texts(row, '.number'),
            })),
            drawn: data.figures[section.id].rows.map((each) => each.y),
            points: [...section.querySelectorAll('.mark-symbol path')]
                .map((each) => each.__data__.datum.y),
            values: texts(section, '.live text[font-weight="600"]'),
            reasons: section.querySelector('.reasons').checkVisibility(),
            scope: section.querySelector('.scope').textContent,
        }])),
    };
}"""
"""What a page shows, in one go: the way to the browser takes long."""

MET = """() => [...document.querySelectorAll('.live svg')].flatMap((drawing) => {
    const texts = [...drawing.querySelectorAll('text')]
        .filter((x) => x.textContent && x.checkVisibility({ checkOpacity: true }))
        .map((each) => ({ text: each.textContent, box: each.getBoundingClientRect() }))
        .filter(({ box }) => box.width);
    return texts.flatMap((a, at) => texts.slice(at + 1)
        .filter((b) => a.box.left < b.box.right && b.box.left < a.box.right
            && a.box.top + 2 < b.box.bottom && b.box.top + 2 < a.box.bottom)
        .map((b) => [a.text, b.text]));
})"""
"""Words of a chart that lie upon each other."""


@dataclass
class Opened:
    """A page of the site in the browser.

    Attributes:
        page: The browser's page.
        name: Its file, without the ending.
        asked: What it asked for.
        said: What the browser complained of.
    """

    page: Page
    name: str
    asked: list[str]
    said: list[str]

    @property
    def content(self) -> Sequence[Figure]:
        """The page's figures."""
        return figures.PAGES.get(Path(self.name).name, ())

    def settle(self) -> None:
        """Wait until all charts are drawn."""
        self.page.evaluate(
            "async () => { if (typeof views !== 'undefined')"
            " for (const view of views.values()) await view.runAsync(); }"
        )

    def see(self) -> Any:
        """What there is to see: the choice, and of each figure table and chart."""
        self.settle()
        return self.page.evaluate(SEEN)

    def choose(self, name: str, value: str) -> bool:
        """Choose as a reader does, if that can be chosen; of no name, go back."""
        if not name:
            self.page.click("button[type=reset]")
            return True
        script = """([name, value]) => {
            const select = selects.get(name);
            const option = [...select.options].find((each) => each.value === value);
            if (option.disabled) return false;
            select.value = value;
            select.dispatchEvent(new Event('change', {bubbles: true}));
            return select.value === value;
        }"""
        return bool(self.page.evaluate(script, [name, value]))

    def number(self, text: str) -> Decimal | None:
        """The number in a text; none where there is none."""
        found = NUMBER.search(text)
        if not found:
            return None
        digits = found[0].rstrip(".,").replace("\u2212", "-")
        if self.name.startswith("de/"):
            digits = digits.translate(str.maketrans(".,", ",."))
        value = Decimal(digits.replace(",", ""))
        return value * 1_000_000 if re.search("million|Mio", text) else value


def lacking(what: str) -> None:
    """Skip for want of something; fail where nothing may be skipped."""
    if os.environ.get("GITHUB_ACTIONS"):
        pytest.fail(f"{what}: make browser, make develop")
    pytest.skip(f"{what}: make browser, make develop")


@pytest.fixture(scope="module")
def page() -> Iterator[Page]:
    """A page of a browser that reaches no network."""
    found = next(filter(None, map(shutil.which, BROWSERS)), None)
    if found is None:
        lacking("there is no Chromium")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=found,
            args=["--host-resolver-rules=MAP * ~NOTFOUND", "--disable-gpu"],
        )
        context = browser.new_context(offline=True)
        context.set_default_timeout(15_000)
        yield context.new_page()
        browser.close()


@pytest.fixture(scope="module")
def opened(page: Page, site: Path, request: pytest.FixtureRequest) -> Opened:
    """A page that is open; tests of the same one follow each other."""
    opened = Opened(page, request.param, [], [])
    listeners: dict[Any, Any] = {
        "request": lambda asking: opened.asked.append(asking.url),
        "console": lambda message: opened.said.append(message.text),
        "pageerror": lambda error: opened.said.append(str(error)),
    }
    for event, listener in listeners.items():
        page.on(event, listener)
    page.goto((site / f"{opened.name}.html").as_uri())
    opened.settle()
    for event, listener in listeners.items():
        page.remove_listener(event, listener)
    return opened


@pytest.fixture(autouse=True)
def as_usual(page: Page) -> None:
    """A screen of a laptop, in the light scheme."""
    page.set_viewport_size({"width": 1280, "height": 800})
    page.emulate_media(
        media="screen", color_scheme="light", reduced_motion="no-preference"
    )


def of(*names: str) -> pytest.MarkDecorator:
    """Parametrize a test by the pages that it looks at."""
    return pytest.mark.parametrize("opened", names, indirect=True, scope="module")


@cache
def in_sql(published: Path, name: str) -> list[tuple[Keys, Numbers]]:
    """What each published row of a figure is chosen by, and its numbers."""
    (figure,) = (
        each for page in figures.PAGES.values() for each in page if each.name == name
    )
    with duckdb.connect(str(published), read_only=True) as connection:
        described = connection.execute(f"describe {figure.table}").fetchall()
        (period,) = {each[0] for each in described} & set(figures.PERIODS)
        year = period if period == "reference_year" else f"year({period})"
        keys = [
            year if each == "year" else figures.KEYS[each] for each in figure.filters
        ]
        rows = connection.execute(
            f"select {', '.join([*keys, *figure.measures])} from {figure.table} "
            f"where {figure.rows}"
        ).fetchall()
    parts = len(keys)
    return [
        (
            keys_of(dict(zip(figure.filters, row[:parts], strict=True))),
            tuple(None if x is None else Decimal(x) for x in row[parts:]),
        )
        for row in rows
    ]


def keys_of(chosen: Mapping[str, Any]) -> Keys:
    """What a row is chosen by, in an order."""
    return tuple(sorted((name, str(value)) for name, value in chosen.items()))


@cache
def in_file(site: Path, name: str) -> list[list[str]]:
    """The CSV under a chart, with its headings."""
    text = (site / "data" / f"{name}.csv").read_text(encoding="utf-8-sig")
    return list(csv.reader(text.splitlines()))


def filed(site: Path, figure: Figure, seen: Any) -> list[Numbers]:
    """The numbers of a figure's file, of the rows that are chosen."""
    head, *rows = in_file(site, figure.name)
    for name in figure.filters:
        label, option = seen["called"][name]
        if name == "year":
            rows = [row for row in rows if row[0] == option]
        elif label in head:
            place = head.index(label)
            rows = [row for row in rows if row[place] == option]
    measures = len(figure.measures)
    first = len(head) - measures - ("Note" in head)
    return [
        tuple(Decimal(x) if x else None for x in row[first : first + measures])
        for row in rows
    ]


def in_order(rows: Iterable[Any]) -> list[str]:
    """As lists that can be compared, whatever they hold."""
    return sorted(map(str, rows))


@of(*EVERY_PAGE)
def test_a_page_opens_from_a_disk_and_asks_for_nothing_else(
    opened: Opened, site: Path
) -> None:
    assert not opened.said
    assert opened.asked
    ours = (site.as_uri(), "data:")
    assert not [each for each in opened.asked if not each.startswith(ours)]
    drawn = opened.page.evaluate(
        "[...document.querySelectorAll('.live')].map((each) =>"
        " each.querySelectorAll('svg').length)"
    )
    assert drawn == [1] * len(opened.content)


@of(*OF_FIGURES)
def test_every_number_of_a_page_is_the_published_one(
    opened: Opened, published: Path
) -> None:
    seen = opened.see()["figures"]
    assert list(seen) == [figure.name for figure in opened.content]
    for figure in opened.content:
        wanted = in_sql(published, figure.name)
        told = [
            (keys_of(row["keys"]), tuple(map(opened.number, row["numbers"])))
            for row in seen[figure.name]["rows"]
        ]
        assert in_order(told) == in_order(wanted), figure.name
        scale = 1_000_000 if "cost" in figure.measures else 1
        # What is drawn has no digit that is not shown.
        assert in_order(
            None if x is None else float(x / scale) for _, row in wanted for x in row
        ) == in_order(
            None if x is None else float(x) for x in seen[figure.name]["drawn"]
        )


@of(*figures.PAGES)
def test_table_chart_and_file_follow_each_choice(
    opened: Opened, site: Path, published: Path
) -> None:
    choices = opened.page.evaluate(
        "[...document.querySelectorAll('select')].flatMap((each) =>"
        " [...each.options].map((option) => [each.name, option.value]))"
    )
    first = opened.see()["chosen"]
    found = set()
    for name, value in [*choices, ("", "")]:
        if not opened.choose(name, value):
            continue
        seen = opened.see()
        chosen = seen["chosen"]
        assert "All" in (chosen.get("group", "All"), chosen.get("region", "All"))
        for figure in opened.content:
            shown = seen["figures"][figure.name]
            keys = keys_of({each: chosen[each] for each in figure.filters})
            wanted = [x for found, x in in_sql(published, figure.name) if found == keys]
            rows = [row for row in shown["rows"] if row["shown"]]
            assert all(keys_of(row["keys"]) == keys for row in rows)
            listed = [tuple(map(opened.number, row["numbers"])) for row in rows]
            assert in_order(listed) == in_order(wanted), figure.name
            assert in_order(filed(site, figure, seen)) == in_order(wanted), figure.name
            drawn: list[Decimal | None] = [
                Decimal(str(each)) for each in shown["points"] if each is not None
            ]
            if figure.chart != "months":
                drawn = [opened.number(each) for each in shown["values"]]
            assert sorted(
                abs(x) if figure.chart == "waterfall" else x
                for x in drawn
                if x is not None
            ) == sorted(x for row in wanted for x in row if x is not None), chosen
            assert shown["reasons"] == any(None in row for row in wanted)
        found.add(str(chosen))
    assert len(found) > 1
    assert chosen == first, "reset goes back"


@of("index")
def test_a_tile_says_what_is_published_of_each_choice(
    opened: Opened, published: Path
) -> None:
    for key, value in (("group", "All"), ("group", "Commercial"), ("region", "South")):
        assert opened.choose(key, value)
        chosen = opened.see()["chosen"]
        texts = {
            tile.name: opened.page.locator(f"#tile-{tile.name}").inner_text()
            for tile in figures.TILES
        }
        for tile in figures.TILES[:-1]:
            text = texts[tile.name]
            period = "month" if tile.table == "headcount" else "year"
            with duckdb.connect(str(published), read_only=True) as connection:
                before, now = (
                    x
                    for (x,) in connection.execute(
                        f"select {tile.measure} from {tile.table} where "
                        f"department_group = ? and region = ? and {period}_start_on in "
                        f"(select max({period}_start_on) - to_years(unnest([0, 1])) "
                        f"from {tile.table}) order by {period}_start_on",
                        [chosen["group"], chosen["region"]],
                    ).fetchall()
                )
            if now is None:
                assert "not shown" in text
                assert "fewer than 10 people" in text
                continue
            numbers = [opened.number(each) for each in NUMBER.findall(text)]
            assert {now, before} <= set(numbers), (tile.name, text)
            same = now == before
            assert "same as" in text if same else abs(now - before) in numbers
        # A gap is each company's own, whatever is chosen.
        assert "of 2 companies" in texts["gap"]
    assert opened.choose("", "")


@of("pay_gap")
def test_the_gaps_are_told_in_words(opened: Opened, published: Path) -> None:
    seen = []
    for company, year in (("Harbour GmbH", "2025"), ("Harbour Ltd", "2024")):
        assert opened.choose("company", company)
        assert opened.choose("year", year)
        seen.append(opened.page.locator("#in-words li").all_text_contents())
    with duckdb.connect(str(published), read_only=True) as connection:
        gaps = dict(
            connection.execute(
                "select metric, value_pct from pay_gap where company = 'Harbour GmbH'"
                " and reference_year = 2025 and basis = 'hourly'"
            ).fetchall()
        )
    told, untold = seen
    assert [opened.number(each) for each in told[:6]] == [
        abs(gaps[metric]) for metric in figures.METRICS
    ]
    assert told[0].startswith("(a) On average women are paid")
    assert all("fewer than 10 people" in each for each in untold[:6])
    assert opened.choose("", "")


@of(*figures.PAGES, "about", "de/index", "de/pay_gap")
def test_nothing_keeps_anybody_out(opened: Opened) -> None:
    if not AXE.exists():
        lacking("there is no axe-core")
    page = opened.page
    page.evaluate(AXE.read_text(encoding="utf-8"))
    opening = "for (const each of document.querySelectorAll('details')) each.open = "
    page.evaluate(opening + "true")
    rules = "['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']"
    light = page.evaluate(f"axe.run({{resultTypes: ['violations'], runOnly: {rules}}})")
    # The other scheme has other colours, and nothing else.
    page.emulate_media(color_scheme="dark")
    dark = page.evaluate("axe.run({runOnly: ['color-contrast']})")
    page.evaluate(opening + "false")
    assert len(light["passes"]) > 20
    assert [each["id"] for each in dark["passes"]] == ["color-contrast"]
    assert not [
        (each["id"], each["nodes"][0]["html"])
        for each in [*light["violations"], *dark["violations"]]
        if each["impact"] in {"serious", "critical"}
    ]


@of(*EVERY_PAGE)
def test_at_twice_and_four_times_the_size_nothing_is_beside_the_screen_or_upon_other(
    opened: Opened,
) -> None:
    for width in (640, 320):
        opened.page.set_viewport_size({"width": width, "height": 400})
        opened.settle()
        outside = opened.page.evaluate(
            "[...document.querySelectorAll('body *')].filter((each) =>"
            " each.checkVisibility() && !each.closest('.scroll, .skip, .only-heard')"
            " && each.getBoundingClientRect().right > innerWidth)"
            ".map((each) => each.outerHTML.slice(0, 200))"
        )
        assert not outside, width
        assert not opened.page.evaluate(MET), width


@of("index")
def test_who_wants_no_motion_has_none(opened: Opened) -> None:
    moving = (
        "[...document.querySelectorAll('*')].filter((each) => {"
        " const style = getComputedStyle(each);"
        " return style.transitionDuration.split(', ').some((x) => parseFloat(x) > 0)"
        " || style.animationName !== 'none' || style.scrollBehavior === 'smooth'; })"
        ".length"
    )
    assert opened.page.evaluate(moving), "there is some"
    opened.page.emulate_media(reduced_motion="reduce")
    assert opened.page.evaluate(moving) == 0


@of("headcount")
def test_what_is_printed_is_what_is_chosen(opened: Opened) -> None:
    page = opened.page
    page.emulate_media(media="print", color_scheme="dark")
    assert page.locator("#headcount .still").is_visible()
    for hidden in ("form", "nav", ".csv"):
        assert not page.locator(hidden).first.is_visible()
    assert page.evaluate("getComputedStyle(document.body).color") == "rgb(0, 0, 0)"
    # The picture is of the first choice: another one is printed as it is drawn.
    assert opened.choose("group", "Commercial")
    assert not page.locator("#headcount .still").is_visible()
    assert page.locator("#headcount .live").is_visible()
    assert "Commercial" in opened.see()["figures"]["headcount"]["scope"]
    page.emulate_media(media="screen")
    assert opened.choose("", "")


@pytest.mark.parametrize("name", ["index", "pay_gap"])
def test_the_keyboard_reaches_and_works_all(page: Page, site: Path, name: str) -> None:
    page.goto((site / f"{name}.html").as_uri())
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip"
    assert page.locator(".skip").bounding_box()["x"] >= 0  # type: ignore[index]
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "content"

    page.locator("summary").first.focus()
    page.keyboard.press("Enter")
    assert page.locator("details").first.evaluate("each => each.open")
    page.evaluate("document.body.tabIndex = -1; document.body.focus()")
    wanted = page.evaluate(
        "[...document.querySelectorAll('a[href], button, select, summary, .scroll')]"
        ".filter((each) => each.checkVisibility())"
        ".map((each, n) => (each.dataset.n = String(n)))"
    )
    reached = []
    for _ in wanted:
        page.keyboard.press("Tab")
        place, outline = page.evaluate(
            "[document.activeElement.dataset.n,"
            " getComputedStyle(document.activeElement).outlineStyle]"
        )
        assert outline != "none", place
        reached.append(place)
    assert reached == wanted, "in the order in which they are read"

    select = page.locator("select").first
    before = select.input_value()
    select.focus()
    page.keyboard.press("ArrowDown")
    assert select.input_value() != before
    told = select.evaluate("each => each.selectedOptions[0].textContent.trim()")
    assert told in (page.locator("#showing").text_content() or ""), "it is heard"
    assert any(told in each for each in page.locator(".scope").all_text_contents())
    page.locator("button[type=reset]").focus()
    page.keyboard.press("Enter")
    assert select.input_value() == before

    page.locator(".language").focus()
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/de/{name}.html")
    assert page.evaluate("document.documentElement.lang") == "de"
    page.locator(".language").click()
    page.wait_for_url((site / f"{name}.html").as_uri())


def test_without_scripts_pictures_and_tables_are_there(page: Page, site: Path) -> None:
    browser = page.context.browser
    assert browser
    with browser.new_context(java_script_enabled=False, offline=True) as context:
        plain = context.new_page()
        plain.goto((site / "headcount.html").as_uri())
        assert plain.locator("noscript img").first.is_visible()
        assert not plain.locator("form").is_visible()
        plain.locator("summary").first.click()
        assert plain.locator("tbody tr").first.is_visible()


def test_a_report_to_be_handed_in_fits_a_small_screen(
    page: Page, tmp_path: Path
) -> None:
    words = documents.words("de")
    told = pack.Pack(
        audience="authority",
        regime="eu",
        company="Harbour Group GmbH",
        year=2025,
        title=words["titles"]["eu"].format(year=2025),
        language="de",
        sheet="",
        facts={words["facts"]["release"]: words["facts"]["no_release"]},
        tables=(),
        heading="",
        statements=(),
        signs=(),
    )
    path = tmp_path / "authority-eu-de.html"
    path.write_text(documents.rendered("pack.html", "de", pack=told), encoding="utf-8")
    page.set_viewport_size({"width": 320, "height": 600})
    page.goto(path.as_uri())

    assert page.evaluate("document.documentElement.scrollWidth") == 320
