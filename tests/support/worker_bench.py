"""A worker whose messages come and go in memory."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from queue import SimpleQueue
from typing import TYPE_CHECKING, Any

from pysailor.component.component import Component
from pysailor.platform.object_storage import ObjectStorageError
from pysailor.platform.variables import StepIdentity
from pysailor.step import Step
from pysailor.transport.memory import MemoryTransport
from pysailor.wire.codec import Codec, Routes
from pysailor.wire.envelope import Delivery
from pysailor.wire.passthrough import Passthrough
from pysailor.worker.assembly import identity
from pysailor.worker.bodies import Bodies
from pysailor.worker.delivery import NO_BOUNDS, Worker, id_of
from pysailor.worker.emitter import Output
from pysailor.worker.throttle import Throttle
from tests.support.stage import CIPHER, TINY

if TYPE_CHECKING:
    import threading
    from collections.abc import Mapping

    from pysailor.journal import CallJournal
    from pysailor.transport.base import DeliveryOutcome
    from pysailor.wire.bounds import Bounds

MINE = identity(StepIdentity("flow", "exec", "step_1", "container", "workspace", "user", "comp", "obey"), {})
ROUTES = Routes("to.data", "to.error", "to.rebound", "to.snapshot")


class NoStorage:
    """An object storage that must not be asked."""


@dataclass
class SlowStorage:
    """An object storage that gives a body when the gate is open."""

    gate: threading.Event

    def get_body(self, _object_id: str, **_: str) -> Any:
        self.gate.wait(60)
        return {"do": "many", "times": 0}


class AwayStorage:
    """An object storage that takes nothing."""

    def put_body(self, _plain: bytes, **_: str) -> str:
        raise ObjectStorageError("The platform is away")


class Bench:
    """A worker with its transport. `returned` are the outcomes with which the worker came back, begun or not."""

    def __init__(self) -> None:
        self.transport = MemoryTransport()
        self.transport.connect()
        self.codec = Codec(CIPHER, ROUTES)
        self.kept: list[Mapping[str, Any]] = []
        self.returned: SimpleQueue[DeliveryOutcome | None] = SimpleQueue()

    def worker(
        self,
        function: str = "obey",
        seconds: float | None = None,
        bounds: Bounds = NO_BOUNDS,
        journal: CallJournal | None = None,
    ) -> Worker:
        loaded = Component.find(TINY).function(function)
        storage: Any = NoStorage()
        output = Output(
            self.transport, self.codec, Throttle(), Passthrough("step_1"), Bodies(storage), self.kept.append
        )
        step = Step(loaded, {"password": "x", "tone": "soft"})
        return Worker(step, output, MINE, seconds, journal=journal, bounds=bounds)

    def begin(self, worker: Worker, delivery: Delivery) -> Delivery:
        """Have the transport hand the message to the worker; return the delivery that it is there."""
        self.transport.consume(lambda each: self._come_back(worker(each)), id_of)
        return self.transport.put(delivery.content, delivery.headers)

    def settled(self, delivery: Delivery) -> DeliveryOutcome:
        """Return what became of the delivery, once that is known."""
        assert self.transport.drain(time.monotonic() + 60)
        return self.transport.outcomes[delivery.number]

    def routes(self) -> list[str]:
        return [publish.routing_key for publish in self.transport.published]

    def _come_back(self, outcome: DeliveryOutcome | None) -> DeliveryOutcome | None:
        self.returned.put(outcome)
        return outcome

    def error(self) -> dict[str, Any]:
        (report,) = [publish for publish in self.transport.published if publish.routing_key == "to.error"]
        return dict(CIPHER.decode(json.loads(report.content)["error"].encode()))


def order(do: str, headers: dict[str, Any] | None = None, **body: Any) -> Delivery:
    return Delivery(1, CIPHER.encode({"body": {"do": do, **body}}), {"messageId": "m", **(headers or {})}, {})
