"""What the company's folder tells dbt: its variables, and the seeds it must hold."""

import os
from pathlib import Path
from typing import Any

import yaml

import environment as environments
from environment.errors import ConfigurationError

VARIABLES = "vars.yml"


def variables() -> dict[str, Any]:
    """The variables of the company's `vars.yml`, which take the project's place.

    dbt looks for such a file beside `dbt_project.yml` alone, and then takes no variable
    from there: so whoever runs dbt gives it these.

    Raises:
        ConfigurationError: The file cannot be read.
    """
    path = environments.company() / VARIABLES
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


def tell_dbt() -> None:
    """Name the folder to dbt as it is, from wherever dbt runs."""
    if os.environ.get("MUSTER_COMPANY"):
        os.environ["MUSTER_COMPANY"] = str(environments.company())
