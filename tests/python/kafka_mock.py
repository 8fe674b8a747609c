"""A cluster of Kafka for tests, librdkafka's mock: prints its address and lives until its input ends.

Needs the package confluent-kafka. Argument: the topic, which is there, with four partitions, when the address is printed.
"""

import sys

from confluent_kafka import Producer

mock = Producer({"test.mock.num.brokers": 1})
brokers = mock.list_topics(sys.argv[1], timeout=30).brokers.values()
print(",".join(f"{broker.host}:{broker.port}" for broker in brokers), flush=True)
sys.stdin.read()
