"""Pages that need nothing beside them: templates, and how they write numbers."""

from decimal import ROUND_HALF_UP, Decimal
from functools import cache
from pathlib import Path
from typing import Any

import jinja2

from operations import pages

TEMPLATES = Path(__file__).parent / "templates"


def rendered(template: str, **given: Any) -> str:
    """A template's text; those that end in `.html` escape what they are given."""
    return _engine().get_template(template).render(**given).rstrip("\n")


def rounded(value: float, digits: int) -> Decimal:
    """A figure as it leaves the restricted database: half away from zero."""
    return Decimal(repr(float(value))).quantize(
        Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP
    )


def number(value: float | None, digits: int = 0) -> str:
    """A number as people read it, with a space that does not break at thousands."""
    if value is None:
        return "\u2013"
    return f"{rounded(value, digits):,}".replace(",", "\u202f").replace("-", "\u2212")


@cache
def _engine() -> jinja2.Environment:
    engine = pages.templates(TEMPLATES)
    engine.filters["number"] = number
    return engine
