"""The SQL of the company and its systems, which lies in files below `sql/`."""

from pathlib import Path

import duckdb

FOLDER = Path(__file__).parent / "sql"


def run(database: duckdb.DuckDBPyConnection, name: str, **values: object) -> None:
    """Run the statements of a file in order.

    Args:
        database: A connection.
        name: The file below `sql/`, without its suffix.
        values: What the statements call `$name`; each is given those that it names.
    """
    text = (FOLDER / f"{name}.sql").read_text()
    for statement in database.extract_statements(text):
        named = {key: values[key] for key in statement.named_parameters}
        database.execute(statement, named)
