"""Who is told of incidents, by servers that check every call and can fail."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.handlers import Message
from monitoring_kit import Tracker, serving

from environment.errors import ConfigurationError, MusterError
from operations.monitoring import sinks
from operations.monitoring.sinks import CHANGED, CLOSED, OPENED, REOPENED, Telling


def telling(event: str, number: int = 1, incident: str = "INC-0123456789") -> Telling:
    """What is told of an incident."""
    return Telling(
        incident,
        f"{incident}-{number}",
        event,
        "[critical] dev: every_source_comes_when_it_is_due: fx",
        f"the text of {event}",
        "2026-07-01",
        "critical",
    )


def settings(kind: str, address: str) -> dict[str, str]:
    """The variables that name a tracker."""
    named = {
        "github": f"{address}/repos/acme/hr",
        "jira": f"{address}/?project=OPS&user=ops@example.com",
    }
    name = f"{sinks.PREFIX}{kind.upper()}"
    return {name: named[kind], f"{name}_TOKEN": "secret"}


@pytest.fixture(params=["github", "jira"])
def tracker(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Tracker]:
    with serving(Tracker(), request.param) as served:
        for name, value in settings(request.param, served.address).items():
            monkeypatch.setenv(name, value)
        yield served


def sink() -> sinks.Sink:
    """The one that is configured."""
    (found,) = sinks.configured().values()
    return found


def test_an_incident_is_one_ticket_until_it_is_over(tracker: Tracker) -> None:
    ticket = sink().tell(telling(OPENED), None)
    for number, event in enumerate((CHANGED, CLOSED, REOPENED, CLOSED), 2):
        assert sink().tell(telling(event, number), ticket) == ticket
        (issue,) = tracker.issues.values()
        assert issue["state"] == ("closed" if event == CLOSED else "open")

    assert issue["title"] == telling(OPENED).title
    assert "the text of opened" in issue["text"]
    assert issue["comments"] == [
        f"the text of {each}" for each in (CHANGED, CLOSED, REOPENED, CLOSED)
    ]


def test_what_was_opened_and_not_noted_is_opened_once(tracker: Tracker) -> None:
    first = sink().tell(telling(OPENED), None)
    other = sink().tell(telling(OPENED, 1, "INC-9876543210"), None)
    assert first != other

    assert sink().tell(telling(OPENED), None) == first
    assert len(tracker.issues) == 2


@pytest.mark.parametrize("status", [302, 401, 403, 500, 503])
def test_a_tracker_that_fails_is_named_without_its_secret(
    tracker: Tracker, status: int
) -> None:
    tracker.failing = {"POST /issue": status, "POST /issues": status}

    with pytest.raises(MusterError, match=str(status)) as told:
        sink().tell(telling(OPENED), None)
    assert "secret" not in str(told.value)
    assert not tracker.issues


def test_a_tracker_that_is_not_there_is_told_of(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in settings("github", "http://127.0.0.1:9").items():
        monkeypatch.setenv(name, value)

    with pytest.raises(MusterError, match="GitHub cannot be asked: ConnectionError"):
        sink().tell(telling(OPENED), None)


def test_an_older_jira_is_searched_as_it_can_be(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Older(Tracker):
        def jira(self, method: str, path: str, content: object) -> tuple[int, object]:
            if "/search/jql" in path:
                return 404, {}
            return super().jira(
                method, path.replace("/search?", "/search/jql?"), content
            )

    with serving(Older(), "jira") as served:
        for name, value in settings("jira", served.address).items():
            monkeypatch.setenv(name, value)
        ticket = sink().tell(telling(OPENED), None)
        assert sink().tell(telling(OPENED), None) == ticket == "OPS-1"


def test_lines_are_appended_for_their_owner_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "incidents.jsonl"
    monkeypatch.setenv(f"{sinks.PREFIX}FILE", str(path))

    sink().tell(telling(OPENED), None)
    sink().tell(telling(CLOSED, 2), "INC-0123456789")
    lines = [json.loads(line) for line in path.read_text().splitlines()]
    assert [each["event"] for each in lines] == [OPENED, CLOSED]
    assert lines[0]["number"] == "INC-0123456789-1"
    assert path.stat().st_mode & 0o777 == 0o600

    monkeypatch.setenv(f"{sinks.PREFIX}FILE", str(tmp_path))
    with pytest.raises(MusterError, match="cannot be written"):
        sink().tell(telling(OPENED), None)


class Box(Message):
    """A mailbox."""

    def __init__(self) -> None:
        super().__init__()
        self.mails: list[dict[str, str]] = []

    def handle_message(self, message: object) -> None:
        """Keep a mail."""
        self.mails.append({**dict(message.items()), "text": message.get_payload()})  # type: ignore[attr-defined]


def test_mails_of_an_incident_are_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    box = Box()
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    server = Controller(box, hostname="127.0.0.1", port=port)
    server.start()
    try:
        where = f"smtp://127.0.0.1:{port}/?from=muster@example.com&to=ops@example.com"
        monkeypatch.setenv(f"{sinks.PREFIX}MAIL", f"{where}&to=hr@example.com")
        ticket = sink().tell(telling(OPENED), None)
        sink().tell(telling(CLOSED, 2), ticket)

        monkeypatch.setenv(f"{sinks.PREFIX}MAIL", where.replace("//", "//user@"))
        with pytest.raises(MusterError, match="secret in clear"):
            sink().tell(telling(OPENED), None)
    finally:
        server.stop()
    opened, closed = box.mails
    assert opened["To"] == "ops@example.com, hr@example.com"
    assert opened["Message-ID"] == "<INC-0123456789@example.com>"
    assert opened["Importance"] == "high"
    assert "the text of opened" in opened["text"]
    assert closed["In-Reply-To"] == opened["Message-ID"] != closed["Message-ID"]
    assert closed["Subject"] == f"Re: {opened['Subject']}"

    with pytest.raises(MusterError, match="mail server fails"):
        sinks.configured()["mail"].tell(telling(OPENED), None)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("GITHUB", "https://github.com/acme/hr"),
        ("GITHUB", "https://api.github.com/repos/acme/hr"),
        ("JIRA", "https://acme.example.com/?project=OPS"),
        ("MAIL", "smtp://mail.example.com"),
        ("MAIL", "https://mail.example.com/?from=a@b.example&to=c@d.example"),
    ],
)
def test_a_sink_that_is_named_wrongly_is_told_at_once(
    name: str, value: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(f"{sinks.PREFIX}{name}", value)
    with pytest.raises(ConfigurationError, match=f"{sinks.PREFIX}{name} is not right"):
        sinks.configured()
