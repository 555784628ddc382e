"""Ask as a step: one message in, the emitted message out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib.api.connection import PUBLIC_API
from pysailor.component.component import Component
from pysailor.context import Data, Event
from pysailor.step import Invocation, Step
from tests.lib.conftest import LOGGER

if TYPE_CHECKING:
    from lib.offline.sandbox import Sandbox
    from pysailor.message import Message

FUNCTION = Component(Path(__file__).parents[2]).function("ask")
ENDPOINT = f"{PUBLIC_API}/chat/completions"


def asked(cfg: dict[str, Any], message: Message) -> Message:
    step = Step(FUNCTION, cfg)
    events: list[Event] = []
    try:
        step.process(message, Invocation(events.append, LOGGER))
    finally:
        step.close()
    (made,) = [event.message for event in events if isinstance(event, Data)]
    return made


def answering(content: str | None, finish_reason: str = "stop", **message: Any) -> dict[str, Any]:
    choice = {
        "index": 0,
        "message": {"role": "assistant", "content": content, **message},
        "finish_reason": finish_reason,
    }
    usage = {"prompt_tokens": 1, "completion_tokens": 1, "total_tokens": 2}
    return {"object": "chat.completion", "choices": [choice], "usage": usage}


def roles_sent(sandbox: Sandbox) -> list[str]:
    return [message["role"] for message in sandbox.requests[-1].body["messages"]]
