"""`muster demo`: create the stand-in company, move its clock, serve its HRIS."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer
from rich.console import Console
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from demo import company, server
from demo.facts import Progress as Report

app = typer.Typer(
    name="demo",
    help="A stand-in company: a truth, and the source systems that tell it badly.",
    no_args_is_help=True,
)


def _home() -> Path:
    return Path(os.environ.get("MUSTER_HOME") or "warehouse")


@contextmanager
def _one_line_errors() -> Iterator[None]:
    """Say what is wrong in one line, and exit with 1."""
    try:
        yield
    except company.DemoError as error:
        Console(stderr=True).print(
            str(error), style="red", markup=False, soft_wrap=True
        )
        raise typer.Exit(1) from None


@app.command()
def create(
    seed: Annotated[int, typer.Option(min=0, help="Same seed, same company.")] = 1,
    employees: Annotated[
        int, typer.Option(min=20, help="The workforce on the first day.")
    ] = 1200,
    months: Annotated[
        int, typer.Option(min=1, max=120, help="Months of history.")
    ] = 36,
    force: Annotated[
        bool, typer.Option("--force", help="Replace a company that is there.")
    ] = False,
) -> None:
    """Create the demo company, unless the same one is there already."""
    home, console = _home(), Console(stderr=True)
    with _one_line_errors():
        there = company.existing(home)
        if there and not force:
            if (there.seed, there.employees, there.months) != (seed, employees, months):
                raise company.DemoError(
                    f"Another demo company is in {company.folder(home)} (seed"
                    f" {there.seed}, {there.employees} employees, {there.months}"
                    " months). Replace it with --force."
                )
            console.print(f"The demo company is in {company.folder(home)} already.")
            return
        with _progress(console) as report:
            company.create(home, seed, employees, months, report)
    console.print(f"Created the demo company in {company.folder(home)}.")


@app.command()
def advance(
    days: Annotated[int, typer.Option(min=1, help="Days to move the clock on.")] = 1,
) -> None:
    """Move the demo company's clock on, so that its systems have news."""
    with _one_line_errors():
        state = company.advance(_home(), days)
    Console(stderr=True).print(
        f"The demo company's clock is at {company.instant_text(state.clock)}."
    )


@app.command()
def serve(
    port: Annotated[int, typer.Option(min=0, max=65535, help="0: a free one.")] = 0,
) -> None:
    """Serve the stand-in HRIS on loopback until interrupted."""
    with _one_line_errors():
        try:
            server.serve(_home(), port, typer.echo)
        except KeyboardInterrupt:
            return


@contextmanager
def _progress(console: Console) -> Iterator[Report]:
    """Show each step with a spinner, and a bar where its length is known."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn())
    with Progress(*columns, console=console, transient=True) as bar:
        task = bar.add_task("creating the demo company", total=None)

        def report(step: str, done: int, total: int | None) -> None:
            bar.update(task, description=step, completed=done, total=total)

        yield report
