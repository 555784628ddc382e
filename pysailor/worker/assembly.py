"""The parts of a worker, made from what the environment says."""

from __future__ import annotations

import logging
import os
from contextlib import AbstractContextManager, nullcontext
from typing import TYPE_CHECKING, Any

from .. import pool
from ..errors import StoreUnavailable
from ..journal import CallJournal, JournalRules
from ..monitoring.monitor import Monitor
from ..store.open import OFF
from ..telemetry import open_telemetry
from ..wire.bounds import Bounds
from ..wire.cipher import Cipher
from ..wire.codec import Codec, Routes
from ..wire.rebound import Backoff
from .placement import Choice, Placement
from .throttle import Rate, Throttle

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..platform.settings import WorkerSettings
    from ..platform.variables import StepIdentity
    from ..store import Store
    from ..telemetry.telemetry import Telemetry
    from ..transport.base import Transport
    from .stopping import Stopping

LOG = logging.getLogger(__name__)


def codec(settings: WorkerSettings) -> Codec:
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
        backoff=Backoff(limits.rebound_initial_ms, limits.rebounds, limits.retries),
    )


def bounds(settings: WorkerSettings) -> Bounds:
    """Return the limits of what comes in."""
    limits = settings.limits
    return Bounds(limits.input_size, limits.input_depth, limits.input_headers, limits.input_header_bytes)


def throttle(settings: WorkerSettings) -> Throttle:
    """Return the rates that the platform sets."""
    limits = settings.limits
    rates = {"data": limits.data_rate, "error": limits.error_rate, "snapshot": limits.snapshot_rate}
    interval = limits.rate_interval_ms / 1000
    return Throttle({name: Rate(limit, interval) for name, limit in rates.items() if limit})


def monitor(settings: WorkerSettings, version: str) -> Monitor:
    """Return what watches the worker; raise MonitoringUnavailable if it cannot as the settings want."""
    step = settings.step
    identity = {"version": version, "function": step.function, "step": step.step_id, "flow": step.flow_id}
    return Monitor(settings.monitoring, settings.amqp.prefetch, identity)


def placement(settings: WorkerSettings) -> AbstractContextManager[object]:
    """Return what keeps the threads on one processor, as far as the settings want that."""
    wanted = settings.behaviour.one_cpu
    if wanted is False or (wanted is None and pool.current().name == "greenlets"):  # which run on one thread
        return nullcontext()
    return Placement(Choice(always=wanted is True))


def journal(settings: WorkerSettings, store: Store, cipher: Cipher, stopping: Stopping) -> CallJournal | None:
    """Return what remembers paid calls, None if the operator wants none. Answers are encrypted as messages are."""
    wanted, step = settings.journal, settings.step
    if wanted.url.strip().lower() == OFF:
        return None
    rules = JournalRules(wanted.kept, wanted.kept_when_done, wanted.on_failure)
    scope = f"{step.flow_id}/{step.step_id}"
    return CallJournal(store, scope, rules, encrypt=cipher.encrypt, decrypt=cipher.decrypt, pause=stopping.pause)


def try_store(store: Store, on_failure: str) -> None:
    """Find out at the start if the journal's store can be used, and not from the first message.

    Raise InvalidSettings for a file that is something else; log an outage, which may be over by then.
    """
    try:
        store.get("")
    except StoreUnavailable as error:
        LOG.error("the journal cannot be read (%s): %s", on_failure, error)  # noqa: TRY400 - its traceback tells nothing


def telemetry(settings: WorkerSettings, version: str, hide: Callable[[str], str]) -> Telemetry | None:
    """Return what tells an OpenTelemetry collector, None where no variable names one. `hide` masks secrets."""
    step = settings.step
    identity = {"function": step.function, "step": step.step_id, "flow": step.flow_id}
    return open_telemetry(os.environ, identity, settings.amqp.listen_on, version, hide)


def amqp(settings: WorkerSettings) -> Transport:
    """Return the way to RabbitMQ."""
    from ..transport.amqp import Amqp, Broker  # noqa: PLC0415 - pika is an extra, and a shutdown hook needs none

    amqp_settings = settings.amqp
    return Amqp(
        Broker(
            amqp_settings.uri,
            amqp_settings.listen_on,
            amqp_settings.publish_to,
            prefetch=amqp_settings.prefetch,
            reconnect_attempts=amqp_settings.connect_attempts,
            reconnect_delay=amqp_settings.connect_delay_ms / 1000,
            reconnect_max_delay=amqp_settings.connect_max_delay_ms / 1000,
            publish_attempts=amqp_settings.publish_retry_attempts,
            publish_delay=amqp_settings.publish_retry_delay_ms / 1000,
            publish_max_delay=amqp_settings.publish_max_retry_delay_ms / 1000,
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
