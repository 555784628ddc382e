"""The parts of a worker, made from what the environment says."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..wire.cipher import Cipher
from ..wire.codec import Codec, Routes
from ..wire.rebound import Backoff
from .throttle import Rate, Throttle

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..platform.settings import Settings, StepIdentity
    from ..transport.base import Transport


def codec(settings: Settings) -> Codec:
    """Return the wire format; raise InvalidCipher if messages cannot be encrypted with what is set."""
    amqp, limits, behaviour = settings.amqp, settings.limits, settings.behaviour
    return Codec(
        Cipher(settings.crypto.password, settings.crypto.iv),
        Routes(amqp.data_routing_key, amqp.error_routing_key, amqp.rebound_routing_key, amqp.snapshot_routing_key),
        protocol=behaviour.protocol_version,
        size_limit=limits.message_size,
        persistent=amqp.persistent,
        error_replies=not behaviour.error_replies_off,
        error_input=behaviour.input_format == "error",
        backoff=Backoff(limits.rebound_initial_ms, limits.rebounds),
    )


def throttle(settings: Settings) -> Throttle:
    """Return the rates that the platform sets."""
    limits = settings.limits
    rates = {"data": limits.data_rate, "error": limits.error_rate, "snapshot": limits.snapshot_rate}
    interval = limits.rate_interval_ms / 1000
    return Throttle({name: Rate(limit, interval) for name, limit in rates.items() if limit})


def amqp(settings: Settings) -> Transport:
    """Return the way to RabbitMQ."""
    from ..transport.amqp import Amqp, Broker  # noqa: PLC0415 - pika is an extra, and a shutdown hook needs none

    told = settings.amqp
    return Amqp(
        Broker(
            told.uri,
            told.listen_on,
            told.publish_to,
            prefetch=told.prefetch,
            reconnect_attempts=told.connect_attempts,
            reconnect_delay=told.connect_delay_ms / 1000,
            reconnect_max_delay=told.connect_max_delay_ms / 1000,
            publish_attempts=told.publish_retry_attempts,
            publish_delay=told.publish_retry_delay_ms / 1000,
            publish_max_delay=told.publish_max_retry_delay_ms / 1000,
        )
    )


def identity(step: StepIdentity, additional: Mapping[str, str]) -> dict[str, Any]:
    """Return the headers that say who this step is: they are the same in every message that it sends.

    `additional` are those that the operator asked for, already under their header names; they cannot hide the others.
    """
    return {
        **additional,
        "execId": step.exec_id,
        "taskId": step.flow_id,
        "workspaceId": step.workspace_id,
        "containerId": step.container_id,
        "userId": step.user_id,
        "stepId": step.step_id,
        "compId": step.comp_id,
        "function": step.function,
    }
