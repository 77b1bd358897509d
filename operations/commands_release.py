"""The commands of `muster` that release, take back, and tell what is where."""

from datetime import UTC, datetime
from typing import Annotated

import typer
from rich.table import Table
from rich.text import Text

from operations.commands import EnvironmentArgument, reported


def release(
    env: EnvironmentArgument,
    as_at: Annotated[
        str | None,
        typer.Option(help="Only what was known at this date or instant (UTC) counts."),
    ] = None,
    accept_breaking: Annotated[
        str | None,
        typer.Option(
            metavar="CR-ID",
            help="The change request that accepts columns removed or retyped.",
        ),
    ] = None,
    fresh: Annotated[
        bool,
        typer.Option(
            "--fresh", help="Build from nothing, not on a copy of the current release."
        ),
    ] = False,
) -> None:
    """Build a candidate, audit it, and let readers see it in one step.

    The same command promotes a revision through dev, uat and prod. A candidate that
    does not pass is kept for a look; readers then stay where they are.
    """
    from operations import environment as environments
    from operations.release import release as run

    with reported() as console:
        environment = environments.find(env)
        released = run(
            environment,
            as_at=as_at,
            accept_breaking=accept_breaking,
            is_fresh=fresh,
            console=console,
        )
        for finding in released.audit:
            console.print(Text(f"{finding.check}: {finding.detail}"), soft_wrap=True)
        console.print(
            f"Released {released.release} to {env}, in {released.seconds:.0f} s: "
            f"{len(released.tables)} marts, {size(released.bytes)}.",
            soft_wrap=True,
        )


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
    from operations import environment as environments
    from operations.releases import rollback as run

    with reported() as console:
        before, now = run(environments.find(env), release)
        console.print(f"{env} is back at {now}; it was at {before}.", soft_wrap=True)


def releases(env: EnvironmentArgument) -> None:
    """List the releases of an environment, also those that failed."""
    from operations import environment as environments
    from operations.releases import current, listed
    from operations.status import age
    from operations.store import open_store

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
) -> None:
    """Show what every environment is at, when its sources last came, and failures."""
    from operations.status import show

    with reported() as console:
        show(console, is_demo=demo)


def size(number: int) -> str:
    """Write a number of bytes for people."""
    amount = float(number)
    for unit in ("B", "kB", "MB"):
        if amount < 1000:
            return f"{amount:.0f} {unit}"
        amount /= 1000
    return f"{amount:.1f} GB"


def mount(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    for command in (release, rollback, releases, status):
        app.command()(command)
