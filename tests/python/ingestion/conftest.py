"""An empty warehouse for each test."""

import os
from pathlib import Path

import pytest
from landing_kit import Warehouse


@pytest.fixture
def warehouse(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Warehouse:
    """An empty warehouse; files are taken at once, nothing outside is configured."""
    monkeypatch.chdir(tmp_path)
    for name in os.environ:
        if name.startswith("SOURCES__"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("SOURCES__GRACE_SECONDS", "0")
    monkeypatch.setenv("MUSTER_CLOCK", "2026-07-01T06:00:00Z")
    monkeypatch.delenv("MUSTER_DEBUG", raising=False)
    return Warehouse(tmp_path / "warehouse")
