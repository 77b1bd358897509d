"""The durable log: completed loads as Parquet segments in the store, and back.

Each completed load is written once, one segment per table that it added rows to, and
then its manifest with the rows and the checksum of each. A load without a manifest does
not exist: what a killed export left is written again. The rows of `raw_ops` go the same
way, by run. `raw.duckdb` is then a cache: `restore` brings what it lacks, each batch of
loads in one transaction, so that a killed restore goes on where it ended.

The order is part of the log: rows of sources are exported before the ledger that calls
their files loaded, and restored before it.
"""

import hashlib
import shutil
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import uuid4

import duckdb

from ingestion.columns import literal, quote
from ingestion.operations_log import LANDED, QUARANTINED, OperationsLog
from ingestion.progress import Reporter, Step
from ingestion.runner import SOURCES
from ingestion.tables import declare_tables
from operations.environment import Environment, connect
from operations.errors import OperationError
from operations.store import WORKERS, Store, is_home

OPERATIONS = "raw_ops"
"""The operational tables, whose loads are runs."""

BATCH = 64
"""Loads that are restored in one transaction."""

NOT_IN_PARQUET = ("HUGEINT", "UHUGEINT")
"""Types that Parquet would round; their values travel as text."""

_LOADS = "_dlt_loads"
_VERSIONS = "_dlt_version"


@dataclass(frozen=True)
class Moved:
    """What an export or a restore did.

    Attributes:
        loads: Loads and runs.
        rows: Their rows.
        files: Delivered files copied.
    """

    loads: int = 0
    rows: int = 0
    files: int = 0

    def __add__(self, other: "Moved") -> "Moved":
        """Both together."""
        return Moved(
            self.loads + other.loads, self.rows + other.rows, self.files + other.files
        )


def manifest_key(dataset: str, load_id: str) -> str:
    """The key of a load's manifest."""
    return f"log/{dataset}/_loads/{load_id}.json"


def segment_key(dataset: str, table: str, load_id: str) -> str:
    """The key of a load's rows of a table."""
    return f"log/{dataset}/{table}/{load_id}.parquet"


def stored_loads(store: Store, dataset: str) -> set[str]:
    """The loads of a dataset that the store holds whole."""
    prefix = f"log/{dataset}/_loads"
    return {
        key[len(prefix) + 1 : -len(".json")]
        for key in store.keys(prefix)
        if key.endswith(".json")
    }


def export(
    environment: Environment,
    store: Store,
    progress: Reporter | None = None,
    check: Callable[[], None] = lambda: None,
) -> Moved:
    """Write the completed loads and runs that the store lacks, and their files.

    Args:
        environment: The environment; nobody may be loading into it.
        store: Its store; the lease on it is held.
        progress: Where to report.
        check: Called before each manifest; raises where the lease was lost.
    """
    if not environment.raw.exists():
        return Moved()
    progress = progress or Reporter()
    moved = Moved()
    with (
        closing(connect(environment.raw)) as raw,
        _scratch(environment, "export") as scratch,
    ):
        raw.execute("set TimeZone = 'UTC'")
        lacking = {
            dataset: _in_order(raw, dataset, stored_loads(store, dataset))
            for dataset in [*_datasets(raw), OPERATIONS]
        }
        total = sum(len(loads) for loads in lacking.values())
        if not total:
            return moved
        if not is_home(store, environment):
            files = _send_landed(raw, environment, store, lacking[OPERATIONS], progress)
            moved += Moved(files=files)
        with progress.step("writing the log", total) as step:
            for dataset, loads in lacking.items():
                written = _export_loads(raw, store, dataset, loads, scratch)
                for manifest in written:
                    check()
                    store.write_json(
                        manifest_key(dataset, manifest["load_id"]), manifest
                    )
                    moved += Moved(loads=1, rows=_rows(manifest))
                    step.advance()
    return moved


def restore(
    environment: Environment, store: Store, progress: Reporter | None = None
) -> Moved:
    """Bring the loads and runs that `raw.duckdb` lacks, and files yet to be loaded.

    Where there is no `raw.duckdb`, dlt's working folder goes too: its cursors could be
    ahead of the log. dlt takes its state from the restored tables instead.

    Args:
        environment: The environment; nobody may be loading into it.
        store: Its store.
        progress: Where to report.

    Raises:
        OperationError: A segment is missing or damaged, or a file cannot be used.
    """
    progress = progress or Reporter()
    datasets = _stored_datasets(store)
    if environment.raw.exists():
        with closing(connect(environment.raw)) as raw:
            if not any(_lacking(raw, store, datasets).values()):
                return _fetch_landed(raw, environment, store, progress)
        return _restore_into(environment.raw, environment, store, datasets, progress)
    if not any(stored_loads(store, dataset) for dataset in datasets):
        return Moved()
    environment.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    shutil.rmtree(environment.folder / "pipelines", ignore_errors=True)
    whole = environment.raw
    unfinished = whole.with_name("raw.restoring.duckdb")
    moved = _restore_into(unfinished, environment, store, datasets, progress)
    whole.with_name(f"{whole.name}.wal").unlink(missing_ok=True)
    unfinished.chmod(0o600)
    unfinished.replace(whole)
    return moved


def _datasets(raw: duckdb.DuckDBPyConnection) -> list[str]:
    rows = raw.execute(
        "select schema_name from duckdb_tables() where table_name = ? order by 1",
        [_LOADS],
    ).fetchall()
    return [str(row[0]) for row in rows]


def _stored_datasets(store: Store) -> list[str]:
    """The datasets in the store, the operational one last."""
    names = {f"raw_{source}" for source in SOURCES} | set(store.folders("log"))
    return [*sorted(names - {OPERATIONS}), OPERATIONS]


def _tables(raw: duckdb.DuckDBPyConnection, dataset: str) -> dict[str, dict[str, str]]:
    """The tables of a dataset whose rows belong to loads: columns and their types."""
    rows = raw.execute(
        "select table_name, column_name,"
        " data_type || case when is_nullable then '' else ' not null' end"
        " from duckdb_columns() where schema_name = ? and database_name ="
        " current_database() and not internal order by table_name, column_index",
        [dataset],
    ).fetchall()
    found: dict[str, dict[str, str]] = {}
    for table, column, kind in rows:
        found.setdefault(str(table), {})[str(column)] = str(kind)
    marker = _marker(dataset)
    return {table: columns for table, columns in found.items() if marker in columns}


def _marker(dataset: str) -> str:
    return "run_id" if dataset == OPERATIONS else "_dlt_load_id"


def _here(raw: duckdb.DuckDBPyConnection, dataset: str) -> dict[str, dict[str, Any]]:
    """The completed loads, or the runs, of a dataset; with what a manifest says."""
    if dataset == OPERATIONS:
        parts = [
            f"select run_id, {'finished_at' if 'finished_at' in c else 'recorded_at'}"
            f" as instant from raw_ops.{quote(table)}"
            for table, c in _tables(raw, dataset).items()
        ]
        if not parts:
            return {}
        rows = raw.execute(
            "select run_id, max(instant) from (" + " union all ".join(parts) + ")"
            " where run_id is not null group by run_id"
        ).fetchall()
        return {str(r): {"inserted_at": _instant(i)} for r, i in rows}
    if dataset not in _datasets(raw):
        return {}
    rows = raw.execute(
        "select load_id, schema_name, inserted_at, schema_version_hash"
        f" from {quote(dataset)}.{_LOADS} where status = 0"
    ).fetchall()
    return {
        str(load_id): {
            "inserted_at": _instant(inserted_at),
            "schema_name": schema_name,
            "schema_version_hash": version,
        }
        for load_id, schema_name, inserted_at, version in rows
    }


def _instant(moment: datetime | None) -> str | None:
    if moment is None:
        return None
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return aware.astimezone(UTC).isoformat()


def _in_order(
    raw: duckdb.DuckDBPyConnection, dataset: str, stored: set[str]
) -> list[dict[str, Any]]:
    """The loads that are here and not stored, oldest first."""
    return [
        {"dataset": dataset, "load_id": load_id, **facts}
        for load_id, facts in sorted(_here(raw, dataset).items())
        if load_id not in stored
    ]


def _export_loads(
    raw: duckdb.DuckDBPyConnection,
    store: Store,
    dataset: str,
    loads: Sequence[dict[str, Any]],
    scratch: Path,
) -> Iterator[dict[str, Any]]:
    """Write the segments of loads; gives the manifest of each when they are there."""
    if not loads:
        return
    marker = quote(_marker(dataset))
    tables = _tables(raw, dataset)
    wanted = [load["load_id"] for load in loads]
    touched: dict[str, list[tuple[str, str]]] = {}
    for table in tables:
        rows = raw.execute(
            f"select {marker}, count(*) from {quote(dataset)}.{quote(table)}"
            f" where list_contains(?, {marker}) group by 1",
            [wanted],
        ).fetchall()
        for load_id, _ in rows:
            touched.setdefault(str(load_id), []).append((table, marker))
    has_versions = dataset != OPERATIONS
    for load in loads:
        parts = [(t, m, load["load_id"]) for t, m in touched.get(load["load_id"], [])]
        if has_versions:
            parts.append((_VERSIONS, "version_hash", load["schema_version_hash"]))
        written = {}
        sent = []
        for table, column, value in parts:
            columns = tables.get(table) or _columns(raw, dataset, table)
            path = scratch / f"{uuid4().hex}.parquet"
            count = _write_segment(raw, dataset, table, columns, column, value, path)
            if not count:
                continue
            written[table] = {
                "rows": count,
                "sha256": _sha256(path),
                "bytes": path.stat().st_size,
                "columns": columns,
            }
            sent.append((path, segment_key(dataset, table, load["load_id"])))
        _send(store, sent)
        yield {**load, "tables": written}


def _columns(
    raw: duckdb.DuckDBPyConnection, dataset: str, table: str
) -> dict[str, str]:
    rows = raw.execute(
        "select column_name, data_type || case when is_nullable then ''"
        " else ' not null' end from duckdb_columns() where schema_name = ? and"
        " table_name = ? and database_name = current_database() order by column_index",
        [dataset, table],
    ).fetchall()
    return {str(name): str(kind) for name, kind in rows}


def _write_segment(
    raw: duckdb.DuckDBPyConnection,
    dataset: str,
    table: str,
    columns: dict[str, str],
    column: str,
    value: str,
    path: Path,
) -> int:
    """Copy rows to a Parquet file, in the order they were loaded; returns how many."""
    chosen = ", ".join(
        f"cast({quote(name)} as varchar) as {quote(name)}"
        if kind.startswith(NOT_IN_PARQUET)
        else quote(name)
        for name, kind in columns.items()
    )
    written = raw.execute(
        f"copy (select {chosen} from {quote(dataset)}.{quote(table)}"
        f" where {column} = {literal(value)} order by rowid)"
        f" to {literal(str(path))} (format parquet, compression zstd)"
    ).fetchone()
    return int(written[0]) if written else 0


def _send(store: Store, files: Sequence[tuple[Path, str]]) -> None:
    """Upload files, several at a time, and remove them here."""

    def send(file: tuple[Path, str]) -> None:
        store.upload(*file)
        file[0].unlink()

    if store.is_local or len(files) < 2:
        for file in files:
            send(file)
        return
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(send, files))


def _send_landed(
    raw: duckdb.DuckDBPyConnection,
    environment: Environment,
    store: Store,
    runs: Sequence[dict[str, Any]],
    progress: Reporter,
) -> int:
    """Copy the files that runs received to the store, with the reasons beside them."""
    rows = raw.execute(
        "select distinct landing_path from raw_ops.landed_files"
        " where list_contains(?, run_id) and list_contains(?, status) order by 1",
        [[run["load_id"] for run in runs], [LANDED, QUARANTINED]],
    ).fetchall()
    paths = [str(row[0]) for row in rows]
    paths += [f"{path}.reason.txt" for path in paths if path.startswith("quarantine/")]
    present = [path for path in paths if (environment.folder / path).is_file()]
    if not present:
        return 0
    with (
        progress.step("copying delivered files to the store", len(present)) as step,
        ThreadPoolExecutor(WORKERS) as pool,
    ):
        for _ in pool.map(
            lambda path: store.upload(environment.folder / path, path), present
        ):
            step.advance()
    return len(present)


def _fetch_landed(
    raw: duckdb.DuckDBPyConnection,
    environment: Environment,
    store: Store,
    progress: Reporter,
) -> Moved:
    """Bring the files that were landed and are yet to be loaded."""
    is_known = "landed_files" in _tables(raw, OPERATIONS)
    if is_home(store, environment) or not is_known:
        return Moved()
    rows = raw.execute(
        "select landing_path from raw_ops.landed_files where status <> 'already_known'"
        " qualify row_number() over (partition by source, resource, sha256"
        "  order by rowid desc) = 1 and status = ? order by 1",
        [LANDED],
    ).fetchall()
    paths = [str(row[0]) for row in rows]
    lacking = [path for path in paths if not (environment.folder / path).is_file()]
    if not lacking:
        return Moved()

    def fetch(path: str) -> None:
        try:
            store.download(path, environment.folder / path)
        except FileNotFoundError:
            raise OperationError(
                f"{store.url(path)} is missing, and a run that ended early has yet to"
                " load it: put it back from a backup of the store or from its sender."
            ) from None

    with (
        progress.step("fetching files that are yet to be loaded", len(lacking)) as step,
        ThreadPoolExecutor(WORKERS) as pool,
    ):
        for _ in pool.map(fetch, lacking):
            step.advance()
    return Moved(files=len(lacking))


def _restore_into(
    path: Path,
    environment: Environment,
    store: Store,
    datasets: Sequence[str],
    progress: Reporter,
) -> Moved:
    moved = Moved()
    with (
        closing(connect(path, read_only=False)) as raw,
        _scratch(environment, "restore") as scratch,
    ):
        raw.execute("set TimeZone = 'UTC'")
        OperationsLog(raw, "")
        lacking = _lacking(raw, store, datasets)
        total = sum(len(loads) for loads in lacking.values())
        if total:
            with progress.step("restoring the log", total) as step:
                for dataset, loads in lacking.items():
                    for first in range(0, len(loads), BATCH):
                        batch = loads[first : first + BATCH]
                        moved += _restore_batch(
                            raw, store, dataset, batch, scratch, step
                        )
            _sort_ledger(raw, lacking[OPERATIONS])
            declare_tables(raw, SOURCES)
        moved += _fetch_landed(raw, environment, store, progress)
    return moved


def _lacking(
    raw: duckdb.DuckDBPyConnection, store: Store, datasets: Sequence[str]
) -> dict[str, list[str]]:
    """The loads that are stored and not here, by dataset, oldest first."""
    return {
        dataset: sorted(stored_loads(store, dataset) - set(_here(raw, dataset)))
        for dataset in datasets
    }


def _restore_batch(
    raw: duckdb.DuckDBPyConnection,
    store: Store,
    dataset: str,
    loads: Sequence[str],
    scratch: Path,
    step: Step,
) -> Moved:
    """Restore loads in one transaction, their segments checked first."""
    manifests = _manifests(store, dataset, loads)
    tables = sorted({table for m in manifests for table in m["tables"]})
    segments = [(m, table) for m in manifests for table in m["tables"]]

    def fetch(part: tuple[dict[str, Any], str]) -> Path:
        return _checked(store, dataset, *part, scratch)

    with ThreadPoolExecutor(1 if store.is_local else WORKERS) as pool:
        fetched = dict(
            zip(
                ((m["load_id"], table) for m, table in segments),
                pool.map(fetch, segments),
                strict=True,
            )
        )
    raw.execute("begin")
    try:
        raw.execute(f"create schema if not exists {quote(dataset)}")
        for table in tables:
            parts = [m for m in manifests if table in m["tables"]]
            _declare(
                raw, dataset, table, [m["tables"][table]["columns"] for m in parts]
            )
            _insert(raw, dataset, table, parts, fetched)
        if dataset != OPERATIONS:
            _complete(raw, dataset, manifests)
        raw.execute("commit")
    except BaseException:
        raw.execute("rollback")
        raise
    for path in fetched.values():
        if path.is_relative_to(scratch):
            path.unlink()
    step.advance(len(manifests))
    return Moved(loads=len(manifests), rows=sum(_rows(m) for m in manifests))


def _manifests(
    store: Store, dataset: str, loads: Sequence[str]
) -> list[dict[str, Any]]:
    keys = [manifest_key(dataset, load_id) for load_id in loads]
    if store.is_local:
        manifests = [store.read_json(key) for key in keys]
    else:
        with ThreadPoolExecutor(WORKERS) as pool:
            manifests = list(pool.map(store.read_json, keys))
    for key, load_id, manifest in zip(keys, loads, manifests, strict=True):
        is_ours = (
            isinstance(manifest, dict)
            and manifest.get("load_id") == load_id
            and isinstance(manifest.get("tables"), dict)
        )
        if not is_ours:
            raise OperationError(
                f"{store.url(key)} is damaged: it is not the manifest of load"
                f" {load_id}. {_remedy(store, key)}"
            )
    return manifests


def _remedy(store: Store, manifest: str) -> str:
    return (
        "Put it back from a backup of the store; or, where a raw.duckdb still holds"
        f" the load, delete {store.url(manifest)} and run muster ingest there, which"
        " writes it again."
    )


def _checked(
    store: Store,
    dataset: str,
    manifest: dict[str, Any],
    table: str,
    scratch: Path,
) -> Path:
    """A segment as a file, its checksum that of the manifest."""
    load_id = manifest["load_id"]
    key = segment_key(dataset, table, load_id)
    remedy = _remedy(store, manifest_key(dataset, load_id))
    try:
        if store.is_local:
            path = store.path(key)
        else:
            path = scratch / f"{uuid4().hex}.parquet"
            store.download(key, path)
        digest = _sha256(path)
    except FileNotFoundError:
        message = f"{store.url(key)} is missing, and its manifest names it. {remedy}"
        raise OperationError(message) from None
    if digest != manifest["tables"][table]["sha256"]:
        raise OperationError(
            f"{store.url(key)} is damaged: its checksum is not the one in its manifest."
            f" {remedy}"
        )
    return path


def _declare(
    raw: duckdb.DuckDBPyConnection,
    dataset: str,
    table: str,
    layouts: Sequence[dict[str, str]],
) -> None:
    """Make a table with all columns that the segments have, in the order they came."""
    place = f"{quote(dataset)}.{quote(table)}"
    typed = ", ".join(f"{quote(n)} {kind}" for n, kind in layouts[0].items())
    raw.execute(f"create table if not exists {place} ({typed})")
    known = set(_columns(raw, dataset, table))
    for columns in layouts:
        for name, kind in columns.items():
            if name not in known:
                known.add(name)
                plain = kind.removesuffix(" not null")
                raw.execute(f"alter table {place} add column {quote(name)} {plain}")


def _insert(
    raw: duckdb.DuckDBPyConnection,
    dataset: str,
    table: str,
    manifests: Sequence[dict[str, Any]],
    fetched: dict[tuple[str, str], Path],
) -> None:
    """Insert the rows of segments, and make sure that there are as many as stated."""
    place = f"{quote(dataset)}.{quote(table)}"
    paths = ", ".join(
        literal(_escaped(fetched[m["load_id"], table])) for m in manifests
    )
    source = f"read_parquet([{paths}], union_by_name = true, hive_partitioning = false)"
    stated = sum(m["tables"][table]["rows"] for m in manifests)
    found = raw.execute(f"select count(*) from {source}").fetchone()
    if not found or found[0] != stated:
        raise OperationError(
            f"Segments of {dataset}.{table} hold {found[0] if found else 0} rows, their"
            f" manifests state {stated}: restore the store's log/ from a backup."
        )
    if table == _VERSIONS:
        raw.execute(
            f"insert into {place} by name select distinct s.* from {source} as s"
            f" where not exists (select 1 from {place} as k where k.version_hash ="
            " s.version_hash and k.schema_name = s.schema_name) order by s.inserted_at"
        )
        return
    marker = quote(_marker(dataset))
    loads = [m["load_id"] for m in manifests]
    raw.execute(f"delete from {place} where list_contains(?, {marker})", [loads])
    raw.execute(f"insert into {place} by name select * from {source}")


def _complete(
    raw: duckdb.DuckDBPyConnection,
    dataset: str,
    manifests: Sequence[dict[str, Any]],
) -> None:
    """Enter loads as completed, at the instant when they were."""
    place = f"{quote(dataset)}.{_LOADS}"
    raw.execute(
        f"create table if not exists {place} (load_id varchar not null,"
        " schema_name varchar, status bigint not null,"
        " inserted_at timestamp with time zone not null, schema_version_hash varchar)"
    )
    raw.executemany(
        f"insert into {place} (load_id, schema_name, status, inserted_at,"
        " schema_version_hash) values (?, ?, 0, cast(? as timestamptz), ?)",
        [
            [
                m["load_id"],
                m["schema_name"],
                m["inserted_at"],
                m["schema_version_hash"],
            ]
            for m in manifests
        ],
    )


def _sort_ledger(raw: duckdb.DuckDBPyConnection, restored: Sequence[str]) -> None:
    """Put files' states into the order of runs, where an older run came later.

    The newest row of a file is its state, so the order of the ledger's rows counts.
    """
    if not restored:
        return
    newest = raw.execute(
        "select max(run_id) from raw_ops.landed_files"
        " where not list_contains(?, run_id)",
        [list(restored)],
    ).fetchone()
    if not newest or newest[0] is None or newest[0] < min(restored):
        return
    raw.execute("begin")
    raw.execute(
        "create temp table ledger as"
        " select * from raw_ops.landed_files order by run_id, rowid"
    )
    raw.execute("delete from raw_ops.landed_files")
    raw.execute("insert into raw_ops.landed_files select * from ledger")
    raw.execute("drop table ledger")
    raw.execute("commit")


def _escaped(path: Path) -> str:
    """A path that DuckDB does not take for a pattern."""
    text = str(path).replace("[", "\0").replace("*", "[*]").replace("?", "[?]")
    return text.replace("\0", "[[]")


def _rows(manifest: dict[str, Any]) -> int:
    return sum(
        part["rows"] for name, part in manifest["tables"].items() if name != _VERSIONS
    )


def _sha256(path: Path) -> str:
    with path.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()


@contextmanager
def _scratch(environment: Environment, purpose: str) -> Iterator[Path]:
    """An empty folder for a while; what a killed run left in it is removed."""
    folder = environment.folder / f".{purpose}"
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True, mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
