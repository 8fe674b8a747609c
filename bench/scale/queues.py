#!/usr/bin/env python3
"""What it costs RabbitMQ to keep a message: a durable classic queue, a quorum queue on one node, and quorum queues of three nodes, which
all run on this machine, so that their seconds and bytes add up as they would on three.

usage: queues.py [MESSAGES] [BYTES]     from the repository's folder; adds lines to the file $RESULTS
"""

import datetime
import glob
import json
import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time

import pika

from ask import percentiles
from watch import family, read, seconds

SBIN = sorted(glob.glob("/usr/lib/rabbitmq/lib/rabbitmq_server-*/sbin"))[-1]


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


class Node:
    """One RabbitMQ on ports of its own; all in a folder share a cookie and a directory of nodes."""

    def __init__(self, name, folder, epmd):
        self.name, self.port = f"{name}@localhost", free_port()
        own = f"{folder}/{name}"
        os.mkdir(own)
        with open(f"{own}/conf", "w") as file:
            file.write("raft.wal_max_size_bytes = 67108864\n")  # As in tools/servers.sh.
        with open(f"{own}/plugins", "w") as file:
            file.write("[].")
        loopback = "-kernel inet_dist_use_interface {127,0,0,1}"
        self.environment = {
            "PATH": os.environ["PATH"], "LC_ALL": "C.UTF-8", "HOME": folder, "RABBITMQ_NODENAME": self.name,
            "RABBITMQ_CONF_ENV_FILE": f"{own}/none", "RABBITMQ_CONFIG_FILE": f"{own}/conf",
            "RABBITMQ_ENABLED_PLUGINS_FILE": f"{own}/plugins", "RABBITMQ_MNESIA_BASE": own, "RABBITMQ_LOG_BASE": own,
            "RABBITMQ_LOGS": "-", "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1", "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(free_port()), "ERL_EPMD_ADDRESS": "127.0.0.1", "ERL_EPMD_PORT": str(epmd),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": f"{loopback} +S 2:2 +SDcpu 2:2 +SDio 4", "RABBITMQ_CTL_ERL_ARGS": loopback,
            "RABBITMQ_CTL_DIST_PORT_MIN": "0", "RABBITMQ_CTL_DIST_PORT_MAX": "0",
        }
        with open(f"{own}/log", "w") as log:
            self.process = subprocess.Popen([f"{SBIN}/rabbitmq-server"], env=self.environment, stdout=log, stderr=log)
        while "Server startup complete" not in read(f"{own}/log"):
            if self.process.poll() is not None:
                raise SystemExit(f"RabbitMQ did not start: {read(f'{own}/log')[-500:]}")
            time.sleep(0.2)

    def ctl(self, *arguments):
        subprocess.run([f"{SBIN}/rabbitmqctl", "-q", *arguments], env=self.environment, check=True, stdout=subprocess.DEVNULL)

    def used(self):
        """CPU seconds, and bytes that were written to the disk."""
        pids = family(self.process.pid)
        lines = [line for pid in pids for line in read(f"/proc/{pid}/io").splitlines() if line.startswith("write_bytes")]
        return sum(map(seconds, pids)), sum(int(line.split()[1]) for line in lines)


def measure(label, nodes, arguments, messages, size):
    """Publishes each message when the one before is confirmed, then takes and acknowledges them, twenty at a time as they come."""
    connection = pika.BlockingConnection(pika.ConnectionParameters("127.0.0.1", nodes[0].port))
    channel = connection.channel()
    channel.confirm_delivery()
    channel.basic_qos(prefetch_count=20)
    channel.queue_declare("measured", durable=True, arguments=arguments)
    body = random.Random(1).randbytes(size)
    durable = pika.BasicProperties(delivery_mode=2)
    before, confirms = [node.used() for node in nodes], []
    for _ in range(messages):
        begun = time.perf_counter()
        channel.basic_publish("", "measured", body, durable)
        confirms.append((time.perf_counter() - begun) * 1000)
    begun, taken = time.time(), 0
    for method, _, _ in channel.consume("measured", inactivity_timeout=30):
        channel.basic_ack(method.delivery_tag)
        taken += 1
        if taken == messages:
            break
    channel.cancel()
    took = time.time() - begun
    time.sleep(2)
    used = [[after - earlier for after, earlier in zip(node.used(), first)] for node, first in zip(nodes, before)]
    channel.queue_delete("measured")
    connection.close()
    line = json.dumps({
        "what": "queue", "at": datetime.datetime.now().isoformat(timespec="seconds"), "load": os.getloadavg()[0], "label": label,
        "messages": messages, "bytes": size, "confirm": percentiles(confirms), "taken_per_s": round(messages / took),
        "cpu_ms_per_message": round(sum(cpu for cpu, _ in used) / messages * 1000, 2),
        "written_per_message": round(sum(disk for _, disk in used) / messages),
        "each_node": [{"cpu_s": round(cpu, 2), "written_mib": round(disk / 2**20, 1)} for cpu, disk in used],
    })
    print(line, flush=True)
    with open(os.environ["RESULTS"], "a") as file:
        file.write(line + "\n")


def main():
    messages = int(sys.argv[1]) if len(sys.argv) > 1 else 3000
    size = int(sys.argv[2]) if len(sys.argv) > 2 else 40000
    folder, epmd_port, nodes = tempfile.mkdtemp(), free_port(), []
    epmd = subprocess.Popen(["epmd", "-port", str(epmd_port), "-address", "127.0.0.1"])
    try:
        nodes.append(Node("one", folder, epmd_port))
        measure("classic, one node", nodes, {}, messages, size)
        measure("quorum, one node", nodes, {"x-queue-type": "quorum"}, messages, size)
        for name in ("two", "three"):
            node = Node(name, folder, epmd_port)
            nodes.append(node)
            node.ctl("stop_app")
            node.ctl("join_cluster", "one@localhost")
            node.ctl("start_app")
        measure("quorum, three nodes", nodes, {"x-queue-type": "quorum"}, messages, size)
    finally:
        for node in nodes:
            for pid in reversed(family(node.process.pid)):
                os.kill(pid, 15)
            node.process.wait()
        epmd.kill()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
