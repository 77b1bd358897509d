"""The queries that the docs show run as they stand, and find something."""

from pathlib import Path

import duckdb
import pytest
import yaml

from acceptance.company import Company

# A fixture may build whole warehouses, on a machine that does other things too.
pytestmark = pytest.mark.timeout(1800)

REPOSITORY = Path(__file__).resolve().parents[3]

QUERIES = {
    exposure["name"]: exposure["config"]["meta"]["query"]
    for path in sorted((REPOSITORY / "models").rglob("*__exposures.yml"))
    for exposure in yaml.safe_load(path.read_text())["exposures"]
}


@pytest.mark.parametrize("exposure", QUERIES)
def test_the_query_of_a_figure_finds_rows(in_one_go: Company, exposure: str) -> None:
    with duckdb.connect(str(in_one_go.marts), read_only=True) as marts:
        for name in ("restricted", "published"):
            path = in_one_go.environment / f"{name}.duckdb"
            marts.execute(f"attach '{path}' as {name} (read_only)")
        assert marts.execute(QUERIES[exposure]).fetchone() is not None
