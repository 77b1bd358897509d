"""Attendance: punches from the mobile app, as JSON lines."""

from ingestion.attendance.settings import PUNCHES
from ingestion.context import RunContext
from ingestion.files import load_files

SOURCE = "attendance"


def run(context: RunContext) -> None:
    """Load the punches of new files."""
    load_files(context, [PUNCHES])
