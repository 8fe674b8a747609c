"""Prints every message that sinks of events hold, in their order, as a JSON object a line, and reads each with the official package.

usage: capture.py SINKS

SINKS is a JSON object; each member names a sink to look into:
  redis_streams  {"url", "stream"}
  webhook        {"record"}: the file of webhook.py
  kafka          {"brokers", "topic"}
  nats           {"url", "subject"}
  rabbitmq       {"url", "queue"}: what it holds stays there

A line is {"sink", "attributes", "data", "key", "raw"}: attributes and data as the package `cloudevents` understood them, the key of
Kafka, and the message as it came, headers by their names in lower case. A message that is no event ends the program.
"""

import asyncio
import json
import sys

from cloudevents.core.bindings import http, kafka
from cloudevents.core.formats.json import JSONFormat


def binary(headers, body):
    return http.from_binary_event(http.HTTPMessage(headers, body))


def structured(body):
    return JSONFormat().read(None, body)


def of_redis_streams(url, stream):
    import redis

    for entry, fields in redis.Redis.from_url(url, decode_responses=True).xrange(stream):
        # Flat fields, the data as text of JSON: that is a structured event but for the data.
        whole = json.dumps({**fields, "data": json.loads(fields["data"])})
        yield structured(whole), {"entry": entry, "fields": fields}


def of_webhook(record):
    try:
        lines = open(record, encoding="utf-8").readlines()
    except FileNotFoundError:
        return
    for line in lines:
        entry = json.loads(line)
        entry["headers"] = {name.lower(): value for name, value in entry["headers"].items()}
        yield binary(entry["headers"], entry["body"].encode()), entry


def of_kafka(brokers, topic):
    import confluent_kafka as client

    consumer = client.Consumer({
        "bootstrap.servers": brokers,
        "group.id": "capture",
        "enable.auto.commit": False,
        "enable.partition.eof": True,
    })
    found = consumer.list_topics(topic, timeout=30).topics[topic]
    if found.error is not None:
        return
    partitions = [client.TopicPartition(topic, number, client.OFFSET_BEGINNING) for number in found.partitions]
    consumer.assign(partitions)
    open_ones = set(found.partitions)
    while open_ones:
        message = consumer.poll(30)
        assert message is not None, "Kafka neither gave a message nor said that there are no more"
        if message.error():
            assert message.error().code() == client.KafkaError._PARTITION_EOF, message.error()
            open_ones.discard(message.partition())
            continue
        headers = dict(message.headers())
        event = kafka.from_binary_event(kafka.KafkaMessage(headers, message.key(), message.value()))
        raw = {"partition": message.partition(), "headers": {name: value.decode() for name, value in headers.items()}}
        yield event, {**raw, "key": message.key() and message.key().decode()}
    consumer.close()


async def all_of_nats(url, subject):
    import nats
    from nats.js.errors import NotFoundError

    connection = await nats.connect(url)
    stream = connection.jetstream()
    messages = []
    try:
        name = await stream.find_stream_name_by_subject(subject)
        state = (await stream.stream_info(name)).state
        for number in range(state.first_seq, state.last_seq + 1):
            messages.append(await stream.get_msg(name, number))
    except NotFoundError:
        pass
    await connection.close()
    return messages


def of_nats(url, subject):
    for message in asyncio.run(all_of_nats(url, subject)):
        headers = {name.lower(): value for name, value in (message.headers or {}).items()}
        is_binary = any(name.startswith("ce-") for name in headers)
        event = binary(headers, message.data) if is_binary else structured(message.data)
        yield event, {"subject": message.subject, "headers": headers}


def of_rabbitmq(url, queue):
    import pika

    connection = pika.BlockingConnection(pika.URLParameters(url))
    channel = connection.channel()
    while True:
        method, properties, body = channel.basic_get(queue)
        if method is None:
            break
        raw = {
            "routing_key": method.routing_key,
            "exchange": method.exchange,
            "content_type": properties.content_type,
            "delivery_mode": properties.delivery_mode,
            "message_id": properties.message_id,
        }
        yield structured(body), raw
    # Nothing was acknowledged: it all goes back where it was.
    connection.close()


def captured(sinks):
    for sink, settings in sinks.items():
        for event, raw in globals()[f"of_{sink}"](**settings):
            attributes = dict(event.get_attributes())
            attributes["time"] = attributes["time"].isoformat()
            key = attributes.pop("partitionkey", None)
            yield {"sink": sink, "attributes": attributes, "data": event.get_data(), "key": key, "raw": raw}


if __name__ == "__main__":
    for message in captured(json.loads(sys.argv[1])):
        print(json.dumps(message))
