"""Attendance: punches from the mobile app, as JSON lines, in files or from Kafka."""

from ingestion.attendance import kafka
from ingestion.attendance.settings import PUNCHES
from ingestion.context import RunContext
from ingestion.files import load_files
from ingestion.landing import Inbox

SOURCE = "attendance"


def run(context: RunContext) -> None:
    """Load the punches of new files, or new messages where a topic is configured."""
    if not context.setting("kafka.topic"):
        load_files(context, [PUNCHES])
        return
    folder = context.folder / "inbox" / "kafka"
    inbox = Inbox(str(folder), grace_seconds=0)
    with kafka.opened(context) as (consumer, ahead):
        while messages := kafka.receive(consumer, ahead, folder):
            load_files(context, [PUNCHES], inbox)
            for message in messages:
                consumer.commit(message=message, asynchronous=False)
            for file in inbox.files():
                (folder / file.path).unlink()
