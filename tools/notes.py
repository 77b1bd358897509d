"""What a version changes: its section of CHANGELOG.md, for `make product`.

It needs nothing but Python, like `tools.comment`.
"""

import re
import sys
from pathlib import Path

CHANGELOG = Path(__file__).resolve().parents[1] / "CHANGELOG.md"


def section(changelog: str, version: str) -> str:
    """The section of a version, without its heading.

    Args:
        changelog: All of it.
        version: Such as `0.2.0`.

    Returns:
        Markdown; empty where there is no such section.
    """
    heading = rf"^## {re.escape(version)}(?: [^\n]*)?\n"
    found = re.search(rf"(?ms){heading}(.*?)(?=^## |\Z)", changelog)
    return found[1].strip() + "\n" if found else ""


def main() -> None:
    """Write the section of the version that the command line names.

    Raises:
        SystemExit: There is none.
    """
    (version,) = sys.argv[1:]
    if not (text := section(CHANGELOG.read_text("utf-8"), version)):
        sys.exit(
            f"CHANGELOG.md has no section {version}: call what is below Unreleased"
            " that, and begin a new Unreleased above it."
        )
    sys.stdout.write(text)


if __name__ == "__main__":
    main()
