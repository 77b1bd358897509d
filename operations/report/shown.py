"""Published rows as a page shows them: records of charts, cells of tables, tiles."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Any

import duckdb

from operations import numbers
from operations.report import figures
from operations.report.figures import ALL, BANDS, CELL, METRICS, Figure, Row, Tile
from operations.report.language import Language

SHOWN_KEYS = {
    "groups": ("group",),
    "regions": ("region",),
    "companies": ("company", "regime", "basis", "metric"),
    "metrics": ("company", "regime", "basis", "metric"),
    "bands": ("company", "regime", "basis", "band"),
}
"""What a row of a table says it is about, by how the figure is drawn; else its cell."""

SERIES = ("a_mean_gap", "c_median_gap")
"""The metrics by which companies are compared."""

FILTERS = (*CELL, "company", "regime", "basis", "year")
"""The order in which a reader chooses."""

FIRST = {"group": ALL, "region": ALL, "regime": "eu", "basis": "hourly"}
"""What is chosen at first where it is there: else the first, or the last year."""

MARK = "\N{MULTIPLICATION SIGN}"
"""What stands for what is not told."""

Record = dict[str, Any]


@dataclass(frozen=True)
class Line:
    """A row of a table.

    Attributes:
        cells: Its texts, under the headings of the table.
        plain: The same for a file: numbers without units.
        keys: What it is chosen by.
    """

    cells: Sequence[str]
    plain: Sequence[str]
    keys: Mapping[str, str]


@dataclass(frozen=True)
class Shown:
    """A figure in one language.

    Attributes:
        figure: The figure.
        rows: Its published rows.
        records: What its chart is drawn of.
        names: Its series.
        heads: The headings of its table.
        lines: The rows of its table.
        texts: How many of the headings, from the left, are of texts.
    """

    figure: Figure
    rows: Sequence[Row]
    records: Sequence[Record]
    names: Sequence[str]
    heads: Sequence[str]
    lines: Sequence[Line]
    texts: int

    @property
    def name(self) -> str:
        """What its words and files are called."""
        return self.figure.name

    @property
    def chart(self) -> str:
        """What its chart is called among those of all pages."""
        return f"{self.figure.chart}{2 if self.has_two else ''}"

    @property
    def has_two(self) -> bool:
        """Whether it has two series, which need to be told apart."""
        return len(self.names) == 2


@dataclass(frozen=True)
class Filter:
    """What a reader may choose.

    Attributes:
        name: One of `FILTERS`.
        label: What it is called.
        options: Values and what they are called.
        value: What is chosen at first.
    """

    name: str
    label: str
    options: Mapping[str, str]
    value: str


def show(
    connection: duckdb.DuckDBPyConnection, figure: Figure, spoken: Language
) -> Shown:
    """A figure's rows, records and table."""
    rows = figures.read(connection, figure.table, list(figure.measures), figure.rows)
    names = series(figure, spoken)
    records = [record for row in rows for record in records_of(figure, row, spoken)]
    keys = SHOWN_KEYS.get(figure.chart, tuple(k for k in CELL if k in figure.filters))
    words = spoken.words
    heads = [
        words["site"]["period"],
        *(words["keys"][each] for each in keys),
        *(words["measures"][each] for each in figure.measures),
        words["site"]["note"],
    ]
    lines = [line(figure, row, keys, spoken) for row in reversed(rows)]
    if not any(each.cells[-1] for each in lines):
        heads.pop()
        lines = [Line(e.cells[:-1], e.plain[:-1], e.keys) for e in lines]
    return Shown(figure, rows, records, names, heads, lines, 1 + len(keys))


def series(figure: Figure, spoken: Language) -> list[str]:
    """What a chart's series are called."""
    if figure.chart == "companies":
        return [spoken.words["values"]["metric"][each] for each in SERIES]
    return [spoken.words["measures"][each] for each in figure.measures]


def records_of(figure: Figure, row: Row, spoken: Language) -> Iterator[Record]:
    """What a chart is drawn of: a record for each measure of a row."""
    total = 0
    shares = 0.0
    for number, (measure, kind) in enumerate(figure.measures.items()):
        value = row.values[measure]
        y = None if value is None else float(value)
        reason = spoken.reason(row, measure, figure.company_alone)
        if value is None:
            told = f"{MARK} {spoken.words['site']['not_told']}"
        elif kind == numbers.MILLIONS:
            y = float(numbers.in_millions(value))
            told = spoken.amount(value, kind, row.currency)
        else:
            told = spoken.amount(value, kind, row.currency)
        about = place(figure, row, measure, spoken)
        record = {
            **chosen_by(figure, row),
            "x": position(figure, row, measure, spoken),
            "s": series_of(figure, row, number),
            "y": y,
            "t": told,
            "why": f"{about}: {reason or told}",
        }
        if reason:
            record["reason"] = reason
        if figure.chart in ("metrics", "bands", "waterfall"):
            record["i"] = order(figure, row, number)
        if figure.chart == "waterfall":
            role = ("stock", "in", "out", "stock")[number]
            step = int(value or 0)
            signs = {"in": "+", "out": "\N{MINUS SIGN}", "stock": ""}
            if role == "stock":
                y0, y1, total = 0, step, step
            else:
                y0, y1 = total, total + (step if role == "in" else -step)
                total = y1
            record |= {"k": role, "y0": y0, "y1": None if value is None else y1}
            if value is not None:
                record["t"] = signs[role] + told
        elif figure.chart == "bands":
            record |= {"y0": shares, "y1": shares + (y or 0.0)}
            shares += y or 0.0
        yield record


def chosen_by(figure: Figure, row: Row) -> Record:
    """The values of a row by which a reader chooses it."""
    return {
        each: str(row.year) if each == "year" else row.keys[each]
        for each in figure.filters
    }


def position(figure: Figure, row: Row, measure: str, spoken: Language) -> str | int:
    """Where a record stands on its chart's axis."""
    if figure.chart == "months":
        day = datetime(row.year, row.month, 1, tzinfo=UTC)
        return int(day.timestamp() * 1000)
    if figure.chart == "years":
        return str(row.year)
    if figure.chart == "waterfall":
        return str(spoken.words["measures"][measure])
    key = {
        "groups": "group",
        "regions": "region",
        "companies": "company",
        "metrics": "metric",
        "bands": "band",
    }[figure.chart]
    return spoken.key(key, row.keys[key])


def place(figure: Figure, row: Row, measure: str, spoken: Language) -> str:
    """What a record is about, for who points at it."""
    keys = SHOWN_KEYS.get(figure.chart, ())
    parts = [spoken.period(row)]
    parts += [
        spoken.key(each, row.keys[each])
        for each in keys
        if each not in ("regime", "basis")
    ]
    if len(figure.measures) > 1:
        parts.append(spoken.words["measures"][measure])
    return ", ".join(parts)


def series_of(figure: Figure, row: Row, number: int) -> int:
    """The series of a record: of companies by the metric, else by the measure."""
    if figure.chart == "companies":
        return SERIES.index(row.keys["metric"])
    return number if figure.chart in ("years", "bands") else 0


def order(figure: Figure, row: Row, number: int) -> int:
    """The place of a record in its chart's order."""
    if figure.chart == "metrics":
        return METRICS.index(row.keys["metric"]) if row.keys["metric"] in METRICS else 9
    if figure.chart == "bands":
        # The highest pay stands at the top.
        return -BANDS.index(row.keys["band"]) if row.keys["band"] in BANDS else 9
    return number if figure.chart == "waterfall" else 0


def line(figure: Figure, row: Row, keys: Sequence[str], spoken: Language) -> Line:
    """A row of a figure's table."""
    site = spoken.words["site"]
    about = [spoken.period(row), *(spoken.key(each, row.keys[each]) for each in keys)]
    cells, plain, notes = [], [], []
    for measure, kind in figure.measures.items():
        value = row.values[measure]
        if value is None:
            cells.append(site["not_told"])
            plain.append("")
            notes.append(spoken.reason(row, measure, figure.company_alone))
        else:
            # Cost is told in full here, and in millions where there is less room.
            full = numbers.MONEY if kind == numbers.MILLIONS else kind
            cells.append(spoken.amount(value, full, row.currency))
            plain.append(spoken.plain(value))
    if row.is_assumed:
        notes.append(site["assumed"])
    note = "; ".join(dict.fromkeys(notes))
    return Line(
        [*about, *cells, note],
        [*map(harmless, about), *plain, note],
        chosen_by(figure, row),
    )


FORMULAS = ("=", "+", "-", "@", "\t", "\r")
"""How a text begins that a spreadsheet would reckon with."""


def harmless(text: str) -> str:
    """A text that a spreadsheet takes for one."""
    return f"'{text}" if text.startswith(FORMULAS) else text


def filters(shown: Sequence[Shown], spoken: Language) -> list[Filter]:
    """What a reader of a page may choose, of what is in its figures."""
    found: dict[str, dict[str, str]] = {}
    is_monthly = any(row.is_month for each in shown for row in each.rows)
    for name in FILTERS:
        options: dict[str, str] = {}
        for each in shown:
            if name not in each.figure.filters:
                continue
            for row in each.rows:
                if name == "year":
                    options[str(row.year)] = spoken.period(row)
                else:
                    options[row.keys[name]] = spoken.key(name, row.keys[name])
        if options:
            found[name] = in_order(name, options)
    labels = spoken.words["keys"]
    return [
        Filter(
            name,
            labels["month" if name == "year" and is_monthly else name],
            options,
            first(name, list(options)),
        )
        for name, options in found.items()
    ]


def in_order(name: str, options: Mapping[str, str]) -> dict[str, str]:
    """Options as they are listed: all first, the newest year first."""
    if name == "year":
        return dict(sorted(options.items(), reverse=True))
    front = FIRST.get(name)
    return dict(sorted(options.items(), key=lambda each: (each[0] != front, each)))


def first(name: str, options: Sequence[str]) -> str:
    """What is chosen at first."""
    wanted = FIRST.get(name)
    return wanted if wanted is not None and wanted in options else options[0]


def start(choices: Sequence[Filter], shown: Sequence[Shown]) -> dict[str, str]:
    """What is chosen at first: of years the newest that has rows."""
    chosen = {each.name: each.value for each in choices}
    if "year" not in chosen:
        return chosen
    years = {
        str(row.year)
        for each in shown
        if "year" in each.figure.filters
        for row in each.rows
        if all(
            row.keys[key] == chosen[key] for key in each.figure.filters if key != "year"
        )
    }
    return chosen | {"year": max(years, default=chosen["year"])}


def scope(
    figure: Figure, choices: Sequence[Filter], chosen: Mapping[str, str], whole: str
) -> str:
    """What of a page's choices a figure shows, in words; `assets/site.js` has it too.

    Args:
        figure: The figure.
        choices: The page's filters.
        chosen: What is chosen.
        whole: What the company as a whole is called.
    """
    names = {
        each.name: each.options[chosen[each.name]]
        for each in choices
        if each.name in figure.filters
        and (each.name not in CELL or chosen[each.name] != ALL)
    }
    is_of_cells = not figure.filters or CELL[0] in figure.filters
    if is_of_cells and not names.keys() & set(CELL):
        return ", ".join([whole, *names.values()])
    return ", ".join(names.values())


def matches(keys: Mapping[str, Any], names: Sequence[str], chosen: Record) -> bool:
    """Whether a record or line is of what is chosen."""
    return all(keys[name] == chosen[name] for name in names)


def tiles(connection: duckdb.DuckDBPyConnection, spoken: Language) -> list[Record]:
    """The tiles of the front page, with what each says of every group and region."""
    return [
        {
            "name": tile.name,
            "page": tile.page,
            "title": spoken.words["tiles"][tile.name]["title"],
            "faces": (
                gap_faces(connection, tile, spoken)
                if tile.name == "gap"
                else cell_faces(connection, tile, spoken)
            ),
        }
        for tile in figures.TILES
    ]


def cell_faces(
    connection: duckdb.DuckDBPyConnection, tile: Tile, spoken: Language
) -> list[Record]:
    """What a tile says of each group and region: the newest, and a year ago."""
    rows = figures.read(connection, tile.table, [tile.measure], tile.rows)
    by_cell: dict[tuple[str, ...], list[Row]] = {}
    for row in rows:
        by_cell.setdefault(tuple(row.keys[each] for each in CELL), []).append(row)
    faces = []
    for cell, found in by_cell.items():
        newest = found[-1]
        before = next((each for each in found if is_year_before(each, newest)), None)
        value = newest.values[tile.measure]
        faces.append(
            {
                **dict(zip(CELL, cell, strict=True)),
                "value": (
                    spoken.words["site"]["not_told"]
                    if value is None
                    else spoken.amount(value, tile.unit, newest.currency)
                ),
                "is_told": value is not None,
                "meaning": spoken.words["tiles"][tile.name]["meaning"].format(
                    period=spoken.period(newest)
                ),
                **change(newest, before, tile, spoken),
            }
        )
    return faces


def is_year_before(row: Row, newest: Row) -> bool:
    """Whether a row is of the same month, or the year, one year earlier."""
    if isinstance(row.period, date) and isinstance(newest.period, date):
        return (row.period.year, row.period.month) == (
            newest.period.year - 1,
            newest.period.month,
        )
    return row.year == newest.year - 1


def change(newest: Row, before: Row | None, tile: Tile, spoken: Language) -> Record:
    """How a published figure differs from the published one of a year ago."""
    site = spoken.words["site"]
    now: Any = newest.values[tile.measure]
    then: Any = before.values[tile.measure] if before else None
    if now is None:
        reason = spoken.reason(newest, tile.measure, frozenset())
        return {"change": reason, "direction": ""}
    if then is None:
        return {"change": site["no_year_ago"], "direction": ""}
    value = spoken.amount(then, tile.unit, newest.currency)
    if now == then:
        return {"change": site["same"].format(value=value), "direction": "same"}
    direction = "up" if now > then else "down"
    form = site[f"{direction}_points" if tile.unit == numbers.PERCENT else direction]
    text = form.format(difference=spoken.number(abs(now - then)), value=value)
    return {"change": text, "direction": direction}


def gap_faces(
    connection: duckdb.DuckDBPyConnection, tile: Tile, spoken: Language
) -> list[Record]:
    """What the gap's tile says: that of one company, or the least and greatest."""
    rows = figures.read(connection, tile.table, [tile.measure], tile.rows)
    if not rows:
        return []
    words, site = spoken.words["tiles"][tile.name], spoken.words["site"]
    newest = max(row.year for row in rows)
    now = [row for row in rows if row.year == newest]
    told = between(now, tile, spoken)
    before = between([row for row in rows if row.year == newest - 1], tile, spoken)
    if told:
        last = site["year_ago"].format(value=before) if before else site["no_year_ago"]
    else:
        last = spoken.reason(now[0], tile.measure, frozenset())
    number = len({row.keys["company"] for row in now})
    form = words["meaning"] if number == 1 else words["many"]
    return [
        {
            "group": ALL,
            "region": ALL,
            "value": told or site["not_told"],
            "is_told": bool(told),
            "meaning": form.format(
                period=newest,
                company=now[0].keys["company"],
                companies=spoken.number(number),
            ),
            "change": last,
            "direction": "",
        }
    ]


def between(rows: Sequence[Row], tile: Tile, spoken: Language) -> str:
    """The least and the greatest of published values; empty where none is told."""
    values = [value for row in rows if (value := row.values[tile.measure]) is not None]
    if not values:
        return ""
    low, high = min(values), max(values)
    if low == high:
        return spoken.amount(low, tile.unit, None)
    return str(
        spoken.words["site"]["from_to"].format(
            low=spoken.number(low), high=spoken.amount(high, tile.unit, None)
        )
    )


def in_words(shown: Sequence[Shown], spoken: Language) -> list[Record]:
    """The metrics (a) to (f) of every company, year, regime and basis, as sentences."""
    scales: dict[tuple[str, ...], dict[str, Row]] = {}
    for each in shown:
        if each.figure.filters != figures.SCALE:
            continue
        for row in each.rows:
            keys = chosen_by(each.figure, row)
            scale = scales.setdefault(tuple(keys[k] for k in figures.SCALE), {})
            scale[row.keys.get("metric") or row.keys["band"]] = row
    return [
        dict(zip(figures.SCALE, scale, strict=True))
        | {
            "sentences": [
                *(sentence(each, rows, spoken) for each in METRICS if each in rows),
                *band_sentence(rows, spoken),
            ]
        }
        for scale, rows in scales.items()
    ]


def sentence(metric: str, rows: Mapping[str, Row], spoken: Language) -> str:
    """What a metric says."""
    words = spoken.words["in_words"][metric]
    row = rows[metric]
    value: Any = row.values["value_pct"]
    if value is None:
        return untold(words["name"], row, "value_pct", spoken)
    told = spoken.amount(abs(value), numbers.PERCENT, None)
    if "share" in words:
        return str(words["share"].format(value=told))
    form = "equal" if value == 0 else "less" if value > 0 else "more"
    return str(words[form].format(value=told))


def band_sentence(rows: Mapping[str, Row], spoken: Language) -> Iterator[str]:
    """What the lowest and the highest pay band say."""
    found = [each for each in BANDS if each in rows]
    if not found:
        return
    low, high = found[0], found[-1]
    words = spoken.words["in_words"]["bands"]
    values = [rows[each].values["women_pct"] for each in (low, high)]
    if values[0] is None or values[1] is None:
        yield untold(words["name"], rows[low], "women_pct", spoken)
        return
    told = [
        spoken.amount(each, numbers.PERCENT, None)
        for each in values
        if each is not None
    ]
    yield words["share"].format(
        low=words[low], high=words[high], first=told[0], last=told[1]
    )


def untold(name: str, row: Row, measure: str, spoken: Language) -> str:
    """That a metric is not told, and why."""
    reason = spoken.reason(row, measure, frozenset())
    return f"{name} {spoken.words['in_words']['because'].format(reason=reason)}"
