"""Models as dbt compiles them, run on small tables in memory."""

import json
import os
import subprocess
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
from duckdb.func import FunctionNullHandling, PythonUDFType

from operations.build.inside.least_squares import least_squares

REPOSITORY = Path(__file__).resolve().parents[3]
DATABASES = ("muster", "restricted")

Row = dict[str, Any]


def compile_models(names: Sequence[str], home: Path) -> None:
    """Compile models into `home/target`, with no data and nothing built.

    Raises:
        AssertionError: dbt failed; its output is the message.
    """
    home.mkdir(parents=True)
    done = subprocess.run(  # noqa: S603 - our own command
        [
            *(str(Path(sys.executable).with_name("dbt")), "compile"),
            *("--select", *names, "--target", "ci"),
            *("--project-dir", str(REPOSITORY), "--profiles-dir", str(REPOSITORY)),
            *("--target-path", str(home / "target"), "--log-path", str(home)),
            *("--no-introspect", "--no-populate-cache", "--quiet"),
        ],
        env=os.environ | {"MUSTER_HOME": str(home), "DO_NOT_TRACK": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


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
