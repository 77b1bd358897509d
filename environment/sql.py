"""How names, texts and paths are written into SQL."""

from pathlib import Path


def quote(identifier: str) -> str:
    """An identifier, quoted for SQL."""
    return '"' + identifier.replace('"', '""') + '"'


def literal(text: str) -> str:
    """A text literal for SQL."""
    return "'" + text.replace("'", "''") + "'"


def escaped(path: Path) -> str:
    """A path that DuckDB does not take for a pattern."""
    text = str(path).replace("[", "\0").replace("*", "[*]").replace("?", "[?]")
    return text.replace("\0", "[[]")
