"""Loads pay runs, payslips, their lines and contracted hours from a SQL database.

Configuration: `sources.payroll.credentials`, a SQLAlchemy URL; see README.md.
"""

from collections.abc import Iterator, Mapping, Sequence
from datetime import timedelta
from typing import Any

import dlt
import pyarrow as pa
import pyarrow.compute as pc
import sqlalchemy as sa

from environment.databases import count
from environment.errors import MusterError
from environment.progress import Step
from environment.sql import literal
from ingestion import clock
from ingestion.columns import typed
from ingestion.context import RunContext
from ingestion.databases import as_text, open_database, read
from ingestion.erasure import personal
from ingestion.erasure.forgotten import Forgotten
from ingestion.erasure.rows import table as erased
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
from ingestion.payroll.helpers import among, database_now, find_columns, ids_at_once
from ingestion.payroll.settings import (
    CHUNK_ROWS,
    GONE_TABLE,
    KEY,
    READ,
    SKEW_SECONDS,
    TABLES,
    VERSION,
)
from ingestion.tally import Count

SOURCE = "payroll"


def run(context: RunContext) -> None:
    """Load every row that is not on record as the database has it.

    Raises:
        NotConfiguredError: The database is not set.
        ConfigurationError: A setting is wrong.
        MusterError: The database could not be read and nothing was loaded; or too
            much is gone from it, and what is there was loaded.
    """
    url = context.require(
        "credentials", "postgresql+psycopg://reader:password@host:5432/payroll"
    )
    schema = context.setting("schema")
    tables = {name: str(context.setting(f"tables.{name}", name)) for name in READ}
    share = number_setting(context, "gone_share", GONE_SHARE)
    chunk_rows = int(number_setting(context, "chunk_rows", CHUNK_ROWS)) or CHUNK_ROWS
    engine = open_database(SOURCE, "sources.payroll.credentials", url)
    try:
        found = find_columns(engine, schema, tables, READ)
        intake = Intake(context, TABLES)
        with context.progress.step(SOURCE) as step:
            reading = _Reading(intake, engine, chunk_rows, step)
            for name, (columns, others) in found.items():
                intake.report_added(name, others)
                reading.compare(name, columns)
            reading.load(share)
            reading.tell()
            intake.finish()
    finally:
        engine.dispose()
    if reading.hidden:
        raise MusterError(
            f"payroll: {', '.join(reading.hidden)} that are known are not in the"
            " database, so they were not told gone: check what its user may read; if"
            " they are truly gone, run once with SOURCES__PAYROLL__GONE_SHARE=1."
        )


class _Reading:
    """The database in one run: what it has is compared with what is known of it.

    Attributes:
        hidden: Of which table too much is gone to be believed, for people.
    """

    def __init__(
        self, intake: Intake, engine: sa.Engine, chunk_rows: int, step: Step
    ) -> None:
        self.hidden: list[str] = []
        self._intake = intake
        self._context = intake.context
        self._engine = engine
        self._chunk_rows = chunk_rows
        self._step = step
        self._cursor = self._context.connection.cursor()
        self._known: dict[str, int] = {}
        self._columns: dict[str, Mapping[str, sa.Column[Any]]] = {}
        self._forgotten = Forgotten(intake.context.folder)
        self._wanted: dict[str, int | None] = {}
        now = database_now(engine) or clock.now_naive()
        self._limit = now + timedelta(seconds=SKEW_SECONDS)
        self._ahead: dict[str, list[Any]] = {}
        self._cursor.execute(
            "create or replace temp table _gone (table_name text, id bigint);"
            " create or replace temp table _wanted"
            " (table_name text, position bigint, id_text text)"
        )

    def compare(self, name: str, columns: Mapping[str, sa.Column[Any]]) -> None:
        """List a table's ids and versions, and find out what is wanted and gone.

        A table of which nothing is known is read whole, without.

        Args:
            name: The table in raw.
            columns: Its declared columns in the database, by their fields.
        """
        context, cursor = self._context, self._cursor
        self._columns[name] = columns
        self._wanted[name] = None
        if context.is_new(name):
            return
        known = newest(context.dataset, name, KEY, VERSION)
        cursor.execute(
            f"create or replace temp table _known as select {KEY}, {VERSION},"
            f" {_removed(context.dataset, name)} as is_removed from ({known}) as k;"
            " create or replace temp table _listed"
            f" (id_text text, {KEY} bigint, {VERSION} timestamp)"
        )
        types = {column.name: column for column in READ[name]}
        fields = ", ".join(
            typed(types[field], f"cast({field} as text)") for field in (KEY, VERSION)
        )
        with self._intake.timed(name):
            for page in self._read(name, (KEY, VERSION)):
                cursor.register("_page", page)
                cursor.execute(
                    f"insert into _listed select cast({KEY} as text), {fields}"
                    " from _page"
                )
                cursor.unregister("_page")
        again = read_again(context, VERSION)
        cursor.execute(
            f"insert into _wanted select {literal(name)}, row_number() over () - 1,"
            " id_text from (select distinct l.id_text from _listed as l"
            f" left join _known as k using ({KEY})"
            f" where l.{KEY} is null or k.{KEY} is null or k.is_removed"
            f" or k.{VERSION} is distinct from l.{VERSION} or {again})"
        )
        wanted = count(cursor, f"_wanted where table_name = {literal(name)}")
        self._ahead[name] = [
            number
            for (number,) in cursor.execute(
                f"select {KEY} from _listed where {VERSION} > $1 order by 1",
                [self._limit],
            ).fetchall()
        ]
        listed = count(cursor, "_listed")
        if 2 * wanted <= listed:
            self._wanted[name] = wanted
            if unread := listed - wanted:
                context.add(name, Count(delivered=unread, already_known=unread))
        self._known[name] = count(cursor, "_known where not is_removed")
        cursor.execute(
            f"insert into _gone select {literal(name)}, {KEY} from _known"
            f" anti join _listed using ({KEY}) where not is_removed"
        )

    def load(self, share: float) -> None:
        """Load what is wanted and what is gone, all or nothing.

        Args:
            share: Which part of a table's known rows may be gone at once.
        """
        gone = dict(
            self._cursor.execute(
                "select table_name, count(*) from _gone group by all order by all"
            ).fetchall()
        )
        hidden = implausible(gone, self._known, share)
        self.hidden = [
            f"{number:,} of {self._known[name]:,} rows of {name}"
            for name, number in hidden.items()
        ]
        rows = noticed(self._cursor, "_gone", ("table_name", "id"), hidden)
        for name, number in gone.items():
            if name not in hidden:
                ids = rows["id"].filter(pc.equal(rows["table_name"], name))
                told = named(ids.slice(0, NAMED).to_pylist(), number)
                self._intake.note(f"{number:,} rows of {name} are gone: {told}")
        resources = [
            dlt.resource(
                self._rows(name, wanted),
                name=name,
                columns=self._intake.hints(name),
            )
            for name, wanted in self._wanted.items()
            if wanted is None or wanted
        ]
        if len(rows):
            taken = self._intake.taken(GONE_TABLE, rows)
            hints = self._intake.hints(GONE_TABLE)
            resources.append(dlt.resource([taken], name=GONE_TABLE, columns=hints))
        if resources:
            self._intake.load(resources)
        # Also where nothing is: reports end where all was last read to the end.
        self._context.add(GONE_TABLE, Count())

    def tell(self) -> None:
        """Note what a person should know of the tables."""
        for name, ids in self._ahead.items():
            if ids:
                self._intake.note(
                    f"{len(ids):,} rows of {name} are stamped later than the database's"
                    f" clock: {named(ids[:NAMED], len(ids))}"
                )
        for name in READ:
            self._intake.report_incomplete(
                name,
                name,
                key=KEY,
                version=VERSION,
                field=VERSION,
                origin=f"'{name} ' || k.{{}}",
                removed=_removed(self._context.dataset, name),
            )

    def _rows(self, name: str, wanted: int | None) -> Iterator[pa.Table]:
        """The rows of so many wanted ids, or all, that say something new."""
        is_new = self._context.is_new(name)
        self._step.describe(name)
        pages = self._pages(name, wanted)
        while True:
            with self._intake.timed(name):
                page = next(pages, None)
                if page is None:
                    return
                self._step.advance(len(page))
                rows = self._intake.admit(
                    name,
                    page,
                    origin=lambda row: f"{name} {page[KEY][row]}",  # noqa: B023
                )
                if is_new:
                    is_ahead = pc.greater(rows[VERSION], pa.scalar(self._limit))
                    late = rows[KEY].filter(is_ahead)
                    self._ahead.setdefault(name, []).extend(late.to_pylist())
                removed = _removed(self._context.dataset, name)
                fresh = self._context.drop_known(name, rows, KEY, VERSION, removed)
            if len(fresh):
                yield self._intake.taken(name, fresh)

    def _pages(self, name: str, wanted: int | None) -> Iterator[pa.Table]:
        fields = list(self._columns[name])
        if wanted is None:
            yield from self._read(name, fields)
            return
        at_once = ids_at_once(self._engine, self._chunk_rows)
        for start in range(0, wanted, self._chunk_rows):
            found = self._cursor.execute(
                "select id_text from _wanted where table_name = $1 and position >= $2"
                " and position < $2 + $3 order by position",
                [name, start, self._chunk_rows],
            ).fetchall()
            some = [text for (text,) in found]
            pages = [
                page
                for first in range(0, len(some), at_once)
                for page in self._read(name, fields, some[first : first + at_once])
            ]
            if pages:
                yield pa.concat_tables(pages)

    def _read(
        self,
        name: str,
        fields: Sequence[str],
        ids: Sequence[str | None] | None = None,
    ) -> Iterator[pa.Table]:
        columns = self._columns[name]
        query = sa.select(
            *(as_text(field, columns[field], self._engine) for field in fields)
        )
        if ids is not None:
            query = query.where(among(columns[KEY], ids))
        roles = personal.roles(SOURCE, name) if self._forgotten else {}
        for page in read(self._engine, query, self._chunk_rows):
            yield erased(page, roles, self._forgotten)


def _removed(dataset: str, table: str) -> str:
    """SQL of whether a known row `k` was told gone since it was read."""
    return told_gone(dataset, GONE_TABLE, ("table_name", table), KEY)
