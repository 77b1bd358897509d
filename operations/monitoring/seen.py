"""What the last look left of an environment: incidents, and how long things took."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from pathlib import Path

from environment import Environment
from environment.databases import attach, session

FOLDER = "ops"
"""Below an environment's folder: where what is made of runs lies, and its name."""

DATABASE = "ops.duckdb"

MANY = 5
"""How many of the slowest models are told."""

TREND = 30
"""How many of the last runs of a command are told."""


@dataclass(frozen=True)
class Incident:
    """An incident as it was left; the columns of `fct_incidents`."""

    incident_id: str
    check_name: str
    subject: str
    severity: str
    owned_by: str
    detail: str
    runbook: str
    state: str
    opened_at: datetime
    told_at: datetime
    closed_at: datetime | None


@dataclass(frozen=True)
class Duration:
    """How long a model took last, in a command; columns of `rpt_model_durations`."""

    subject: str
    command: str
    seconds: float
    usual_seconds: float | None


@dataclass(frozen=True)
class Took:
    """A run that ended; columns of `fct_runs`."""

    command: str
    begun_at: datetime
    seconds: float
    outcome: str


@dataclass(frozen=True)
class Seen:
    """What the last look left.

    Attributes:
        looked_at: When it was, naive UTC; None where none was.
        incidents: All there were, the worst first.
        slowest: The slowest models, as they were built last.
        runs: The last runs that ended, by command and then time.
    """

    looked_at: datetime | None = None
    incidents: Sequence[Incident] = ()
    slowest: Sequence[Duration] = ()
    runs: Sequence[Took] = ()

    @property
    def open_incidents(self) -> list[Incident]:
        """Those that are not over."""
        return [each for each in self.incidents if each.state != "closed"]


def database(environment: Environment) -> Path:
    """Where what is made of runs lies; there since the first look."""
    return environment.folder / FOLDER / DATABASE


def draft(environment: Environment) -> Path:
    """Where a look makes it, until it is whole."""
    return database(environment).with_name(f".{DATABASE}")


def read(environment: Environment) -> Seen:
    """What the last look left; nothing before the first.

    Raises:
        MusterError: It is in use.
    """
    path = database(environment)
    return read_from(path) if path.exists() else Seen()


def keep(environment: Environment, changed: Sequence[Incident]) -> None:
    """Let readers see what a look made, with what it decided since.

    The next look makes the same of what this one noted in the log.
    """
    path = draft(environment)
    names = [each.name for each in fields(Incident)]
    with session(str(path)) as connection:
        for each in changed:
            values = [getattr(each, name) for name in names]
            number = connection.execute(
                f"update fct_incidents set {' = ?, '.join(names)} = ?"
                " where incident_id = ?",
                [*values, each.incident_id],
            ).fetchone()
            if number == (0,):
                connection.execute(
                    f"insert into fct_incidents ({', '.join(names)}, times_reopened)"
                    f" values ({', '.join('?' for _ in names)}, 0)",
                    values,
                )
    path.replace(database(environment))


def read_from(path: Path) -> Seen:
    """What a look made, of a file."""
    with session() as connection:
        attach(connection, path, FOLDER)

        def rows(kind: type, of: str) -> list[tuple[object, ...]]:
            names = ", ".join(each.name for each in fields(kind))
            query = f"select {names} from {FOLDER}.{of}"
            return connection.execute(query).fetchall()

        looks = connection.execute(
            f"select max(begun_at) from {FOLDER}.fct_runs where command = 'incidents'"
        ).fetchone()
        incidents = rows(
            Incident,
            "fct_incidents order by case severity when 'critical' then 1"
            " when 'major' then 2 else 3 end, opened_at, check_name, subject",
        )
        slowest = rows(
            Duration,
            "rpt_model_durations where command in ('build', 'release')"
            f" order by seconds desc, subject limit {MANY}",
        )
        took = rows(
            Took,
            "fct_runs where seconds is not null and command <> 'incidents' qualify"
            " row_number() over (partition by command order by begun_at desc)"
            f" <= {TREND} order by command, begun_at",
        )
        return Seen(
            looks[0] if looks else None,
            [Incident(*row) for row in incidents],  # type: ignore[arg-type]
            [Duration(*row) for row in slowest],  # type: ignore[arg-type]
            [Took(*row) for row in took],  # type: ignore[arg-type]
        )
