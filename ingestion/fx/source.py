"""Currency: reference rates to the euro, in the format of the ECB's history file."""

from ingestion.context import RunContext
from ingestion.files import load_files
from ingestion.fx.helpers import download
from ingestion.fx.settings import FILE_NAME, REFERENCE_RATES
from ingestion.landing import Inbox, open_inbox

SOURCE = "fx"


def run(context: RunContext) -> None:
    """Load the rates that are not known yet.

    With `sources.fx.url` the file is fetched first; else it is dropped into the inbox.
    """
    url = context.setting("url")
    if not url:
        load_files(context, [REFERENCE_RATES], open_inbox(context))
        return
    folder = context.folder / "inbox" / SOURCE
    with context.progress.step("fx: downloading rates"):
        download(str(url), folder / FILE_NAME)
    load_files(context, [REFERENCE_RATES], Inbox(str(folder)))
