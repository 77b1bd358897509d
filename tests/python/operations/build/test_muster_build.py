"""`muster build`: when it builds, when it does not, and what it says when it cannot."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from log_kit import fill, write_load
from rich.console import Console
from typer.testing import CliRunner

import environment
from environment.errors import MusterError
from environment.locks import locked
from ingestion import log
from ingestion.log import Log
from operations.build import build, fingerprint
from operations.cli import app

DBT_PROJECT = """
name: mini
version: "0.1.0"
profile: mini
flags:
  send_anonymous_usage_stats: false
  warn_error_options: {error: [Deprecations]}
"""

PROFILES = """
mini:
  target: dev
  outputs:
    dev:
      type: duckdb
      path: "{{ env_var('MUSTER_HOME') }}/dev/muster.duckdb"
      plugins:
        - module: operations.build.inside.plugin
"""

PEOPLE = [{"person_id": 1}]

COUNTS = {
    "first.sql": "select count(*) as people from {{ source('raw_fx', 'people') }}",
    "second.sql": (
        "select people as before,"
        " (select count(*) from {{ source('raw_fx', 'people') }}) as after"
        " from {{ ref('first') }}"
    ),
    "sources.yml": "sources: [{name: raw_fx, database: raw, tables: [{name: people}]}]",
}
"""Models that look at the log one after the other."""

MODEL = "select cast(1 as bigint) as person_id"

PROPERTIES = """
models:
  - name: people
    columns:
      - name: person_id
        data_tests:
          - accepted_values:
              name: every_person_is_the_first
              arguments: {values: ALLOWED, quote: false}
"""


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """A home with one completed load, and a project of one model and one test."""
    project = tmp_path / "project"
    (project / "models").mkdir(parents=True)
    (project / "dbt_project.yml").write_text(DBT_PROJECT)
    (project / "profiles.yml").write_text(PROFILES)
    (project / "models" / "people.sql").write_text(MODEL)
    (project / "models" / "people.yml").write_text(PROPERTIES.replace("ALLOWED", "[1]"))
    home = tmp_path / "home"
    (home / "dev").mkdir(parents=True)
    write_load(log.of(home / "dev"), "raw_fx", {"people": PEOPLE})
    monkeypatch.setenv("MUSTER_HOME", str(home))
    monkeypatch.delenv("MUSTER_PSEUDONYM_KEY", raising=False)
    monkeypatch.setattr(environment, "PROJECT", project)
    monkeypatch.chdir(tmp_path)
    yield home
    build.close_databases()


def run(**options: bool | str) -> str:
    """Run `muster build` on `dev` and give what it writes."""
    console = Console(record=True, width=200, file=open(os.devnull, "w"))  # noqa: PTH123, SIM115
    try:
        build.build("dev", console, **options)  # type: ignore[arg-type]
    finally:
        text = console.export_text()
    return text


def is_current() -> bool:
    """Whether `muster build` would skip."""
    dev = environment.find("dev")
    return build.is_current(dev, fingerprint.inputs(dev, environment.PROJECT, {}))


def test_a_build_tells_what_it_built_and_leaves_docs(home: Path) -> None:
    told = run()
    assert "0 seeds, 1 model; 1 data test and 0 unit tests passed, 0 warnings" in told
    assert "person_id" in (home / "dev" / "docs" / "index.html").read_text()
    with duckdb.connect(str(home / "dev" / "muster.duckdb"), read_only=True) as marts:
        assert marts.execute("select person_id from people").fetchall() == [(1,)]

    # Unchanged: skipped, unless told otherwise.
    assert "Nothing changed" in run()
    assert is_current()

    # A load that did not complete changes nothing; one that did does.
    raw = log.of(home / "dev")
    with raw.write("raw_fx") as draft:
        fill(draft, {"people": PEOPLE})
        assert is_current()
    assert not is_current()


def test_the_site_alone_is_written_again_where_it_alone_was_changed(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    written: list[str | None] = []
    monkeypatch.setattr(build, "write_report", lambda _, as_at: written.append(as_at))
    run()
    assert written == [None]
    assert "Nothing changed" in run()
    assert written == [None]

    words = environment.PROJECT / "operations" / "report" / "words" / "en.yml"
    words.parent.mkdir(parents=True)
    words.write_text("name: Another report")
    assert "Nothing changed" in run()
    assert written == [None, None]
    assert "Nothing changed" in run()
    assert written == [None, None]


def seen(raw: Log) -> list[tuple[int]]:
    """How many people the log shows, to who looks now."""
    with raw.connect() as connection:
        return connection.execute("select count(*) from raw_fx.people").fetchall()


def test_a_build_sees_what_was_complete_at_its_beginning_and_holds_nobody_up(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    raw = log.of(home / "dev")
    for name, text in COUNTS.items():
        config = "{{ config(materialized='table') }} " if name.endswith("sql") else ""
        (environment.PROJECT / "models" / name).write_text(config + text)
    on_event = build.Run.on_event
    built = []

    def load_when_first_is_built(self: build.Run, event: Any) -> None:
        if event.info.name == "LogModelResult":
            built.append(event.data.node_info.node_name)
            if built[-1] == "first":
                with locked(home / "dev"):
                    write_load(raw, "raw_fx", {"people": PEOPLE}, "2026-07-02")
        on_event(self, event)

    monkeypatch.setattr(build.Run, "on_event", load_when_first_is_built)
    with raw.connect() as reader:
        run()
        assert built.index("first") < built.index("second")
        assert reader.execute("select count(*) from raw_fx.people").fetchall() == [(1,)]
    assert seen(raw) == [(2,)]
    assert counts(home) == (1, 1)
    assert not is_current(), "what was completed meanwhile is for the next build"

    # And while somebody loads, a build goes on with what is complete.
    monkeypatch.setattr(build.Run, "on_event", on_event)
    with locked(home / "dev"), raw.write("raw_fx") as draft:
        fill(draft, {"people": PEOPLE})
        run()
        assert counts(home) == (2, 2)
    assert seen(raw) == [(3,)]


def counts(home: Path) -> tuple[int, int]:
    """What the models of `COUNTS` saw."""
    with duckdb.connect(str(home / "dev" / "muster.duckdb"), read_only=True) as marts:
        return marts.execute("select before, after from second").fetchall()[0]


def test_an_interrupted_build_ends_in_one_line_and_readers_are_told(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run()
    on_event = build.Run.on_event

    def interrupt(self: build.Run, event: Any) -> None:
        on_event(self, event)
        if event.info.name == "LogStartLine":
            signal.raise_signal(signal.SIGINT)

    # What a shell starts in the background is deaf to it.
    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        with monkeypatch.context() as patch:
            patch.setattr(build.Run, "on_event", interrupt)
            ended = CliRunner().invoke(app, ["build", "--force"])
    finally:
        signal.signal(signal.SIGINT, before)
    assert ended.exit_code == 130
    assert "Traceback" not in ended.output
    assert ended.output.endswith("muster: interrupted; what was complete stays.\n")
    build.close_databases()
    told = "was interrupted or failed"
    assert told in CliRunner().invoke(app, ["query", "select 1 as one"]).output
    run()
    assert told not in CliRunner().invoke(app, ["query", "select 1 as one"]).output


def test_what_makes_a_build_necessary(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(as_at="2026-07-02T08:00:00+02:00")
    note = json.loads((home / "dev" / "build.json").read_text())
    assert note["variables"] == {"as_at": "2026-07-02 06:00:00"}
    assert not is_current(), "another as_at is another build"

    dev = environment.find("dev")

    def digest() -> str:
        return fingerprint.inputs(dev, environment.PROJECT, {})

    build.write_note(dev, digest(), {}, 1.0)
    assert is_current()
    monkeypatch.setenv("MUSTER_PSEUDONYM_KEY", "x" * 40)
    assert not is_current(), "another key makes other pseudonyms"
    monkeypatch.delenv("MUSTER_PSEUDONYM_KEY")
    assert is_current()
    (environment.PROJECT / "models" / "people.sql").write_text(f"{MODEL}\n")
    assert not is_current(), "a changed model is a changed mart"
    build.write_note(dev, digest(), {}, 1.0)
    with duckdb.connect(str(dev.marts)) as marts:
        marts.execute("create table by_other_means as select 1 as id")
    assert not is_current(), "somebody else has written the marts"


def test_a_failing_test_is_told_in_full_and_is_no_build(home: Path) -> None:
    properties = PROPERTIES.replace("ALLOWED", "[2]")
    (environment.PROJECT / "models" / "people.yml").write_text(properties)
    console = Console(record=True, width=200, file=open(os.devnull, "w"))  # noqa: PTH123, SIM115
    with pytest.raises(MusterError, match="failed at every_person_is_the_first: "):
        build.build("dev", console)
    told = console.export_text()
    assert "every_person_is_the_first" in told
    assert "Got 1 result, configured to fail if != 0" in told
    assert list(json.loads((home / "dev" / "build.json").read_text())) == ["begun_at"]


KEYED = """
select * from (values ('k1', 'Hazel Austin', 1), ('k2', 'Bo Quill', null),
    ('k3', 'Bo Quill', null)) as t (employee_key, employee_name, person_id)
"""

NAMED = """
models:
  - name: people
    columns:
      - name: person_id
        data_tests:
          - not_null:
              name: everybody_has_an_id
              description: Enter the id in the HR system.
      - name: employee_name
        data_tests:
          - unique:
              name: nobody_is_there_twice
              config: {severity: warn}
"""


def test_a_failing_test_names_rows_by_key_and_what_to_do(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    models = environment.PROJECT / "models"
    (models / "people.sql").write_text(KEYED)
    (models / "people.yml").write_text(NAMED)
    singular = environment.PROJECT / "tests" / "nobody_is_called_so.sql"
    singular.parent.mkdir()
    singular.write_text(
        "select * from {{ ref('people') }} where employee_name like 'Hazel%'"
    )
    console = Console(record=True, width=200, file=open(os.devnull, "w"))  # noqa: PTH123, SIM115
    with pytest.raises(MusterError, match="failed at"):
        build.build("dev", console)
    told = console.export_text()
    assert (
        "everybody_has_an_id: 2 rows: employee_key k2; employee_key k3. Enter the id "
        "in the HR system. See all: muster query --restricted --log "
        '"select * from muster.main.people where person_id is null"'
    ) in told
    # A test without a description guards the models; the value that is there twice is
    # not told, but the rows that have it.
    assert "nobody_is_there_twice: 1 row" in told
    assert "in (select unique_field from (" in told
    assert (
        "nobody_is_called_so: 1 row: employee_key k1. It guards what the models make"
        in told
    )
    assert f'"$(cat {home.name}/dev/dbt/compiled/' in told
    assert not {name for name in ("Quill", "Hazel Austin") if name in told}


def test_nothing_ingested_is_one_line(home: Path) -> None:
    shutil.rmtree(home / "dev" / "raw")
    with pytest.raises(MusterError, match="Nothing is ingested yet"):
        run()


def test_a_database_in_use_names_the_process(home: Path) -> None:
    path = home / "dev" / "muster.duckdb"
    duckdb.connect(str(path)).close()
    holder = subprocess.Popen(  # noqa: S603
        [
            sys.executable,
            "-c",
            "import sys, duckdb; held = duckdb.connect(sys.argv[1]); "
            "print('held', flush=True); sys.stdin.read()",
            str(path),
        ],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert holder.stdout is not None
        assert holder.stdout.readline() == "held\n"
        with pytest.raises(MusterError) as caught:
            run()
    finally:
        holder.communicate("")
    assert f"muster.duckdb is in use by process {holder.pid} (python" in str(
        caught.value
    )
    assert "\n" not in str(caught.value)


def test_no_permission_is_one_line(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    # Root may write everywhere, so the refusal itself is played.
    monkeypatch.setattr(os, "access", lambda path, mode: False)
    with pytest.raises(MusterError, match="No permission to write in home/dev"):
        run()


@pytest.mark.parametrize(
    ("given", "meant"),
    [
        ("2026-03-01", "2026-03-01 00:00:00"),
        ("2026-03-01 06:00:00", "2026-03-01 06:00:00"),
        ("2026-03-01T06:00:00Z", "2026-03-01 06:00:00"),
        ("2026-03-01T06:00:00.25+02:00", "2026-03-01 04:00:00.250000"),
    ],
)
def test_as_at_is_read_as_utc(given: str, meant: str) -> None:
    assert build.instant(given) == meant


def test_an_instant_before_the_first_load_is_refused(home: Path) -> None:
    with pytest.raises(MusterError, match="Nothing was known at 2026-03-01") as raised:
        run(as_at="2026-03-01")
    assert raised.value.exit_code == 2


def test_as_at_that_is_no_date_is_wrong_usage() -> None:
    with pytest.raises(MusterError, match="yesterday") as caught:
        build.instant("yesterday")
    assert caught.value.exit_code == 2
