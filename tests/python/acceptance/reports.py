"""Reports of the marts whose every cell and total the oracle tells."""

from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import oracle
import pytest
from oracle.reports import REPORTS, Report

from acceptance import warehouse

for module in iter_modules(oracle.__path__):
    if not module.name.startswith("test_"):
        import_module(f"oracle.{module.name}")

of_each = pytest.mark.parametrize("report", REPORTS.values(), ids=REPORTS)
"""A test of each report."""


def disagreements(
    report: Report, expected: Mapping[Any, Any], marts: Path
) -> list[str]:
    """Where a database says otherwise than the oracle, a line for each cell."""
    found = warehouse.report(marts, report.table, report.grain, report.figures)
    return warehouse.near_disagreements(expected, found)


def never_told(report: Report, expected: Mapping[Any, Any]) -> list[str]:
    """Figures that are nothing in every cell: that they agree would say nothing."""
    return [
        name
        for name in report.figures._fields
        if not any(getattr(row, name) for row in expected.values())
    ]
