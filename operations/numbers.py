"""How figures are shown to people, in one place: decimals, unit, sign, separators.

Tables of a terminal, pages, workbooks, letters and metrics take it from here. What is
written for machines has all its digits.
"""

import re
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from babel.numbers import format_decimal

MINUS = "\N{MINUS SIGN}"

Number = int | float | Decimal


@dataclass(frozen=True)
class Kind:
    """What a figure is of.

    Attributes:
        decimals: To how many it is rounded, half away from zero.
        unit: How a page's words call the phrase with its unit, such as `{value} %`.
    """

    decimals: int
    unit: str = ""

    @property
    def pattern(self) -> str:
        """The same as a spreadsheet and Unicode's locale data write it."""
        return pattern(self.decimals)


COUNT = Kind(0)
MEAN_COUNT = Kind(1)
PERCENT = Kind(1, "in_percent")
DAYS = Kind(1, "in_days")
HOURS = Kind(2, "in_hours")
MONEY = Kind(2, "in_money")
MILLIONS = Kind(2, "in_million")

COLUMNS = {
    r"^(workers|headcount_mean)$": MEAN_COUNT,
    r"_pct$": PERCENT,
    r"(^|_)days(_|$)": DAYS,
    r"(^|_)hours(_|$)": HOURS,
    r"(^|_)(pay|cost|amount|basic|gross|component)(_|$)": MONEY,
}
"""How columns of a kind are called; counts are whole by their type."""

OTHER = Kind(2)
"""What a column of any other name is shown as."""


def kind_of(column: str) -> Kind:
    """The kind of a column's figures, by its name."""
    found = (kind for form, kind in COLUMNS.items() if re.search(form, column))
    return next(found, OTHER)


def pattern(decimals: int) -> str:
    """A number with separators between thousands."""
    return f"#,##0.{'0' * decimals}" if decimals > 0 else "#,##0"


def rounded(value: Number, decimals: int) -> Decimal:
    """A figure with so many decimals: half away from zero."""
    exact = value if isinstance(value, int | Decimal) else repr(float(value))
    return Decimal(exact).quantize(Decimal(1).scaleb(-decimals), rounding=ROUND_HALF_UP)


def text(value: int | Decimal, locale: str) -> str:
    """A number as a language writes it, with all the digits that it has."""
    decimals = -int(Decimal(value).as_tuple().exponent)
    told = format_decimal(value, format=pattern(decimals), locale=locale)
    return told.replace("-", MINUS)


def in_millions(value: int | Decimal) -> Decimal:
    """An amount in millions, without noughts at its end."""
    millions = (Decimal(value) / 1_000_000).normalize()
    exponent = millions.as_tuple().exponent
    # A round number is not to be written with an exponent.
    return millions.quantize(Decimal(1)) if int(exponent) > 0 else millions
