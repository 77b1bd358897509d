"""Applicant tracking: requisitions, applications and stage changes, as CSV drops."""

from ingestion.ats.settings import FILES
from ingestion.context import RunContext
from ingestion.files import load_files

SOURCE = "ats"


def run(context: RunContext) -> None:
    """Load the rows of new files."""
    load_files(context, FILES)
