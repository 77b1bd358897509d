"""The models that properties are tried on, compiled once in the whole run."""

import os
import shutil

import pytest
from filelock import FileLock

from properties.models import Models, compile_models

COMPILED = (
    "rpt_adjusted_pay_gap",
    "rpt_pay_gap",
    "rpt_pay_gap_by_category",
    "rpt_pay_quartiles",
)


@pytest.fixture(scope="session")
def models(tmp_path_factory: pytest.TempPathFactory) -> Models:
    """The compiled models; a worker that needs them in the making waits."""
    root = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        root = root.parent
    home = root / "properties"
    with FileLock(f"{home}.lock"):
        if not (home / "made").exists():
            shutil.rmtree(home, ignore_errors=True)
            compile_models(COMPILED, home)
            (home / "made").touch()
    return Models(home / "target")
