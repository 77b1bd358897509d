"""The lake answers as files do: every model, column and row, also by what is new."""

from datetime import timedelta
from pathlib import Path

import pytest
from store_kit import postgresql
from trial_kit import at_night
from typer.testing import CliRunner

from acceptance.company import Company, create
from environment import set_inside
from operations.cli import app

# A fixture may build whole warehouses, on a machine that does other things too.
pytestmark = [at_night, pytest.mark.timeout(3600)]

EMPLOYEES, MONTHS = 60, 12


def muster(company: Company, *arguments: str) -> str:
    """Run a command of muster, and give what it says."""
    done = CliRunner().invoke(app, [*arguments, "--env", "dev"])
    assert done.exit_code == 0, done.output
    return done.output


def test_what_is_new_in_the_lake_equals_files_built_in_one_go(
    tmp_path: Path, desk: Path
) -> None:
    company = create(tmp_path, desk, seed=1, employees=EMPLOYEES, months=MONTHS)
    last = company.clock
    with postgresql() as url, set_inside(MUSTER_LAKE=url, **company.variables()):
        company.set_clock(company.go_live + (last - company.go_live) / 2)
        company.ingest()
        muster(company, "build", "--target", "lake")
        company.set_clock(last - timedelta(days=1))
        company.ingest()
        told = muster(company, "build", "--target", "lake")
        assert "what" in told
        assert "new loads touch" in told
        muster(company, "build")
        told = muster(company, "compare", "--target", "lake")
        assert "Equal in every row: " in told
        muster(company, "build", "--target", "lake", "--force")
        muster(company, "compare", "--target", "lake")
