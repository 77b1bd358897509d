"""What an attack found, told so that it gives nothing away itself."""

from dataclasses import dataclass

from operations.attack.reading import Figure, Key


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


def breach(method: str, figure: Figure, about: str = "", of: str = "") -> Breach:
    """What a published figure gives away.

    Args:
        method: How.
        figure: The figure.
        about: What of whom; by default the figure's column.
        of: Which row; by default the figure's.
    """
    return Breach(
        method,
        f"published.{figure.table}",
        about or figure.column,
        of or where(figure.key),
    )


def where(key: Key) -> str:
    """A row and its period, for people."""
    return f"{' / '.join(key.place)}, {key.unit} of {key.start}"
