"""Binds a durable queue to the exchange of events, as a consumer does before it wants them.

usage: bind_queue.py URL EXCHANGE ROUTING_KEY QUEUE
"""

import sys

import pika

url, exchange, routing_key, queue = sys.argv[1:]
connection = pika.BlockingConnection(pika.URLParameters(url))
channel = connection.channel()
channel.exchange_declare(exchange, exchange_type="topic", durable=True)
channel.queue_declare(queue, durable=True)
channel.queue_bind(queue, exchange, routing_key)
connection.close()
