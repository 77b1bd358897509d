"""The commands of `muster` that compare: requirements, releases and states."""

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


def mount(app: typer.Typer) -> None:
    """Add these commands to the command line."""
    for command in (requirements,):
        app.command()(command)
