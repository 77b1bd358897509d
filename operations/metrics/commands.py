"""The commands of `muster metrics`."""

from calendar import monthrange
from datetime import date
from pathlib import Path
from typing import Annotated

import typer

from environment.errors import MusterError
from operations.commands import EnvironmentOption, reported

app = typer.Typer(
    help="Ask for figures by their names, without SQL.", no_args_is_help=True
)

FormatOption = Annotated[
    str | None,
    typer.Option(
        "--format",
        help="table, csv, json, parquet or xlsx; default: as the file's name ends.",
    ),
]
OutputOption = Annotated[
    Path | None, typer.Option("--output", "-o", help="A file to write to.")
]


@app.command("list")
def list_(
    format_: FormatOption = None,
    output: OutputOption = None,
    env: EnvironmentOption = "dev",
) -> None:
    """List the metrics and saved queries: what each means, by what, and whose it is."""
    from operations.read import export

    with reported() as console:
        kind = export.format_of(format_, output)
        from operations.metrics.ask import listed

        listed(env, console, kind=kind, output=output)


@app.command()
def query(
    names: Annotated[
        list[str], typer.Argument(metavar="NAME...", help="Metrics, or a saved query.")
    ],
    by: Annotated[
        list[str] | None,
        typer.Option("--by", help="What to group by, such as region; may be repeated."),
    ] = None,
    grain: Annotated[
        str | None, typer.Option(help="day, week, month, quarter or year.")
    ] = None,
    where: Annotated[
        list[str] | None,
        typer.Option(help="A condition, such as \"region = 'Western Europe'\"."),
    ] = None,
    from_: Annotated[
        str | None, typer.Option("--from", help="The first month or day: 2026-01.")
    ] = None,
    to: Annotated[
        str | None, typer.Option("--to", help="The last month or day: 2026-06.")
    ] = None,
    format_: FormatOption = None,
    output: OutputOption = None,
    limit: Annotated[
        int | None, typer.Option(min=1, help="How many rows at most.")
    ] = None,
    env: EnvironmentOption = "dev",
) -> None:
    """Ask for metrics, by what they can be grouped by, and over time.

    Without --grain it is all the time together: counts of what happened add up, and of
    headcount and turnover it is the last month. What is not known is empty, with its
    reason beside it.
    """
    from operations.read import export

    with reported() as console:
        kind = export.format_of(format_, output)
        begin, end = day(from_, is_last=False), day(to, is_last=True)
        from operations.metrics.ask import query as ask
        from operations.metrics.engine import Question

        groups = [name.strip() for each in by or () for name in each.split(",")]
        question = Question(names, groups, grain, where or (), begin, end)
        ask(env, question, console, kind=kind, output=output, limit=limit)


def day(text: str | None, *, is_last: bool) -> date | None:
    """A day that was named, or the first or last of a month that was.

    Raises:
        MusterError: It is neither.
    """
    if text is None:
        return None
    try:
        if len(text) == len("2026-01"):
            first = date.fromisoformat(f"{text}-01")
            last = monthrange(first.year, first.month)[1] if is_last else 1
            return first.replace(day=last)
        return date.fromisoformat(text)
    except ValueError:
        raise MusterError(
            f"{text!r} is no month or day: write it as 2026-01 or 2026-01-31.", 2
        ) from None
