"""Writes the site: a folder of pages in each language that need no server.

Only the published database is read. `index.html` is the first page; those of another
language lie in a folder of its code. Beside the pages lie their pictures (SVG) and
their rows (CSV); what all pages share is in `assets`.
"""

import csv
import io
import json
import shutil
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from environment.databases import connect
from operations import numbers, pages, requirements
from operations.report import charts, figures, language, shown
from operations.report.figures import PAGES, Figure
from operations.report.language import Language
from operations.report.shown import Filter, Record, Shown

HERE = Path(__file__).parent

WIDE = ("months", "waterfall", "companies", "bands")
"""Charts that have a row of the page."""

SAID = ("withheld_mark", "showing", "whole")
"""Words of which a page's script makes sentences."""

BOM = "\N{ZERO WIDTH NO-BREAK SPACE}"
"""By it spreadsheets know that a file is UTF-8."""


@dataclass(frozen=True)
class Edition:
    """What the pages are an edition of.

    Attributes:
        environment: The environment's name.
        known_at: The instant of what was known (ISO, UTC).
        release: The release's id, or none where a build is not released.
    """

    environment: str
    known_at: str
    release: str | None = None


def write(published: Path, folder: Path, edition: Edition) -> Path:
    """Write the site.

    Args:
        published: The published database.
        folder: Where; what is there is replaced when all pages are written.
        edition: What it is an edition of.

    Returns:
        The first page.

    Raises:
        MusterError: The database cannot be read.
    """
    draft = folder.with_name(f"{folder.name}.draft")
    shutil.rmtree(draft, ignore_errors=True)
    shutil.copytree(HERE / "assets", draft / "assets")
    shutil.copyfile(pages.COLOURS, draft / "assets" / pages.COLOURS.name)
    (draft / "assets" / "vega.js").write_text(charts.library(), encoding="utf-8")
    drawn: list[Shown] = []
    with connect(published) as connection:
        for code in language.LANGUAGES:
            is_first = code == language.LANGUAGES[0]
            target = draft if is_first else draft / code
            drawn += write_language(connection, target, language.read(code), edition)
    write_charts(draft / "assets" / "charts.js", drawn)
    shutil.rmtree(folder, ignore_errors=True)
    draft.rename(folder)
    return folder / "index.html"


def write_language(
    connection: duckdb.DuckDBPyConnection,
    folder: Path,
    spoken: Language,
    edition: Edition,
) -> list[Shown]:
    """Write the pages of one language, with their pictures and files.

    Returns:
        Their figures.
    """
    for each in ("charts", "data"):
        (folder / each).mkdir(parents=True)
    is_first = spoken.code == language.LANGUAGES[0]
    words = spoken.words["site"]
    templates = pages.templates(HERE / "templates")
    templates.globals |= {
        "words": spoken.words,
        "root": "" if is_first else "../",
        "other": f"{language.LANGUAGES[1]}/" if is_first else "../",
        "pages": [*PAGES, "about"],
        "edition": edition,
        "known_at": spoken.instant(edition.known_at),
        "of_edition": (
            words["release"].format(release=edition.release)
            if edition.release
            else words["build"].format(environment=edition.environment)
        ),
        "matches": shown.matches,
        "scope": shown.scope,
    }

    def render(template: str, page: str, **content: Any) -> None:
        text = templates.get_template(template).render(page=page, **content)
        (folder / f"{page}.html").write_text(text, encoding="utf-8")

    written: list[Shown] = []
    for page, content in PAGES.items():
        drawn = [shown.show(connection, figure, spoken) for figure in content]
        choices = shown.filters(drawn, spoken)
        first = shown.start(choices, drawn)
        written += drawn
        data: dict[str, Any] = {
            "figures": {
                each.name: write_figure(folder, each, first, spoken) for each in drawn
            },
            "tiles": shown.tiles(connection, spoken) if page == "index" else [],
            "in_words": shown.in_words(drawn, spoken) if page == "pay_gap" else [],
        }
        render(
            "page.html.j2",
            page,
            figures=drawn,
            filters=choices,
            first=first,
            wide=wide(content),
            tiles=data["tiles"],
            in_words=data["in_words"],
            data=as_script(data | said_by_script(choices, spoken)),
        )
    known, _ = requirements.read(requirements.FILE)
    render(
        "about.html.j2",
        "about",
        groups=list(figures.groups(connection)),
        requirements=[each for each in known if each.id in figures.REQUIREMENTS],
    )
    return written


def wide(content: Sequence[Figure]) -> set[str]:
    """The figures that have a row of the page: of the others two stand side by side."""
    found: set[str] = set()
    alone: list[str] = []
    for each in content:
        if each.chart in WIDE:
            found |= {each.name, *alone[: len(alone) % 2]}
            alone = []
        else:
            alone.append(each.name)
    return found | {*alone[: len(alone) % 2]}


def said_by_script(choices: Sequence[Filter], spoken: Language) -> dict[str, Any]:
    """What a page's script needs to say, and in which order readers choose."""
    words = spoken.words
    return {
        "choices": [each.name for each in choices],
        "all": dict.fromkeys(words["all"], figures.ALL),
        "words": {name: words["site"][name] for name in SAID},
        "locale": locale(spoken),
    }


def locale(spoken: Language) -> dict[str, Any]:
    """How Vega writes numbers and months."""
    import vl_convert

    formats = spoken.words["formats"]
    number = dict(vl_convert.get_format_locale(formats["number"]))
    return {
        "number": number | {"minus": numbers.MINUS},
        "time": vl_convert.get_time_format_locale(formats["time"]),
    }


def write_figure(
    folder: Path, each: Shown, first: Record, spoken: Language
) -> dict[str, Any]:
    """Write a figure's picture and file.

    Returns:
        What the page's script needs to draw it.
    """
    write_rows(folder / "data" / f"{each.name}.csv", each, spoken)
    records = [
        record
        for record in each.records
        if shown.matches(record, each.figure.filters, first)
    ]
    formats = spoken.words["formats"]
    picture = charts.picture(
        each.figure.chart,
        records,
        formats["number"],
        formats["time"],
        two=each.has_two,
    )
    (folder / "charts" / f"{each.name}.svg").write_text(picture, encoding="utf-8")
    return {
        "filters": each.figure.filters,
        "rows": each.records,
        "vega": each.chart,
    }


def write_charts(path: Path, drawn: Iterable[Shown]) -> None:
    """Write the charts of all pages as a script: pages on a disk can load no JSON."""
    made = {
        each.chart: charts.live(each.figure.chart, two=each.has_two) for each in drawn
    }
    listed = ",\n".join(f"{json.dumps(name)}: {made[name]}" for name in sorted(made))
    path.write_text(f"window.charts = {{{listed}}};\n", encoding="utf-8")


def write_rows(path: Path, each: Shown, spoken: Language) -> None:
    """Write a figure's rows as CSV."""
    text = io.StringIO()
    writer = csv.writer(
        text, delimiter=spoken.words["csv"]["separator"], lineterminator="\r\n"
    )
    writer.writerow(each.heads)
    writer.writerows(line.plain for line in each.lines)
    path.write_text(BOM + text.getvalue(), encoding="utf-8", newline="")


def as_script(data: dict[str, Any]) -> str:
    """Data as JSON that can stand in a page: nothing in it ends the element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    for sign in "<>&":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return text
