"""Punches from Kafka: none is lost whenever a run dies, and rejects have an offset."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from confluent_kafka import Producer
from landing_kit import punch

from ingestion import log
from ingestion.attendance import source as attendance
from ingestion.context import RunContext
from ingestion.log import Log
from ingestion.runner import ingest
from ingestion.tally import Tally

TOPIC = "punches"


@pytest.fixture(scope="module", params=[0])
def producer(request: pytest.FixtureRequest) -> Iterator[Producer]:
    """A producer, and with it librdkafka's own cluster of one broker.

    Its parameter is how many milliseconds the broker takes for each answer.
    """
    producer = Producer(
        {"test.mock.num.brokers": 1, "test.mock.broker.rtt": request.param}
    )
    yield producer
    producer.flush(10)


@pytest.fixture
def topic(
    producer: Producer, monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest
) -> str:
    """A topic of this test alone, which the settings point at."""
    topic = f"{TOPIC}-{abs(hash(request.node.name))}"
    found = producer.list_topics(topic, timeout=10)
    brokers = ",".join(f"{b.host}:{b.port}" for b in found.brokers.values())
    monkeypatch.setenv("SOURCES__ATTENDANCE__KAFKA__TOPIC", topic)
    monkeypatch.setenv("SOURCES__ATTENDANCE__KAFKA__BOOTSTRAP_SERVERS", brokers)
    return topic


def message(number: int) -> bytes:
    """A punch as the app sends it, some of them over several lines."""
    text = punch(number)
    return (text.replace(", ", ",\n ") if number % 2 else text).encode()


def send(producer: Producer, topic: str, *messages: bytes | None) -> None:
    """Send messages to the first partition, and wait until they are there."""
    for each in messages:
        producer.produce(topic, each, partition=0)
    assert producer.flush(10) == 0


def events(home: Path) -> list[str]:
    """The events in the log, however often."""
    with log.of(home / "dev").connect() as connection:
        rows = connection.execute("select event_id from raw_attendance.punches")
        return sorted(str(event) for (event,) in rows.fetchall())


def loaded(home: Path) -> Tally:
    """Load what is new."""
    tally = ingest(["attendance"], home)
    assert not tally.failed
    return tally


def test_messages_are_loaded_once(
    producer: Producer, topic: str, tmp_path: Path
) -> None:
    send(producer, topic, *map(message, range(5)))
    assert loaded(tmp_path).total().loaded == 5
    assert loaded(tmp_path).total().delivered == 0
    send(producer, topic, message(5))
    assert loaded(tmp_path).total().loaded == 1
    assert events(tmp_path) == [f"e{number}" for number in range(6)]
    assert not list((tmp_path / "dev" / "inbox" / "kafka").iterdir())


@pytest.mark.parametrize("producer", [700], indirect=True)
def test_a_slow_broker_is_waited_for(
    producer: Producer, topic: str, tmp_path: Path
) -> None:
    send(producer, topic, *map(message, range(5)))
    assert loaded(tmp_path).total().loaded == 5


def test_what_does_not_fit_is_rejected_by_offset(
    producer: Producer, topic: str, tmp_path: Path
) -> None:
    send(producer, topic, message(0), b"{", None, message(1))
    tally = loaded(tmp_path)
    assert (tally.total().loaded, tally.total().rejected) == (2, 2)
    assert [(f.file, f.line, f.reason) for f in tally.faults] == [
        (f"punches_{topic}_0_0-3.jsonl.gz", 2, "not valid JSON"),
        (f"punches_{topic}_0_0-3.jsonl.gz", 3, "not a JSON object"),
    ]


@pytest.mark.parametrize("moment", ["landed", "written", "completed"])
def test_what_was_read_by_a_run_that_died_is_read_again(
    moment: str,
    producer: Producer,
    topic: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    send(producer, topic, *map(message, range(5)))

    def dies(*_: Any, **__: Any) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patched:
        if moment == "landed":
            patched.setattr(attendance, "load_files", dies)
        elif moment == "written":
            patched.setattr(Log, "complete", dies)
        else:
            # It is shown what is known, and then what it loaded.
            patched.setattr(RunContext, "show", _dies_after(RunContext.show, 1))
        with pytest.raises(KeyboardInterrupt):
            ingest(["attendance"], tmp_path)
    assert len(events(tmp_path)) == (5 if moment == "completed" else 0)
    send(producer, topic, message(5))
    loaded(tmp_path)
    assert sorted(set(events(tmp_path))) == [f"e{number}" for number in range(6)]


def test_what_was_committed_and_lost_with_the_folder_is_read_again(
    producer: Producer, topic: str, tmp_path: Path
) -> None:
    send(producer, topic, *map(message, range(5)))
    loaded(tmp_path)
    shutil.copytree(tmp_path / "dev" / "raw", tmp_path / "kept")
    send(producer, topic, *map(message, range(5, 8)))
    loaded(tmp_path)
    shutil.rmtree(tmp_path / "dev")
    shutil.copytree(tmp_path / "kept", tmp_path / "dev" / "raw")
    assert loaded(tmp_path).total().loaded == 3
    shutil.rmtree(tmp_path / "dev")
    assert loaded(tmp_path).total().loaded == 8
    assert events(tmp_path) == [f"e{number}" for number in range(8)]


def _dies_after(method: Any, times: int) -> Any:
    calls = iter(range(times))

    def dying(*arguments: Any, **options: Any) -> Any:
        if next(calls, None) is None:
            raise KeyboardInterrupt
        return method(*arguments, **options)

    return dying


def test_a_topic_that_is_not_there_is_told_in_one_line(
    topic: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCES__ATTENDANCE__KAFKA__BOOTSTRAP_SERVERS", "localhost:1")
    monkeypatch.setattr("ingestion.attendance.kafka.TIMEOUT_SECONDS", 1.0)
    failed = ingest(["attendance"], tmp_path).failed
    assert failed["attendance"].startswith("attendance: Kafka at localhost:1: ")
