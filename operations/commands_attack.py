"""The command of `muster` that attacks what is published."""

from typing import Annotated

import typer
from rich.table import Table

from operations.commands import EnvironmentOption, reported


def attack(
    env: EnvironmentOption = "dev",
    where: Annotated[
        bool, typer.Option("--where", help="Say also in which rows, one a line.")
    ] = False,
) -> None:
    """Attack what is published with all that a reader knows; 1 where it breaks.

    Also tells the share of each table that is told, weighted by people.
    """
    from operations import attack as attacks
    from operations import environment as environments
    from operations.errors import OperationError

    with reported() as console:
        environment = environments.find(env)
        for path in environment.databases:
            environments.connect(path).close()
        found = attacks.attack(
            environment.published,
            environment.marts,
            environment.restricted,
            environment.artifacts / "manifest.json",
        )
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
            raise OperationError(f"Single people are told of: {found.verdict()}.")
        console.print(f"Nobody is told of: {found.effort()}.", soft_wrap=True)


def mount(app: typer.Typer) -> None:
    """Add the command to the command line."""
    app.command()(attack)
