"""Loads people, organisation, movements and leave from Frappe HR.

Configuration: `sources.frappe_hr.base_url`, `api_key` and `api_secret`; see README.md.
"""

from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any

import dlt
import pyarrow as pa
from dlt.extract import DltResource

from ingestion.columns import Column, dlt_columns
from ingestion.context import RunContext
from ingestion.errors import ConfigurationError, IngestionError
from ingestion.extraction import Intake, number_setting
from ingestion.frappe_hr.helpers import (
    Document,
    Filter,
    FrappeSite,
    later,
    start_of_reading,
    text_table,
)
from ingestion.frappe_hr.settings import (
    DOCTYPES,
    LAG_SECONDS,
    NOT_LOADED,
    PAGE_SIZE,
    WORKERS,
    ChildTable,
    Doctype,
)
from ingestion.progress import Step

SOURCE = "frappe_hr"


def run(context: RunContext) -> None:
    """Load every document that changed since the last run.

    Raises:
        NotConfiguredError: The site or its key is not set.
        ConfigurationError: A setting is wrong.
        IngestionError: The site could not be read; nothing was loaded.
    """
    site = _site(context)
    doctypes = _doctypes(context)
    lag_seconds = number_setting(context, "lag_seconds", LAG_SECONDS)
    intake = Intake(context)
    with context.progress.step(SOURCE) as step:
        intake.load(frappe_hr(intake, site, doctypes, lag_seconds, step))


@dlt.source(name=SOURCE)
def frappe_hr(
    intake: Intake,
    site: FrappeSite,
    doctypes: Sequence[Doctype],
    lag_seconds: float,
    step: Step,
) -> Iterator[DltResource]:
    """One resource for each doctype; child tables come with their documents."""
    for doctype in doctypes:
        read = single_document if doctype.is_single else changed_documents
        columns: Any = dlt_columns(doctype.columns)
        resource = dlt.resource(read, name=doctype.table, columns=columns)
        yield resource(intake, site, doctype, lag_seconds, step)


def single_document(
    intake: Intake,
    site: FrappeSite,
    doctype: Doctype,
    lag_seconds: float,
    step: Step,
) -> Iterator[Any]:
    """Read a doctype that is one document, when it changed."""
    step.describe(doctype.name)
    with intake.timed(doctype.table):
        document = site.document(doctype.name, doctype.name)
        if document is None:
            message = f"frappe_hr: {site.host} has no {doctype.name} (404)"
            raise IngestionError(message)
        rows = _admitted(intake, site, doctype, [document])
    if len(rows) or intake.is_new(doctype.table):
        yield intake.taken(doctype.table, rows)


def changed_documents(
    intake: Intake,
    site: FrappeSite,
    doctype: Doctype,
    lag_seconds: float,
    step: Step,
) -> Iterator[Any]:
    """Read the documents of a doctype that changed, page by page.

    The cursor, the greatest `modified` read, is dlt's state of the resource: it moves
    with the load package that holds the rows, or not at all.
    """
    step.describe(doctype.name)
    state = dlt.current.resource_state()
    is_new = intake.is_new(doctype.table)
    cursor: str | None = None if is_new else state.get("modified")
    reader = _Reader(intake, site, doctype, step)
    yield from reader.empty_tables()
    since = start_of_reading(cursor, lag_seconds)
    pages = site.pages(doctype.name, since, _conditions(doctype))
    while True:
        with intake.timed(doctype.table):
            page = next(pages, None)
            tables = reader.tables(page) if page else []
        if not page:
            break
        yield from tables
        state["modified"] = cursor = later(cursor, page[-1]["modified"])


class _Reader:
    """Turns the pages of one doctype into the tables of raw."""

    def __init__(
        self, intake: Intake, site: FrappeSite, doctype: Doctype, step: Step
    ) -> None:
        self._intake = intake
        self._step = step
        self._site = site
        self._doctype = doctype
        self._newer: set[tuple[str, str]] = set()

    def empty_tables(self) -> list[Any]:
        """The tables that raw has not yet, so that models always find them."""
        doctype, is_new = self._doctype, self._intake.is_new
        tables: list[Any] = []
        if is_new(doctype.table):
            tables.append(self._typed(doctype.table, doctype.columns))
        return tables + [
            _of_child(child, self._typed(child.table, child.columns))
            for child in doctype.children
            if is_new(child.table)
        ]

    def tables(self, page: list[Document]) -> list[Any]:
        """The rows of a page that are new, with their child rows."""
        intake, doctype = self._intake, self._doctype
        rows = _admitted(intake, self._site, doctype, self._not_taken(page))
        fetched = len(rows) if doctype.children else 0
        self._step.advance(len(page) - fetched)
        if not len(rows):
            return []
        if not doctype.children:
            return [intake.taken(doctype.table, rows)]
        # The documents are fetched once, in the time of the first child table.
        with intake.timed(doctype.children[0].table):
            rows, documents = self._with_documents(rows, page)
        tables: list[Any] = [intake.taken(doctype.table, rows)]
        for child in doctype.children:
            with intake.timed(child.table):
                children = self._children(documents, child)
            if len(children):
                tables.append(_of_child(child, intake.taken(child.table, children)))
        return tables

    def _not_taken(self, page: list[Document]) -> list[Document]:
        """Leave out versions that came early, with a single document."""
        left = [
            row for row in page if (row["name"], row["modified"]) not in self._newer
        ]
        if known := len(page) - len(left):
            self._intake.context.add(
                self._doctype.table, delivered=known, already_known=known
            )
        return left

    def _with_documents(
        self, rows: pa.Table, page: list[Document]
    ) -> tuple[pa.Table, list[Document]]:
        """Fetch the documents of admitted rows, for their children.

        A document that is gone meanwhile is left out: its deletion is told by Deleted
        Document. Where it changed meanwhile, its newer version takes the row's place,
        so that parent and children are of one version.
        """
        doctype = self._doctype
        listed = {row["name"]: row for row in page}
        kept, same, newer = [], [], []
        names = rows["name"].to_pylist()
        documents = self._site.documents(doctype.name, names)
        for position, (name, document) in enumerate(zip(names, documents, strict=True)):
            self._step.advance()
            if document is None:
                continue
            if document["modified"] == listed[name]["modified"]:
                kept.append(position)
                same.append(document)
            else:
                newer.append(document)
        rows = rows.take(pa.array(kept, pa.int64()))
        if not newer:
            return rows, same
        fields = list(dict.fromkeys(chain(*page)))
        replaced = [{field: doc.get(field) for field in fields} for doc in newer]
        self._newer |= {(doc["name"], doc["modified"]) for doc in newer}
        admitted = _admitted(self._intake, self._site, doctype, replaced)
        names = set(admitted["name"].to_pylist())
        newer = [document for document in newer if document["name"] in names]
        return pa.concat_tables([rows, admitted], promote_options="default"), [
            *same,
            *newer,
        ]

    def _children(self, documents: list[Document], child: ChildTable) -> pa.Table:
        declared = [column.field for column in child.columns]
        left_out = _CHILD_NOT_LOADED.difference(declared) | _CHILD_KEY
        rows = [
            {
                "parent": document["name"],
                "parent_modified": document["modified"],
                "idx": row.get("idx"),
            }
            | {
                field: row[field]
                for field in (declared if child.is_closed else row)
                if field in row and field not in left_out
            }
            for document in documents
            for row in document.get(child.field) or []
        ]
        positions = [
            line
            for document in documents
            for line in range(1, len(document.get(child.field) or []) + 1)
        ]
        return self._intake.admit(
            child.table,
            text_table(rows, list(dict.fromkeys([*declared, *chain(*rows)]))),
            child.columns,
            origin=lambda row: str(rows[row]["parent"]),
            lines=positions,
        )

    def _typed(self, table: str, columns: Sequence[Column]) -> pa.Table:
        fields = [column.field for column in columns]
        return self._intake.admit(table, text_table([], fields), columns, origin=str)


_CHILD_KEY = {"parent", "parent_modified", "idx"}
_CHILD_NOT_LOADED = NOT_LOADED | {"docstatus", "creation", "modified"}


def _admitted(
    intake: Intake, site: FrappeSite, doctype: Doctype, rows: list[Document]
) -> pa.Table:
    """Type the rows of a page and keep the new ones.

    Raises:
        IngestionError: No row of the page has a field that the models need.
    """
    fields = list(dict.fromkeys(chain(*rows)))
    declared = [column.field for column in doctype.columns]
    if rows:
        lacking = set(declared) - set(fields)
        if needed := sorted(lacking & doctype.must_have):
            raise IngestionError(
                f"frappe_hr: {doctype.name} on {site.host} does not deliver "
                f"{', '.join(needed)}; nothing was loaded. Restore the field, or the "
                "API user's permission to read it."
            )
        intake.report_missing(doctype.table, sorted(lacking))
    loaded = [f for f in fields if f not in NOT_LOADED or f in declared]
    if doctype.is_closed:
        loaded = [field for field in loaded if field in declared]
    return intake.admit(
        doctype.table,
        text_table(rows, loaded or declared),
        doctype.columns,
        key=("name", "modified"),
        origin=lambda row: str(rows[row]["name"]),
    )


def _of_child(child: ChildTable, rows: pa.Table) -> Any:
    """Send rows to the child's table rather than to the document's."""
    columns: Any = dlt_columns(child.columns)
    hints = dlt.mark.make_hints(child.table, columns=columns)
    return dlt.mark.with_hints(rows, hints, create_table_variant=True)


def _conditions(doctype: Doctype) -> list[Filter]:
    """Read the deletions of what is loaded here only, not of everything on the site."""
    if doctype.name != "Deleted Document":
        return []
    return [["deleted_doctype", "in", [each.name for each in DOCTYPES]]]


def _site(context: RunContext) -> FrappeSite:
    return FrappeSite(
        str(context.require("base_url", "https://hr.example.com")),
        str(context.require("api_key")),
        str(context.require("api_secret")),
        page_size=int(number_setting(context, "page_size", PAGE_SIZE)) or PAGE_SIZE,
        workers=int(number_setting(context, "workers", WORKERS)) or 1,
        attempts=int(number_setting(context, "attempts", 10)) or 1,
        backoff_seconds=number_setting(context, "backoff_seconds", 0.1),
        longest_pause_seconds=number_setting(context, "longest_pause_seconds", 60),
        timeout_seconds=number_setting(context, "timeout_seconds", 120),
    )


def _doctypes(context: RunContext) -> list[Doctype]:
    names = context.setting("doctypes")
    if not names:
        return list(DOCTYPES)
    if isinstance(names, str):
        names = names.split(",")
    wanted = {str(name).strip() for name in names}
    if unknown := wanted - {doctype.name for doctype in DOCTYPES}:
        raise ConfigurationError(
            "frappe_hr: sources.frappe_hr.doctypes names "
            f"{', '.join(sorted(unknown))}; known are "
            f"{', '.join(doctype.name for doctype in DOCTYPES)}."
        )
    return [doctype for doctype in DOCTYPES if doctype.name in wanted]
