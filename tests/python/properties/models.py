"""Models as dbt compiles them, run on small tables in memory."""

import json
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from dbt_kit import dbt
from duckdb.func import FunctionNullHandling, PythonUDFType

from operations.build.inside.least_squares import least_squares

DATABASES = ("muster", "restricted")

Row = dict[str, Any]


def compile_models(names: Sequence[str], parsed: Path, target: Path) -> None:
    """Compile models into a folder, with no data and nothing built.

    Args:
        names: The models.
        parsed: The folder that the project was parsed into.
        target: The folder.
    """
    compiling = ["compile", "--select", *names, "--no-introspect"]
    dbt([*compiling, "--no-populate-cache"], target, "ci", project=parsed)


class Models:
    """Compiled models, each to be run on tables that have the columns of its parents.

    Args:
        target: the folder that dbt compiled to.
    """

    def __init__(self, target: Path) -> None:
        manifest = json.loads((target / "manifest.json").read_text())
        self._nodes: dict[str, Row] = {
            node["name"]: node
            for node in manifest["nodes"].values()
            if node["resource_type"] in ("model", "seed")
        }
        self._target = target
        self._connection = duckdb.connect()
        self._connection.create_function(
            "least_squares",
            least_squares,
            ["DOUBLE[][]"],
            "DOUBLE[]",
            type=PythonUDFType.ARROW,
            null_handling=FunctionNullHandling.SPECIAL,
        )
        for database in DATABASES:
            self._connection.execute(f"attach ':memory:' as {database}")
            for schema in sorted(
                {n["schema"] for n in self._nodes.values()} - {"main"}
            ):
                self._connection.execute(f"create schema {database}.{schema}")

    @property
    def connection(self) -> duckdb.DuckDBPyConnection:
        """The connection that everything runs on."""
        return self._connection

    def fill(
        self,
        name: str,
        rows: Iterable[Mapping[str, Any]],
        columns: Mapping[str, str] | None = None,
    ) -> None:
        """Make a model's table anew, with the columns that its contract names.

        Columns that a row leaves out are null; one that the contract lacks is an error.

        Args:
            name: the model.
            rows: its rows.
            columns: the types of its columns, where it has no contract.
        """
        node = self._nodes[name]
        declared = {c["name"]: c["data_type"] for c in node["columns"].values()}
        types = declared if columns is None else dict(columns)
        assert types.keys() <= declared.keys(), f"{name} has only {list(declared)}"
        held = [dict.fromkeys(types) | dict(row) for row in rows]
        unknown = {column for row in held for column in row} - types.keys()
        assert not unknown, f"{name} has no columns {sorted(unknown)}"
        table = f"{node['database']}.{node['schema']}.{node['name']}"
        typed = ", ".join(f"{column} {kind}" for column, kind in types.items())
        self._connection.execute(f"create or replace table {table} ({typed})")
        if held:
            given = pa.Table.from_pylist(held)
            self._connection.register("given", given)
            self._connection.execute(f"insert into {table} by name from given")
            self._connection.unregister("given")

    def run(self, name: str) -> list[Row]:
        """The rows of a model, each by its columns' names."""
        node = self._nodes[name]
        path = self._target / "compiled" / "muster" / node["original_file_path"]
        result = self._connection.execute(path.read_text())
        columns = [column[0] for column in result.description or []]
        return [dict(zip(columns, row, strict=True)) for row in result.fetchall()]
