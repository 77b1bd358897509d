"""What breaks those who read the marts: columns they lose, and queries that fail."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import duckdb

from operations.build.artifacts import Node
from operations.diff.compare import OPS, Columns, columns_differ, name_of, shown


@dataclass(frozen=True)
class Broken:
    """What readers of a table lose.

    Attributes:
        table: The table, as `compare.shown` names it.
        column: The column; empty where it is the whole table.
        how: What became of it, in a few words.
    """

    table: str
    column: str
    how: str

    @property
    def name(self) -> str:
        """The table, or the column with its table."""
        return f"{self.table}.{self.column}" if self.column else self.table

    def __str__(self) -> str:
        """A few words."""
        return f"{self.name} {self.how}"


def model_versions(manifest: Node) -> dict[str, list[str]]:
    """The tables of every version of a model, by each of them and by its plain name."""
    families: dict[str, list[str]] = {}
    for node in manifest.get("nodes", {}).values():
        if node.get("resource_type") == "model" and node.get("version") is not None:
            database, schema = str(node.get("database")), str(node["schema"])
            plain = shown(database, f"{schema}.{node['name']}")
            versioned = shown(database, f"{schema}.{node['alias']}")
            families.setdefault(plain, []).append(versioned)
    return families | {
        table: family for family in families.values() for table in family
    }


def broken_columns(
    old: Mapping[str, Columns],
    new: Mapping[str, Columns],
    versions: Mapping[str, list[str]],
) -> Iterator[Broken]:
    """What readers lose: each column that is gone or retyped, and no version keeps."""
    for table, columns in old.items():
        family = versions.get(table, [])
        if any(columns.items() <= new.get(other, {}).items() for other in family):
            continue
        if table not in new:
            yield Broken(table, "", "is gone")
            continue
        differing = columns_differ(columns, new[table])
        for column in differing["columns_removed"]:
            yield Broken(table, column, "is gone")
        for column, (before, now) in differing["columns_retyped"].items():
            yield Broken(table, column, f"is {now}, was {before}")


def queries_of(manifest: Node) -> dict[str, str]:
    """The query that gets an exposure's figure, by the exposure's name.

    What is made of runs is in no release: it is left out.
    """
    return {
        str(node["name"]): query
        for _, node in sorted(manifest.get("exposures", {}).items())
        if (query := query_of(node, manifest)) and f"from {OPS}." not in query
    }


def query_of(exposure: Node, manifest: Node) -> str:
    """The query that an exposure gives, else all of its first report, totals alone.

    Empty where it gives none and reads no report.
    """
    given = ((exposure.get("config") or {}).get("meta") or {}).get("query")
    if given:
        return str(given).strip()
    read = (exposure.get("depends_on") or {}).get("nodes", ())
    report = next(filter(is_report, (manifest["nodes"].get(k, {}) for k in read)), None)
    if report is None:
        return ""
    columns = report["columns"].items()
    totalled = [f"{name} = 'All'" for name, c in columns if "`All`" in c["description"]]
    where = [f"where {' and '.join(totalled)}"] if totalled else []
    return "\n".join([f"from {name_of(report)}", *where, "order by all desc"])


def is_report(node: Node) -> bool:
    """Whether a model is a mart that holds figures, not what they are counted from."""
    is_mart = str(node.get("original_file_path")).startswith("models/marts/")
    is_counted = not str(node.get("name")).startswith(("dim_", "fct_"))
    return node.get("resource_type") == "model" and is_mart and is_counted


def failure(connection: duckdb.DuckDBPyConnection, query: str) -> str:
    """Why a query fails on the databases that are attached; empty where it does not.

    Values of rows may be in what DuckDB says of any but wrong names and types.
    """
    connection.execute("use muster")
    try:
        # To its last row, as only a table is.
        made = query.strip().rstrip(";")
        connection.execute(f"create or replace temporary table _told as {made}")
    except (duckdb.BinderException, duckdb.CatalogException) as error:
        return str(error).partition("\n")[0]
    except duckdb.Error as error:
        return type(error).__name__
    finally:
        connection.execute("use memory")
    return ""


def broken_queries(
    queries: Mapping[str, str],
    before: duckdb.DuckDBPyConnection,
    after: duckdb.DuckDBPyConnection,
) -> dict[str, str]:
    """Queries that ran on the earlier databases and fail on the later ones: why."""
    return {
        name: why
        for name, query in queries.items()
        if not failure(before, query) and (why := failure(after, query))
    }
