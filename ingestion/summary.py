"""The end of `muster ingest`: one table, then what was rejected and why."""

from pathlib import Path

from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from ingestion.tally import Count, Fault, Tally

FAULTS_SHOWN = 20
WIDE = 124
_NUMBERS = (
    "files",
    "seconds",
    "rows/s",
    "delivered",
    "new",
    "rejected",
    "quarantined",
    "known",
)
_WIDE_ONLY = ("files", "seconds", "rows/s")


def summary_console() -> Console:
    """Standard output; wide enough for the table where it is no terminal."""
    console = Console()
    return console if console.is_terminal else Console(width=max(WIDE, console.width))


def show(tally: Tally, console: Console, folder: Path) -> None:
    """Print the summary of a run.

    No value of any row is shown: rejected rows are told by file, line and column.
    """
    console.print(_table(tally, is_wide=console.width >= WIDE))
    for note in tally.notes:
        _line(console, note)
    for message in tally.skipped.values():
        _line(console, f"skipped: {message}", "yellow")
    _show_faults(tally, console, folder)
    for message in tally.failed.values():
        _line(console, f"failed: {message}", "red")


def _table(tally: Tally, *, is_wide: bool) -> Table:
    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, padding=(0, 1))
    table.add_column("source", no_wrap=True)
    table.add_column("resource", overflow="fold")
    names = [n for n in _NUMBERS if is_wide or n not in _WIDE_ONLY]
    for name in names:
        table.add_column(name, justify="right", no_wrap=True)
    shown = ""
    for (source, resource), count in tally.counts.items():
        if not (count.delivered or count.files):
            continue
        cells = _cells(count)
        label = "" if source == shown else source
        table.add_row(label, resource, *(cells[name] for name in names))
        shown = source
    table.add_section()
    whole = tally.total()
    whole.seconds = sum(tally.elapsed.values())
    cells = _cells(whole)
    table.add_row("all", "", *(cells[name] for name in names))
    return table


def _cells(count: Count) -> dict[str, str]:
    has_rate = count.delivered and count.seconds >= 0.05
    return {
        "files": f"{count.files:,}" if count.files else "",
        "seconds": f"{count.seconds:.1f}",
        "rows/s": f"{count.delivered / count.seconds:,.0f}" if has_rate else "",
        "delivered": f"{count.delivered:,}",
        "new": f"{count.loaded:,}",
        "rejected": f"{count.rejected:,}",
        "quarantined": f"{count.quarantined:,}",
        "known": f"{count.already_known:,}",
    }


def _show_faults(tally: Tally, console: Console, folder: Path) -> None:
    whole = tally.total()
    files = [fault for fault in tally.faults if fault.line is None]
    total = whole.rejected + whole.rejected_values + len(files)
    if not total:
        return
    values = whole.rejected_values
    _line(
        console,
        f"Rejected {whole.rejected:,} row(s)"
        + (f" and {values:,} value(s) of other rows" if values else "")
        + f", quarantined {len(files):,} file(s):",
    )
    # Quarantined files first, then rows in the order they came.
    ordered = sorted(tally.faults, key=lambda fault: fault.line is not None)
    shown = ordered[:FAULTS_SHOWN]
    for fault in shown:
        _line(console, f"  {_told(fault)}")
    if total > len(shown):
        _line(console, f"  and {total - len(shown):,} more. To see all:")
    else:
        _line(console, "To see them with their text:")
    log = f"  muster query --env {folder.name} --log"
    _line(
        console,
        f'{log} "select file, line, column_name, reason, row_text'
        ' from raw.raw_ops.rejected_rows"',
    )
    _line(
        console,
        f'{log} "select inbox_path, reason from raw.raw_ops.landed_files'
        " where status = 'quarantined'\"",
    )


def _told(fault: Fault) -> str:
    place = f"{fault.source}.{fault.resource}: {fault.file}"
    if fault.line is None:
        return f"{place}: quarantined: {fault.reason}"
    names_itself = fault.reason.startswith(f"{fault.column_name} ")
    column = f", column {fault.column_name}"
    if names_itself or not fault.column_name:
        column = ""
    return f"{place}, line {fault.line}{column}: {fault.reason}"


def _line(console: Console, text: str, style: str = "") -> None:
    console.print(Text(text, style=style), soft_wrap=True)
