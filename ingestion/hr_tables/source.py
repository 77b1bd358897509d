"""Sources by mapping: each of the company's mappings is a source of its own name."""

import shutil
from pathlib import Path
from typing import TYPE_CHECKING

from environment import company
from environment.errors import ConfigurationError
from ingestion.context import RunContext
from ingestion.files import load_files
from ingestion.landing import FileResource, Inbox, open_inbox

if TYPE_CHECKING:
    from ingestion.hr_tables.mapping import Mapping

FOLDER = "mappings"
SUFFIXES = (".yml", ".yaml")


class MappedSource:
    """What the module of another source is.

    Args:
        mapping: The mapping.
    """

    def __init__(self, mapping: "Mapping") -> None:
        self.mapping = mapping
        self.SOURCE = mapping.name

    def resources(self) -> list[FileResource]:
        """What it is delivered in."""
        from ingestion.hr_tables import files

        return [*files.of_mapping(self.mapping)]

    def run(self, context: RunContext) -> None:
        """Read what is new in the system, if any, and load all that is new in files."""
        tables = self.mapping.tables.values()
        resources = self.resources()
        # Settings are looked at before any system is.
        inboxes = [open_inbox(context)] if any(each.files for each in tables) else []
        folder = context.folder / "inbox" / READ / context.source
        shutil.rmtree(folder, ignore_errors=True)
        if any(each.table or each.resource for each in tables):
            inboxes.append(Inbox(str(folder), grace_seconds=0))
            # How far a system was read is told by what is loaded of it.
            load_files(context, resources, inboxes[-1])
            folder.mkdir(parents=True)
        if any(each.table for each in tables):
            from ingestion.hr_tables import sql

            sql.read(context, self.mapping, folder)
        if any(each.resource for each in tables):
            from ingestion.hr_tables import rest_api

            rest_api.read(context, self.mapping, folder)
        load_files(context, resources, *inboxes)
        shutil.rmtree(folder, ignore_errors=True)


READ = ".read"
"""The folder, beside the inboxes, of what is read from systems until it is loaded."""


def paths() -> list[Path]:
    """The company's mappings."""
    found = (company() / FOLDER).glob("*")
    return sorted(path for path in found if path.suffix in SUFFIXES)


def names() -> tuple[str, ...]:
    """The names of the sources by mapping, whether the mappings are right or not."""
    return tuple(path.stem for path in paths())


def load(name: str) -> MappedSource:
    """The source of a name.

    Raises:
        ConfigurationError: There is no such mapping, or it is wrong.
    """
    from ingestion.hr_tables import mapping

    for path in paths():
        if path.stem == name:
            return MappedSource(mapping.read(path))
    raise ConfigurationError(
        f"There is no mapping {name} in {company() / FOLDER}: it is needed to read what"
        " came by it"
    )
