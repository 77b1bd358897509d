"""What the company's folder tells dbt: its variables, and the seeds it must hold."""

import os
import shutil
from hashlib import sha256
from pathlib import Path
from typing import Any

import yaml

import environment as environments
from environment.errors import ConfigurationError

VARIABLES = "vars.yml"


def variables(company: Path | None = None) -> dict[str, Any]:
    """The variables of the company's `vars.yml`, which take the project's place.

    dbt looks for such a file beside `dbt_project.yml` alone, and then takes no variable
    from there: so whoever runs dbt gives it these.

    Args:
        company: The company's folder; else `MUSTER_COMPANY` names it.

    Raises:
        ConfigurationError: The file cannot be read.
    """
    path = (company or environments.company()) / VARIABLES
    if not path.exists():
        return {}
    try:
        content = yaml.safe_load(path.read_text("utf-8"))
        return {str(name): value for name, value in (content["vars"] or {}).items()}
    except (yaml.YAMLError, UnicodeDecodeError, AttributeError, LookupError, TypeError):
        raise ConfigurationError(
            f"{environments.shown(path)} cannot be read: write it as dbt's vars.yml,"
            " with the names and values below vars:"
        ) from None


def require_seeds(project: Path) -> None:
    """See that every seed which the project describes has its rows in one folder.

    Raises:
        ConfigurationError: One has none, or two.
    """
    company = environments.company()
    if os.environ.get("MUSTER_COMPANY") and not company.is_dir():
        raise ConfigurationError(
            f"There is no folder {environments.shown(company)}: correct MUSTER_COMPANY"
        )
    own, house = (
        {path.stem for path in (folder / "seeds").glob("*.csv")}
        for folder in (company, project)
    )
    place = environments.shown(company / "seeds")
    described = {path.stem for path in (project / "seeds").glob("*.yml")}
    if lacking := sorted(described - own - house):
        raise ConfigurationError(
            f"{place} lacks {', '.join(f'{name}.csv' for name in lacking)}: copy them"
            f" from {environments.PROJECT / 'demo/company/seeds'} and put in your rows"
        )
    if twice := sorted(own & house):
        raise ConfigurationError(
            f"{place} may not hold {', '.join(f'{name}.csv' for name in twice)}: these"
            " are the house's"
        )


def tell_dbt(project: Path) -> None:
    """Name the company's seeds to dbt: a copy, where they lie outside of the project.

    dbt notes what it ran of a node below its target, by the path of the node's file:
    for an absolute one that is the file itself.
    """
    seeds = environments.company() / "seeds"
    inside = os.path.normpath(seeds).startswith(f"{os.path.normpath(project)}{os.sep}")
    os.environ["MUSTER_SEEDS"] = ""
    if inside or not seeds.is_dir():
        return
    name = sha256(str(seeds).encode()).hexdigest()[:16]
    copy = project / "target" / "companies" / name
    copy.mkdir(parents=True, exist_ok=True)
    for path in {*seeds.glob("*.csv"), *copy.glob("*.csv")}:
        own, told = seeds / path.name, copy / path.name
        if not own.exists():
            told.unlink()
        elif not told.exists() or told.read_bytes() != own.read_bytes():
            shutil.copy2(own, told)
    os.environ["MUSTER_SEEDS"] = copy.relative_to(project).as_posix()
