"""The comment of a pull request: the right one, renewed, and harmless."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import pytest

from tools.comment import AUTHOR, MARKER, CommentError, Hub, body, comment

SHA = "0123456789abcdef0123456789abcdef01234567"

RUN = {
    "workflow_run": {
        "head_sha": SHA,
        "head_branch": "faster",
        "head_repository": {"owner": {"login": "stranger"}},
    }
}

PULLS = "/repos/muster/muster/pulls"
COMMENTS = "/repos/muster/muster/issues/7/comments"


class Server(ThreadingHTTPServer):
    """A code host on loopback: answers by method and path, and what it was asked."""

    answers: dict[tuple[str, str], Any]
    asked: list[tuple[str, str, Any]]


class Handler(BaseHTTPRequestHandler):
    """Answers from the server's table; a list is given page by page."""

    server: Server

    def do_GET(self) -> None:
        """Answer a reading."""
        self.answer()

    def do_POST(self) -> None:
        """Answer a writing."""
        self.answer()

    def do_PATCH(self) -> None:
        """Answer a change."""
        self.answer()

    def answer(self) -> None:
        """Note the request, and look its answer up; without one, refuse."""
        parts = urlsplit(self.path)
        length = int(self.headers.get("Content-Length", 0))
        content = json.loads(self.rfile.read(length)) if length else None
        self.server.asked.append((self.command, self.path, content))
        found = self.server.answers.get((self.command, parts.path))
        if isinstance(found, list):
            page = int(parse_qs(parts.query)["page"][0])
            found = found[100 * (page - 1) : 100 * page]
        self.send_response(200 if found is not None else 403)
        self.end_headers()
        self.wfile.write(json.dumps(found).encode())

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@pytest.fixture
def server() -> Iterator[Server]:
    """A host that has pull request 7 at the tested commit."""
    with Server(("127.0.0.1", 0), Handler) as made:
        made.asked = []
        made.answers = {
            ("GET", PULLS): [
                {"number": 6, "head": {"sha": "f" * 40}},
                {"number": 7, "head": {"sha": SHA}},
            ],
            ("GET", COMMENTS): [],
            ("POST", COMMENTS): {},
        }
        thread = threading.Thread(target=made.serve_forever, daemon=True)
        thread.start()
        yield made
        made.shutdown()


@pytest.fixture
def hub(server: Server) -> Hub:
    return Hub(f"http://127.0.0.1:{server.server_port}", "muster/muster", "none")


@pytest.fixture
def text(tmp_path: Path) -> Path:
    path = tmp_path / "comment.md"
    path.write_text("| mart | rows |\n")
    return path


def test_the_pull_request_at_the_tested_commit_is_commented(
    server: Server, hub: Hub, text: Path
) -> None:
    assert comment(text, RUN, hub) == "Commented on pull request 7."
    looked, _, written = server.asked
    assert parse_qs(urlsplit(looked[1]).query)["head"] == ["stranger:faster"]
    assert written[:2] == ("POST", COMMENTS)
    assert written[2]["body"].startswith(f"{MARKER}\n| mart | rows |")
    assert SHA[:12] in written[2]["body"]


def test_our_comment_is_renewed_also_on_the_second_page(
    server: Server, hub: Hub, text: Path
) -> None:
    others = [
        {"id": n, "user": {"login": "stranger"}, "body": MARKER} for n in range(120)
    ]
    ours = {"id": 500, "user": {"login": AUTHOR}, "body": f"{MARKER}\nold"}
    server.answers["GET", COMMENTS] = [*others, ours]
    path = "/repos/muster/muster/issues/comments/500"
    server.answers["PATCH", path] = {}
    assert comment(text, RUN, hub) == "Renewed the comment of pull request 7."
    assert server.asked[-1][:2] == ("PATCH", path)


def test_nothing_is_said_of_a_commit_that_was_replaced(
    server: Server, hub: Hub, text: Path
) -> None:
    server.answers["GET", PULLS] = [{"number": 7, "head": {"sha": "e" * 40}}]
    assert "nothing to say" in comment(text, RUN, hub)
    assert [method for method, _, _ in server.asked] == ["GET"]


def test_nothing_is_said_without_a_diff(
    server: Server, hub: Hub, tmp_path: Path
) -> None:
    assert "nothing to say" in comment(tmp_path / "none.md", RUN, hub)
    assert not server.asked


def test_a_refusal_is_one_line(server: Server, hub: Hub, text: Path) -> None:
    server.answers.clear()
    with pytest.raises(CommentError, match=r"^GET pulls failed: .*Forbidden"):
        comment(text, RUN, hub)


def test_a_strangers_text_can_do_nothing() -> None:
    said = body(
        "@everyone ![x](https://x.example/a.png) [safe](https://x.example)\n"
        "[safe]\n\n[safe]: //x.example\nwww.x.example\n"
        "<img src=x> <!-- hidden --> \x1b[31m \u202e\n"
        "<details><summary>people</summary>\n\n| a | b |\n</details>",
        SHA,
    )
    text = said.removeprefix(MARKER)
    for harmful in (
        "@",
        "![",
        "](",
        "]:",
        "://",
        "www.",
        "<img",
        "<!--",
        "\x1b",
        "\u202e",
    ):
        assert harmful not in text
    assert "<details><summary>people</summary>" in text
    assert "| a | b |" in text


def test_a_long_text_is_cut_at_a_line() -> None:
    said = body("| row |\n" * 20_000, SHA)
    assert len(said) < 65_536
    assert "| row |\n\nThe rest is in the summary of the run." in said
