"""The settings of the transport over RabbitMQ."""

from __future__ import annotations

from dataclasses import field

from ...values import frozen


@frozen
class Broker:
    """Where messages come from and go to, and how patiently. Delays are in seconds.

    `publish_attempts` counts all tries of one message that the broker turns down, None for no limit; lost connections
    do not count, they are waited out. `reconnect_attempts` come after the first try and count only at the start.
    """

    uri: str = field(repr=False)
    queue: str
    exchange: str
    prefetch: int = 1
    reconnect_attempts: int = 3
    reconnect_delay: float = 0.1
    reconnect_max_delay: float = 2.0
    publish_attempts: int | None = None
    publish_delay: float = 0.1
    publish_max_delay: float = 300.0
