"""Queues and exchanges of a flow: durable, replicated, and no message is dropped by any of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .plan import FlowPlan

OWN: Final = ("output", "errors", "snapshots", "rejected")
_QUORUM: Final = {"x-queue-type": "quorum"}
_KEPT: Final = {"x-dead-letter-strategy": "at-least-once", "x-overflow": "reject-publish"}

_YEAR_MS: Final = 365 * 24 * 3_600_000
"""What the first step may take for its one message: a webhook, or a timer, works on it for as long as the flow runs."""


def declare(channel: Any, plan: FlowPlan) -> None:
    """Declare everything; what is there already stays, with its messages."""
    channel.exchange_declare(plan.exchange, "direct", durable=True)
    channel.exchange_declare(plan.dead_exchange, "fanout", durable=True)
    for name in OWN:
        channel.queue_declare(plan.own_queue(name), durable=True, arguments=_QUORUM)
    channel.queue_bind(plan.own_queue("rejected"), plan.dead_exchange)
    for stage in plan.stages:
        dead: dict[str, Any] = {"x-dead-letter-exchange": plan.dead_exchange}
        if stage is plan.trigger:
            dead["x-consumer-timeout"] = _YEAR_MS
        channel.queue_declare(plan.queue(stage), durable=True, arguments=_QUORUM | _KEPT | dead)
        back = {"x-dead-letter-exchange": "", "x-dead-letter-routing-key": plan.queue(stage)}
        channel.queue_declare(plan.rebounds(stage), durable=True, arguments=_QUORUM | _KEPT | back)
    for queue, key in bindings(plan):
        channel.queue_bind(queue, plan.exchange, key)


def bindings(plan: FlowPlan) -> Iterator[tuple[str, str]]:
    """Yield each queue with a routing key that leads to it."""
    for stage in plan.stages:
        yield from ((plan.queue(stage), source) for source in stage.sources)
        yield plan.rebounds(stage), plan.key(stage.id, "rebound")
        yield plan.own_queue("errors"), plan.key(stage.id, "error")
        yield plan.own_queue("snapshots"), plan.key(stage.id, "snapshot")
    yield from ((plan.own_queue("output"), key) for key in plan.outputs)


def describe_timeout(connection: Any) -> str:
    """Return what is to be known of a broker that takes the first step's message back after a time, "" otherwise."""
    version = str(connection._impl.server_properties.get("version", ""))  # noqa: SLF001 - pika shows it nowhere else
    if keeps_long_messages(version):
        return ""
    return (
        f"this broker (RabbitMQ {version}) takes a message back that is worked on for longer than its "
        "consumer_timeout, 30 minutes unless it is set: the first step then begins anew. Set consumer_timeout in "
        "rabbitmq.conf, or use RabbitMQ 3.12, where the flow sets it for its own queue"
    )


def keeps_long_messages(version: str) -> bool:
    """Return whether a broker of this version heeds x-consumer-timeout, or has no such limit; others may."""
    numbers = version.split(".")[:2]
    if len(numbers) < 2 or not all(number.isdecimal() for number in numbers):  # noqa: PLR2004 - major and minor
        return True
    return not (3, 8) <= tuple(map(int, numbers)) < (3, 12)


def delete(channel: Any, plan: FlowPlan) -> None:
    """Remove what holds no message any more."""
    queues = [plan.own_queue(name) for name in OWN]
    queues += [name for stage in plan.stages for name in (plan.queue(stage), plan.rebounds(stage))]
    if any(count(channel, queue) for queue in queues):
        return
    for queue in queues:
        channel.queue_delete(queue)
    channel.exchange_delete(plan.exchange)
    channel.exchange_delete(plan.dead_exchange)


def count(channel: Any, queue: str) -> int:
    """Return how many messages wait in a queue; those that a worker has got do not."""
    return int(channel.queue_declare(queue, passive=True).method.message_count)
