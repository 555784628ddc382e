"""What the platform tells the process of a step: its environment, exactly as the platform names it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .plan import FlowPlan, StagePlan

_OURS: Final = ("ELASTICIO_", "PYSAILOR_FLOW_")
_LONGEST_DRAIN: Final = 86_400
REBOUNDS: Final = 10
"""How often a step may put a message off that is tried again by itself, as in `flow run`."""


@dataclass(frozen=True, slots=True)
class Access:
    """How the processes reach the broker and the steps' settings, and what messages are encrypted with."""

    broker: str
    api: str
    username: str
    key: str
    iv: str
    password: str


def step_environment(plan: FlowPlan, stage: StagePlan, access: Access, container: str = "container") -> dict[str, str]:
    """Return the variables of one stage, all of them the platform's, and those for a worker of this runtime."""
    named = {
        "FLOW_ID": plan.flow_id,
        "EXEC_ID": f"{plan.flow_id}-execution",
        "STEP_ID": stage.id,
        "CONTAINER_ID": container,
        "WORKSPACE_ID": "local",
        "USER_ID": "local",
        "COMP_ID": stage.root.name,
        "FUNCTION": stage.function,
        "API_URI": access.api,
        "API_USERNAME": access.username,
        "API_KEY": access.key,
        "AMQP_URI": access.broker,
        "LISTEN_MESSAGES_ON": plan.queue(stage),
        "PUBLISH_MESSAGES_TO": plan.exchange,
        "DATA_ROUTING_KEY": plan.key(stage.id, "message"),
        "ERROR_ROUTING_KEY": plan.key(stage.id, "error"),
        "REBOUND_ROUTING_KEY": plan.key(stage.id, "rebound"),
        "SNAPSHOT_ROUTING_KEY": plan.key(stage.id, "snapshot"),
        "MESSAGE_CRYPTO_IV": access.iv,
        "MESSAGE_CRYPTO_PASSWORD": access.password,
        "RABBITMQ_PREFETCH_SAILOR": str(stage.prefetch),
        "AMQP_PERSISTENT_MESSAGES": "true",
        **({"INPUT_FORMAT": "error"} if stage.reads_errors else {}),
        **_rebounds(stage),
    }
    ours = {
        "PYSAILOR_SHUTDOWN_DEADLINE": str(_LONGEST_DRAIN),
        **({"PYSAILOR_MESSAGE_DEADLINE": f"{stage.seconds:g}"} if stage.seconds else {}),
        **({"PYSAILOR_RETRIES": str(stage.retry.times)} if stage.retry else {}),
        **({"LOG_LEVEL": stage.log_level} if stage.log_level else {}),
    }
    return {**{f"ELASTICIO_{name}": value for name, value in named.items()}, **ours}


def _rebounds(stage: StagePlan) -> dict[str, str]:
    """Return how often and how late messages come back; without local.retry it is as the platform has it."""
    if stage.retry is None:
        return {}
    return {
        "REBOUND_INITIAL_EXPIRATION": str(round(stage.retry.wait * 1000)),
        "REBOUND_LIMIT": str(max(stage.retry.times, REBOUNDS)),
    }


def inherit(environment: Mapping[str, str]) -> dict[str, str]:
    """Return what a process gets of this one's environment: all but what a platform sets."""
    return {name: value for name, value in environment.items() if not name.startswith(_OURS)}


def tell_apart(environment: Mapping[str, str], name: str, number: int) -> dict[str, str]:
    """Return what processes of one machine cannot share: each has a port of metrics, and a heartbeat, of its own.

    The ports are those from the one that is set on.
    """
    port, heartbeat = environment.get("PYSAILOR_METRICS_PORT", "").strip(), environment.get("PYSAILOR_HEARTBEAT_FILE")
    return {
        **({"PYSAILOR_METRICS_PORT": str(int(port) + number)} if port.isdecimal() and int(port) else {}),
        **({"PYSAILOR_HEARTBEAT_FILE": f"{heartbeat}-{name}"} if heartbeat else {}),
    }
