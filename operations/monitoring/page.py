"""The page that tells the state of an environment: static, of one file."""

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from environment import Environment
from environment.files import private_files, write_whole
from operations import pages
from operations.monitoring.seen import Took
from operations.read import status as statuses
from operations.read.status import Status, age

TEMPLATES = Path(__file__).parent / "templates"

WIDTH, HEIGHT = 320.0, 56.0
"""The size of a drawing of runs, in its own units."""


def path(environment: Environment) -> Path:
    """Where the page lies."""
    return environment.folder / "status" / "index.html"


def write(environment: Environment, now: datetime) -> Path:
    """Write the page of what the last look left.

    Args:
        environment: The environment.
        now: The instant by which sources are late, aware.

    Returns:
        Where it is.
    """
    found = statuses.of(environment, now)
    text = pages.templates(TEMPLATES).get_template("status.html.j2")
    target = path(environment)
    wall = datetime.now(UTC)
    content = text.render(
        status=found,
        wall=wall,
        age=lambda instant: age(instant and instant.replace(tzinfo=UTC), wall),
        loaded=lambda instant: age(instant, now),
        tiles=tiles(found, wall),
        slowest=max((each.seconds for each in found.seen.slowest), default=1) or 1,
        trends=trends(found.seen.runs),
    )
    with private_files():
        target.parent.mkdir(exist_ok=True)
        write_whole(target, content)
    return target


def tiles(status: Status, wall: datetime) -> list[tuple[str, str, str]]:
    """The four figures on top: what, how much, and what of it is worst."""
    found = status.seen.open_incidents
    late = [each.source for each in status.ingests if each.is_late]
    worst = f"the worst is {found[0].severity}" if found else "all is as it should be"
    released = age(status.released_at, wall) if status.released_at else "never"
    return [
        ("Open incidents", f"{len(found):,}", worst),
        ("Late sources", f"{len(late):,}", ", ".join(late) or "all came when due"),
        ("Released", released, status.release or "nothing is released"),
        (
            "Refused",
            f"{sum(each.refused for each in status.ingests):,}",
            "rows and values of the last loads",
        ),
    ]


def trends(runs: Sequence[Took]) -> list[dict[str, object]]:
    """A drawing for each command: its last runs, as bars of their seconds."""
    by_command: dict[str, list[Took]] = {}
    for run in runs:
        by_command.setdefault(run.command, []).append(run)
    drawn: list[dict[str, object]] = []
    for command, some in by_command.items():
        longest = max(each.seconds for each in some) or 1
        step = WIDTH / max(len(some), 12)
        bars = [
            {
                "x": round(number * step, 1),
                "y": round(HEIGHT - max(HEIGHT * each.seconds / longest, 1), 1),
                "width": round(step * 0.75, 1),
                "height": round(max(HEIGHT * each.seconds / longest, 1), 1),
                "is_bad": each.outcome != "succeeded",
            }
            for number, each in enumerate(some)
        ]
        bad = sum(each.outcome != "succeeded" for each in some)
        drawn.append(
            {
                "command": command,
                "bars": bars,
                "told": f"{some[-1].seconds:,.0f} s last, {longest:,.0f} s at most;"
                f" {len(some)} runs, of which {bad} did not succeed.",
            }
        )
    return drawn
