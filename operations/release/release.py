"""`muster release`: build a candidate, audit it, and let readers see it in one step.

Readers see the release before or the release after, whole, whatever happens in between:
the pointer moves last, and only to what passed the audit.
"""

import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
from rich.console import Console

import environment as environments
from environment import Environment, set_inside
from environment import lake as lakes
from environment.errors import MusterError
from environment.files import checksum, private_files
from environment.files import keep as outlast
from environment.locks import building, locked
from environment.progress import TerminalReporter
from environment.sql import literal
from ingestion.log import of as log_of
from operations.build import artifacts
from operations.build.artifacts import MANIFEST
from operations.build.build import close_databases, instant, remember, run_dbt
from operations.diff import compare
from operations.erasure import rotation
from operations.ingest import require_ingested
from operations.release import audit, contract, lake
from operations.release.revision import answers, revision_of
from operations.requirements import Matrix, of_last_build, unproven
from store import lease, mirror, releases
from store.releases import FAILED, PASSED, Finding, Release
from store.store import Store, open_store

Builder = Callable[[Environment, dict[str, Any], Console], object]
"""Builds and tests a candidate: its environment, dbt's variables, where to report."""

Gate = Callable[[Environment], Matrix]
"""Tells which requirements a candidate's tests prove."""

Publisher = Callable[[Environment, Release], object]
"""Writes the site of a candidate that passed its audit."""

CANDIDATES = "candidates"


def release(
    environment: Environment,
    *,
    as_at: str | None = None,
    accept_breaking: Sequence[str] = (),
    is_fresh: bool = False,
    is_new_key: bool = False,
    builder: Builder | None = None,
    gate: Gate | None = None,
    publisher: Publisher | None = None,
    console: Console | None = None,
    store: Store | None = None,
    lease_seconds: float = lease.SECONDS,
) -> Release:
    """Release to an environment what its log and this revision of the project give.

    Args:
        environment: The environment.
        as_at: ISO date or instant (UTC unless it says otherwise); only what was known
            then counts. Default: all that is known.
        accept_breaking: Change requests with what each accepts: that a mart, or a
            column of one, is removed or retyped, such as `CR-123:people.rpt_tenure`.
        is_fresh: Build from nothing instead of on a copy of the current release.
        is_new_key: Whether pseudonyms are by another key from now on: it is built from
            nothing, and what has the old ones is removed.
        builder: Builds the candidate; by default dbt does, with all tests.
        gate: Makes the requirements' matrix; by default from the builder's artifacts.
        publisher: Writes the site for everybody; by default it is that of all figures.
        console: Where progress is told; nowhere by default.
        store: Where releases are kept; by default what `MUSTER_STORE` says.
        lease_seconds: How long another process waits for one that died.

    Returns:
        The release that readers see now.

    Raises:
        MusterError: Nothing was ingested, another process is at work on the
            environment, the build failed, or the audit did: the pointer has not moved.
    """
    console = console or Console(quiet=True)
    accepted = audit.change_requests(accept_breaking)
    variables = {} if as_at is None else {"as_at": instant(as_at)}
    store = store or open_store(environment)
    step = TerminalReporter(console).step
    with private_files(), lease.hold(store, "release", lease_seconds) as held:
        with step("Bringing the log"):
            bring_log(environment, store)
            is_rekeyed = rotation.is_begun(environment, store, is_meant=is_new_key)
            clean(environment, store)
        if is_rekeyed:
            with building(environment.folder):
                rotation.sweep(environment, store)
        begun = begin(environment, store, variables)
        with step("Preparing a candidate"):
            candidate = prepare(
                environment,
                store,
                begun,
                # What was learned after `as_at` must not come from the current release.
                is_fresh=is_fresh or is_rekeyed or as_at is not None,
            )
        started = time.monotonic()
        try:
            # What was known then is not near what is known now.
            given = variables or bounds(store, begun.replaces, candidate.home)
            (builder or dbt_builder)(candidate, given, console)
            with step("Examining the candidate"):
                audited, proof = examined(
                    begun,
                    candidate,
                    gate or of_last_build,
                    accepted,
                    releases.read(store, begun.replaces) if begun.replaces else None,
                    artifacts.read(environment.artifacts / MANIFEST, is_needed=False),
                    read_now(store, begun.replaces, candidate.home),
                )
        except (MusterError, duckdb.Error) as error:
            reason = " ".join(str(error).split())
            audited, proof = replace(begun, reason=reason), None
        keep_key(candidate, environment)
        audited = replace(audited, seconds=round(time.monotonic() - started, 3))
        if audited.verdict == PASSED:
            with step("Writing the report"):
                promise(audited, candidate)
                audited = collected(audited, candidate)
                (publisher or publish)(candidate, audited)
        held.check()
        with step("Keeping the release"):
            keep(store, audited, candidate, proof)
        if audited.verdict != PASSED:
            raise MusterError(
                f"Not released: {audited.reason} {environment.name} stays at "
                f"{audited.replaces or 'nothing'}; the candidate is in "
                f"{environments.shown(candidate.folder)}."
            )
        if lakes.is_set():
            with step("Bringing it into the lake"):
                lake.publish(environment, audited.release, candidate.folder)
        held.check()
        releases.point(store, audited.release)
        bring_artifacts(candidate, environment)
        shutil.rmtree(candidate.home)
        releases.prune(store)
        if is_rekeyed:
            for version in rotation.finish(environment, store, audited.release):
                console.print(f"An old version could not be removed: {version}.")
        if lakes.is_set():
            lake.sweep(environment, store)
    return audited


def bring_log(environment: Environment, store: Store) -> None:
    """Bring the loads that another machine has written to the log since.

    Every file of the log is read for its checksum: what is damaged is mended.

    Raises:
        MusterError: The log is damaged or in use, or there is none.
    """
    with locked(environment.folder):
        left = mirror.mend(environment, store, thorough=True)
        mirror.pull(environment, store)
    if left:
        raise MusterError(left[0])
    require_ingested(environment)


def clean(environment: Environment, store: Store) -> None:
    """Remove what dead processes left; the newest failed candidate stays."""
    releases.clean(store)
    failed = [each for each in releases.listed(store) if each.verdict == FAILED]
    kept = failed[-1].release if failed else ""
    for folder in (environment.folder / CANDIDATES).glob("*"):
        if folder.name != kept:
            shutil.rmtree(folder)


def begin(environment: Environment, store: Store, variables: dict[str, str]) -> Release:
    """Name a release: when it is built, from what, and what it replaces."""
    now = datetime.now(UTC)
    revision, is_modified = revision_of(environments.PROJECT)
    known = log_of(environment.folder).instants()
    current = releases.current(store)
    before = releases.read(store, current) if current else None
    return Release(
        release=f"{now:{releases.ID_TIME}}-{revision[:9]}",
        environment=environment.name,
        revision=revision,
        is_modified=is_modified,
        as_at=variables.get("as_at", known[-1].isoformat(sep=" ") if known else None),
        built_at=now.isoformat(),
        replaces=current,
        answers=answers(environments.PROJECT, before.revision if before else None),
    )


def prepare(
    environment: Environment, store: Store, begun: Release, *, is_fresh: bool
) -> Environment:
    """Make a candidate's folder: the log by a link, and a copy of the current release.

    Returns:
        The candidate, as an environment of the same name in a home of its own.
    """
    home = environment.folder / CANDIDATES / begun.release
    candidate = Environment(environment.name, home)
    candidate.folder.mkdir(parents=True)
    candidate.raw.symlink_to(environment.raw)
    key = environment.folder / "pseudonym.key"
    if key.exists():
        (candidate.folder / key.name).symlink_to(key)
    if begun.replaces and not is_fresh:
        for path in candidate.databases:
            name = f"{releases.FOLDER}/{begun.replaces}/{path.name}"
            if store.exists(name):
                store.download(name, path)
    return candidate


def keep_key(candidate: Environment, environment: Environment) -> None:
    """Keep the pseudonym's key that a first build made: the next must have it too."""
    made = candidate.folder / "pseudonym.key"
    kept = environment.folder / made.name
    if made.exists() and not kept.exists():
        made.replace(kept)


def read_now(store: Store, current: str | None, home: Path) -> Path | None:
    """The folder of the databases that people read now, if anything is released."""
    names = [f"{name}.duckdb" for name in compare.READ]
    if current is None:
        return None
    return releases.fetched(store, current, names, home / "current")


def bounds(store: Store, current: str | None, home: Path) -> dict[str, Any]:
    """The variable by which tests compare the marts with the current release.

    Returns:
        `current_release`: `schema.table` to the path of its Parquet file.
    """
    released = releases.read(store, current) if current else None
    if released is None:
        return {"current_release": {}}
    names = {table: snapshot_name(table) for table in released.tables}
    scratch = home / "current"
    folder = releases.fetched(store, released.release, names.values(), scratch)
    return {"current_release": {t: str(folder / n) for t, n in names.items()}}


def dbt_builder(
    candidate: Environment, variables: dict[str, Any], console: Console
) -> None:
    """Build and test a candidate with dbt, and write its docs.

    Raises:
        MusterError: dbt failed.
    """
    with set_inside(MUSTER_HOME=str(candidate.home)):
        try:
            run_dbt(candidate, variables, console, remember(candidate, variables, {}))
        finally:
            close_databases()


def publish(candidate: Environment, audited: Release) -> None:
    """Write the site of a candidate, from the database that readers get."""
    from operations.report.editions import of_release

    of_release(candidate, audited)


def examined(
    begun: Release,
    candidate: Environment,
    gate: Gate,
    accepted: Mapping[str, str],
    released: Release | None,
    built_before: artifacts.Node,
    before: Path | None,
) -> tuple[Release, Matrix | None]:
    """Audit a candidate that was built, and export its marts where it passed.

    Returns:
        The release with its verdict, and the requirements' matrix.

    Raises:
        MusterError: A file cannot be read.
    """
    audit.settle(candidate)
    proof = gate(candidate)
    told = (problem.rstrip(".") for problem in proof.problems or [proof.verdict()])
    findings = [
        audit.tests(candidate),
        Finding("requirements", proof.passed, audit.listed(told)),
    ]
    tables: dict[str, int] = {}
    manifest = artifacts.read(candidate.artifacts / MANIFEST, is_needed=False)
    with audit.opened(candidate, before) as connection:
        columns = audit.marts(connection)
        findings += [
            audit.files(candidate),
            audit.contracts(
                connection,
                (manifest, built_before),
                released.columns if released else {},
                accepted,
            ),
            audit.queries(connection, manifest),
            audit.shares(connection, candidate),
            audit.identifiers(connection),
            audit.disclosure(candidate, before),
        ]
        if all(finding.passed for finding in findings):
            tables = export(connection, candidate)
    missing = unproven(proof.rows)
    wrong = [f"{each.check}: {each.detail}." for each in findings if not each.passed]
    return replace(
        begun,
        verdict=FAILED if wrong else PASSED,
        reason=" ".join(wrong),
        accepted_breaking=dict(accepted),
        tables=tables,
        columns=columns,
        requirements={
            row.criterion: "not proven" if row.criterion in missing else "proven"
            for row in proof.rows
        },
        audit=findings,
    ), proof


def promise(audited: Release, candidate: Environment) -> None:
    """Write the contract of what is published, where anything is."""
    manifest = artifacts.read(candidate.artifacts / MANIFEST, is_needed=False)
    if text := contract.written(audited, manifest):
        (candidate.folder / contract.FILE).write_text(text, encoding="utf-8")


def collected(audited: Release, candidate: Environment) -> Release:
    """Note size and checksum of all that is released."""
    promised = candidate.folder / contract.FILE
    files = [*candidate.databases, *([promised] if promised.exists() else [])]
    files += sorted((candidate.folder / "snapshot").iterdir())
    return replace(
        audited,
        files={
            str(path.relative_to(candidate.folder)): {
                "sha256": checksum(path),
                "bytes": path.stat().st_size,
            }
            for path in files
        },
    )


def snapshot_name(table: str) -> str:
    """Where a release keeps the Parquet file of `schema.table`."""
    return f"snapshot/{table}.parquet"


def export(
    connection: duckdb.DuckDBPyConnection, candidate: Environment
) -> dict[str, int]:
    """Write every mart as Parquet, with a manifest, for those who do not use DuckDB.

    Rows are in the order of all columns: the same rows make the same file.

    Returns:
        `schema.table` to its number of rows.
    """
    folder = candidate.folder / "snapshot"
    folder.mkdir()
    tables = {}
    for table in audit.read_tables(connection):
        target = literal(str(candidate.folder / snapshot_name(table)))
        exported = connection.execute(
            f"copy (select * from {compare.reference(table)} order by all) "
            f"to {target} (format parquet, compression zstd)"
        ).fetchall()
        tables[table] = int(exported[0][0])
    manifest = {
        "tables": [
            {
                "schema": table.partition(".")[0],
                "table": table.partition(".")[2],
                "file": f"{table}.parquet",
                "rows": rows,
                "sha256": checksum(candidate.folder / snapshot_name(table)),
            }
            for table, rows in tables.items()
        ]
    }
    Store(str(folder)).write_json("manifest.json", manifest)
    return tables


def keep(
    store: Store, audited: Release, candidate: Environment, proof: Matrix | None
) -> None:
    """Bring a release into the store; what makes it one, `release.json`, comes last.

    Of a release that failed only the evidence is kept there.
    """
    for name in audited.files:
        send(store, candidate.folder / name, f"{audited.key}/{name}")
    if proof is not None:
        named = audited.requests
        told = f"Answers {', '.join(named)}.\n\n" if named else ""
        for name, text in (
            ("requirements.json", proof.to_json()),
            ("requirements.md", told + proof.to_markdown()),
        ):
            store.write_bytes(f"{audited.key}/{name}", text.encode())
    if store.is_local and audited.files:
        make_readable(store.path(audited.key))
    store.write_json(f"{audited.key}/release.json", audited.to_dict())
    if store.is_local:
        make_readable(store.path(f"{audited.key}/release.json").parent)


def send(store: Store, path: Path, key: str) -> None:
    """Bring a file into the store; within one file system nothing is copied."""
    if store.is_local:
        target = store.path(key)
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            os.link(path, target)
            outlast(target)
            outlast(target.parent)
            return
        except OSError:
            pass
    store.upload(path, key)


def make_readable(folder: Path) -> None:
    """Let everyone who may enter the environment read a release, but for names."""
    for path in (folder, *folder.rglob("*")):
        usual = 0o755 if path.is_dir() else 0o644
        os.chmod(path, audit.DATABASE_MODES.get(path.name, usual))  # noqa: PTH101


def bring_artifacts(candidate: Environment, environment: Environment) -> None:
    """Keep what dbt wrote, docs and site where the environment's own builds do."""
    environment.last_build.unlink(missing_ok=True)
    for source, target in (
        (candidate.artifacts, environment.artifacts),
        (candidate.docs.parent, environment.docs.parent),
        (candidate.report.parent, environment.report.parent),
    ):
        if source.exists():
            shutil.rmtree(target, ignore_errors=True)
            shutil.move(source, target)
