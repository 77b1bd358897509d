"""Put the data diff of a pull request beside it, as one comment that is kept current.

The text was written by the code of a pull request, perhaps of a fork, and is treated as
what a stranger says: it can fill a comment, but call nobody, show no image and hide
nothing. Which pull request it belongs to is told by GitHub alone, never by the text.

Needs the standard library only, so that the one job that may write runs no package.
Source of the requests: GitHub's REST API, `pulls` and `issues/comments`.
"""

import json
import os
import re
import sys
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

MARKER = "<!-- muster: data diff -->"
"""Begins our comment, by which the next run finds it."""

AUTHOR = "github-actions[bot]"
"""Who writes with the token of a workflow."""

LONGEST = 60_000
"""Characters that are shown; GitHub takes 65,536."""

PER_PAGE = 100

NOTE = "_Computed by the code of this pull request, on the demo company, at {sha}._"

# In this order. A link's text can belie its target, so there are none.
HARMFUL = {
    "&": "&amp;",
    "<": "&lt;",
    ">": "&gt;",
    "@": "&#64;",
    "![": "!&#91;",
    "](": "]&#40;",
    "]:": "]&#58;",
    "://": "&#58;//",
    "www.": "www&#46;",
}

ALLOWED = re.compile(r"&lt;(/?(?:details|summary)|br)&gt;")

SECONDS = 30


class CommentError(Exception):
    """The comment cannot be written; the message says why."""


@dataclass(frozen=True)
class Hub:
    """The API of a code host.

    Attributes:
        url: Where it is, without a slash at the end.
        repository: `owner/name`.
        token: May write comments of pull requests.
    """

    url: str
    repository: str
    token: str

    def call(self, method: str, path: str, content: object = None) -> Any:
        """Make one request below the repository and read its answer.

        Raises:
            CommentError: The host refuses, or is out of reach.
        """
        request = urllib.request.Request(  # noqa: S310
            f"{self.url}/repos/{self.repository}/{path}",
            method=method,
            data=None if content is None else json.dumps(content).encode(),
            headers={
                "Accept": "application/vnd.github+json",
                "Authorization": f"Bearer {self.token}",
                "Content-Type": "application/json",
            },
        )
        try:
            with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
                return json.load(answer)
        except (OSError, ValueError) as error:
            reason = error.reason if isinstance(error, urllib.error.URLError) else error
            raise CommentError(
                f"{method} {path.partition('?')[0]} failed: {reason}"
            ) from None

    def pages(self, path: str, **query: str) -> Iterator[dict[str, Any]]:
        """Every entry of a list, page by page."""
        page, length = 1, PER_PAGE
        while length == PER_PAGE:
            asked = query | {"per_page": str(PER_PAGE), "page": str(page)}
            entries = self.call("GET", f"{path}?{urllib.parse.urlencode(asked)}")
            yield from entries
            page, length = page + 1, len(entries)


def comment(text: Path, event: Mapping[str, Any], hub: Hub) -> str:
    """Write or renew the comment of the pull request that a run belongs to.

    Args:
        text: The file of the comment, in Markdown; nothing is said where it is missing.
        event: GitHub's event `workflow_run`.
        hub: Where pull requests are found and comments written.

    Returns:
        What was done, for the log.

    Raises:
        CommentError: The host refuses, or is out of reach.
    """
    if not text.is_file():
        return "That run left no data diff: nothing to say."
    run = event["workflow_run"]
    number = pull_request(run, hub)
    if number is None:
        return "No open pull request has that commit any more: nothing to say."
    said = body(text.read_text(errors="replace"), str(run["head_sha"]))
    for entry in hub.pages(f"issues/{number}/comments"):
        is_ours = entry["user"]["login"] == AUTHOR
        if is_ours and str(entry["body"]).startswith(MARKER):
            hub.call("PATCH", f"issues/comments/{int(entry['id'])}", {"body": said})
            return f"Renewed the comment of pull request {number}."
    hub.call("POST", f"issues/{number}/comments", {"body": said})
    return f"Commented on pull request {number}."


def pull_request(run: Mapping[str, Any], hub: Hub) -> int | None:
    """The open pull request whose newest commit a run tested, if there is one.

    The event names no pull request where it comes from a fork, so it is looked up by
    branch, and must still be at the commit that was tested.
    """
    head = f"{run['head_repository']['owner']['login']}:{run['head_branch']}"
    for entry in hub.pages("pulls", state="open", head=head):
        if entry["head"]["sha"] == run["head_sha"]:
            return int(entry["number"])
    return None


def body(text: str, sha: str) -> str:
    """Make the comment of a stranger's text: harmless, not too long, and marked.

    Args:
        text: Markdown by the code of a pull request.
        sha: The commit that was tested.
    """
    harmless = "".join(c for c in text if c.isprintable() or c == "\n")
    for character, shown in HARMFUL.items():
        harmless = harmless.replace(character, shown)
    harmless = ALLOWED.sub(r"<\1>", harmless)
    if len(harmless) > LONGEST:
        whole = harmless[:LONGEST].rpartition("\n")[0]
        harmless = f"{whole}\n\nThe rest is in the summary of the run."
    return f"{MARKER}\n{harmless.strip()}\n\n{NOTE.format(sha=sha[:12])}\n"


def main() -> None:
    """Comment as the environment of GitHub Actions says."""
    event = json.loads(Path(os.environ["GITHUB_EVENT_PATH"]).read_text())
    hub = Hub(
        os.environ.get("GITHUB_API_URL", "https://api.github.com"),
        os.environ["GITHUB_REPOSITORY"],
        os.environ["GITHUB_TOKEN"],
    )
    try:
        said = comment(Path(sys.argv[1]), event, hub)
    except CommentError as error:
        sys.exit(f"The data diff cannot be shown: {error}")
    sys.stdout.write(f"{said}\n")


if __name__ == "__main__":
    main()
