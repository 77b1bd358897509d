"""The log without what identifies somebody: each load that has it, written anew.

A new load takes the place of the old one, as a merged one takes that of many: its
marker makes it count, with the same rows' load ids and known times. Then the old goes.
"""

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from ingestion.erasure import personal, rows
from ingestion.ledger import Ledger
from ingestion.ledger_tables import DATASET
from ingestion.log import LOAD_ID, MERGED, Draft, File, Load, Log
from operations.erasure.person import Person


def rewrite(log: Log, person: Person, run_id: str) -> int:
    """Rewrite the loads that hold anything of a person.

    Args:
        log: The log; nobody may be loading into it.
        person: The person.
        run_id: What enters the new markers in the index.

    Returns:
        How many loads were rewritten.
    """
    written = 0
    for dataset in log.datasets():
        log.sweep(dataset)
        log.drop_replaced(dataset)
        for load in log.loads(dataset):
            written += _rewrite(log, dataset, load, person)
        log.drop_replaced(dataset)
    if written:
        with log.connect() as connection:
            ledger = Ledger(connection, run_id, log)
            ledger.write_loads()
            ledger.flush()
    return written


def _rewrite(log: Log, dataset: str, load: Load, person: Person) -> bool:
    folder = log.folder / dataset
    changed = {
        file.path
        for file in load.files
        if _erased(pq.ParquetFile(folder / file.path), dataset, file, person)
    }
    if not changed:
        return False
    load_id = f"{load.load_id}{MERGED}"
    log.remove(dataset, load_id)
    draft = Draft(load_id, folder)
    for file in load.files:
        _write(folder / file.path, draft.path(file.table), dataset, load, file, person)
    log.complete(dataset, load_id, replaced=[load])
    return True


def _write(
    before: Path, after: Path, dataset: str, load: Load, file: File, person: Person
) -> None:
    """Write a file anew, group by group, each row with the id of its load."""
    source = pq.ParquetFile(before)
    writer = None
    for group in range(source.num_row_groups):
        found = source.read_row_group(group)
        table = erased(found, dataset, file.table, person)
        if LOAD_ID not in table.column_names:
            ids = pa.array([load.load_id] * len(table), pa.string())
            table = table.append_column(LOAD_ID, ids)
        writer = writer or pq.ParquetWriter(after, table.schema, compression="zstd")
        writer.write_table(table.cast(writer.schema))
    if writer is None:
        schema = source.schema_arrow
        if LOAD_ID not in schema.names:
            schema = schema.append(pa.field(LOAD_ID, pa.string()))
        writer = pq.ParquetWriter(after, schema, compression="zstd")
    writer.close()


def _erased(source: pq.ParquetFile, dataset: str, file: File, person: Person) -> bool:
    groups = (source.read_row_group(each) for each in range(source.num_row_groups))
    return any(
        erased(group, dataset, file.table, person) is not group for group in groups
    )


def erased(table: pa.Table, dataset: str, name: str, person: Person) -> pa.Table:
    """Rows of a table of raw: the same object where the person is not in them."""
    if dataset == DATASET and name == "rejected_rows":
        table = _without_texts(table, person)
    roles = personal.roles(dataset.removeprefix("raw_"), name)
    return scrubbed(rows.table(table, roles, person.find), person)


def scrubbed(table: pa.Table, person: Person, skipped: Sequence[str] = ()) -> pa.Table:
    """The same with identifiers taken out of texts wherever they stand."""
    for place, field in enumerate(table.schema):
        is_text = pa.types.is_string(field.type) or pa.types.is_large_string(field.type)
        if not is_text or field.name in skipped or not person.replaced:
            continue
        column = table[field.name]
        found = pc.unique(
            column.filter(
                pc.match_substring_regex(column, person.expression, ignore_case=True)
            )
        ).to_pylist()
        texts = {
            text: after
            for text in found
            if text is not None and (after := person.scrub(text)) != text
        }
        if texts:
            known = pa.array(list(texts), field.type)
            fresh = pc.take(
                pa.array(list(texts.values()), field.type),
                pc.index_in(column, value_set=known),
            )
            table = table.set_column(place, field.name, pc.coalesce(fresh, column))
    return table


def _without_texts(table: pa.Table, person: Person) -> pa.Table:
    """Rejected rows that name the person, without their text."""
    place = table.schema.get_field_index("row_text")
    texts = table["row_text"].to_pylist()
    kept = [None if text is not None and person.is_in(text) else text for text in texts]
    if kept == texts:
        return table
    return table.set_column(place, "row_text", pa.array(kept, pa.string()))
