"""What the command itself puts into a flow and takes out of it."""

from __future__ import annotations

import json
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any, Final
from uuid import uuid4

from pysailor.wire.cipher import BASE64, Cipher
from pysailor.wire.envelope import Publish
from pysailor.wire.headers import EVENT_ID

from .topology import OWN, count

if TYPE_CHECKING:
    from collections.abc import Callable

    from pysailor.transport.base import Transport

    from .environment import Access
    from .feed import Feed
    from .plan import FlowPlan, StagePlan
    from .steps_api import StepsApi

MOST_WAITING: Final = 5000
_BATCH: Final = 500
_AT_A_TIME: Final = 64
_PREFETCH: Final = 1000


class Traffic:
    """Feeds, collects and counts: over a channel of pika for one thread, and over `way` many publishes at a time."""

    def __init__(self, channel: Any, way: Transport, plan: FlowPlan, access: Access, api: StepsApi) -> None:
        self._channel = channel
        self._way = way
        self._plan = plan
        self._cipher = Cipher(access.password, access.iv)
        self._api = api
        self._came: deque[tuple[str, Any, dict[str, Any], bytes]] = deque()
        self.fed = self.results = self.failures = 0
        channel.confirm_delivery()
        channel.basic_qos(prefetch_count=_PREFETCH)
        self._consumers = [channel.basic_consume(plan.own_queue(name), partial(self._take, name)) for name in OWN]

    def start_trigger(self) -> None:
        """Have the trigger run once."""
        import pika  # noqa: PLC0415 - an extra, which other commands need not have

        properties = pika.BasicProperties("application/json", "utf8", self._headers(), delivery_mode=2)
        content = self._cipher.encode({"body": {}, "headers": {}}, BASE64)
        self._channel.basic_publish("", self._plan.queue(self._plan.trigger), content, properties, mandatory=True)

    def feed(self, feed: Feed) -> bool:
        """Put messages in as if the trigger had given them, as many as may wait; return whether that was all."""
        key = self._plan.key(self._plan.trigger.id, "message")
        firsts = [stage for stage in self._plan.stages if key in stage.sources]
        if any(count(self._channel, self._plan.queue(stage)) > MOST_WAITING for stage in firsts):
            return False
        batch = feed.take(_BATCH)
        with ThreadPoolExecutor(_AT_A_TIME, thread_name_prefix="feed") as pool:
            for _ in pool.map(self._publish, batch):
                self.fed += 1
        feed.note(body for _, body in batch)
        return len(batch) < _BATCH

    def _publish(self, named: tuple[str, Any]) -> None:
        """Publish one message by its name; it is safe with the broker afterwards."""
        name, body = named
        trigger = self._plan.trigger.id
        message = {"body": body, "headers": {}}
        content = self._cipher.encode({**message, "passthrough": {trigger: message}}, BASE64)
        properties = {"content_type": "application/json", "content_encoding": "utf8", "delivery_mode": 2}
        self._way.publish(
            Publish(self._plan.key(trigger, "message"), content, {**self._headers(), EVENT_ID: name}, properties)
        )

    def _headers(self) -> dict[str, Any]:
        identity = str(uuid4())
        return {"messageId": identity, "threadId": identity, "protocolVersion": BASE64,
                "taskId": self._plan.flow_id, "stepId": self._plan.trigger.id}  # fmt: skip

    def _take(self, name: str, _channel: Any, method: Any, properties: Any, content: bytes) -> None:
        self._came.append((name, method.delivery_tag, properties.headers or {}, content))

    def collect(
        self, write: Callable[[dict[str, Any]], None], tell_error: Callable[[dict[str, Any]], None], seconds: float = 0
    ) -> bool:
        """Hand on what came, each acknowledged when it was written; return whether anything did in that time."""
        self._channel.connection.process_data_events(seconds)
        any_came = bool(self._came)
        while self._came:
            name, tag, headers, content = self._came.popleft()
            if name == "output":
                message = self._cipher.decode(content, headers.get("protocolVersion", BASE64))
                write({"step": headers.get("stepId"), "body": message.get("body")})
                self.results += 1
            elif name == "errors":
                tell_error(self._read_error(headers, content))
                self.failures += 1
            elif name == "snapshots":
                is_update = headers.get("snapshotEvent") == "updateSnapshot"
                self._api.take_snapshot(str(headers.get("stepId")), json.loads(content), is_update=is_update)
            self._channel.basic_ack(tag)  # of what was rejected, too: each has its error message, which was told
        return any_came

    def _read_error(self, headers: dict[str, Any], content: bytes) -> dict[str, Any]:
        document = json.loads(content)
        error = self._cipher.decode(document["error"].encode(), BASE64)
        given = document.get("errorInput")
        body = self._cipher.decode(given.encode(), BASE64).get("body") if given else None
        return {"step": headers.get("stepId"), **{key: error.get(key) for key in ("name", "message")}, "input": body}

    def waiting(self, stage: StagePlan) -> int:
        """Return how many messages wait for a stage, those that come back later too."""
        return count(self._channel, self._plan.queue(stage)) + count(self._channel, self._plan.rebounds(stage))

    def close(self) -> None:
        """Take nothing more; what came and was not handed on goes back to its queue."""
        for tag in self._consumers:
            self._channel.basic_cancel(tag)

    def rest(self, seconds: float) -> None:
        """Let time pass; the connection stays alive."""
        self._channel.connection.sleep(seconds)
