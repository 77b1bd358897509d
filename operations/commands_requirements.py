"""The commands of `muster` that compare: requirements, releases and states."""

from pathlib import Path
from typing import Annotated

import typer

from operations.commands import EnvironmentOption, reported
from operations.errors import OperationError

FormatOption = Annotated[str, typer.Option("--format", help="table, json or markdown.")]

FORMATS = ("table", "json", "markdown")


def require_format(given: str) -> None:
    """Check the name of a format.

    Raises:
        OperationError: There is no such format.
    """
    if given not in FORMATS:
        raise OperationError(
            f"There is no format {given!r}: choose one of {', '.join(FORMATS)}.", 2
        )


def requirements(
    env: EnvironmentOption = "dev", format_: FormatOption = "table"
) -> None:
    """Show which test proves which requirement; fail where one is not proven."""
    from operations import environment, requirements

    with reported() as console:
        require_format(format_)
        matrix = requirements.of_last_build(environment.find(env), requirements.FILE)
        if format_ == "table":
            console.print(matrix.to_table())
            console.print(matrix.verdict(), soft_wrap=True)
        else:
            is_json = format_ == "json"
            typer.echo(matrix.to_json() if is_json else matrix.to_markdown(), nl=False)
        for problem in matrix.problems:
            typer.echo(f"muster: {problem}", err=True)
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
    from operations.slim import slim as run

    with reported() as console:
        run(env, console, state=state, comment=comment, save=save)


def diff(
    env: Annotated[
        str,
        typer.Argument(metavar="ENV", help="The environment: dev, ci, uat or prod."),
    ],
    before: Annotated[
        str, typer.Argument(metavar="A", help="The earlier release, or current.")
    ],
    after: Annotated[
        str, typer.Argument(metavar="B", help="The later release, or current.")
    ] = "current",
    format_: FormatOption = "table",
) -> None:
    """Show what differs between two releases, in numbers, and whom it reaches."""
    from operations import environment
    from operations.diff import of_releases

    with reported() as console:
        require_format(format_)
        found = of_releases(environment.find(env), before, after)
        if format_ == "table":
            console.print(found.verdict())
            if found.comparison.changed:
                console.print(found.to_table())
        else:
            is_json = format_ == "json"
            typer.echo(found.to_json() if is_json else found.to_markdown(), nl=False)


def mount(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    for command in (requirements, slim, diff):
        app.command()(command)
