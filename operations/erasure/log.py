"""The log without what identifies somebody: each load that has it, written anew.

A new load takes the place of the old one, as a merged one takes that of many: its
marker makes it count, with the same rows' load ids and known times. Then the old goes.
"""

import re
from collections.abc import Iterator, Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from environment.errors import MusterError
from ingestion import index, runner
from ingestion.erasure import personal, rows
from ingestion.erasure.matching import Known
from ingestion.ledger import Ledger
from ingestion.ledger_tables import RUNS
from ingestion.log import LOAD_ID, MERGED, Draft, Load, Log

_RENEWED = re.compile(rf"(-\d{{8}}T\d{{6}}-[0-9a-f]{{8}})?({MERGED})*$")


def rewrite(
    log: Log, person: Known, request: str, datasets: Sequence[str] | None = None
) -> tuple[int, list[str]]:
    """Rewrite the loads that hold anything of a person.

    Args:
        log: The log; nobody may be loading into it.
        person: The person.
        request: What for: no other machine gives the new loads the same ids.
        datasets: Those to look at; by default all, and what runs noted.

    Returns:
        How many loads were rewritten, and the files that are damaged, which stay.
    """
    written, left = 0, []
    for dataset in datasets or (*log.datasets(), RUNS):
        log.sweep(dataset)
        log.drop_replaced(dataset)
        for load in log.loads(dataset):
            if faults := log.damaged(dataset, [load], thorough=True):
                left += [str(each) for each in faults]
            else:
                written += _rewrite(log, dataset, load, person, request)
        log.drop_replaced(dataset)
    if written:
        with log.connect() as connection:
            ledger = Ledger(connection, runner.new_run_id(), log)
            ledger.write_loads()
            ledger.flush()
        index.note_end(log)
    return written, left


def _rewrite(log: Log, dataset: str, load: Load, person: Known, request: str) -> bool:
    folder = log.folder / dataset
    # Behind the id that the load had first: ids are of one load, and in order.
    load_id = f"{_RENEWED.sub('', load.load_id)}-{request}{MERGED}"
    files = [
        (file, personal.roles(dataset.removeprefix("raw_"), file.table))
        for file in load.files
    ]
    is_changed = any(
        rows.table(part, roles, person) is not part
        for file, roles in files
        for part in _parts(folder / file.path)
    )
    if not is_changed or load.load_id == load_id:
        return False
    if load_id in log.ids(dataset):
        raise MusterError(f"There is a load {load_id}: it is not written over.")
    log.remove(dataset, load_id)
    draft = Draft(load_id, folder)
    for file, roles in files:
        schema = pq.read_schema(folder / file.path)
        if is_own := LOAD_ID not in schema.names:
            schema = schema.append(pa.field(LOAD_ID, pa.string()))
        path = draft.path(file.table)
        with pq.ParquetWriter(path, schema, compression="zstd") as target:
            for part in _parts(folder / file.path):
                erased = rows.table(part, roles, person)
                if is_own:
                    ids = pa.array([load.load_id] * len(erased), pa.string())
                    erased = erased.append_column(LOAD_ID, ids)
                target.write_table(erased.cast(schema))
    log.complete(dataset, load_id, replaced=[load])
    return True


def _parts(path: Path) -> Iterator[pa.Table]:
    for batch in pq.ParquetFile(path).iter_batches():
        yield pa.Table.from_batches([batch])
