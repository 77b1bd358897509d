"""Measure the same gzipped files of punches by Muster and by other tools.

dlt reads them as its documentation shows, into DuckDB; sling and pandas write Parquet.
None of them keeps the times' offsets, rejects a row by its line, or knows a file again.
"""

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from benchmarks.files import delivered, muster_of
from benchmarks.measure import Cost, compared, measure
from benchmarks.results import Figure, publish

DLT = """
import sys, dlt
from dlt.sources.filesystem import filesystem, read_jsonl
inbox, folder = sys.argv[1:]
punches = filesystem(inbox, file_glob="*.jsonl.gz") | read_jsonl()
dlt.pipeline(
    "punches", pipelines_dir=folder, dataset_name="raw",
    destination=dlt.destinations.duckdb(f"{folder}/punches.duckdb"),
).run(punches.with_name("punches"))
"""

PANDAS = """
import sys, pathlib, pandas
inbox, folder = sys.argv[1:]
files = sorted(pathlib.Path(inbox).iterdir())
rows = pandas.concat(pandas.read_json(file, lines=True) for file in files)
for name in ("device_time", "arrival_time"):
    rows[name] = pandas.to_datetime(rows[name], utc=True)
rows.to_parquet(f"{folder}/punches.parquet")
"""


def main() -> int:
    """Measure, report and keep the result."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.side_by_side", description=__doc__
    )
    parser.add_argument("--rows", type=int, nargs="+", default=[50_000, 200_000])
    parser.add_argument("--files", type=int, default=20)
    parser.add_argument("--runs", type=int, default=3)
    parser.add_argument("--keep", action="store_true", help="among the results")
    given = parser.parse_args()
    figures = []
    for rows in given.rows:
        with tempfile.TemporaryDirectory() as folder:
            delivered(Path(folder) / "inbox", "JSON lines, gzip", rows, given.files)
            costs = compared(_tools(Path(folder)), given.runs)
        case = f"punches in {given.files} gzipped files"
        figures += [Figure(case, tool, rows, runs) for tool, runs in costs.items()]
    publish(parser.prog, figures, [], keep=given.keep)
    return 0


def _tools(folder: Path) -> dict[str, Callable[[], Cost]]:
    inbox, home = str(folder / "inbox"), folder / "home"
    quiet = {
        "RUNTIME__DLTHUB_TELEMETRY": "false",
        "SLING_DISABLE_TELEMETRY": "true",
        "SLING_HOME_DIR": str(folder / "sling"),
    }

    def afresh(run: Callable[[], Cost]) -> Callable[[], Cost]:
        def ran() -> Cost:
            shutil.rmtree(home, ignore_errors=True)
            home.mkdir()
            return run()

        return ran

    def command(*words: str) -> Callable[[], Cost]:
        return afresh(lambda: measure(words, os.environ | quiet))

    def script(text: str) -> Callable[[], Cost]:
        return command(sys.executable, "-c", text, inbox, str(home))

    sling: Sequence[str] = (
        *(str(Path(sys.executable).with_name("sling")), "run"),
        *("--src-stream", f"file://{inbox}/", "--src-options", "{flatten: true}"),
        *("--tgt-object", f"file://{home}/punches.parquet"),
    )
    return {
        "Muster": afresh(muster_of(folder, "attendance")),
        "pandas": script(PANDAS),
        "sling": command(*sling),
        "dlt": script(DLT),
    }


if __name__ == "__main__":
    sys.exit(main())
