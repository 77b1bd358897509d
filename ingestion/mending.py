"""Loads whose files are damaged, made again from the landed files they came from."""

import importlib
import shutil
from pathlib import Path

import duckdb

from environment.databases import session
from environment.errors import MusterError
from environment.progress import Reporter, Step
from ingestion.context import RunContext
from ingestion.hr_tables import source as hr_tables
from ingestion.landing import FileResource
from ingestion.ledger import Ledger
from ingestion.ledger_tables import DATASET
from ingestion.log import SOURCES, Damage, Load, Log
from ingestion.log import of as log_of
from ingestion.readers import FileFaultError
from ingestion.staging import FileCount, stage
from ingestion.tally import Tally


def make_again(home: Path, env: str, damage: Damage) -> None:
    """Make the load of a damaged file again, for the same rows, load id and known time.

    The landed files are read as when they were loaded. What comes out takes the place
    of the load as many small loads are replaced by one: under a marker of its own,
    whose rows are known since when they were.

    Args:
        home: `MUSTER_HOME`.
        env: The environment; nobody may be loading into it.
        damage: The damage.

    Raises:
        MusterError: It cannot be made again; the message says why, nothing changed.
    """
    log = log_of(home / env)
    scratch = home / env / "landing" / ".mending"
    shutil.rmtree(scratch, ignore_errors=True)
    made = Log(scratch)
    try:
        with session() as connection:
            connection.execute("set TimeZone = 'UTC'")
            log.show(connection, datasets=[DATASET])
            log.show(
                connection,
                datasets=[damage.dataset],
                before=damage.load.parts[0].load_id,
            )
            context = RunContext(
                damage.dataset.removeprefix("raw_"),
                home,
                env,
                "mend",
                connection,
                log,
                Ledger(connection, "mend", log),
                Tally(),
                Reporter(),
            )
            for part in damage.load.parts:
                _make(context, part, made)
        log.merge(damage.dataset, [damage.load], made)
    except FileFaultError as fault:
        raise MusterError(str(fault)) from None
    except duckdb.Error as error:
        raise MusterError(str(error).splitlines()[0]) from None
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _make(context: RunContext, load: Load, made: Log) -> None:
    if not load.delivered:
        raise MusterError(f"load {load.load_id} did not come from files that are kept")
    by_name = {each.name: each for each in resources_of(context.source)}
    ledger = context.log.contents(context.source)
    with made.write(context.dataset, load.load_id) as draft:
        for name in dict.fromkeys(each["resource"] for each in load.delivered):
            expected = {
                each["sha256"]: FileCount(
                    each["delivered"], each["good"], each["rejected"]
                )
                for each in load.delivered
                if each["resource"] == name
            }
            if name not in by_name:
                raise MusterError(f"{context.source} has no table {name} any more")
            records = [ledger[name, sha] for sha in expected if (name, sha) in ledger]
            staged = stage(context, by_name[name], records, draft, Step(), again=True)
            if staged.counts != expected:
                raise MusterError(
                    "the landed files do not give the same rows as they did"
                )
        draft.delivered += load.delivered


def resources_of(source: str) -> list[FileResource]:
    """What a source is delivered in."""
    if source not in SOURCES:
        return hr_tables.load(source).resources()
    settings = importlib.import_module(f"ingestion.{source}.settings")
    return [each for each in vars(settings).values() if isinstance(each, FileResource)]
