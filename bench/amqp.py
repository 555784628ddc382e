"""Measure what the transport costs: consume, publish (persistent, mandatory, confirmed), acknowledge; trivial work.

    python -m bench.amqp [--messages N] [--prefetch N …] [--size BYTES]

Uses AMQP_URI, else a private node. CPU is this process' (all threads), without the broker's; peak memory is what the
process has ever had, so that of a line holds those above it.
"""

from __future__ import annotations

import argparse
import logging
import resource
import threading
import time

from pysailor.transport.amqp import Amqp, Broker
from pysailor.transport.base import DeliveryOutcome
from pysailor.wire.envelope import Delivery, Publish
from tests.support.broker import Rabbit, running_rabbit

PROPERTIES = {"content_type": "application/json", "content_encoding": "utf8", "delivery_mode": 2}


def fill(rabbit: Rabbit, messages: int, body: bytes) -> None:
    """Put so many messages into the input queue, and empty the output queue."""
    with rabbit.channel() as channel:
        channel.exchange_declare("bench", "direct")
        for queue in ("bench.in", "bench.out"):
            channel.queue_declare(queue)
            channel.queue_purge(queue)
        channel.queue_bind("bench.out", "bench", "out")
        for _ in range(messages):
            channel.basic_publish("", "bench.in", body)


def measure(rabbit: Rabbit, prefetch: int, messages: int, body: bytes) -> tuple[float, float]:
    """Return messages a second, and microseconds of CPU a message."""
    fill(rabbit, messages, body)
    over = threading.Event()
    done: list[int] = []

    def work(delivery: Delivery) -> DeliveryOutcome:
        amqp.publish(Publish("out", delivery.content, {"messageId": str(delivery.number)}, PROPERTIES))
        done.append(1)
        if len(done) == messages:
            over.set()
        return DeliveryOutcome.DONE

    with Amqp(Broker(rabbit.uri, "bench.in", "bench", prefetch=prefetch)) as amqp:
        used, began = cpu(), time.perf_counter()
        amqp.consume(work, lambda delivery: delivery.headers.get("messageId"))
        over.wait()
        amqp.drain(None)
        return messages / (time.perf_counter() - began), (cpu() - used) / messages * 1e6


def cpu() -> float:
    """Return the seconds of CPU that this process has used."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--messages", type=int, default=6000)
    parser.add_argument("--prefetch", type=int, nargs="+", default=[1, 20, 200])
    parser.add_argument("--size", type=int, default=2048, help="bytes of a message's content")
    options = parser.parse_args()
    logging.getLogger("pika").setLevel(logging.CRITICAL)
    print("| prefetch | messages/s | CPU µs a message | peak memory, MiB |\n|---|---|---|---|")
    with running_rabbit() as rabbit:
        for prefetch in options.prefetch:
            rate, cost = measure(rabbit, prefetch, options.messages, b"x" * options.size)
            peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
            print(f"| {prefetch} | {rate:.0f} | {cost:.0f} | {peak:.0f} |")


if __name__ == "__main__":
    main()
