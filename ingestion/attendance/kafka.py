"""Punches from a Kafka topic: landed as files, loaded like files, and then committed.

A message is a line of a file, whose name tells topic, partition and offsets. Offsets
are committed when the load of its file is complete: whoever dies before reads them
again, and a punch counts once. Where the log has less than was committed,
because its folder was lost before the store had it, that is read again too.
"""

import gzip
import re
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from environment.errors import ConfigurationError, MusterError
from ingestion.context import RunContext

if TYPE_CHECKING:
    from confluent_kafka import Consumer, Message

BATCH_MESSAGES = 100_000
"""Messages that are loaded at once, at most."""

WAIT_SECONDS = 0.2
"""How long messages are gathered before they are looked at."""

TIMEOUT_SECONDS = 30.0
"""How long a broker may take to answer."""


@contextmanager
def opened(context: RunContext) -> Iterator[tuple["Consumer", set[int]]]:
    """A consumer of every partition, from what was committed and is in the log.

    With it come the partitions whose end it has not reached: all of them.

    Settings are those of `sources.attendance.kafka`: `topic`, `bootstrap_servers`,
    `group_id` (`muster-<environment>` by default) and `librdkafka`, a table of what
    librdkafka takes besides, such as `"security.protocol"`.

    Raises:
        ConfigurationError: The package is not installed.
        NotConfiguredError: No broker is named.
        MusterError: The broker does not answer, or there is no such topic.
    """
    try:
        from confluent_kafka import (
            OFFSET_BEGINNING,
            Consumer,
            KafkaException,
            TopicPartition,
        )
    except ImportError:
        raise ConfigurationError(
            "attendance: reading Kafka needs confluent-kafka: install it, e.g."
            " .venv/bin/uv pip install confluent-kafka"
        ) from None
    topic = str(context.require("kafka.topic"))
    servers = str(context.require("kafka.bootstrap_servers", "localhost:9092"))
    consumer = Consumer(
        {
            **context.setting("kafka.librdkafka", {}),
            "bootstrap.servers": servers,
            "group.id": context.setting("kafka.group_id", f"muster-{context.env}"),
            "enable.auto.commit": False,
            "auto.offset.reset": "earliest",
            "enable.partition.eof": True,
        }
    )
    try:
        found = consumer.list_topics(topic, timeout=TIMEOUT_SECONDS).topics[topic]
        if found.error:
            raise MusterError(f"attendance: Kafka has no topic {topic}")
        landed = _landed(context, topic)
        places = consumer.committed(
            [TopicPartition(topic, number) for number in found.partitions],
            timeout=TIMEOUT_SECONDS,
        )
        for place in places:
            # What was never committed stays below every offset: from the earliest on.
            end = landed.get(place.partition, OFFSET_BEGINNING)
            place.offset = min(place.offset, end)
        consumer.assign(places)
        yield consumer, {place.partition for place in places}
    except KafkaException as error:
        raise MusterError(f"attendance: Kafka at {servers}: {error.args[0]}") from None
    finally:
        consumer.close()


def _landed(context: RunContext, topic: str) -> dict[int, int]:
    """The offset after the last that the log has, by partition."""
    name = re.compile(rf"punches_{re.escape(topic)}_(\d+)_\d+-(\d+)\.jsonl\.gz")
    ends: dict[int, int] = {}
    for _, path in context.log.seen_versions(context.source):
        if found := name.fullmatch(path):
            partition, last = map(int, found.groups())
            ends[partition] = max(ends.get(partition, 0), last + 1)
    return ends


def receive(consumer: "Consumer", ahead: set[int], folder: Path) -> list["Message"]:
    """Write the next messages to files, one a partition.

    Args:
        consumer: From `opened`.
        ahead: The partitions with messages that were not read: those whose end is
            reached are taken out.
        folder: Where; nobody else writes there.

    Returns:
        The last message of each partition, whose offsets are to be committed when the
        files are loaded; none where every partition is read to its end.

    Raises:
        MusterError: The broker fails, or says nothing for long.
    """
    from confluent_kafka import KafkaError

    batches: dict[int, list[Any]] = {}
    received, heard = 0, time.monotonic()
    while ahead and received < BATCH_MESSAGES:
        messages = consumer.consume(BATCH_MESSAGES - received, WAIT_SECONDS)
        if messages:
            heard = time.monotonic()
        elif time.monotonic() - heard > TIMEOUT_SECONDS:
            raise MusterError(
                f"attendance: Kafka says nothing for {TIMEOUT_SECONDS:.0f} s"
            )
        for message in messages:
            partition, error = message.partition() or 0, message.error()
            if not error:
                batches.setdefault(partition, []).append(message)
                received += 1
            elif error.code() == KafkaError._PARTITION_EOF:
                ahead.discard(partition)
            else:
                raise MusterError(f"attendance: Kafka: {error}")
    folder.mkdir(parents=True, exist_ok=True)
    for partition, messages in batches.items():
        first, last = messages[0], messages[-1]
        name = f"punches_{first.topic()}_{partition}_{first.offset()}-{last.offset()}"
        path = folder / f"{name}.jsonl.gz"
        part = path.with_name(f"{path.name}.part")
        # Without the time, messages that are read again make the same file.
        with gzip.GzipFile(part, "wb", compresslevel=1, mtime=0) as file:
            for message in messages:
                # A line end between two values of JSON is a space.
                line = (message.value() or b"null").replace(b"\n", b" ")
                file.write(line + b"\n")
        part.replace(path)
    return [messages[-1] for messages in batches.values()]
