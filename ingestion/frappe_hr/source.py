"""Loads people, organisation, movements and leave from Frappe HR.

Configuration: `sources.frappe_hr.base_url`, `api_key` and `api_secret`; see README.md.
"""

from collections.abc import Iterator, Sequence
from contextlib import closing, suppress
from datetime import datetime, timedelta, timezone
from itertools import chain
from zoneinfo import ZoneInfo

import pyarrow as pa
import pyarrow.compute as pc

from environment.databases import count
from environment.errors import ConfigurationError, MusterError
from environment.progress import Step
from environment.sql import literal, quote
from ingestion import clock
from ingestion.context import RunContext
from ingestion.erasure.forgotten import Forgotten
from ingestion.extraction import (
    GONE_SHARE,
    NAMED,
    Intake,
    implausible,
    named,
    newest,
    noticed,
    number_setting,
    read_again,
    told_gone,
)
from ingestion.frappe_hr.forgetting import ForgettingSite
from ingestion.frappe_hr.helpers import (
    Document,
    Filter,
    FrappeSite,
    RefusedError,
    text_table,
)
from ingestion.frappe_hr.settings import (
    BOOKKEEPING,
    CHANGING_DAYS,
    DELETED,
    DOCTYPES,
    GONE_TABLE,
    LONGEST_PAUSE_SECONDS,
    NAMES_AT_ONCE,
    PAGE_SIZE,
    QUIET_DAYS,
    REFUSED_AT_MOST,
    SKEW_SECONDS,
    TABLES,
    WORKERS,
    ChildTable,
    Doctype,
)
from ingestion.tally import Count

SOURCE = "frappe_hr"

LATEST_ZONE = timezone(timedelta(hours=14))
"""Where it is latest."""


def run(context: RunContext) -> None:
    """Load every document that is not on record as the site has it.

    Raises:
        NotConfiguredError: The site or its key is not set.
        ConfigurationError: A setting is wrong.
        MusterError: The site could not be read to the end; what was read is loaded.
    """
    doctypes = _doctypes(context)
    share = number_setting(context, "gone_share", GONE_SHARE)
    failure: MusterError | None = None
    with closing(_site(context)) as site, context.progress.step(SOURCE) as step:
        intake = Intake(context, TABLES)
        reading = _Reading(intake, site, doctypes, step)
        try:
            reading.read()
            reading.tell_gone(share)
            reading.require_all()
        except MusterError as error:
            failure = error
        intake.land()
        reading.tell(is_whole=failure is None)
        intake.finish()
    if failure:
        raise failure


class _Reading:
    """The site in one run: what it has is compared with what is known of it.

    Deletions come last, and after them what is gone: a run that dies before has noticed
    nothing, so that the next one does all that depends on it.
    """

    def __init__(
        self,
        intake: Intake,
        site: FrappeSite,
        doctypes: Sequence[Doctype],
        step: Step,
    ) -> None:
        self._intake = intake
        self._context = context = intake.context
        self._site = site
        site.before_pause = intake.land
        self._doctypes = doctypes
        self._step = step
        self._cursor = context.connection.cursor()
        self._known: dict[str, int] = {}
        self._absent: dict[str, str] = {}
        self._refused: dict[str, str] = {}
        self._latest: datetime | None = None
        settings = newest(context.dataset, "system_settings", "name", "modified")
        known = self._cursor.execute(f"select time_zone from ({settings})").fetchone()
        self._zone = str(known[0]) if known else ""
        self._is_first = context.is_new(GONE_TABLE)
        self._cursor.execute(
            "create or replace temp table _missing (doctype text, name text,"
            " creation timestamp, modified timestamp, load_id text, is_gone boolean);"
            " create or replace temp table _present"
            " (doctype text, name text, modified timestamp);"
            " create or replace temp table _held (doctype text, name text);"
            " create or replace temp table _appeared"
            " (doctype text, name text, creation timestamp);"
            " create or replace temp table _linking (doctype text, name text,"
            " field text, linked_doctype text, linked_name text)"
        )

    def read(self) -> None:
        """Load what is new, and read again what names a document that is gone.

        Raises:
            MusterError: The site could not be read to the end.
        """
        last = [each for each in self._doctypes if each.name == DELETED]
        for doctype in self._doctypes:
            if doctype.is_single:
                self._read_single(doctype)
            elif doctype not in last:
                self._read_wanted(doctype)
        self._read_linking()
        for doctype in last:
            self._read_wanted(doctype)
        self._intake.land()

    def require_all(self) -> None:
        """Make sure that the site refused no document.

        Raises:
            MusterError: It did.
        """
        if self._refused:
            first, refusal = next(iter(self._refused.items()))
            raise MusterError(
                f"frappe_hr: {len(self._refused):,} listed documents were refused and"
                f" are read again by the next run ({first}), the rest is loaded;"
                f" {refusal}"
            )

    def tell_gone(self, share: float) -> None:
        """Load what is gone without a trace, unless it is too much to be believed.

        Args:
            share: Which part of a doctype's known documents may be gone at once.

        Raises:
            MusterError: More of a doctype is.
        """
        self._cursor.execute(
            "create or replace temp table _untraced as"
            " with untraced as (select *, row_number() over"
            "  (partition by doctype, creation order by name) as number"
            "  from _missing as k where is_gone"
            "  and (doctype, name) not in (from _held) and not exists (select 1"
            f"  from {self._context.dataset}.deleted_documents as d"
            "  where d.deleted_doctype = k.doctype and d.deleted_name = k.name"
            "  and d._dlt_load_id >= k.load_id"
            "  and coalesce(d.creation >= k.modified, true))),"
            " appeared as (select *, row_number() over"
            "  (partition by doctype, creation order by name) as number from _appeared)"
            " select u.doctype, u.name, u.creation, a.name as new_name"
            " from untraced as u left join appeared as a"
            " on u.doctype = a.doctype and u.creation = a.creation"
            " and u.number = a.number"
        )
        self._tell_successors()
        untraced = self._cursor.execute(
            "select doctype, count(*) filter (where new_name is null)"
            " from _untraced group by all order by all"
        ).fetchall()
        hidden = implausible(dict(untraced), self._known, share)
        gone = noticed(self._cursor, "_untraced", ("doctype", "name"), hidden)
        # An empty one says that the site was once read to the end.
        if len(gone) or self._is_first:
            self._intake.collect(GONE_TABLE, gone)
            self._intake.land()
        # Also where nothing is: reports end where the site was last read to the end.
        self._context.add(GONE_TABLE, Count())
        if hidden:
            what = ", ".join(
                f"{number:,} of {self._known[doctype]:,} {doctype} documents"
                for doctype, number in hidden.items()
            )
            raise MusterError(
                f"frappe_hr: {self._site.host} does not show {what} that are known, nor"
                " any trace of their deletion, so they were not told gone: check the"
                " API user's permissions; if they are truly gone, run once with"
                " SOURCES__FRAPPE_HR__GONE_SHARE=1."
            )

    def tell(self, *, is_whole: bool) -> None:
        """Note what a person should know of the site.

        Args:
            is_whole: Whether it was read to the end.
        """
        if self._context.is_new(GONE_TABLE):
            self._intake.note(
                "the first load is not finished: what was read is loaded, figures lack"
                " the rest, and the next run goes on from there"
            )
        for names, how in (
            (self._refused, "were refused"),
            (self._absent, "were not there when they were read"),
        ):
            if names:
                told = named(list(names)[:NAMED], len(names))
                self._intake.note(f"{len(names):,} listed documents {how}: {told}")
        if is_whole:
            self._tell_quiet()
        for doctype in self._doctypes:
            such = {"records": doctype.table, "key": "name", "version": "modified"}
            such["removed"] = _removed(self._context.dataset, doctype)
            self._intake.report_incomplete(doctype.table, field="modified", **such)
            for child in doctype.children:
                self._intake.report_incomplete(
                    child.table, field="parent_modified", **such
                )

    def _read_single(self, doctype: Doctype) -> None:
        """Read a doctype that is one document."""
        self._step.describe(doctype.name)
        with self._intake.timed(doctype.table):
            document = self._site.document(doctype.name, doctype.name)
            if document is None:
                raise MusterError(
                    f"frappe_hr: {self._site.host} has no {doctype.name} (404)"
                )
            self._take(doctype, [document])
        before, self._zone = self._zone, str(document.get("time_zone"))
        if before and self._zone != before:
            self._intake.note(
                f"the site's time zone was {before} and is {self._zone}: all its local"
                " times are read in the new one, also those from before"
            )

    def _compare(self, doctype: Doctype) -> None:
        """List what the site has, and find out what is wanted and what is gone.

        Leaves the names, in the site's order, in `_listed`, and those that are to be
        read in `_wanted`. Of the documents themselves nothing is held.
        """
        context, cursor = self._context, self._cursor
        cursor.execute(
            "create or replace temp table _known as select name, modified,"
            f" creation, _dlt_load_id as load_id, {_removed(context.dataset, doctype)}"
            " as is_removed from"
            f" ({newest(context.dataset, doctype.table, 'name', 'modified')}) as k;"
            " create or replace temp table _listed (position bigint, name text,"
            " modified timestamp, creation timestamp)"
        )
        position = 0
        for page in self._site.listing(doctype.name, _conditions(doctype)):
            rows = [[row["name"], row["modified"], row.get("creation")] for row in page]
            columns = [
                pa.array(values, pa.string()) for values in zip(*rows, strict=True)
            ]
            cursor.register(
                "_page", pa.table(columns, ["name", "modified", "creation"])
            )
            cursor.execute(
                f"insert into _listed select {position} + row_number() over () - 1,"
                " name, try_cast(modified as timestamp),"
                " try_cast(creation as timestamp) from _page"
            )
            cursor.unregister("_page")
            position += len(page)
            self._step.advance(len(page))
        if doctype.name != DELETED:
            self._find_missing(doctype)
        replaced = self._replaced(doctype)
        again = read_again(context, "modified")
        cursor.execute(
            "create or replace temp table _wanted as select l.position, l.name"
            " from _listed as l left join _known as k using (name)"
            " where k.name is null or k.is_removed"
            " or (k.modified is distinct from l.modified or k.creation <> l.creation"
            f" or {again}) and not list_contains($1, l.name)",
            [replaced],
        )
        if known := position - count(self._cursor, "_wanted") - len(replaced):
            context.add(doctype.table, Count(delivered=known, already_known=known))
        self._tell_stamps(doctype)

    def _find_missing(self, doctype: Doctype) -> None:
        """Keep which names are gone, are another document's now, or have appeared."""
        name = literal(doctype.name)
        self._known[doctype.name] = count(self._cursor, "_known where not is_removed")
        self._cursor.execute(
            f"insert into _present select {name}, name, modified from _listed;"
            f"insert into _missing select {name}, k.name, k.creation, k.modified,"
            " k.load_id, l.name is null from _known as k left join _listed as l"
            " using (name) where not k.is_removed"
            " and (l.name is null or k.creation <> l.creation)"
        )
        if self._known[doctype.name]:
            # A run that was interrupted may have brought what appeared.
            self._cursor.execute(
                f"insert into _appeared select {name}, l.name, l.creation"
                " from _listed as l left join (select name, min(_dlt_load_id) as"
                f" load_id from {self._context.dataset}.{doctype.table} group by name)"
                " as f using (name) where l.creation in (select m.creation"
                f" from _missing as m where m.doctype = {name} and m.is_gone"
                " and (f.load_id is null or f.load_id > m.load_id))"
            )

    def _replaced(self, doctype: Doctype) -> list[str]:
        """The names that are another document's now: they are read after the links."""
        found = self._cursor.execute(
            "select name from _missing where doctype = $1 and not is_gone"
            " and (doctype, name) not in (from _held) order by all",
            [doctype.name],
        ).fetchall()
        return [str(name) for (name,) in found]

    def _read_wanted(self, doctype: Doctype) -> None:
        """Read what is wanted of a doctype: by name, or by page where it is much."""
        self._step.describe(doctype.name)
        with self._intake.timed(doctype.table):
            self._compare(doctype)
        size = self._site.page_size
        blocks = self._cursor.execute(
            f"select position // {size} as block, list(name order by position)"
            " from _wanted group by all order by block"
        ).fetchall()
        for block, names in blocks:
            if len(names) > NAMES_AT_ONCE:
                first = int(block) * size
                before = self._cursor.execute(
                    f"select name from _listed where position = {first - 1}"
                ).fetchone()
                pages = self._site.following(
                    doctype.name,
                    before[0] if before else "",
                    size,
                    _conditions(doctype),
                )
                self._take_all(doctype, pages, names)
            else:
                self._take_all(doctype, self._site.named(doctype.name, names), names)

    def _read_linking(self) -> None:
        """Read again what names a document that is gone: Frappe changed it in place."""
        if not count(self._cursor, "_missing"):
            return
        self._intake.land()
        dataset = self._context.dataset
        for doctype in self._doctypes:
            known = newest(dataset, doctype.table, "name", "modified")
            found = [("", f"({known}) as k", doctype.links)] + [
                (
                    f"{child.field}.",
                    "(select c.* exclude (name), p.name, p.modified"
                    f" from {dataset}.{child.table} as c join ({known}) as p"
                    " on c.parent = p.name"
                    " and c._dlt_load_id = p._dlt_load_id"
                    " and c.parent_modified = p.modified) as k",
                    child.links,
                )
                for child in doctype.children
            ]
            for prefix, relation, links in found:
                for field, linked in links.items():
                    self._cursor.execute(
                        f"insert into _linking select {literal(doctype.name)}, k.name,"
                        f" {literal(prefix + field)}, m.doctype, m.name from {relation}"
                        f" join _missing as m on m.doctype = {literal(linked)}"
                        f" and m.name = k.{quote(field)}"
                        f" where not ({_removed(dataset, doctype)})"
                    )
        for doctype in self._doctypes:
            rows = self._cursor.execute(
                "select distinct name from _linking where doctype = $1 and name not in"
                " (select name from _missing where doctype = $1) order by all",
                [doctype.name],
            ).fetchall()
            names = [str(name) for (name,) in rows]
            self._take_all(doctype, self._site.named(doctype.name, names), names)
        self._intake.land()
        # What a refused document names is noticed again until that is read.
        self._cursor.execute(
            "insert into _held select linked_doctype, linked_name from _linking"
            " where list_contains($1, doctype || ' ' || name)",
            [list(self._refused)],
        )
        for doctype in self._doctypes:
            names = self._replaced(doctype)
            self._take_all(doctype, self._site.named(doctype.name, names), names)
        self._intake.land()

    def _take_all(
        self,
        doctype: Doctype,
        pages: Iterator[list[Document]],
        names: Sequence[str],
    ) -> None:
        """Take the wanted documents of pages, and load them when it is due.

        Those with children, which are fetched one by one, are taken in small portions.
        """
        wanted = set(names)
        size = NAMES_AT_ONCE if doctype.children else self._site.page_size
        while True:
            with self._intake.timed(doctype.table):
                page = next(pages, None)
            if page is None:
                return
            rows = [row for row in page if row["name"] in wanted]
            for first in range(0, len(rows), size):
                with self._intake.timed(doctype.table):
                    self._take(doctype, rows[first : first + size])
                if self._intake.is_due:
                    self._intake.land()

    def _take(self, doctype: Doctype, page: list[Document]) -> None:
        """Collect the documents of a page that say something new, with their children.

        What was fetched of a page is kept where the site ends the reading.
        """
        intake = self._intake
        rows = self._typed(doctype, page)
        if doctype.name == DELETED:
            rows = self._noticed(rows)
        failure: MusterError | None = None
        documents: list[Document] = []
        if doctype.children and len(rows):
            # Documents are fetched once, in the time of the first child table.
            with intake.timed(doctype.children[0].table):
                rows, documents, failure = self._fetched(doctype, rows, page)
        children = {
            child.table: self._children(documents, child) for child in doctype.children
        }
        changed = chain.from_iterable(
            self._changed(doctype, rows, table, children[table]) for table in children
        )
        names = ", ".join(map(literal, dict.fromkeys(changed))) or "''"
        also = f"k.name in ({names}) or {_removed(self._context.dataset, doctype)}"
        fresh = self._context.drop_known(doctype.table, rows, "name", "modified", also)
        if len(fresh):
            intake.collect(doctype.table, fresh)
        for table, of_parents in children.items():
            taken = of_parents.filter(pc.is_in(of_parents["parent"], fresh["name"]))
            if len(taken):
                intake.collect(table, taken)
        if failure:
            raise failure

    def _noticed(self, deletions: pa.Table) -> pa.Table:
        """Leave out deletions of what was listed before: the next run takes them.

        It finds such a document missing, and reads again what names it.
        """
        self._cursor.register("_page", deletions)
        noticed = self._cursor.execute(
            "select * from _page as d anti join _present as p"
            " on p.doctype = d.deleted_doctype and p.name = d.deleted_name"
            " and coalesce(d.creation >= p.modified, true)"
            " where (d.deleted_doctype, d.deleted_name) not in (from _held)"
        ).to_arrow_table()
        self._cursor.unregister("_page")
        return noticed

    def _fetched(
        self, doctype: Doctype, rows: pa.Table, page: list[Document]
    ) -> tuple[pa.Table, list[Document], MusterError | None]:
        """Fetch the documents of typed rows, for their children.

        A document that is gone meanwhile is left out: the next run notices. One that
        the site refuses is, too, and ends the run after the others. Where one
        changed meanwhile, its newer version takes the row's place, so that parent and
        children are of one version.

        Returns:
            The rows, their documents, and what ended the fetching before its time.
        """
        listed = {row["name"]: row for row in page}
        kept, same, newer = [], [], []
        failure: MusterError | None = None
        names = rows["name"].to_pylist()
        documents = self._site.documents(doctype.name, names)
        try:
            for position, document in enumerate(documents):
                self._step.advance()
                told = f"{doctype.name} {names[position]}"
                if document is None:
                    self._absent[told] = ""
                elif isinstance(document, RefusedError):
                    self._refused[told] = str(document)
                    if len(self._refused) > REFUSED_AT_MOST:
                        raise document
                elif document["modified"] == listed[names[position]]["modified"]:
                    kept.append(position)
                    same.append(document)
                else:
                    newer.append(document)
        except MusterError as error:
            failure = error
        rows = rows.take(pa.array(kept, pa.int64()))
        if newer:
            fields = list(dict.fromkeys(chain(*page)))
            replaced = self._typed(
                doctype, [{field: doc.get(field) for field in fields} for doc in newer]
            )
            fit = set(replaced["name"].to_pylist())
            same += [document for document in newer if document["name"] in fit]
            rows = pa.concat_tables([rows, replaced])
        return rows, same, failure

    def _typed(self, doctype: Doctype, page: list[Document]) -> pa.Table:
        """Type the rows of a page.

        Raises:
            MusterError: No row of the page has a field that the models need.
        """
        if page:
            lacking = self._report_added(doctype, page)
            if needed := sorted(lacking & doctype.must_have):
                raise MusterError(
                    f"frappe_hr: {doctype.name} on {self._site.host} does not deliver "
                    f"{', '.join(needed)}; nothing of it was loaded. Restore the field,"
                    " or the API user's permission to read it."
                )
            self._intake.report_missing(doctype.table, sorted(lacking))
        return self._intake.admit(
            doctype.table,
            text_table(page, doctype.columns),
            origin=lambda row: str(page[row]["name"]),
        )

    def _report_added(
        self, table: Doctype | ChildTable, rows: list[Document]
    ) -> set[str]:
        """Name what rows have and is not declared; the declared fields they lack."""
        declared = {column.field for column in table.columns}
        present = dict.fromkeys(chain(*rows))
        added = [each for each in present if each not in declared | BOOKKEEPING]
        self._intake.report_added(table.table, added)
        return declared - present.keys()

    def _children(self, documents: list[Document], child: ChildTable) -> pa.Table:
        rows, positions = [], []
        with self._intake.timed(child.table):
            for document in documents:
                for line, row in enumerate(document.get(child.field) or [], 1):
                    own = {
                        "parent": document["name"],
                        "parent_modified": document["modified"],
                        "idx": row.get("idx"),
                    }
                    rows.append(row | own)
                    positions.append(line)
            self._report_added(child, rows)
            return self._intake.admit(
                child.table,
                text_table(rows, child.columns),
                origin=lambda row: str(rows[row]["parent"]),
                lines=positions,
            )

    def _changed(
        self, doctype: Doctype, parents: pa.Table, table: str, rows: pa.Table
    ) -> list[str]:
        """The parents whose child rows are other than those known with them."""
        dataset, cursor = self._context.dataset, self._cursor
        columns = ", ".join(f"c.{quote(name)}" for name in rows.column_names)
        such = "name in (select name from _parents)"
        known = newest(dataset, doctype.table, "name", "modified", such)
        cursor.register("_parents", parents)
        cursor.register("_rows", rows)
        found = cursor.execute(
            f"with known as (select {columns} from {dataset}.{quote(table)} as c join"
            f" ({known}) as k on c.parent = k.name and c._dlt_load_id = k._dlt_load_id"
            " and c.parent_modified = k.modified),"
            f" rows as (select {columns} from _rows as c)"
            " select distinct parent from ((from rows except all from known)"
            " union all (from known except all from rows))"
        ).fetchall()
        cursor.unregister("_parents")
        cursor.unregister("_rows")
        return [str(parent) for (parent,) in found]

    def _site_now(self) -> datetime:
        """The site's clock, in local time; where its zone is unknown, the latest."""
        now = self._site.now or clock.now()
        with suppress(ValueError, OSError, KeyError):
            return now.astimezone(ZoneInfo(self._zone)).replace(tzinfo=None)
        return now.astimezone(LATEST_ZONE).replace(tzinfo=None)

    def _tell_stamps(self, doctype: Doctype) -> None:
        """Note what is stamped later than now, or earlier than it was."""
        limit = literal(str(self._site_now() + timedelta(seconds=SKEW_SECONDS)))
        found = self._cursor.execute(
            f"select l.name, l.modified > {limit} as is_ahead from _listed as l"
            " left join _known as k using (name)"
            f" where l.modified > {limit} or l.modified < k.modified"
            f" and k.modified <= {limit} order by name"
        ).fetchall()
        for is_ahead, what in (
            (True, "are stamped later than the site's clock"),
            (False, "are stamped earlier than they were: its clock or zone went back"),
        ):
            names = [name for name, such in found if such == is_ahead]
            if names:
                self._intake.note(
                    f"{len(names):,} {doctype.name} documents {what}"
                    f" ({named(names[:NAMED], len(names))})"
                )
        latest = self._cursor.execute(
            f"select max(modified) from _listed where modified <= {limit}"
        ).fetchone()
        if latest and latest[0]:
            self._latest = max(latest[0], self._latest or latest[0])

    def _tell_quiet(self) -> None:
        """Note that nothing was changed for longer than the site's habit is."""
        latest = self._latest
        if not latest or self._site_now() - latest < timedelta(days=1):
            return
        stamps = " union ".join(
            f"select modified from {self._context.dataset}.{doctype.table}"
            for doctype in self._doctypes
        )
        since = literal(str(latest - timedelta(days=QUIET_DAYS)))
        days, longest = self._cursor.execute(
            "select count(distinct cast(modified as date)), max(gap)"
            " from (select modified, modified - lag(modified)"
            f" over (order by modified) as gap from ({stamps})"
            f" where modified between {since} and {literal(str(latest))})"
        ).fetchall()[0]
        if days >= CHANGING_DAYS and self._site_now() - latest > 2 * longest:
            self._intake.note(
                f"nothing was changed on the site since {latest:%Y-%m-%d %H:%M}, for"
                f" longer than in the {QUIET_DAYS} days before: if people work there,"
                " see to its clock and to what the API user may read"
            )

    def _tell_successors(self) -> None:
        """Note what was renamed, merged, or is gone, where that can be seen."""
        successors: dict[tuple[str, str], str] = {}
        for doctype in self._doctypes:
            known = newest(self._context.dataset, doctype.table, "name", "modified")
            for field in doctype.links:
                successors |= {
                    (linked, name): now
                    for linked, name, now in self._cursor.execute(
                        f"select l.linked_doctype, l.linked_name, mode({quote(field)})"
                        f" from _linking as l join ({known}) as k using (name)"
                        " where l.doctype = $1 and l.field = $2"
                        f" and k.{quote(field)} <> l.linked_name group by all",
                        [doctype.name, field],
                    ).fetchall()
                }
        gone = self._cursor.execute(
            "select m.doctype, m.name, u.doctype is null as is_traced,"
            " if(count(*) over (partition by m.doctype, m.creation) = 1, u.new_name,"
            " null) from _missing as m left join _untraced as u using (doctype, name)"
            " where m.is_gone order by all"
        ).fetchall()
        told: dict[tuple[str, str], list[str]] = {}
        for linked, name, is_traced, new_name in gone:
            successor = new_name or successors.get((linked, name))
            if successor:
                how = "were merged" if is_traced else "were renamed"
                told.setdefault((linked, how), []).append(f"{name} to {successor}")
            elif not is_traced:
                told.setdefault((linked, "are gone without a trace"), []).append(name)
        for (linked, how), names in told.items():
            self._intake.note(
                f"{len(names):,} {linked} documents {how}:"
                f" {named(names[:NAMED], len(names))}"
            )


def _removed(dataset: str, doctype: Doctype) -> str:
    """SQL of whether a known row `k` was told deleted, or gone, since it was read."""
    gone = told_gone(dataset, GONE_TABLE, ("doctype", doctype.name), "name")
    return (
        f"({gone} or exists (select 1 from {dataset}.deleted_documents as d"
        f" where d.deleted_doctype = {literal(doctype.name)} and d.deleted_name ="
        " k.name and d._dlt_load_id >= k._dlt_load_id"
        " and coalesce(d.creation >= k.modified, true)))"
    )


def _conditions(doctype: Doctype) -> list[Filter]:
    """Read the deletions of what is loaded here only, not of everything on the site."""
    if doctype.name != DELETED:
        return []
    return [["deleted_doctype", "in", [each.name for each in DOCTYPES]]]


def _site(context: RunContext) -> FrappeSite:
    return ForgettingSite(
        Forgotten(context.folder),
        str(context.require("base_url", "https://hr.example.com")),
        str(context.require("api_key")),
        str(context.require("api_secret")),
        page_size=int(number_setting(context, "page_size", PAGE_SIZE)) or PAGE_SIZE,
        workers=int(number_setting(context, "workers", WORKERS)) or 1,
        attempts=int(number_setting(context, "attempts", 10)) or 1,
        backoff_seconds=number_setting(context, "backoff_seconds", 0.1),
        longest_pause_seconds=number_setting(
            context, "longest_pause_seconds", LONGEST_PAUSE_SECONDS
        ),
        timeout_seconds=number_setting(context, "timeout_seconds", 120),
        tell=context.progress.line,
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
