"""What changed between two builds of the marts: schema, rows, keys and rates."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from pathlib import Path
from typing import Any

import duckdb

from environment.databases import attach, count, session
from environment.errors import MusterError
from environment.sql import quote
from operations.build.artifacts import Node
from operations.diff import sizes
from operations.diff.sizes import Profile, Size

EARLIER, LATER = "earlier", "later"
"""The names under which the two databases are attached."""

PUBLISHED = "published"
OPS = "ops"
"""The database whose tables go by its own name: its one schema has none."""

READ = ("muster", PUBLISHED)
"""The databases of an environment or release that many people read."""

RESTRICTED = "restricted"
"""The database whose marts a few people read, beside what they are made of."""

MARTS = (RESTRICTED, *READ)
"""The databases with marts, whose columns readers count on."""

MADE_OF = ("int_", "stg_")
"""What names of models begin with that are no marts."""

KEY_TESTS = {"unique_combination": "columns", "unique": "column_name"}
"""The tests that declare a key, the best first, and the argument that names it."""

Columns = dict[str, str]
"""Column name to its type."""


@dataclass(frozen=True)
class TableChange:
    """How one table differs.

    Attributes:
        table: `schema.table`.
        columns_added: Name to type.
        columns_removed: Name to type.
        columns_retyped: Name to the type before and after.
        rows_before: Number of rows; None where the table did not exist.
        rows_after: Number of rows; None where the table is gone.
        key: The columns by which rows were matched; empty where whole rows were
            compared, which are then added or removed but never changed.
        keys_added: Number of keys that only the later one has.
        keys_removed: Number of keys that only the earlier one has.
        keys_kept: Number of keys that both have.
        keys_changed: Number of those whose other columns differ.
        changes: Column to the number of kept keys on which it differs, where any.
        sizes: Column to how much it differs, of those in `changes`.
        profiles: Column to what it holds, of those in `columns_added`.
        samples: A few of the keys that changed, as text.
    """

    table: str
    columns_added: Columns = field(default_factory=dict)
    columns_removed: Columns = field(default_factory=dict)
    columns_retyped: dict[str, tuple[str, str]] = field(default_factory=dict)
    rows_before: int | None = None
    rows_after: int | None = None
    key: tuple[str, ...] = ()
    keys_added: int = 0
    keys_removed: int = 0
    keys_kept: int = 0
    keys_changed: int = 0
    changes: dict[str, int] = field(default_factory=dict)
    sizes: dict[str, Size] = field(default_factory=dict)
    profiles: dict[str, Profile] = field(default_factory=dict)
    samples: tuple[str, ...] = ()

    @property
    def is_new(self) -> bool:
        """Whether only the later database has the table."""
        return self.rows_before is None

    @property
    def is_gone(self) -> bool:
        """Whether only the earlier database has the table."""
        return self.rows_after is None

    @property
    def is_empty(self) -> bool:
        """Whether there is no row on either side: nothing was compared but columns."""
        return self.rows_before == self.rows_after == 0

    @property
    def has_changed(self) -> bool:
        """Whether anything differs."""
        return bool(
            self.is_new
            or self.is_gone
            or self.columns_added
            or self.columns_removed
            or self.columns_retyped
            or self.keys_added
            or self.keys_removed
            or self.keys_changed
        )

    @property
    def rates(self) -> dict[str, float]:
        """Column to the share of kept keys on which it differs, the greatest first."""
        ordered = sorted(self.changes.items(), key=lambda item: (-item[1], item[0]))
        return {column: number / self.keys_kept for column, number in ordered}

    def to_dict(self) -> dict[str, Any]:
        """The change in plain types."""
        return {
            "table": self.table,
            "columns_added": self.columns_added,
            "columns_removed": self.columns_removed,
            "columns_retyped": {
                column: {"before": before, "after": after}
                for column, (before, after) in self.columns_retyped.items()
            },
            "rows_before": self.rows_before,
            "rows_after": self.rows_after,
            "key": list(self.key),
            "keys_added": self.keys_added,
            "keys_removed": self.keys_removed,
            "keys_kept": self.keys_kept,
            "keys_changed": self.keys_changed,
            "change_rates": {c: round(r, 6) for c, r in self.rates.items()},
            "sizes": {column: asdict(size) for column, size in self.sizes.items()},
            "profiles": {
                column: asdict(each) for column, each in self.profiles.items()
            },
            "samples": list(self.samples),
        }


@dataclass(frozen=True)
class Comparison:
    """How two databases differ.

    Attributes:
        tables: Every table of either, also those that are equal, by name.
    """

    tables: tuple[TableChange, ...]

    @property
    def changed(self) -> tuple[TableChange, ...]:
        """The tables that differ."""
        return tuple(table for table in self.tables if table.has_changed)

    @property
    def empty(self) -> tuple[str, ...]:
        """The tables without a row on either side, of which nothing is known."""
        return tuple(t.table for t in self.tables if t.is_empty and not t.has_changed)

    def to_dict(self) -> dict[str, Any]:
        """The tables that differ, those not compared, and the number of the others."""
        known = len(self.tables) - len(self.changed) - len(self.empty)
        return {
            "equal_tables": known,
            "empty_tables": list(self.empty),
            "changed_tables": [table.to_dict() for table in self.changed],
        }


def folders(
    before: Path,
    after: Path,
    keys: Mapping[str, Sequence[str]] | None = None,
    *,
    is_demo: bool = False,
) -> Comparison:
    """Compare the marts in the folders of two environments or releases.

    What is returned and raised is that of `databases`. A database that the earlier
    folder has not yet counts as empty.

    Args:
        before: The folder of the earlier databases.
        after: The folder of the later ones.
        keys: As of `databases`.
        is_demo: Whether the company is invented: restricted marts are compared then,
            and of the others is told how much numbers differ, which keys changed, and
            what new columns hold.
    """
    tables: list[TableChange] = []
    for name in MARTS if is_demo else READ:
        pair = (before / f"{name}.duckdb", after / f"{name}.duckdb")
        if name == READ[0] or pair[1].exists():
            tables += databases(*pair, keys, name=name, is_demo=is_demo).tables
    return Comparison(tuple(sorted(tables, key=lambda each: each.table)))


def databases(
    before: Path,
    after: Path,
    keys: Mapping[str, Sequence[str]] | None = None,
    *,
    name: str = READ[0],
    is_demo: bool = False,
) -> Comparison:
    """Compare every table of two databases, which are read and never written.

    Args:
        before: The earlier database.
        after: The later database.
        keys: `schema.table` to the columns that identify a row, as `keys_of` gives
            them. A table without one is compared by whole rows.
        name: Which database it is: one of `MARTS`. Of restricted ones no value is told.
        is_demo: As of `folders`.

    Returns:
        The comparison.

    Raises:
        MusterError: A database is missing, in use, or none, or a table cannot be read.
    """
    keys = keys or {}
    with session() as connection:
        if name != READ[0] and not before.exists():
            connection.execute(f"attach ':memory:' as {EARLIER}")
        else:
            attach(connection, before, EARLIER)
        # DuckDB attaches a file once: compared with itself it is read twice.
        later = EARLIER
        if not (before.exists() and after.exists() and before.samefile(after)):
            attach(connection, after, LATER)
            later = LATER
        old, new = (marts_of(connection, name, each) for each in (EARLIER, later))
        tables = []
        for table in sorted(old | new):
            key = tuple(keys.get(shown(name, table), ()))
            columns = (old.get(table), new.get(table))
            try:
                found = change(connection, later, table, columns, key)
                has_values = is_demo and name != RESTRICTED
                found = detailed(connection, later, found, columns[1], has_values)
            except duckdb.Error as error:
                # What DuckDB says may hold a value.
                raise MusterError(
                    f"{shown(name, table)} cannot be compared: {type(error).__name__}."
                ) from None
            tables.append(replace(found, table=shown(name, table)))
        return Comparison(tuple(tables))


def detailed(
    connection: duckdb.DuckDBPyConnection,
    later: str,
    found: TableChange,
    columns: Columns | None,
    has_values: bool,
) -> TableChange:
    """Add to how a table differs how much it does, with values if these may be told."""
    if not found.has_changed or found.is_new or columns is None:
        return found
    before, after = (f"{at}.{quoted_table(found.table)}" for at in (EARLIER, later))
    told = {column: columns[column] for column in found.changes}
    at = (connection, before, after, found.key, told)
    return replace(
        found,
        sizes=sizes.differences(*at, has_values=has_values),
        profiles={
            column: sizes.profile(
                connection, after, column, data_type, has_values=has_values
            )
            for column, data_type in found.columns_added.items()
        },
        samples=sizes.samples(*at) if has_values and told else (),
    )


def marts_of(
    connection: duckdb.DuckDBPyConnection, database: str, attached: str
) -> dict[str, Columns]:
    """The marts of a database that is attached under some name, with their columns."""
    tables = tables_of(connection, attached)
    if database != RESTRICTED:
        return tables
    return {
        table: columns
        for table, columns in tables.items()
        if not table.partition(".")[2].startswith(MADE_OF)
    }


def shown(database: str, table: str) -> str:
    """What people call a table: `core.dim_date`, `published.cost`, `restricted.a.b`."""
    if database in {PUBLISHED, OPS}:
        return f"{database}.{table.partition('.')[2]}"
    return f"{RESTRICTED}.{table}" if database == RESTRICTED else table


def reference(table: str) -> str:
    """What SQL calls the table of a name as from `shown`, databases by their names."""
    schema, _, name = table.partition(".")
    if schema == PUBLISHED:
        return f"{PUBLISHED}.main.{quote(name)}"
    return f"{READ[0]}.{quote(schema)}.{quote(name)}"


def tables_of(
    connection: duckdb.DuckDBPyConnection, database: str
) -> dict[str, Columns]:
    """The tables of a database with their columns; what dbt left half-made is none."""
    rows = connection.execute(
        "select columns.schema_name || '.' || columns.table_name, "
        "columns.column_name, columns.data_type "
        "from duckdb_columns() as columns inner join duckdb_tables() as tables "
        "using (database_name, schema_name, table_name) "
        "where columns.database_name = ? and not tables.internal "
        "and not contains(columns.table_name, '__dbt_') "
        "order by 1, columns.column_index",
        [database],
    ).fetchall()
    tables: dict[str, Columns] = {}
    for table, column, data_type in rows:
        # DuckDB tells no names apart by case.
        tables.setdefault(str(table), {})[str(column).lower()] = str(data_type)
    return tables


def change(
    connection: duckdb.DuckDBPyConnection,
    later: str,
    table: str,
    columns: tuple[Columns | None, Columns | None],
    key: tuple[str, ...],
) -> TableChange:
    """Compare one table."""
    old, new = columns
    before = f"{EARLIER}.{quoted_table(table)}"
    after = f"{later}.{quoted_table(table)}"
    rows_before = None if old is None else count(connection, before)
    rows_after = None if new is None else count(connection, after)
    if old is None or new is None:
        return TableChange(table, rows_before=rows_before, rows_after=rows_after)
    columns_changed = columns_differ(old, new)
    common = [column for column in old if column in new]
    if any(
        column not in common or old[column] != new[column] for column in key
    ) or not (is_key(connection, before, key) and is_key(connection, after, key)):
        key = ()
    compare = by_key if key else by_rows
    return TableChange(
        table,
        **columns_changed,
        rows_before=rows_before,
        rows_after=rows_after,
        key=key,
        **compare(connection, before, after, key, {c: new[c] for c in common}),
    )


def columns_differ(old: Columns, new: Columns) -> dict[str, Any]:
    """How a table's columns differ, by the names that `TableChange` gives it."""
    return {
        "columns_added": {c: t for c, t in new.items() if c not in old},
        "columns_removed": {c: t for c, t in old.items() if c not in new},
        "columns_retyped": {
            c: (t, new[c]) for c, t in old.items() if new.get(c, t) != t
        },
    }


def by_key(
    connection: duckdb.DuckDBPyConnection,
    before: str,
    after: str,
    key: Sequence[str],
    columns: Columns,
) -> dict[str, Any]:
    """Match the rows of two tables by their key and count, column by column.

    Returns:
        The counts, by the names that `TableChange` gives them.
    """
    compared = [column for column in columns if column not in key]
    joined = " and ".join(
        f"b.{quote(c)} is not distinct from a.{quote(c)}" for c in key
    )
    differs = [
        f"try_cast(b.{quote(c)} as {columns[c]}) is distinct from a.{quote(c)}"
        for c in compared
    ]
    flags = "".join(f", {sql} as _differs_{i}" for i, sql in enumerate(differs))
    any_differs = " or ".join(f"_differs_{i}" for i in range(len(differs))) or "false"
    each = "".join(
        f", count(*) filter (_is_kept and _differs_{i})" for i in range(len(differs))
    )
    row = connection.execute(
        f"with earlier_rows as (select *, true as _is_there from {before}), "
        f"later_rows as (select *, true as _is_there from {after}), "
        "matched as ("
        "select b._is_there is null as _is_added, a._is_there is null as _is_removed, "
        f"(b._is_there and a._is_there) as _is_kept{flags} "
        f"from earlier_rows as b full join later_rows as a on {joined}) "
        "select count(*) filter (_is_added), count(*) filter (_is_removed), "
        "count(*) filter (_is_kept), "
        f"count(*) filter (_is_kept and ({any_differs})){each} from matched"
    ).fetchall()[0]
    added, removed, kept, changed, *numbers = row
    return {
        "keys_added": added,
        "keys_removed": removed,
        "keys_kept": kept,
        "keys_changed": changed,
        "changes": {c: n for c, n in zip(compared, numbers, strict=True) if n},
    }


def by_rows(
    connection: duckdb.DuckDBPyConnection,
    before: str,
    after: str,
    key: Sequence[str],
    columns: Columns,
) -> dict[str, Any]:
    """Count the whole rows that only one of two tables has; as `by_key` otherwise."""
    del key
    listed = ", ".join(quote(column) for column in columns)
    if not listed:
        return {}
    cast = ", ".join(
        f"try_cast({quote(column)} as {data_type}) as {quote(column)}"
        for column, data_type in columns.items()
    )
    old, new = f"select {cast} from {before}", f"select {listed} from {after}"
    added = count(connection, f"({new} except all {old})")
    removed = count(connection, f"({old} except all {new})")
    return {
        "keys_added": added,
        "keys_removed": removed,
        "keys_kept": count(connection, before) - removed,
    }


def is_key(
    connection: duckdb.DuckDBPyConnection, table: str, key: Sequence[str]
) -> bool:
    """Whether columns identify the rows of a table; none never do."""
    if not key:
        return False
    listed = ", ".join(quote(column) for column in key)
    return not connection.execute(
        f"select 1 from {table} group by {listed} having count(*) > 1 limit 1"
    ).fetchall()


def quoted_table(table: str) -> str:
    """`schema.table` as SQL wants it."""
    schema, _, name = table.partition(".")
    return f"{quote(schema)}.{quote(name)}"


def name_of(node: Node) -> str:
    """What people, and queries from `muster.duckdb`, call the table of a model."""
    table = f"{node['schema']}.{node.get('alias') or node['name']}"
    return shown(str(node.get("database")), table)


def models_of(manifest: Node) -> dict[str, str]:
    """`schema.table` to the unique id of its model or seed in dbt's manifest."""
    return {
        name_of(node): str(key)
        for key, node in manifest.get("nodes", {}).items()
        if node["resource_type"] in {"model", "seed"}
    }


def keys_of(manifest: Node) -> dict[str, tuple[str, ...]]:
    """The key of each table that a test of dbt's manifest declares.

    Returns:
        `schema.table` to its columns; tables without such a test are left out.
    """
    found: dict[str, dict[str, tuple[str, ...]]] = {}
    for test, node, columns in declared(manifest):
        found.setdefault(node, {}).setdefault(test, columns)
    keys = {}
    for table, node in models_of(manifest).items():
        tests = found.get(node, {})
        best = next((tests[test] for test in KEY_TESTS if test in tests), None)
        if best:
            keys[table] = best
    return keys


def declared(manifest: Node) -> Iterator[tuple[str, str, tuple[str, ...]]]:
    """Each test that declares a key of all rows: its kind, its model, the columns."""
    for _, node in sorted(manifest["nodes"].items()):
        metadata = node.get("test_metadata") or {}
        argument = KEY_TESTS.get(metadata.get("name", ""))
        if not argument or (node.get("config") or {}).get("where"):
            continue
        value = (metadata.get("kwargs") or {}).get(argument)
        columns = tuple(value) if isinstance(value, list) else (str(value),)
        if value and node.get("attached_node"):
            yield metadata["name"], node["attached_node"], columns
