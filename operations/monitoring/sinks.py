"""Who is told of incidents: a tracker of issues, a file, a mailbox.

Each is named by an environment variable, and none is there by default:

    MUSTER_INCIDENTS_GITHUB  https://api.github.com/repos/OWNER/NAME
    MUSTER_INCIDENTS_JIRA    https://company.atlassian.net/?project=OPS&user=MAIL
    MUSTER_INCIDENTS_FILE    a file of JSON lines
    MUSTER_INCIDENTS_MAIL    smtp://user@host:587/?from=MAIL&to=MAIL&to=MAIL, or smtps

The secret of each stands in a variable of its name with `_TOKEN`. What is told twice,
because a look was killed between telling and noting it, opens no second ticket:
trackers are asked for the incident's id first, a mail and a line have ids of their own.
"""

import json
import os
import smtplib
import ssl
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.message import EmailMessage
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import parse_qs, quote, urlsplit, urlunsplit

import requests

from environment.errors import ConfigurationError, MusterError
from environment.files import PRIVATE

PREFIX = "MUSTER_INCIDENTS_"

SECONDS = 30
"""How long a sink may take to answer."""

PAGES = 10
"""How many pages of issues are looked through for one that was opened before."""

OPENED, CHANGED, REOPENED, CLOSED = "opened", "changed", "reopened", "closed"
"""What a sink is told of."""


@dataclass(frozen=True)
class Telling:
    """What a sink is to be told of an incident.

    Attributes:
        incident: Its id, which the ticket bears.
        number: Which telling of it this is: told again, it has the same.
        event: `OPENED`, `CHANGED`, `REOPENED` or `CLOSED`.
        title: A line.
        text: The whole, as Markdown.
        since: The day from which on a ticket of it may be there, ISO.
        severity: `critical`, `major` or `minor`.
    """

    incident: str
    number: str
    event: str
    title: str
    text: str
    since: str
    severity: str


class Sink(Protocol):
    """Who is told."""

    def tell(self, telling: Telling, ticket: str | None) -> str:
        """Tell of an incident.

        Args:
            telling: What.
            ticket: The ticket, where it was told before.

        Returns:
            The ticket.

        Raises:
            MusterError: It cannot be told now.
        """


@dataclass(frozen=True)
class GitHub:
    """Issues of a repository on GitHub, by its REST API."""

    address: str
    token: str

    def tell(self, telling: Telling, ticket: str | None) -> str:
        """Open an issue, comment on it, close it or open it again."""
        marker = f"<!-- {telling.incident} -->"
        ticket = ticket or self._found(telling, marker)
        if ticket is None:
            content = {"title": telling.title, "body": f"{telling.text}\n\n{marker}"}
            made = self._ask("POST", "issues", content).json()
            ticket = str(made["number"])
        elif telling.event != OPENED:
            self._ask("POST", f"issues/{ticket}/comments", {"body": telling.text})
        if telling.event in {CLOSED, REOPENED}:
            state = {"state": "closed", "state_reason": "completed"}
            if telling.event == REOPENED:
                state = {"state": "open", "state_reason": "reopened"}
            self._ask("PATCH", f"issues/{ticket}", state)
        return ticket

    def _found(self, telling: Telling, marker: str) -> str | None:
        query = f"issues?state=all&per_page=100&since={telling.since}T00:00:00Z"
        for page in range(1, PAGES + 1):
            issues = self._ask("GET", f"{query}&page={page}").json()
            for issue in issues:
                if marker in (issue.get("body") or ""):
                    return str(issue["number"])
            if len(issues) < 100:
                break
        return None

    def _ask(self, method: str, path: str, content: object = None) -> Any:
        headers = {
            "Accept": "application/vnd.github+json",
            "Authorization": f"Bearer {self.token}",
            "X-GitHub-Api-Version": "2022-11-28",
        }
        return asked("GitHub", method, f"{self.address}/{path}", headers, content)


@dataclass(frozen=True)
class Jira:
    """Issues of a project in Jira, by its REST API of version 2."""

    address: str
    project: str
    kind: str
    user: str
    token: str

    def tell(self, telling: Telling, ticket: str | None) -> str:
        """Open an issue, comment on it, and move it to done or back."""
        ticket = ticket or self._found(telling.incident)
        if ticket is None:
            fields = {
                "project": {"key": self.project},
                "issuetype": {"name": self.kind},
                "summary": telling.title,
                "description": telling.text,
                "labels": [telling.incident],
            }
            ticket = str(self._ask("POST", "issue", {"fields": fields}).json()["key"])
        elif telling.event != OPENED:
            self._ask("POST", f"issue/{ticket}/comment", {"body": telling.text})
        if telling.event in {CLOSED, REOPENED}:
            self._move(ticket, is_done=telling.event == CLOSED)
        return ticket

    def _found(self, incident: str) -> str | None:
        query = f"jql={quote(f'labels = {json.dumps(incident)}')}&fields=key"
        try:
            answer = self._ask("GET", f"search/jql?{query}")
        except MusterError:
            # A server of one's own has the older search.
            answer = self._ask("GET", f"search?{query}")
        issues = answer.json()["issues"]
        return str(issues[0]["key"]) if issues else None

    def _move(self, ticket: str, *, is_done: bool) -> None:
        """By whichever transition of the workflow leads there; it may be there."""
        place = f"issue/{ticket}/transitions"
        for each in self._ask("GET", place).json()["transitions"]:
            category = each["to"]["statusCategory"]["key"]
            if (category == "done") == is_done:
                self._ask("POST", place, {"transition": {"id": each["id"]}})
                return

    def _ask(self, method: str, path: str, content: object = None) -> Any:
        address = f"{self.address}/rest/api/2/{path}"
        # Accounts in the cloud have a name beside their token.
        login = (self.user, self.token) if self.user else None
        headers = {} if login else {"Authorization": f"Bearer {self.token}"}
        return asked("Jira", method, address, headers, content, login)


@dataclass(frozen=True)
class Lines:
    """A file of JSON lines, for whatever reads such."""

    path: Path

    def tell(self, telling: Telling, ticket: str | None) -> str:
        """Append a line, with the `number` by which one that is there twice shows."""
        line = json.dumps(vars(telling), ensure_ascii=False) + "\n"
        try:
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT
            with os.fdopen(os.open(self.path, flags, 0o666 & ~PRIVATE), "a") as file:
                file.write(line)
        except OSError as error:
            raise MusterError(f"The file cannot be written: {error.strerror}") from None
        return telling.incident


@dataclass(frozen=True)
class Mail:
    """A mailbox, by SMTP."""

    host: str
    port: int
    is_encrypted: bool
    user: str
    token: str
    sender: str
    recipients: tuple[str, ...]

    def tell(self, telling: Telling, ticket: str | None) -> str:
        """Send a mail; those of an incident are one thread."""
        domain = self.sender.rpartition("@")[2]
        first = f"<{telling.incident}@{domain}>"
        message = EmailMessage()
        message["Subject"] = (
            f"{'' if telling.event == OPENED else 'Re: '}{telling.title}"
        )
        message["From"], message["To"] = self.sender, ", ".join(self.recipients)
        message["Message-ID"] = first
        if telling.event != OPENED:
            del message["Message-ID"]
            message["Message-ID"] = f"<{telling.number}@{domain}>"
            message["In-Reply-To"] = message["References"] = first
        if telling.severity == "critical":
            message["Importance"] = "high"
        message.set_content(telling.text)
        context = ssl.create_default_context()
        try:
            with (
                smtplib.SMTP_SSL(self.host, self.port, timeout=SECONDS, context=context)
                if self.is_encrypted
                else smtplib.SMTP(self.host, self.port, timeout=SECONDS)
            ) as server:
                server.ehlo_or_helo_if_needed()
                is_encrypted = self.is_encrypted
                if not is_encrypted and server.has_extn("starttls"):
                    server.starttls(context=context)
                    is_encrypted = True
                if self.user and not is_encrypted:
                    raise MusterError("The mail server would hear the secret in clear")
                if self.user:
                    server.login(self.user, self.token)
                server.send_message(message)
        except (OSError, smtplib.SMTPException) as error:
            raise MusterError(
                f"The mail server fails: {type(error).__name__}"
            ) from None
        return telling.incident


def asked(
    name: str,
    method: str,
    address: str,
    headers: Mapping[str, str],
    content: object = None,
    login: tuple[str, str] | None = None,
) -> requests.Response:
    """Ask a tracker; it is told no secret by a redirect.

    Raises:
        MusterError: It does not answer, or not well.
    """
    try:
        answer = requests.request(
            method,
            address,
            headers=headers,
            json=content,
            auth=login,
            timeout=SECONDS,
            allow_redirects=False,
        )
    except requests.RequestException as error:
        raise MusterError(f"{name} cannot be asked: {type(error).__name__}") from None
    if not 200 <= answer.status_code < 300:
        raise MusterError(f"{name} answers {answer.status_code} to {method}")
    return answer


def configured() -> dict[str, Sink]:
    """The sinks that environment variables name.

    Raises:
        ConfigurationError: One is named wrongly.
    """
    made: dict[str, Callable[[str, str], Sink]] = {
        "GITHUB": _github,
        "JIRA": _jira,
        "FILE": lambda value, _: Lines(Path(value).expanduser()),
        "MAIL": _mail,
    }
    found: dict[str, Sink] = {}
    for name, make in made.items():
        if value := os.environ.get(f"{PREFIX}{name}"):
            token = os.environ.get(f"{PREFIX}{name}_TOKEN", "")
            try:
                found[name.lower()] = make(value, token)
            except (ValueError, LookupError):
                raise ConfigurationError(
                    f"{PREFIX}{name} is not right: see docs/monitoring.md"
                ) from None
    return found


def _github(value: str, token: str) -> Sink:
    if "/repos/" not in value or not token:
        raise ValueError
    return GitHub(value.rstrip("/"), token)


def _jira(value: str, token: str) -> Sink:
    url = urlsplit(value)
    given = parse_qs(url.query)
    if not token:
        raise ValueError
    address = urlunsplit((url.scheme, url.netloc, url.path.rstrip("/"), "", ""))
    kind, user = given.get("type", ["Bug"])[0], given.get("user", [""])[0]
    return Jira(address, given["project"][0], kind, user, token)


def _mail(value: str, token: str) -> Sink:
    url = urlsplit(value)
    given = parse_qs(url.query)
    if url.scheme not in {"smtp", "smtps"} or not url.hostname:
        raise ValueError
    is_encrypted = url.scheme == "smtps"
    port = url.port or (465 if is_encrypted else 587)
    sender, recipients = given["from"][0], tuple(given["to"])
    user = url.username or ""
    return Mail(url.hostname, port, is_encrypted, user, token, sender, recipients)
