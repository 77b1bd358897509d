"""A Kafka of one broker that lives as long as this process; tells its address.

Each line of the input names a topic and a file, whose lines become messages of its
first partition; a line is answered when they are there.
"""

import sys
from pathlib import Path

from confluent_kafka import Producer

if __name__ == "__main__":
    producer = Producer({"test.mock.num.brokers": 1})
    brokers = producer.list_topics(timeout=30).brokers.values()
    told = ",".join(f"{each.host}:{each.port}" for each in brokers)
    for line in sys.stdin:
        topic, _, path = line.strip().partition(" ")
        for message in Path(path).read_bytes().splitlines() if topic else ():
            producer.produce(topic, message, partition=0)
        assert producer.flush(30) == 0
        sys.stdout.write(f"{told}\n")
        sys.stdout.flush()
