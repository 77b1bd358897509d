"""The log without what identifies somebody: each load that has it, written anew.

A new load takes the place of the old one, as a merged one takes that of many: its
marker makes it count, with the same rows' load ids and known times. Then the old goes.
"""

from collections.abc import Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from ingestion.erasure import personal, rows
from ingestion.ledger import Ledger
from ingestion.log import LOAD_ID, MERGED, Draft, Load, Log
from operations.erasure.person import Person


def rewrite(log: Log, person: Person, request: str) -> tuple[int, list[str]]:
    """Rewrite the loads that hold anything of a person.

    Args:
        log: The log; nobody may be loading into it.
        person: The person.
        request: What for: no other machine gives the new loads the same ids.

    Returns:
        How many loads were rewritten, and the files that are damaged, which stay.
    """
    written, left = 0, []
    for dataset in log.datasets():
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
            ledger = Ledger(connection, f"forget-{request}", log)
            ledger.write_loads()
            ledger.flush()
    return written, left


def _rewrite(log: Log, dataset: str, load: Load, person: Person, request: str) -> bool:
    folder = log.folder / dataset
    load_id = f"{load.load_id.partition('-')[0]}-{request}{MERGED}"
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
