"""The parts of the docs that are written from the project itself.

`python -m tools.pages` renews them; a test fails while they are not current.
"""

import sys
from collections.abc import Callable

from environment import PROJECT
from environment.errors import MusterError
from operations.build.artifacts import Node, parsed
from tools import (
    checks_page,
    contract_page,
    erd,
    metrics_page,
    overview,
    records_page,
)

WRITTEN: dict[str, dict[str, Callable[[Node], str]]] = {
    "docs/architecture.md": {"folders": overview.folders, "erd": erd.diagram},
    "docs/metrics.md": {
        "names": metrics_page.names,
        "figures": metrics_page.figures,
    },
    "docs/onboarding.md": {"contract": contract_page.tables},
    "docs/monitoring.md": {"checks": checks_page.checks},
    "docs/records_of_processing.md": {
        "sources": records_page.sources,
        "times": records_page.times,
        "recipients": records_page.recipients,
    },
    "models/overview.md": {
        "reports": overview.reports,
        "folders": overview.folders,
        "queries": overview.queries,
    },
}
"""Each page with the names of its parts and what writes them from dbt's manifest."""


def renewed(name: str, manifest: Node) -> str:
    """A page as it should be.

    Args:
        name: The page's path, one of `WRITTEN`.
        manifest: dbt's `manifest.json`.

    Raises:
        ValueError: The page lacks a marker.
    """
    page = (PROJECT / name).read_text()
    for part, write in WRITTEN[name].items():
        page = embedded(page, part, write(manifest))
    return page


def embedded(page: str, part: str, text: str) -> str:
    """Put text between a page's markers.

    Args:
        page: The page's text.
        part: The name in the markers.
        text: Markdown that ends in a line end.

    Raises:
        ValueError: The page lacks a marker.
    """
    # dbt's docs would show a comment of HTML, and GitHub one of Jinja.
    opening, closing = ("{#", "#}") if "{% docs " in page else ("<!--", "-->")
    begins = f"{opening} {part} begins: written by `make pages` {closing}"
    ends = f"{opening} {part} ends {closing}"
    before, first, rest = page.partition(begins)
    _, last, after = rest.partition(ends)
    if not first or not last:
        message = f"there are no markers {begins} and {ends}"
        raise ValueError(message)
    return f"{before}{begins}\n\n{text}\n{ends}{after}"


def main() -> None:
    """Renew the pages that changed.

    Raises:
        SystemExit: What they are written from lacks something; it says what.
    """
    manifest = parsed()
    try:
        pages = {name: renewed(name, manifest) for name in WRITTEN}
    except MusterError as error:
        sys.exit(str(error))
    for name, text in pages.items():
        was_current = text == (PROJECT / name).read_text()
        if not was_current:
            (PROJECT / name).write_text(text)
        sys.stdout.write(f"{name}: {'was current' if was_current else 'renewed'}\n")


if __name__ == "__main__":
    main()
