"""`muster report`: the site of what people read, of a build and of a release."""

import tempfile
import webbrowser
from pathlib import Path

from rich.console import Console

import environment as environments
from environment import Environment
from ingestion.log import of as log_of
from operations.build.artifacts import read_note
from operations.read.docs import has_display
from operations.read.query import read_from
from operations.report.site import Edition, write
from store import releases
from store.releases import Release
from store.store import open_store


def of_build(environment: Environment, as_at: str | None) -> None:
    """Write the site of what was built here.

    Args:
        environment: The environment.
        as_at: What was known then is in it; by default all that is known.
    """
    known = log_of(environment.folder).instants()
    instant = as_at or (known[-1].isoformat(sep=" ") if known else "")
    edition = Edition(environment.name, instant)
    write(environment.published, environment.report.parent, edition)


def of_release(candidate: Environment, released: Release) -> None:
    """Write the site of a candidate that passed its audit, as it will be released."""
    edition = Edition(candidate.name, released.as_at or "", released.release)
    write(candidate.published, candidate.report.parent, edition)


def of_current(environment: Environment) -> str | None:
    """Write the site of the current release, wherever the store is.

    Returns:
        The release's id; none where nothing is released or it publishes nothing.
    """
    store = open_store(environment)
    current = releases.current(store)
    if current is None:
        return None
    with tempfile.TemporaryDirectory(prefix="muster-report-") as scratch:
        name = environment.published.name
        published = releases.fetched(store, current, [name], Path(scratch)) / name
        if not published.exists():
            return None
        released = releases.read(store, current)
        known = released.as_at if released else None
        edition = Edition(environment.name, known or "", current)
        write(published, environment.report.parent, edition)
    return current


def report(name: str, console: Console, *, browser: bool = True) -> None:
    """Write the site of what was built here, else of what is released, and open it.

    Args:
        name: The environment.
        console: Where it is told of what the site is, and its place.
        browser: Whether to open a browser, where there is one.

    Raises:
        MusterError: Nothing is built or released, or a database is in use.
    """
    environment = environments.find(name)
    read, of_what = (
        read_from(environment, console),
        f"the build of {name}, not released,",
    )
    if read == environment:
        as_at = read_note(environment).get("variables", {}).get("as_at")
        of_build(environment, as_at)
    else:
        of_what = f"the release {of_current(environment)}"
    console.print(
        f"The report of {of_what} is {environments.shown(environment.report)}.",
        soft_wrap=True,
    )
    if browser and has_display():
        webbrowser.open(environment.report.as_uri())
