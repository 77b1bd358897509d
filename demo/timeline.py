"""The store behind the stand-in HRIS: every version of every document, by instant.

A version is valid over `[valid_from, valid_to)` (microseconds since 1970, UTC), so the
state of the HRIS at any clock is one condition, and advancing it needs no writing.
"""

import hashlib
import json
import sqlite3
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Any, Final, NamedTuple

from demo.instants import site_text

FOREVER: Final = 1 << 62
ADMINISTRATOR: Final = "Administrator"
CLERK: Final = "hr@harbour.example"

Data = dict[str, Any]
Children = dict[str, list[Data]]


class Version(NamedTuple):
    """A row of the store; `data` and `children` are JSON objects as text."""

    doctype: str
    name: str
    valid_from: int
    valid_to: int
    modified: str
    data: str
    children: str | None


class Snapshot(NamedTuple):
    """A document as it is from an instant on; no data means that it is gone."""

    at: int
    data: Data | None
    children: Children | None = None


def heading(name: str, created_at: int, docstatus: int = 0) -> Data:
    """Return the fields that every Frappe document begins with."""
    return {
        "name": name,
        "owner": CLERK,
        "creation": site_text(created_at),
        "modified": "",
        "modified_by": CLERK,
        "docstatus": docstatus,
        "idx": 0,
    }


def versions(doctype: str, name: str, snapshots: list[Snapshot]) -> Iterator[Version]:
    """Yield the versions of one document; of snapshots at one instant the last counts.

    A snapshot's `modified` is set here, on the document and on its child rows.
    """
    for position, snapshot in enumerate(snapshots):
        is_last = position + 1 == len(snapshots)
        until = FOREVER if is_last else snapshots[position + 1].at
        if snapshot.data is None or until == snapshot.at:
            continue
        modified = site_text(snapshot.at)
        data = {**snapshot.data, "modified": modified}
        children = snapshot.children
        yield Version(
            doctype,
            name,
            snapshot.at,
            until,
            modified,
            dumps(data),
            None if children is None else dumps(child_rows(doctype, data, children)),
        )


def child_rows(doctype: str, data: Data, children: Children) -> Children:
    """Return child rows with the fields that Frappe adds to each."""
    name = str(data["name"])
    return {
        table: [
            {
                "name": short_hash(doctype, name, table, str(position)),
                "owner": data["owner"],
                "creation": data["creation"],
                "modified": data["modified"],
                "modified_by": data["modified_by"],
                "docstatus": data["docstatus"],
                "idx": position,
                **row,
                "parent": name,
                "parentfield": table,
                "parenttype": doctype,
            }
            for position, row in enumerate(rows, start=1)
        ]
        for table, rows in children.items()
    }


def deletion(
    doctype: str, data: Data, children: Children | None, modified_at: int, at: int
) -> Version:
    """Return the Deleted Document that a hard delete leaves behind."""
    name = str(data["name"])
    last = {**data, "modified": site_text(modified_at)}
    held = {**last, "doctype": doctype, **child_rows(doctype, last, children or {})}
    record = short_hash("Deleted Document", doctype, name)
    body = {
        **heading(record, at),
        "deleted_doctype": doctype,
        "deleted_name": name,
        "data": dumps(held),
        "restored": 0,
        "new_name": None,
    }
    return next(versions("Deleted Document", record, [Snapshot(at, body)]))


def short_hash(*parts: str) -> str:
    """Return ten hexadecimal digits that stand for the parts."""
    return hashlib.blake2b("\x1f".join(parts).encode(), digest_size=5).hexdigest()


def dumps(value: Any) -> str:
    """Return compact JSON."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def open_store(path: Path) -> sqlite3.Connection:
    """Create an empty store, written to fast and without a journal."""
    path.unlink(missing_ok=True)
    store = sqlite3.connect(path, isolation_level=None)
    store.executescript(
        """
        pragma journal_mode = off;
        pragma synchronous = off;
        create table versions (
            doctype text not null,
            name text not null,
            valid_from integer not null,
            valid_to integer not null,
            modified text not null,
            data text not null,
            children text
        );
        create table doctypes (
            doctype text primary key, fields text not null, children text not null
        );
        """
    )
    store.execute("begin")
    return store


def add(store: sqlite3.Connection, rows: Iterable[Version]) -> None:
    """Append versions to a store."""
    store.executemany("insert into versions values (?, ?, ?, ?, ?, ?, ?)", rows)


def close_store(store: sqlite3.Connection) -> None:
    """Note each doctype's fields, index the versions, and close the store."""
    doctypes = [
        row[0] for row in store.execute("select distinct doctype from versions")
    ]
    for doctype in sorted(doctypes):
        data, children = store.execute(
            "select data, max(children) from versions where doctype = ? limit 1",
            (doctype,),
        ).fetchone()
        fields = {
            name: "number" if isinstance(value, int | float) else "text"
            for name, value in json.loads(data).items()
        }
        tables = sorted(json.loads(children)) if children else []
        store.execute(
            "insert into doctypes values (?, ?, ?)",
            (doctype, dumps(fields), dumps(tables)),
        )
    store.execute("commit")
    store.executescript(
        """
        create index by_name on versions (doctype, name, valid_from);
        create index by_modified on versions (doctype, modified, name);
        analyze;
        """
    )
    store.close()
