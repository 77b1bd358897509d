"""The commands of `muster`: their options, and how their results are shown."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

import environment as environments
from environment import NAMES
from environment.errors import MusterError, no_room

if TYPE_CHECKING:
    from operations.diff.diff import Difference
    from operations.requirements import Matrix

WHICH = f"{', '.join(NAMES[:-1])} or {NAMES[-1]}"

EnvironmentArgument = Annotated[
    str, typer.Argument(metavar="ENV", help=f"The environment: {WHICH}.")
]

EnvironmentOption = Annotated[
    str,
    typer.Option("--env", envvar="MUSTER_ENV", help=f"The environment: {WHICH}."),
]

AsAtOption = Annotated[
    str | None,
    typer.Option(help="Only what was known at this date or instant (UTC) counts."),
]

TargetOption = Annotated[
    str,
    typer.Option(help="Where to, or of what: files, by default, lake or spark."),
]

NewKeyOption = Annotated[
    bool,
    typer.Option(
        "--new-key",
        help="The pseudonyms' key was changed: remove whatever has those by the old.",
    ),
]

FormatOption = Annotated[str, typer.Option("--format", help="table, json or markdown.")]

FORMATS = ("table", "json", "markdown")

ENV_HELP = f"The environment to load into: {WHICH}."
DEMO_HELP = (
    "Load from the demo company's systems. Its HR server is started for the run, and"
    " all settings point at it."
)
FOLLOW_HELP = (
    "Go on loading what arrives until SIGTERM or Ctrl-C. Files that are renamed into"
    " place are safest: others count as whole when they did not change for 2 seconds."
)
EVERY_HELP = "With --follow: seconds from one look to the next."

SINCE_FORMATS = ["%Y-%m-%d", "%Y-%m-%d %H:%M", "%Y-%m-%dT%H:%M", "%Y-%m-%d %H:%M:%S"]

REREAD_HELP = (
    "Read frappe_hr or payroll anew, also what is known of it. What says nothing new is"
    " left out, so it is safe at any time."
)
SINCE_HELP = (
    "With --reread: only what was changed since, by the source's own clock"
    " (2026-01-31, '2026-01-31 08:00')."
)

SOURCE_HELP = (
    "Sources to load: frappe_hr, payroll, attendance, ats, fx. All that are configured,"
    " when none is named."
)


@contextmanager
def reported(work: str = "") -> Iterator[Console]:
    """Give a console, and end the command with one line where something is wrong.

    Args:
        work: What may take long and tells nothing of itself. Where there is no
            terminal, standard error says now and then that it lasts.
    """
    lasting: AbstractContextManager[None] = nullcontext()
    if work:
        from environment.progress import TerminalReporter

        lasting = TerminalReporter().lasting(work)
    try:
        with lasting:
            yield Console(highlight=False)
    except MusterError as error:
        typer.echo(f"muster: {error}", err=True)
        raise typer.Exit(error.exit_code) from None
    except KeyboardInterrupt:
        typer.echo("muster: interrupted; what was complete stays.", err=True)
        raise typer.Exit(130) from None
    except OSError as error:
        if message := no_room(error, environments.home()):
            typer.echo(f"muster: {message}.", err=True)
            raise typer.Exit(1) from None
        if not isinstance(error, PermissionError):
            raise
        typer.echo(
            f"muster: No permission to write {error.filename}: change its permissions, "
            "or set MUSTER_HOME to a folder of yours.",
            err=True,
        )
        raise typer.Exit(1) from None


def ingest(
    source: Annotated[list[str] | None, typer.Argument(help=SOURCE_HELP)] = None,
    env: Annotated[str, typer.Option(envvar="MUSTER_ENV", help=ENV_HELP)] = "dev",
    demo: Annotated[bool, typer.Option("--demo", help=DEMO_HELP)] = False,
    follow: Annotated[bool, typer.Option("--follow", help=FOLLOW_HELP)] = False,
    every: Annotated[float, typer.Option(min=0.1, help=EVERY_HELP)] = 2.0,
    reread: Annotated[bool, typer.Option("--reread", help=REREAD_HELP)] = False,
    since: Annotated[
        datetime | None, typer.Option(formats=SINCE_FORMATS, help=SINCE_HELP)
    ] = None,
) -> None:
    """Load what is new from the source systems into the raw log.

    Files are copied to the landing zone, checked and loaded; rows that do not fit are
    rejected with file, line and reason; a file that cannot be used waits in quarantine.
    Running it again loads only what is new.

    What earlier runs wrote to the store (MUSTER_STORE, any fsspec URL; by default
    MUSTER_HOME) is fetched first where it is lacking here, and what this run completes
    is written there. One runner writes an environment at a time.

    Settings are dlt's: .dlt/config.toml, .dlt/secrets.toml or the environment
    (SOURCES__PAYROLL__CREDENTIALS, ...). MUSTER_HOME says where the data lies.

    Exit codes: 0 done (rejected rows are listed) or asked to end, 1 something failed
    (the rest is loaded), 2 wrong usage or settings.
    """
    from environment.progress import TerminalReporter
    from ingestion.summary import show, summary_console
    from operations.ingest import demo_settings, keep_loading, load
    from operations.monitoring.runs import recorded

    messages = Console(stderr=True)
    if (follow and reread) or (since and not reread):
        messages.print("muster ingest: --since goes with --reread, --follow with none")
        raise typer.Exit(2)
    home = environments.home()
    try:
        with (
            recorded(environments.find(env), "follow" if follow else "ingest") as run,
            demo_settings(home) if demo else nullcontext(),
        ):
            if follow:
                keep_loading(source or (), home, env, messages, every)
                return
            tally = load(
                source or (),
                home,
                env,
                TerminalReporter(messages),
                is_reread=reread,
                since=since,
            )
            run.sources(tally)
    except MusterError as error:
        messages.print(f"muster ingest: {error}", markup=False, soft_wrap=True)
        raise typer.Exit(error.exit_code) from None
    show(tally, summary_console(), home / env)
    raise typer.Exit(tally.exit_code)


CompanyOption = Annotated[
    Path | None,
    typer.Option(help="The company's folder; default: MUSTER_COMPANY names it."),
]


def onboard(
    name: Annotated[str, typer.Argument(help="What the source is to be called.")],
    place: Annotated[
        Path, typer.Argument(metavar="PLACE", help="A folder of files, or a file.")
    ],
    company: CompanyOption = None,
    say: Annotated[
        list[str] | None,
        typer.Option(
            metavar="KEY=VALUE",
            help="What no file can tell: country=DE, currency=EUR, time_zone=..., "
            "company=..., exit_day=worked or gone. May be given several times.",
        ),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", help="Write over a mapping of that name.")
    ] = False,
) -> None:
    """Look at HR exports, and propose the mapping that lets them in.

    CSV, workbooks, Parquet and JSON lines are read, at most 200,000 rows of a file.
    The mapping, mappings/NAME.yml in the company's folder, says of each column which
    field it is, how sure that is and why; what is not likely stays open, and what need
    not be known of people is left out. Nothing is loaded.
    """
    from operations.onboard.write import onboard as run

    with reported("Looking at the exports") as console:
        run(name, place, console, company=company, say=say or (), force=force)


def template(
    folder: Annotated[
        Path, typer.Argument(metavar="FOLDER", help="Where; made if it is not there.")
    ],
) -> None:
    """Write files to fill by hand, and the mappings that read them.

    One workbook with a sheet for each table, whose first sheet says what to fill for
    which figure, and the same as CSV. Files of these names are written over. Nothing
    is loaded. The company's folder (MUSTER_COMPANY) gets its seeds, if it has none.
    """
    from operations.onboard.template import show, write_templates
    from operations.onboard.write import DEMO, make_company

    with reported() as console:
        written = write_templates(folder)
        if environments.company().resolve() != DEMO.resolve():
            make_company()
        show(folder, written, console)


def check(
    name: Annotated[str, typer.Argument(help="The mapping.")],
    place: Annotated[
        Path | None,
        typer.Argument(metavar="PLACE", help="Its files; default: its inbox."),
    ] = None,
    env: EnvironmentOption = "dev",
    company: CompanyOption = None,
    json_: Annotated[
        bool, typer.Option("--json", help="All findings, as JSON.")
    ] = False,
) -> None:
    """Tell all that is wrong with a mapping's files, before anything is loaded.

    Each finding has its file, row and column, what it costs and what to do. Values are
    shown here, cut short, and kept nowhere; those of names and keys are not shown.

    Exit codes: 0 nothing blocks, 1 something has to be mended first, 2 wrong usage or
    a wrong mapping.
    """
    from operations.onboard.check import check as run

    with reported("Checking") as console:
        code = run(name, place, console, env=env, company=company, is_json=json_)
    raise typer.Exit(code)


def build(
    env: EnvironmentOption = "dev",
    as_at: AsAtOption = None,
    force: Annotated[
        bool, typer.Option("--force", help="Build everything, changed or not.")
    ] = False,
    target: TargetOption = "",
    new_key: NewKeyOption = False,
) -> None:
    """Build and test what changed, or reads what changed, and the docs.

    On Spark every table is built, and none is tested: muster compare does that.
    """
    from operations.build.build import build as run
    from operations.monitoring.runs import recorded

    with reported() as console:
        environment = environments.find(env, target)
        if target == "spark":
            from operations.build.spark import build as run_on_spark

            run_on_spark(env, console, as_at=as_at, force=force)
            return
        # How long a build in a lake takes is not held against those of files.
        with nullcontext() if target else recorded(environment, "build"):
            run(
                env,
                console,
                as_at=as_at,
                force=force,
                target=target,
                is_new_key=new_key,
            )


def incidents(
    env: EnvironmentOption = "dev",
    demo: Annotated[
        bool,
        typer.Option("--demo", help="The demo company's clock says what is late."),
    ] = False,
) -> None:
    """Look for what is wrong, open a ticket for each, and close those that are over.

    It is told to whom MUSTER_INCIDENTS_GITHUB, _JIRA, _FILE and _MAIL name, each once,
    again when it changes or a day is over, and when it is right again. Without any it
    is shown here.

    Exit codes: 0 looked, and all were told; 1 not so.
    """
    from operations.monitoring.incidents import incidents as run
    from operations.monitoring.incidents import show
    from operations.monitoring.page import write
    from operations.read.status import clock_of

    with reported() as console:
        environment = environments.find(env)
        now = clock_of(environment, is_demo=demo)
        try:
            show(run(environment, console, now), console)
        finally:
            shown = environments.shown(write(environment, now))
            console.print(f"State: {shown}", soft_wrap=True)


def profile(
    model: Annotated[str, typer.Argument(metavar="MODEL", help="The model's name.")],
    env: EnvironmentOption = "dev",
) -> None:
    """Run a model's query once, and show where its time goes.

    It is the query of the last build, on what is loaded now. Nothing is written.
    """
    from operations.monitoring.profile import profile as run

    with reported(f"Running {model}") as console:
        run(environments.find(env), model, console)


def docs(
    env: EnvironmentOption = "dev",
    port: Annotated[
        int, typer.Option(help="Port on this machine; 0: a free one.")
    ] = 8080,
    browser: Annotated[bool, typer.Option(help="Open a browser, if any.")] = True,
) -> None:
    """Serve the docs of the last build until Ctrl-C."""
    from operations.read.docs import serve

    with reported() as console:
        serve(env, port, console, browser=browser)


def report(
    audience: Annotated[
        str | None,
        typer.Option(
            "--for", help="authority, workers, representatives or board; none: all."
        ),
    ] = None,
    env: EnvironmentOption = "dev",
    browser: Annotated[bool, typer.Option(help="Open a browser, if any.")] = True,
    employer: Annotated[
        str | None,
        typer.Option(help="With --for: one employer alone, as the marts name it."),
    ] = None,
    year: Annotated[
        int | None,
        typer.Option(help="With --for: the reference year; default: the last closed."),
    ] = None,
    regime: Annotated[
        str | None,
        typer.Option(help="With --for: eu, uk or ie; default: of where most work."),
    ] = None,
    hand_in: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="With --for: the day of handing in; what is written is kept for good.",
        ),
    ] = None,
    language: Annotated[
        str, typer.Option(help="With --for: en or de; the site has both.")
    ] = "en",
) -> None:
    """Write the site for everybody, and open it; or the reports that the law asks for.

    The site tells what is published. With --for it is the gender pay gap report of each
    employer, a page and a workbook, complete, from the restricted database: for the
    authority, the workers, their representatives or the board.
    """
    with reported() as console:
        if audience is None:
            from operations.report.editions import report as write_site

            if employer or year or regime or hand_in:
                raise MusterError("Say with --for whom the report is for.", 2)
            write_site(env, console, browser=browser)
            return
        from operations.statutory.pack import report as write_pack

        write_pack(
            env,
            audience,
            console,
            company=employer,
            year=year,
            regime=regime,
            handed_in_on=hand_in.date() if hand_in else None,
            language=language,
        )


def summary(env: EnvironmentOption = "dev") -> None:
    """Show what was loaded and rejected, headcount now, and what to try next."""
    from operations.read.summary import summarise

    with reported() as console:
        summarise(env, console)


def query(
    sql: Annotated[
        str | None,
        typer.Argument(
            metavar="SQL", help="One SQL statement over the marts; -: standard input."
        ),
    ] = None,
    file: Annotated[
        Path | None,
        typer.Option("--file", "-f", help="A file with the statement instead."),
    ] = None,
    format_: Annotated[
        str | None,
        typer.Option(
            "--format",
            help="table, csv, json, parquet or xlsx; default: as the file's name ends.",
        ),
    ] = None,
    output: Annotated[
        Path | None, typer.Option("--output", "-o", help="A file to write to.")
    ] = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="How many rows at most.")
    ] = None,
    env: EnvironmentOption = "dev",
    restricted: Annotated[
        bool,
        typer.Option(
            "--restricted", help="Also attach what only HR operations may read."
        ),
    ] = False,
    log: Annotated[
        bool,
        typer.Option("--log", help="Also show what was loaded, under the name raw."),
    ] = False,
    target: TargetOption = "",
) -> None:
    """Run SQL on the marts, read-only, and show what it gives, or write it to a file.

    Numbers are rounded to be read in a table alone. A spreadsheet runs no text of a
    CSV or workbook as a formula. Files of what few may read are for their owner only.
    """
    import sys

    from operations.read import export
    from operations.read.query import query as run

    with reported() as console:
        if (sql is None) == (file is None):
            raise MusterError("Give a statement, or a file with one by -f.", 2)
        try:
            text = sys.stdin.read() if sql == "-" else sql or ""
            text = file.read_text(encoding="utf-8") if file else text
        except (OSError, UnicodeDecodeError):
            raise MusterError(f"{file} cannot be read as text.", 2) from None
        run(
            env,
            text,
            console,
            with_restricted=restricted,
            with_log=log,
            target=target,
            kind=export.format_of(format_, output),
            output=output,
            limit=limit,
        )


def verify(
    env: EnvironmentArgument,
    deep: Annotated[
        bool, typer.Option("--deep", help="Read every file for its checksum.")
    ] = False,
) -> None:
    """See that the log is whole: every load there, and every file as its marker says.

    Nothing is changed: muster mend mends what is told here.

    Exit codes: 0 it is whole, 1 it is not, 2 wrong usage.
    """
    from ingestion import index
    from ingestion.log import of as log_of

    with reported("Reading the log") as console:
        environment = environments.find(env)
        log = log_of(environment.folder)
        datasets = log.datasets()
        found = [str(loss) for loss in index.compared(log)]
        for dataset in datasets:
            if not log.unreadable(dataset):
                found += map(str, log.damaged(dataset, thorough=deep))
        for line in found:
            console.print(line, markup=False, soft_wrap=True)
        if found:
            raise MusterError(f"The log is not whole: {len(found):,} faults.")
        loads = sum(len(log.loads(dataset)) for dataset in datasets)
        looked = "checksum" if deep else "size"
        console.print(
            f"The log is whole: {loads:,} loads, each file of the {looked} that its"
            " marker says."
        )


def mend(
    env: EnvironmentArgument,
    sign: Annotated[
        bool,
        typer.Option("--sign", help="Then sign it with MUSTER_LOG_KEY, as it is."),
    ] = False,
) -> None:
    """Read the whole log for its checksums, and mend what is damaged or missing.

    A damaged file is fetched from the store, or else made again from the landed files.
    What can be done by neither is told; put it back from a backup.
    """
    from environment import set_inside
    from environment.files import private_files
    from environment.keys import secret
    from environment.locks import locked
    from environment.progress import TerminalReporter
    from ingestion.signing import KEY_VARIABLE
    from store import lease, mirror
    from store.store import open_store

    with reported() as console:
        environment = environments.find(env)
        store = open_store(environment)
        if sign and not secret(KEY_VARIABLE):
            raise MusterError(
                f"{KEY_VARIABLE} is not set: give the key to sign with.", 2
            )
        with private_files(), lease.hold(store, "mend"), locked(environment.folder):
            # What is to be signed bears no signature yet, or that of another key.
            with set_inside(**{KEY_VARIABLE: ""} if sign else {}):
                left = mirror.mend(
                    environment, store, TerminalReporter(console), thorough=True
                )
            if left:
                raise MusterError(f"{len(left):,} files could not be mended.")
            console.print("Every file of the log is as its marker says.")
            if sign:
                markers = mirror.sign(environment, store)
                console.print(f"Signed the markers of {markers:,} loads.")


def forget(
    person: Annotated[
        list[str],
        typer.Argument(
            metavar="PERSON...",
            help="Employee numbers, or ids of records or applications.",
        ),
    ],
    reason: Annotated[
        str, typer.Option(help="Why, for the certificate; name nobody in it.")
    ],
    env: EnvironmentOption = "dev",
    source: Annotated[
        str | None, typer.Option(help="Whose id it is, where several sources have it.")
    ] = None,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell where they are; change nothing.")
    ] = False,
) -> None:
    """Erase what identifies a person, wherever Muster keeps it (GDPR Article 17).

    Figures of the past stay: rows are kept under a random key, without what tells who
    it is. What sources deliver again comes under that key too. Holds, in the company's
    erasure_holds.csv, keep what a law or a claim needs. A run that was killed is
    finished by the next one; the certificate is in <env>/erasure.

    Exit codes: 0 done, 1 held or something was in use, 2 wrong usage or nobody found.
    """
    from operations.erasure.forget import forget as run
    from operations.ingest import require_ingested

    with reported("Forgetting") as console:
        environment = environments.find(env)
        require_ingested(environment)
        run(environment, person, reason, console, source=source, is_dry=dry_run)


def retention(
    env: EnvironmentOption = "dev",
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Tell how many are due; change nothing.")
    ] = False,
) -> None:
    """Forget whose time is over, by retention.csv in the company's folder.

    It has a row for each kind, employees and applicants, with the months after which
    who left, or was not employed, is forgotten as by muster forget. Holds are kept.
    """
    from operations.erasure.retention import retain
    from operations.ingest import require_ingested

    with reported("Forgetting") as console:
        environment = environments.find(env)
        require_ingested(environment)
        retain(environment, console, is_dry=dry_run)


def carry_over(env: EnvironmentArgument) -> None:
    """Write the log that an earlier version kept in raw.duckdb as files, once.

    Every completed load is known since when it was; the database stays as it is, and
    can be deleted when the next build is right. Where MUSTER_STORE is elsewhere, the
    next muster ingest writes the files there.
    """
    from environment.files import private_files
    from environment.locks import locked
    from ingestion.carry_over import carry_over as carry

    with reported("Carrying over") as console:
        environment = environments.find(env)
        with private_files(), locked(environment.folder):
            loads = carry(environment.folder)
        console.print(
            f"Carried over {loads:,} loads into {environments.shown(environment.raw)}.",
            soft_wrap=True,
        )


def attack(
    env: EnvironmentOption = "dev",
    where: Annotated[
        bool, typer.Option("--where", help="Say also in which rows, one a line.")
    ] = False,
) -> None:
    """Attack what is published with all that a reader knows; 1 where it breaks.

    Also tells the share of each table that is told, weighted by people.
    """
    from environment.databases import connect
    from operations.attack import attacked

    with reported("Attacking") as console:
        environment = environments.find(env)
        for path in environment.databases:
            connect(path).close()
        found = attacked(environment)
        if found.breaches:
            breaches = Table("table", "tells of", "by", "times", box=None)
            for (table, about, method), times in found.summary().items():
                breaches.add_row(table, about, method, f"{times:,}")
            console.print(breaches)
        for each in found.breaches if where else ():
            console.print(
                f"{each.table}, {each.about}, {each.method}: {each.where}",
                soft_wrap=True,
            )
        shares = Table("table", "told", box=None)
        for table, share in found.told.items():
            shares.add_row(table, f"{share:.1%}")
        console.print(shares)
        for line in [*found.lacking, *found.withheld_in_vain()]:
            console.print(line, soft_wrap=True)
        if not found.passed:
            raise MusterError(f"Single people are told of: {found.verdict()}.")
        console.print(f"Nobody is told of: {found.effort()}.", soft_wrap=True)


def release(
    env: EnvironmentArgument,
    as_at: AsAtOption = None,
    accept_breaking: Annotated[
        list[str] | None,
        typer.Option(
            metavar="CR-ID:NAME",
            envvar="MUSTER_ACCEPT_BREAKING",
            help="A change request with the mart or column (people.rpt_tenure.people) "
            "that it accepts to be removed or retyped. May be given several times.",
        ),
    ] = None,
    fresh: Annotated[
        bool,
        typer.Option(
            "--fresh", help="Build from nothing, not on a copy of the current release."
        ),
    ] = False,
    new_key: NewKeyOption = False,
) -> None:
    """Build a candidate, audit it, and let readers see it in one step.

    The same command promotes a revision through dev, uat and prod. A candidate that
    does not pass is kept for a look; readers then stay where they are.
    """
    from operations.monitoring.runs import recorded
    from operations.release.release import release as run

    with reported() as console:
        environment = environments.find(env)
        with recorded(environment, "release") as noted:
            try:
                released = run(
                    environment,
                    as_at=as_at,
                    accept_breaking=accept_breaking or (),
                    is_fresh=fresh,
                    is_new_key=new_key,
                    console=console,
                )
            finally:
                noted.audit()
        for finding in released.audit:
            console.print(Text(f"{finding.check}: {finding.detail}"), soft_wrap=True)
        console.print(
            f"Released {released.release} to {env}, in {released.seconds:.0f} s: "
            f"{len(released.tables)} marts, {size(released.bytes)}.",
            soft_wrap=True,
        )


def lake(
    env: EnvironmentArgument,
    restricted: Annotated[
        bool, typer.Option("--restricted", help="Also what few may read.")
    ] = False,
) -> None:
    """Tell the SQL by which any DuckDB attaches the current release in the lake.

    It is of one release, also when another one is released meanwhile.
    """
    from operations.release.lake import statements
    from store.store import open_store

    with reported() as console:
        environment = environments.find(env)
        names = ["muster", "published", *(["restricted"] if restricted else ())]
        for line in statements(environment, open_store(environment), names):
            console.print(line, soft_wrap=True, markup=False)


def compare(
    env: EnvironmentOption = "dev",
    target: Annotated[str, typer.Option(help="What is held against files.")] = "lake",
) -> None:
    """See that another target holds the same tables as files: columns and every row.

    Both are to be built first. Tables without a row are told: they are not compared.
    """
    from operations.diff.targets import compare as run

    with reported("Comparing") as console:
        run(env, target, console)


def rollback(
    env: EnvironmentArgument,
    release: Annotated[
        str | None,
        typer.Argument(
            help="A release, or how its id begins. Default: the one before the current."
        ),
    ] = None,
) -> None:
    """Let readers see an earlier release again; nothing is rebuilt or deleted."""
    from store.releases import rollback as run

    with reported("Rolling back") as console:
        environment = environments.find(env)
        before, now = run(environment, release)
        console.print(f"{env} is back at {now}; it was at {before}.", soft_wrap=True)
        # Readers have the release already: the site only tells of it.
        from operations.report.editions import of_current

        if of_current(environment):
            shown = environments.shown(environment.report)
            console.print(f"Its report is {shown}.", soft_wrap=True)


def releases(env: EnvironmentArgument) -> None:
    """List the releases of an environment, also those that failed."""
    from operations.read.status import age
    from store.releases import current, listed
    from store.store import open_store

    with reported() as console:
        environment = environments.find(env)
        store = open_store(environment)
        pointed = current(store)
        found = listed(store)
        if not found:
            console.print(f"Nothing is released to {env}: run muster release {env}.")
            return
        table = Table(box=None, header_style="bold", pad_edge=False)
        for title in ("", "release", "revision", "built"):
            table.add_column(title, no_wrap=True)
        table.add_column("size", justify="right", no_wrap=True)
        table.add_column("verdict", no_wrap=True)
        now = datetime.now(UTC)
        for each in reversed(found):
            table.add_row(
                "*" if each.release == pointed else "",
                each.release,
                each.revision[:9] + ("+" if each.is_modified else ""),
                age(each.instant, now),
                size(each.bytes),
                each.verdict,
            )
        console.print(table)
        console.print("* is what readers see; + had changes without a commit.")
        for each in reversed(found):
            if each.reason:
                console.print(
                    Text(f"{each.release}: {each.reason}"), soft_wrap=True, style="dim"
                )


def status(
    demo: Annotated[
        bool, typer.Option("--demo", help="Tell what is late by the demo's clock.")
    ] = False,
    json_: Annotated[bool, typer.Option("--json", help="As JSON.")] = False,
    prometheus: Annotated[
        bool, typer.Option("--prometheus", help="As metrics for Prometheus.")
    ] = False,
) -> None:
    """Show what every environment is at, when its sources last came, and what is wrong.

    What is late is told by the demo company's clock where all that was loaded came
    before it, else by this machine's. Incidents and the slowest models are those of the
    last muster incidents, which also writes a page, <env>/status/index.html.
    """
    from operations.read import status as told

    with reported() as console:
        if json_ or prometheus:
            write = told.as_json if json_ else told.as_metrics
            typer.echo(write(is_demo=demo))
            return
        told.show(console, is_demo=demo)


def size(number: int) -> str:
    """Write a number of bytes for people."""
    amount = float(number)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


def require_format(given: str) -> None:
    """Check the name of a format.

    Raises:
        MusterError: There is no such format.
    """
    if given not in FORMATS:
        raise MusterError(
            f"There is no format {given!r}: choose one of {', '.join(FORMATS)}.", 2
        )


def is_written(found: "Matrix | Difference", format_: str) -> bool:
    """Write what was found as JSON or Markdown, if that is asked for.

    Returns:
        Whether it is.
    """
    if format_ != "table":
        is_json = format_ == "json"
        typer.echo(found.to_json() if is_json else found.to_markdown(), nl=False)
    return format_ != "table"


def requirements(
    env: EnvironmentOption = "dev", format_: FormatOption = "table"
) -> None:
    """Show which test proves which requirement; fail where one is not proven."""
    from operations import requirements
    from operations.build import build

    with reported() as console:
        require_format(format_)
        environment = environments.find(env)
        matrix = requirements.of_last_build(environment, requirements.FILE)
        if not is_written(matrix, format_):
            console.print(matrix.to_table())
            console.print(matrix.verdict(), soft_wrap=True)
        for problem in matrix.problems:
            typer.echo(f"muster: {problem}", err=True)
        if why := build.outdated(environment):
            typer.echo(
                f"muster: this is of the build of {matrix.ran_at}; {why}: run muster "
                f"build --env {env}.",
                err=True,
            )
    if not matrix.passed:
        raise typer.Exit(1)


def slim(
    env: EnvironmentOption = "ci",
    state: Annotated[
        Path | None,
        typer.Option(help="The folder that --save wrote on main; it may be missing."),
    ] = None,
    comment: Annotated[
        Path | None,
        typer.Option(help="A file to write the data diff with main to, as Markdown."),
    ] = None,
    save: Annotated[
        Path | None,
        typer.Option(help="A folder to write the state to that this build leaves."),
    ] = None,
) -> None:
    """Build what changed since main's state, and compare the marts with main's.

    Everything is built where there is no state, or where something changed that dbt
    does not compare.
    """
    from operations.diff.slim import slim as run

    with reported() as console:
        run(env, console, state=state, comment=comment, save=save)


def diff(
    env: EnvironmentArgument,
    before: Annotated[
        str, typer.Argument(metavar="A", help="The earlier release, or current.")
    ],
    after: Annotated[
        str, typer.Argument(metavar="B", help="The later release, or current.")
    ] = "current",
    format_: FormatOption = "table",
) -> None:
    """Show what differs between two releases, in numbers, and whom it reaches."""
    from operations.diff.diff import of_releases

    with reported("Comparing") as console:
        require_format(format_)
        found = of_releases(environments.find(env), before, after)
        if not is_written(found, format_):
            for line in found.breaking():
                console.print(Text(f"Breaking: {line}"), soft_wrap=True)
            console.print(found.verdict())
            if found.comparison.changed:
                console.print(found.to_table())


def answer(
    employee_number: Annotated[
        str | None,
        typer.Argument(help="Who asked; without one the register is shown."),
    ] = None,
    env: EnvironmentOption = "dev",
    received_on: Annotated[
        datetime | None,
        typer.Option(
            formats=["%Y-%m-%d"],
            help="When the request came; default: as the register says, or today.",
        ),
    ] = None,
    through: Annotated[
        str, typer.Option(help="worker, representatives or equality_body: who asks.")
    ] = "worker",
    later: Annotated[
        bool,
        typer.Option("--later", help="Enter the request alone: no letter yet."),
    ] = False,
    year: Annotated[
        int | None, typer.Option(help="The reference year; default: the last closed.")
    ] = None,
    employer: Annotated[
        str | None, typer.Option(help="Which employer, where several paid the worker.")
    ] = None,
    voluntary: Annotated[
        bool, typer.Option("--voluntary", help="Answer although no law asks for it.")
    ] = False,
    remind: Annotated[
        str | None,
        typer.Option(
            metavar="ADDRESS",
            help="Write what all workers are told yearly; here they may ask.",
        ),
    ] = None,
    language: Annotated[
        str, typer.Option(help="Of letter or reminder: en or de.")
    ] = "en",
) -> None:
    """Answer a worker who asks for the average pay levels of their category.

    The letter, a page and plain text, holds the worker's own pay level and the averages
    of women and of men who do equal work or work of equal value (Article 7 of Directive
    (EU) 2023/970). The register says which requests are open, and when they are due.
    """
    from operations.statutory import letter, register, reminder

    with reported() as console:
        folder = environments.find(env).folder / letter.FOLDER
        today = datetime.now().astimezone().date()
        came_on = received_on.date() if received_on else None
        if remind is not None:
            reminder.remind(env, remind, console, today, language)
        elif employee_number is None:
            register.show(folder, console, today)
        elif later:
            entry = register.received(
                folder, employee_number, came_on or today, through
            )
            console.print(f"Entered {entry.request}, due on {entry.due_on}.")
        else:
            letter.answer(
                env,
                employee_number,
                console,
                year=year,
                company=employer,
                received_on=came_on,
                through=through,
                is_voluntary=voluntary,
                today=today,
                language=language,
            )


COMMANDS = (
    onboard,
    template,
    check,
    ingest,
    build,
    incidents,
    profile,
    docs,
    report,
    summary,
    query,
    answer,
    verify,
    mend,
    forget,
    retention,
    carry_over,
    attack,
    release,
    lake,
    compare,
    rollback,
    releases,
    status,
    requirements,
    slim,
    diff,
)
"""All of them, in the order of their list."""
