"""How figures are drawn: Altair, made into Vega for the pages and into SVG for print.

Colours are names of the pages' style sheet, so that a chart follows the scheme of the
page; a picture of its own has those of the light scheme. A record has what it is about
by the names of the filters, and

- `x`: where it stands, `s`: its series, `y`: its value, null where it is not told;
- `t`: the value in words and `why` what stands for it, for who points at it;
- `i`: its place in the order.
"""

import json
import re
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import altair as alt
import vl_convert

from operations import pages

FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, 'DejaVu Sans', sans-serif"
FONT_SIZE = 13

WIDTH = 640
HEIGHT = 240
STEP = 38
"""Pixels: of a picture of its own, and of a row of bars."""

ROWS = "rows"
"""What a chart's data are called."""

UNTOLD = "datum.y === null"
MARK = "\N{MULTIPLICATION SIGN}"

Record = Mapping[str, Any]
Drawn = alt.Chart | alt.LayerChart | alt.FacetChart


def colour(name: str) -> str:
    """A colour of the style sheet."""
    return f"var(--{name})"


def rows() -> alt.Chart:
    """A chart of what it is given under the name of `ROWS`."""
    return alt.Chart(alt.NamedData(ROWS))


def series(names: Sequence[str]) -> dict[str, Any]:
    """The colours of bars: of two series the second is light, with a line around it."""
    if not names:
        return {"color": alt.value(colour("accent"))}
    fills = [colour("accent"), colour("second")]
    lines = [colour("accent"), colour("second-line")]
    legend = alt.Legend(
        title=None, orient="top", symbolType="square", symbolStrokeWidth=1
    )
    return {
        "color": alt.Color(
            "s:N",
            scale=alt.Scale(domain=list(names), range=fills),
            legend=legend,
            sort=list(names),
        ),
        "stroke": alt.Stroke(
            "s:N", scale=alt.Scale(domain=list(names), range=lines), legend=None
        ),
    }


def months(names: Sequence[str]) -> Drawn:
    """A line by month; months that are not told are a gap with a mark at its foot."""
    x = alt.X(
        "x:T",
        title=None,
        scale=alt.Scale(type="utc"),
        axis=alt.Axis(format="%b %Y", tickCount=6, grid=False, labelFlush=True),
    )
    y = alt.Y(
        "y:Q",
        title=None,
        scale=alt.Scale(zero=False, nice=True),
        axis=alt.Axis(format=",~f", tickCount=5, tickMinStep=1),
    )
    base = rows().encode(x=x)
    line = base.mark_line(strokeWidth=2.5, color=colour("accent")).encode(y=y)
    point = base.mark_circle(size=36, color=colour("accent"), opacity=1).encode(
        y=y, tooltip=alt.Tooltip("why:N")
    )
    mark = (
        base.transform_filter(UNTOLD)
        .mark_text(text=MARK, fontSize=16, color=colour("ink"), baseline="bottom")
        .encode(y=alt.value(HEIGHT - 2), tooltip=alt.Tooltip("why:N"))
    )
    return alt.layer(line, point, mark).properties(height=HEIGHT)


def years(names: Sequence[str]) -> Drawn:
    """Columns by year, side by side where there are two series."""
    x = alt.X(
        "x:O",
        title=None,
        axis=alt.Axis(labelAngle=0, grid=False, domain=True),
        scale=alt.Scale(paddingInner=0.35, paddingOuter=0.25),
    )
    y = alt.Y("y:Q", title=None, axis=None, scale=alt.Scale(zero=True))
    base = rows().encode(x=x, tooltip=alt.Tooltip("why:N"))
    if names:
        base = base.encode(xOffset=alt.XOffset("s:N", sort=list(names)))
    bar = base.mark_bar(
        cornerRadiusTopLeft=3,
        cornerRadiusTopRight=3,
        strokeWidth=1,
        width=alt.RelativeBandSize(band=0.9),
    ).encode(y=y, **series(names))
    return alt.layer(
        bar, *labels_above(base, y), *room(base, "y"), marks_at_foot(base)
    ).properties(height=HEIGHT)


def labels_above(base: alt.Chart, y: Any) -> list[Drawn]:
    """The values over columns, or below where they are under zero."""
    return [
        base.transform_filter(f"datum.y !== null && datum.y {sign} 0")
        .mark_text(dy=dy, color=colour("ink"), fontWeight=600)
        .encode(y=y, text="t:N")
        for sign, dy in ((">=", -9), ("<", 11))
    ]


def room(base: alt.Chart, axis: str) -> list[Drawn]:
    """Nothing that is seen, but that leaves room for the values at the ends of bars."""
    share = 1.14 if axis == "y" else 1.3
    end = base.transform_calculate(end=f"datum.y * {share}").mark_point(
        opacity=0, size=0
    )
    return [
        end.encode(y=alt.Y("end:Q", axis=None))
        if axis == "y"
        else end.encode(x=alt.X("end:Q", axis=None))
    ]


def marks_at_foot(base: alt.Chart) -> Drawn:
    """The mark of what is not told, where its column would begin."""
    mark: alt.Chart = (
        base.transform_filter(UNTOLD)
        .mark_text(text=MARK, fontSize=18, color=colour("ink"), baseline="bottom")
        .encode(y=alt.value(HEIGHT - 2))
    )
    return mark


def bars(names: Sequence[str], sort: alt.EncodingSortField) -> Drawn:
    """Rows of bars with their values at the end; below zero they go to the left."""
    y = alt.Y(
        "x:N",
        title=None,
        sort=sort,
        axis=alt.Axis(
            labelLimit=170, domain=False, ticks=False, grid=False, labelPadding=8
        ),
        scale=alt.Scale(paddingInner=0.3, paddingOuter=0.15),
    )
    x = alt.X("y:Q", title=None, axis=None, scale=alt.Scale(zero=True))
    base = rows().encode(y=y, tooltip=alt.Tooltip("why:N"))
    if names:
        base = base.encode(yOffset=alt.YOffset("s:N", sort=list(names)))
    bar = base.mark_bar(cornerRadiusEnd=3, strokeWidth=1).encode(x=x, **series(names))
    sides: tuple[tuple[str, Any, int], ...] = ((">=", "left", 6), ("<", "right", -6))
    values = [
        base.transform_filter(f"datum.y !== null && datum.y {sign} 0")
        .mark_text(align=align, dx=dx, color=colour("ink"), fontWeight=600)
        .encode(x=x, text="t:N")
        for sign, align, dx in sides
    ]
    zero = (
        alt.Chart(alt.InlineData(values=[{"zero": 0}]))
        .mark_rule(color=colour("second-line"))
        .encode(x=alt.X("zero:Q", axis=None))
    )
    mark = (
        base.transform_filter(UNTOLD)
        .mark_text(align="left", dx=5, color=colour("ink"))
        .encode(x=alt.datum(0), text="t:N")
    )
    step = 2 * STEP - 14 if names else STEP
    return alt.layer(bar, *values, *room(base, "x"), zero, mark).properties(
        height=alt.Step(step, **({"for": "position"} if names else {}))
    )


def groups(names: Sequence[str]) -> Drawn:
    """A bar for each group of departments, or for each region: the greatest first."""
    greatest = alt.EncodingSortField(field="y", op="max", order="descending")
    return bars(names, greatest)


def metrics(names: Sequence[str]) -> Drawn:
    """A bar for each metric of the law."""
    return bars(names, alt.EncodingSortField(field="i", op="min"))


def companies(names: Sequence[str]) -> Drawn:
    """Two bars for each company: by the mean and by the median."""
    return bars(names, alt.EncodingSortField(field="x", op="min"))


def bands(names: Sequence[str]) -> Drawn:
    """A row for each pay band, of the share of women and then that of men."""
    y = alt.Y(
        "x:N",
        title=None,
        sort=alt.EncodingSortField(field="i", op="min"),
        axis=alt.Axis(
            labelLimit=170, domain=False, ticks=False, grid=False, labelPadding=8
        ),
        scale=alt.Scale(paddingInner=0.25, paddingOuter=0.15),
    )
    base = rows().encode(y=y, tooltip=alt.Tooltip("why:N"))
    bar = base.mark_bar(strokeWidth=1).encode(
        x=alt.X("y0:Q", axis=None, title=None, scale=alt.Scale(domain=[0, 100])),
        x2="y1:Q",
        **series(names),
    )
    halves: tuple[tuple[int, Any, int, str, str], ...] = (
        (0, "left", 8, "y0", "on-accent"),
        (1, "right", -8, "y1", "on-second"),
    )
    values = [
        base.transform_filter(f"datum.y !== null && datum.n === {number}")
        .mark_text(align=align, dx=dx, color=colour(ink), fontWeight=600)
        .encode(x=alt.X(f"{end}:Q", axis=None), text="t:N")
        for number, align, dx, end, ink in halves
    ]
    mark = (
        base.transform_filter(f"{UNTOLD} && datum.n === 0")
        .mark_text(align="left", dx=5, color=colour("ink"))
        .encode(x=alt.datum(0), text="t:N")
    )
    return alt.layer(bar, *values, mark).properties(height=alt.Step(STEP + 6))


def waterfall(names: Sequence[str]) -> Drawn:
    """From what was there to what is there: each step begins where one ended."""
    x = alt.X(
        "x:N",
        title=None,
        sort=alt.EncodingSortField(field="i", op="min"),
        axis=alt.Axis(labelAngle=0, grid=False, labelLimit=90),
        scale=alt.Scale(paddingInner=0.25, paddingOuter=0.15),
    )
    y = alt.Y("y1:Q", title=None, axis=None, scale=alt.Scale(zero=True))
    fills = alt.Color(
        "k:N",
        scale=alt.Scale(
            domain=["stock", "in", "out"],
            range=[colour("second"), colour("accent"), colour("card")],
        ),
        legend=None,
    )
    lines = alt.Stroke(
        "k:N",
        scale=alt.Scale(
            domain=["stock", "in", "out"],
            range=[colour("second-line"), colour("accent"), colour("accent")],
        ),
        legend=None,
    )
    base = rows().encode(x=x, tooltip=alt.Tooltip("why:N"))
    bar = base.mark_bar(strokeWidth=1.5).encode(
        y=y, y2="y0:Q", color=fills, stroke=lines
    )
    values = (
        base.transform_filter("datum.y !== null")
        .transform_calculate(top="max(datum.y0, datum.y1)")
        .mark_text(dy=-9, color=colour("ink"), fontWeight=600)
        .encode(y=alt.Y("top:Q", axis=None), text="t:N")
    )
    end = base.transform_calculate(end="max(datum.y0, datum.y1) * 1.1").mark_point(
        opacity=0, size=0
    )
    return alt.layer(
        bar, values, end.encode(y=alt.Y("end:Q", axis=None)), marks_at_foot(base)
    ).properties(height=HEIGHT + 40)


KINDS = {
    "months": months,
    "years": years,
    "groups": groups,
    "regions": groups,
    "metrics": metrics,
    "companies": companies,
    "bands": bands,
    "waterfall": waterfall,
}
"""How a figure can be drawn, by the name that it gives."""

CONFIG: Mapping[str, Any] = {
    "aria": False,
    "background": "transparent",
    "font": FONT,
    "view": {"stroke": None},
    "text": {"fontSize": FONT_SIZE},
    "axis": {
        "labelFontSize": FONT_SIZE,
        "labelColor": colour("muted"),
        "domainColor": colour("second-line"),
        "tickColor": colour("second-line"),
        "gridColor": colour("line"),
    },
    "axisY": {"domain": False, "ticks": False, "labelPadding": 8},
    "legend": {
        "labelFontSize": FONT_SIZE,
        "labelColor": colour("ink"),
        "symbolSize": 140,
        "symbolStrokeColor": colour("second-line"),
        "offset": 12,
        "columns": 0,
    },
}


@cache
def live(kind: str, names: tuple[str, ...]) -> str:
    """A chart as Vega (JSON), without rows: the page gives it those."""
    return json.dumps(vl_convert.vegalite_to_vega(specification(kind, names)))


@cache
def still(kind: str, names: tuple[str, ...]) -> str:
    """The same of a fixed width and in the colours of the light scheme."""
    spec = specification(kind, names) | {"width": WIDTH}
    made = json.dumps(vl_convert.vegalite_to_vega(spec))
    colours = pages.light()
    return re.sub(r"var\(--([a-z-]+)\)", lambda found: colours[found[1]], made)


@cache
def specification(kind: str, names: tuple[str, ...]) -> dict[str, Any]:
    """A chart as Vega-Lite.

    Args:
        kind: One of `KINDS`.
        names: Its series, where there are two.
    """
    drawn = KINDS[kind](names).properties(
        width="container", autosize=alt.AutoSizeParams(type="fit-x", contains="padding")
    )
    return {**drawn.to_dict(), "config": CONFIG}


def picture(
    kind: str, names: tuple[str, ...], records: Sequence[Record], number: Any, time: Any
) -> str:
    """A chart as SVG.

    Args:
        kind: One of `KINDS`.
        names: Its series.
        records: What is drawn.
        number: How numbers are written, a locale's name.
        time: How months are, likewise.
    """
    made = json.loads(still(kind, names))
    (data,) = (each for each in made["data"] if each["name"] == ROWS)
    data["values"] = list(records)
    return str(
        vl_convert.vega_to_svg(made, format_locale=number, time_format_locale=time)
    )


def library() -> str:
    """Vega, as one script that needs nothing else."""
    version = vl_convert.get_vega_version()
    # vl-convert holds the module itself; its own name `vega` is bound to nothing there.
    code = vl_convert.javascript_bundle(
        f'import {{View, parse, locale}} from "/npm/vega@{version}/+esm";'
        "window.vega = {View, parse, locale};"
    )
    return (
        f"/* Vega {version}, https://vega.github.io, BSD-3-Clause: "
        "University of Washington Interactive Data Lab. */\n" + code
    )
