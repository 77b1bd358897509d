"""The models that properties are tried on, compiled once in the whole run."""

from collections.abc import Callable
from pathlib import Path

import pytest

from properties.models import Models, compile_models

COMPILED = (
    "rpt_adjusted_pay_gap",
    "rpt_pay_gap",
    "rpt_pay_gap_by_category",
    "rpt_pay_quartiles",
)


@pytest.fixture(scope="session")
def models(
    shared: Callable[[str, Callable[[Path], None]], Path], parsed: Path
) -> Models:
    """The compiled models; a worker that needs them in the making waits."""
    return Models(
        shared("properties", lambda home: compile_models(COMPILED, parsed, home))
    )
