"""How figures are drawn: Altair, made into Vega for the pages and into SVG for print.

Colours are names of the pages' style sheet, so that a chart follows the scheme of the
page; a picture of its own has those of the light scheme. A record has what it is about
by the names of the filters, and

- `x`: where it stands, `s`: its series, 0 or 1;
- `y`: its value, null where it is not told;
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
BAR = 18
ROOM = 104
"""Pixels: of a picture of its own, of a bar, and of the value at its end."""

ROOMY = 22
"""Per cent of a narrow row that hold a value."""

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


def series(*, two: bool) -> dict[str, Any]:
    """The colours of bars: of two series the second is light, with a line around it."""
    if not two:
        return {"color": alt.value(colour("accent"))}
    fills = [colour("accent"), colour("second")]
    lines = [colour("accent"), colour("second-line")]
    return {
        "color": alt.Color(
            "s:N", scale=alt.Scale(domain=[0, 1], range=fills), legend=None
        ),
        "stroke": alt.Stroke(
            "s:N", scale=alt.Scale(domain=[0, 1], range=lines), legend=None
        ),
    }


def months(*, two: bool) -> Drawn:
    """A line by month; months that are not told are a gap with a mark at its foot."""
    x = alt.X(
        "x:T",
        title=None,
        scale=alt.Scale(type="utc"),
        axis=alt.Axis(
            format="%b %Y", tickCount=6, grid=False, labelFlush=False, labelPadding=6
        ),
    )
    y = alt.Y(
        "y:Q",
        title=None,
        scale=alt.Scale(zero=False, nice=5),
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


def bars(y: alt.Y, height: int, *, two: bool) -> Drawn:
    """Rows of bars; a value stands at the end, or by the zero where that is left.

    Args:
        y: The rows.
        height: Of a row, in pixels.
        two: Whether a row has two bars.
    """
    scale = alt.Scale(zero=True, range=[0, {"expr": f"width - {ROOM}"}])
    x = alt.X("y:Q", title=None, axis=None, scale=scale)
    base = rows().encode(y=y, tooltip=alt.Tooltip("why:N"))
    if two:
        base = base.encode(yOffset=alt.YOffset("s:N", scale=alt.Scale(domain=[0, 1])))
    bar = base.mark_bar(cornerRadiusEnd=3, strokeWidth=1, height=BAR).encode(
        x=x, **series(two=two)
    )
    values = (
        base.transform_calculate(end="max(datum.y, 0)")
        .mark_text(align="left", dx=6, color=colour("ink"), fontWeight=600)
        .encode(x=alt.X("end:Q", axis=None), text="t:N")
        .transform_filter(f"!({UNTOLD})")
    )
    zero = base.mark_tick(
        orient="vertical", size=BAR + 4, thickness=1, color=colour("second-line")
    ).encode(x=alt.datum(0))
    mark = (
        base.transform_filter(UNTOLD)
        .mark_text(align="left", dx=5, color=colour("ink"))
        .encode(x=alt.datum(0), text="t:N")
    )
    return alt.layer(bar, values, zero, mark).properties(
        height=alt.Step(height, **({"for": "position"} if two else {}))
    )


def years(*, two: bool) -> Drawn:
    """Bars by year: two for each where there are two series."""
    axis = alt.Axis(domain=False, ticks=False, grid=False, labelPadding=8)
    y = alt.Y("x:O", title=None, axis=axis, scale=alt.Scale(padding=0.1))
    return bars(y, 2 * (BAR + 4) + 8 if two else BAR + 10, two=two)


def named(*, two: bool, **order: Any) -> alt.Y:
    """Rows whose names stand above their bars: names are long, and screens narrow."""
    axis = alt.Axis(
        domain=False,
        ticks=False,
        grid=False,
        labelAlign="left",
        labelColor=colour("ink"),
        labelLimit=WIDTH,
        labelOffset=-(BAR + 4) * (1.5 if two else 1),
        labelPadding=0,
    )
    scale = alt.Scale(paddingInner=0.5 if two else 0, paddingOuter=0.25 if two else 0.1)
    return alt.Y(
        "x:N", title=None, sort=alt.EncodingSortField(**order), axis=axis, scale=scale
    )


def groups(*, two: bool) -> Drawn:
    """A bar for each group of departments, or for each region: the greatest first."""
    y = named(field="y", op="max", order="descending", two=two)
    return bars(y, 2 * BAR + 16, two=two)


def metrics(*, two: bool) -> Drawn:
    """A bar for each metric of the law."""
    return bars(named(field="i", op="min", two=two), 2 * BAR + 16, two=two)


def companies(*, two: bool) -> Drawn:
    """Two bars for each company: by the mean and by the median."""
    return bars(named(field="x", op="min", two=two), 4 * BAR + 16, two=two)


def bands(*, two: bool) -> Drawn:
    """A row for each pay band, of the share of women and then that of men."""
    base = rows().encode(
        y=named(field="i", op="min", two=False), tooltip=alt.Tooltip("why:N")
    )
    scale = alt.Scale(domain=[0, 100])
    bar = base.mark_bar(strokeWidth=1, height=BAR + 4).encode(
        x=alt.X("y0:Q", axis=None, title=None, scale=scale),
        x2="y1:Q",
        **series(two=two),
    )
    # A share that has no room for its value has it in the other one.
    places: tuple[tuple[int, str, str, Any, int, str], ...] = (
        (0, ">=", "y0", "left", 8, "on-accent"),
        (0, "<", "y1", "left", 8, "on-second"),
        (1, ">=", "y1", "right", -8, "on-second"),
        (1, "<", "y0", "right", -8, "on-accent"),
    )
    values = [
        base.transform_filter(
            f"!({UNTOLD}) && datum.s === {number} && datum.y {size} {ROOMY}"
        )
        .mark_text(align=align, dx=dx, color=colour(ink), fontWeight=600)
        .encode(x=alt.X(f"{end}:Q", axis=None), text="t:N")
        for number, size, end, align, dx, ink in places
    ]
    mark = (
        base.transform_filter(f"{UNTOLD} && datum.s === 0")
        .mark_text(align="left", dx=5, color=colour("ink"))
        .encode(x=alt.datum(0), text="t:N")
    )
    return alt.layer(bar, *values, mark).properties(height=alt.Step(2 * BAR + 18))


def waterfall(*, two: bool) -> Drawn:
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
    mark = (
        base.transform_filter(UNTOLD)
        .mark_text(text=MARK, fontSize=18, color=colour("ink"), baseline="bottom")
        .encode(y=alt.value(HEIGHT + 38))
    )
    return alt.layer(
        bar, values, end.encode(y=alt.Y("end:Q", axis=None)), mark
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
}


@cache
def live(kind: str, *, two: bool) -> str:
    """A chart as Vega (JSON), without rows and as wide as its place: a page has both.

    Args:
        kind: One of `KINDS`.
        two: Whether it has two series.
    """
    drawn = KINDS[kind](two=two).properties(
        width="container", autosize=alt.AutoSizeParams(type="fit-x", contains="padding")
    )
    # A test validates it: here that would take half of the time.
    specification = {**drawn.to_dict(validate=False), "config": CONFIG}
    return json.dumps(vl_convert.vegalite_to_vega(specification))


@cache
def still(kind: str, *, two: bool) -> dict[str, Any]:
    """The same of a fixed width and in the colours of the light scheme."""
    colours = pages.light()
    made = re.sub(
        r"var\(--([a-z-]+)\)", lambda found: colours[found[1]], live(kind, two=two)
    )
    vega: dict[str, Any] = json.loads(made)
    (width,) = (each for each in vega["signals"] if each["name"] == "width")
    vega["signals"][vega["signals"].index(width)] = {"name": "width", "value": WIDTH}
    return vega


def picture(
    kind: str, records: Sequence[Record], number: Any, time: Any, *, two: bool
) -> str:
    """A chart as SVG.

    Args:
        kind: One of `KINDS`.
        records: What is drawn.
        number: How numbers are written, a locale's name.
        time: How months are, likewise.
        two: Whether it has two series.
    """
    made = still(kind, two=two)
    data = [
        {**each, "values": list(records)} if each["name"] == ROWS else each
        for each in made["data"]
    ]
    drawn: str = vl_convert.vega_to_svg(
        made | {"data": data}, format_locale=number, time_format_locale=time
    )
    # They are counted from the first picture of a process: the same data, another text.
    clips = list(dict.fromkeys(re.findall(r"\bclip\d+", drawn)))
    return re.sub(r"\bclip\d+", lambda found: f"clip{clips.index(found[0])}", drawn)


def library() -> str:
    """Vega, as one script that needs nothing else."""
    version = vl_convert.get_vega_version()
    # vl-convert holds the module itself; its own name `vega` is bound to nothing there.
    code = vl_convert.javascript_bundle(
        f'import {{View, parse}} from "/npm/vega@{version}/+esm";'
        "window.vega = {View, parse};"
    )
    return (
        f"/* Vega {version}, https://vega.github.io, BSD-3-Clause: "
        "University of Washington Interactive Data Lab. */\n" + code
    )
