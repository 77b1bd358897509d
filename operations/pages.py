"""The parts of the docs that are written from the project itself.

`python -m operations.pages` renews them; a test fails while they are not current.
"""

import sys
from collections.abc import Callable
from typing import Any

from environment import PROJECT
from operations import erd, metrics
from operations.build.artifacts import parsed

Manifest = dict[str, Any]

WRITTEN: dict[str, tuple[str, Callable[[Manifest], str]]] = {
    "docs/architecture.md": ("erd", erd.diagram),
    "docs/metrics.md": ("figures", metrics.figures),
}
"""Each page with the name of its part and what writes that from dbt's manifest."""


def renewed(name: str, manifest: Manifest) -> str:
    """A page as it should be.

    Args:
        name: The page's path, one of `WRITTEN`.
        manifest: dbt's `manifest.json`.

    Raises:
        ValueError: The page lacks a marker.
    """
    part, write = WRITTEN[name]
    return embedded((PROJECT / name).read_text(), part, write(manifest))


def embedded(page: str, part: str, text: str) -> str:
    """Put text between a page's markers.

    Args:
        page: The page's text.
        part: The name in the markers.
        text: Markdown that ends in a line end.

    Raises:
        ValueError: The page lacks a marker.
    """
    begins = f"<!-- {part} begins: written by `make pages` -->"
    ends = f"<!-- {part} ends -->"
    before, first, rest = page.partition(begins)
    _, last, after = rest.partition(ends)
    if not first or not last:
        message = f"there are no markers {begins} and {ends}"
        raise ValueError(message)
    return f"{before}{begins}\n\n{text}\n{ends}{after}"


def main() -> None:
    """Renew the pages that changed."""
    manifest = parsed()
    for name in WRITTEN:
        text = renewed(name, manifest)
        was_current = text == (PROJECT / name).read_text()
        if not was_current:
            (PROJECT / name).write_text(text)
        sys.stdout.write(f"{name}: {'was current' if was_current else 'renewed'}\n")


if __name__ == "__main__":
    main()
