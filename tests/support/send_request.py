"""Send Request with one body: what it emits, and answers for a fake API to give."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from lib.offline.sandbox import KEY
from pysailor.component.component import Component
from pysailor.context import Data, Event
from pysailor.message import Message
from pysailor.step import Invocation, Step

FUNCTION = Component(Path(__file__).parents[2]).function("sendRequest")
LOGGER = logging.getLogger(__name__)
USER = {"role": "user", "content": "Hello"}
HELLO: dict[str, Any] = {"messages": [USER]}


def events_of(body: Any, snapshot: Any = None, **cfg: Any) -> list[Event]:
    step = Step(FUNCTION, {"apiKey": KEY, "model": "gpt-sandbox-2", **cfg}, snapshot=snapshot)
    events: list[Event] = []
    try:
        step.process(Message(body=body), Invocation(events.append, LOGGER))
    finally:
        step.close()
    return events


def emitted(body: Any, **cfg: Any) -> list[Message]:
    return [event.message for event in events_of(body, **cfg) if isinstance(event, Data)]


def result_of(body: Any, **cfg: Any) -> dict[str, Any]:
    result: dict[str, Any] = emitted(body, **cfg)[-1].body["result"]
    return result


def completion(content: str | None, finish_reason: str = "stop", **message: Any) -> dict[str, Any]:
    said = {"role": "assistant", "content": content, **message}
    usage = {"prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15}
    choice = {"index": 0, "message": said, "finish_reason": finish_reason}
    return {"id": "x", "object": "chat.completion", "model": "gpt-4.1", "choices": [choice], "usage": usage}
