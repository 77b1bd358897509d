"""Where what Spark builds lies: Parquet files, which anything reads."""

from pathlib import Path

from environment import Environment

TARGET = "spark"
"""What `--target` calls it, and its output in `profiles.yml`."""

WAREHOUSE = "warehouse"
"""The folder of the tables, one below for each schema."""


def tables(environment: Environment) -> dict[str, list[Path]]:
    """The files of each table, by `schema.table`, as Spark calls them."""
    found: dict[str, list[Path]] = {}
    for path in sorted((environment.made / WAREHOUSE).glob("*.db/*/*.parquet")):
        schema = path.parents[1].stem
        found.setdefault(f"{schema}.{path.parent.name}", []).append(path)
    return found
