"""The register of requests: when they are due, and that none is lost."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from environment.errors import MusterError
from operations.statutory import register
from operations.statutory.register import Within


@pytest.mark.parametrize(
    ("received_on", "within", "due_on"),
    [
        (date(2026, 11, 27), Within(2), date(2027, 1, 27)),
        (date(2026, 12, 31), Within(2), date(2027, 2, 28)),
        (date(2027, 12, 31), Within(2), date(2028, 2, 29)),
        (date(2026, 12, 28), Within(0, 8), date(2027, 1, 5)),
    ],
)
def test_an_answer_is_due_by_calendar_months_or_days(
    received_on: date, within: Within, due_on: date
) -> None:
    assert within.after(received_on) == due_on


def test_an_answer_closes_the_oldest_open_request_and_no_other(tmp_path: Path) -> None:
    for employee, day in (("7", 1), ("8", 2), ("7", 3)):
        register.received(tmp_path, employee, date(2026, 11, day), "worker")
    with register.answering(
        tmp_path, "7", None, "worker", register.TWO_MONTHS, date(2026, 11, 9)
    ) as answered:
        pass

    assert answered.request == "R-00001"
    assert [x.answered_on for x in register.read(tmp_path)] == [
        date(2026, 11, 9),
        None,
        None,
    ]
    assert (tmp_path / register.FILE).stat().st_mode & 0o777 == 0o600


def test_a_request_that_was_not_entered_is_entered_with_its_answer(
    tmp_path: Path,
) -> None:
    with register.answering(
        tmp_path,
        "7, the one",
        date(2026, 9, 1),
        "representatives",
        register.TWO_MONTHS,
        date(2026, 9, 2),
    ):
        pass

    (request,) = register.read(tmp_path)
    assert request.employee_number == "7, the one"
    assert request.received_on == date(2026, 9, 1)
    assert request.due_on == date(2026, 11, 1)


def test_who_is_killed_before_the_letter_is_written_has_not_answered(
    tmp_path: Path,
) -> None:
    killed = subprocess.run(  # noqa: S603
        [
            sys.executable,
            "-c",
            "import os, pathlib, signal, sys, datetime;"
            "from operations.statutory import register;"
            "day = datetime.date(2026, 11, 9);"
            "answering = register.answering(pathlib.Path(sys.argv[1]), '7', None,"
            " 'worker', register.TWO_MONTHS, day);"
            "answering.__enter__();"
            "os.kill(os.getpid(), signal.SIGKILL)",
            str(tmp_path),
        ],
        check=False,
    )
    assert killed.returncode == -9
    (request,) = register.read(tmp_path)
    assert (request.request, request.answered_on) == ("R-00001", None)

    with register.answering(
        tmp_path, "7", None, "worker", register.TWO_MONTHS, date(2026, 11, 10)
    ):
        pass
    (request,) = register.read(tmp_path)
    assert request.answered_on == date(2026, 11, 10)


def test_commands_that_enter_requests_at_once_lose_none(tmp_path: Path) -> None:
    enter = (
        "import pathlib, sys, datetime;"
        "from operations.statutory import register;"
        "[register.received(pathlib.Path(sys.argv[1]), sys.argv[2],"
        " datetime.date(2026, 11, 9), 'worker') for _ in range(4)]"
    )
    commands = [
        subprocess.Popen(  # noqa: S603
            [sys.executable, "-c", enter, str(tmp_path), str(employee)]
        )
        for employee in range(3)
    ]
    assert [command.wait() for command in commands] == [0, 0, 0]

    requests = register.read(tmp_path)
    assert [x.request for x in requests] == [f"R-{n:05}" for n in range(1, 13)]
    assert {
        employee: sum(x.employee_number == employee for x in requests)
        for employee in ("0", "1", "2")
    } == {"0": 4, "1": 4, "2": 4}


def test_a_register_changed_by_hand_is_told_and_not_written_over(
    tmp_path: Path,
) -> None:
    register.received(tmp_path, "7", date(2026, 11, 1), "worker")
    path = tmp_path / register.FILE
    path.write_text(path.read_text().replace("2026-11-01", "1 November"))

    with pytest.raises(MusterError, match="not as Muster wrote it"):
        register.received(tmp_path, "8", date(2026, 11, 2), "worker")
    assert "1 November" in path.read_text()


def test_who_asks_is_one_of_those_who_may(tmp_path: Path) -> None:
    with pytest.raises(MusterError, match="--through"):
        register.received(tmp_path, "7", date(2026, 11, 1), "a neighbour")
    assert register.read(tmp_path) == []
