"""A worker without a broker: what it publishes is kept, and can be made to fail."""

from __future__ import annotations

import json
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pysailor.component.component import Component
from pysailor.platform.object_storage import ObjectStorageError
from pysailor.platform.settings import StepIdentity
from pysailor.step import Step
from pysailor.wire.codec import Codec, Routes
from pysailor.wire.envelope import Delivery, Publish
from pysailor.wire.passthrough import Passthrough
from pysailor.worker.assembly import identity
from pysailor.worker.bodies import Bodies
from pysailor.worker.delivery import Worker
from pysailor.worker.emitter import Output
from pysailor.worker.throttle import Throttle
from tests.support.stage import CIPHER, TINY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pysailor.transport.base import DeliveryOutcome

MINE = identity(StepIdentity("flow", "exec", "step_1", "container", "workspace", "user", "comp", "obey"), {})
ROUTES = Routes("to.data", "to.error", "to.rebound", "to.snapshot")


@dataclass
class Wire:
    """A transport that keeps what it is given; `failures` are raised first, by routing key."""

    sent: list[Any] = field(default_factory=list)
    failures: dict[str, list[Exception]] = field(default_factory=dict)
    told: threading.Event = field(default_factory=threading.Event)
    finished: list[tuple[Delivery, DeliveryOutcome]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def publish(self, publish: Publish) -> None:
        failures = self.failures.get(publish.routing_key)
        if failures:
            self.told.set()
            raise failures.pop(0)
        self.sent.append(publish)

    def tell_of(self, routing_key: str, failure: Exception) -> threading.Event:
        """Raise this for the next publish there; return what is set then."""
        self.failures[routing_key] = [failure]
        return self.told

    def finish(self, delivery: Delivery, outcome: DeliveryOutcome) -> None:
        self.finished.append((delivery, outcome))
        self.over.set()

    def routes(self) -> list[str]:
        return [publish.routing_key for publish in self.sent]


class NoStorage:
    """An object storage that must not be asked."""


@dataclass
class SlowStorage:
    """An object storage that gives a body when the gate is open."""

    gate: threading.Event

    def get_body(self, _object_id: str, **_: str) -> Any:
        self.gate.wait(10)
        return {"do": "many", "times": 0}


class AwayStorage:
    """An object storage that takes nothing."""

    def put_body(self, _plain: bytes, **_: str) -> str:
        raise ObjectStorageError("The platform is away")


@dataclass
class Bench:
    """A worker with its wire."""

    wire: Wire
    codec: Codec
    kept: list[Mapping[str, Any]] = field(default_factory=list)

    def worker(self, function: str = "obey", seconds: float | None = None) -> Worker:
        loaded = Component.find(TINY).function(function)
        storage: Any = NoStorage()
        transport: Any = self.wire
        output = Output(
            transport,
            self.codec,
            Throttle(),
            Passthrough("step_1"),
            Bodies(storage),
            self.kept.append,
        )
        return Worker(Step(loaded, {"password": "x", "tone": "soft"}), output, MINE, seconds)

    def error(self) -> dict[str, Any]:
        (report,) = [publish for publish in self.wire.sent if publish.routing_key == "to.error"]
        return dict(CIPHER.decode(json.loads(report.content)["error"].encode()))


def order(do: str, headers: dict[str, Any] | None = None, **body: Any) -> Delivery:
    return Delivery(1, CIPHER.encode({"body": {"do": do, **body}}), {"messageId": "m", **(headers or {})}, {})
