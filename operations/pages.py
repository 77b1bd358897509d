"""What pages for people are made with: one kind of templates, and one set of colours.

Pages of the site and those that the law asks for differ in what they hold; all escape
what they are given, fail on a name that is not given, and have the colours of
`COLOURS`.
"""

import re
from pathlib import Path

import jinja2

COLOURS = Path(__file__).with_name("colours.css")
"""The colours of all pages: of a light scheme, a dark one and of print."""


def templates(folder: Path) -> jinja2.Environment:
    """Templates of a folder; those of HTML escape what they are given."""
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder, COLOURS.parent]),
        autoescape=jinja2.select_autoescape(("html", "html.j2")),
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def light() -> dict[str, str]:
    """The colours of the light scheme by their names, for pictures of their own."""
    scheme = COLOURS.read_text(encoding="utf-8").partition("@media")[0]
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6});", scheme))
