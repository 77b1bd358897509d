"""The queries that the docs show run as they stand, and find something."""

from typing import Any

import duckdb
import pytest
from test_models import manifest

from acceptance.company import Company
from operations.diff.breaking import queries_of

__all__ = ["manifest"]  # a fixture

# A fixture may build whole warehouses, on a machine that does other things too.
pytestmark = pytest.mark.timeout(1800)


def test_the_query_of_each_figure_finds_rows(
    in_one_go: Company, manifest: dict[str, Any]
) -> None:
    with duckdb.connect(str(in_one_go.marts), read_only=True) as marts:
        for name in ("restricted", "published"):
            path = in_one_go.environment / f"{name}.duckdb"
            marts.execute(f"attach '{path}' as {name} (read_only)")
        for name, query in queries_of(manifest).items():
            found = marts.execute(query).fetchone()
            assert found is not None, f"{name} finds nothing: {query}"
