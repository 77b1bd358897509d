"""What an attack found, told so that it gives nothing away itself."""

from dataclasses import dataclass

from operations.attack.reading import Key


@dataclass(frozen=True)
class Breach:
    """Something that a reader learns of a person, or of fewer than ten.

    Attributes:
        method: How.
        table: The table that gives it away.
        about: What of whom, such as `exits_voluntary` or `pay`.
        where: Row and period, never a value, a key or a name.
    """

    method: str
    table: str
    about: str
    where: str


def where(key: Key) -> str:
    """A row and its period, for people."""
    return f"{' / '.join(key.place)}, {key.unit} of {key.start}"
