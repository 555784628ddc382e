"""What the command itself puts into a flow and takes out of it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from pysailor.wire.cipher import BASE64, Cipher

from .topology import count

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .environment import Access
    from .plan import FlowPlan, StagePlan
    from .steps_api import StepsApi

MOST_WAITING: Final = 5000
_BATCH: Final = 200


class Traffic:
    """Feeds, collects and counts over one channel of pika; for one thread."""

    def __init__(self, channel: Any, plan: FlowPlan, access: Access, api: StepsApi) -> None:
        self._channel = channel
        self._plan = plan
        self._cipher = Cipher(access.password, access.iv)
        self._api = api
        self.fed = self.results = self.failures = 0
        channel.confirm_delivery()

    def start_trigger(self) -> None:
        """Have the trigger run once."""
        self._publish("", self._plan.queue(self._plan.trigger), {"body": {}, "headers": {}})

    def feed(self, bodies: Iterator[Any]) -> bool:
        """Put bodies in as if the trigger had given them, as many as may wait; return whether that was all."""
        trigger = self._plan.trigger
        firsts = [stage for stage in self._plan.stages if self._plan.key(trigger.id, "message") in stage.sources]
        if any(count(self._channel, self._plan.queue(stage)) > MOST_WAITING for stage in firsts):
            return False
        for _ in range(_BATCH):
            try:
                body = next(bodies)
            except StopIteration:
                return True
            message = {"body": body, "headers": {}}
            whole = {**message, "passthrough": {trigger.id: message}}
            self._publish(self._plan.exchange, self._plan.key(trigger.id, "message"), whole)
            self.fed += 1
        return False

    def _publish(self, exchange: str, key: str, message: Any) -> None:
        import pika  # noqa: PLC0415 - an extra, which other commands need not have

        identity = str(uuid4())
        headers = {"messageId": identity, "threadId": identity, "protocolVersion": BASE64,
                   "taskId": self._plan.flow_id, "stepId": self._plan.trigger.id}  # fmt: skip
        properties = pika.BasicProperties("application/json", "utf8", headers, delivery_mode=2)
        self._channel.basic_publish(exchange, key, self._cipher.encode(message, BASE64), properties, mandatory=True)

    def collect(self, write: Callable[[dict[str, Any]], None], tell_error: Callable[[dict[str, Any]], None]) -> None:
        """Hand on all results and errors that are there; each is acknowledged when it was written."""
        for headers, content in self._take("output"):
            message = self._cipher.decode(content, headers.get("protocolVersion", BASE64))
            write({"step": headers.get("stepId"), "body": message.get("body")})
            self.results += 1
        for headers, content in self._take("errors"):
            tell_error(self._read_error(headers, content))
            self.failures += 1
        for headers, content in self._take("snapshots"):
            is_update = headers.get("snapshotEvent") == "updateSnapshot"
            self._api.take_snapshot(str(headers.get("stepId")), json.loads(content), is_update=is_update)
        for _ in self._take("rejected"):
            pass  # each has its error message, which was told

    def _read_error(self, headers: dict[str, Any], content: bytes) -> dict[str, Any]:
        document = json.loads(content)
        error = self._cipher.decode(document["error"].encode(), BASE64)
        given = document.get("errorInput")
        body = self._cipher.decode(given.encode(), BASE64).get("body") if given else None
        return {"step": headers.get("stepId"), **{key: error.get(key) for key in ("name", "message")}, "input": body}

    def _take(self, name: str) -> Iterator[tuple[dict[str, Any], bytes]]:
        while True:
            method, properties, content = self._channel.basic_get(self._plan.own_queue(name))
            if method is None:
                return
            yield properties.headers or {}, content
            self._channel.basic_ack(method.delivery_tag)

    def waiting(self, stage: StagePlan) -> int:
        """Return how many messages wait for a stage, those that come back later too."""
        return count(self._channel, self._plan.queue(stage)) + count(self._channel, self._plan.rebounds(stage))

    def rest(self, seconds: float) -> None:
        """Let time pass; the connection stays alive."""
        self._channel.connection.sleep(seconds)
