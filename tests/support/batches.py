"""Batch: Submit and Batch: Collect as steps: one message in, what they emit."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from lib.offline.sandbox import KEY
from pysailor.component.component import Component
from pysailor.context import Data, Event
from pysailor.message import Message
from pysailor.step import Invocation, Step

from .send_request import LOGGER

if TYPE_CHECKING:
    from collections.abc import Sequence

    from lib.offline.sandbox import Sandbox

COMPONENT = Component(Path(__file__).parents[2])
QUESTIONS = [
    {"custom_id": f"q-{number}", "messages": [{"role": "user", "content": f"Question {number}"}]} for number in range(4)
]


def run(function: str, body: Any, address: str, message_id: str | None = None, **cfg: Any) -> list[Message]:
    """Return what a worker of its own emits."""
    model = {} if function == "batchCollect" else {"model": "gpt-sandbox-2"}
    step = Step(COMPONENT.function(function), {"apiKey": KEY, "baseUrl": address, **model, **cfg})
    events: list[Event] = []
    try:
        step.process(Message(body=body, id=message_id), Invocation(events.append, LOGGER, None, message_id))
    finally:
        step.close()
    return [event.message for event in events if isinstance(event, Data)]


def submit(
    sandbox: Sandbox, requests: Sequence[Any], scenario: str = "", message_id: str | None = "m-1", **more: Any
) -> dict[str, Any]:
    common = {"common": more.pop("common")} if "common" in more else {}
    (made,) = run("batchSubmit", {"requests": list(requests), **common}, at(sandbox, scenario), message_id, **more)
    body: dict[str, Any] = made.body
    return body


def collect(sandbox: Sandbox, batch_id: str, scenario: str = "", **cfg: Any) -> list[dict[str, Any]]:
    return [made.body for made in run("batchCollect", {"batch_id": batch_id}, at(sandbox, scenario), **cfg)]


def at(sandbox: Sandbox, scenario: str = "") -> str:
    return sandbox.base_url_of(scenario) if scenario else sandbox.base_url


def created(sandbox: Sandbox) -> list[Any]:
    """Return the bodies of the requests that made a batch."""
    return [one.body for one in sandbox.requests if (one.method, one.path) == ("POST", "/v1/batches")]


def uploaded(sandbox: Sandbox) -> list[str]:
    """Return the bodies of the uploads."""
    return [str(one.body) for one in sandbox.requests if one.path == "/v1/files"]


def lines_of(form: str) -> list[dict[str, Any]]:
    """Return the lines of an upload."""
    return [json.loads(line) for line in form.splitlines() if line.startswith('{"custom_id"')]
