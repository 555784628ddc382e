"""What the check of Send Request tells about pictures and files that are not there, and about misspelled members."""

from __future__ import annotations

import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lib.offline.sandbox import KEY, Sandbox
from pysailor.component.component import Component
from pysailor.context import Data, Event
from pysailor.message import Message
from pysailor.step import Invocation, Step

if TYPE_CHECKING:
    from collections.abc import Iterator

LOGGER = logging.getLogger("component")
FUNCTION = Component(Path(__file__).parents[3]).function("sendRequest")
PART = "/messages/0/content/0"


def body(url: str, kind: str = "image_url", name: str = "url") -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [{"type": kind, kind: {name: url}}]}]}


@pytest.fixture
def step(sandbox: Sandbox) -> Iterator[Step]:
    step = Step(FUNCTION, {"apiKey": KEY, "baseUrl": sandbox.base_url, "model": "gpt-sandbox-2"})
    yield step
    step.close()


def process(step: Step, content: dict[str, Any]) -> dict[str, Any]:
    events: list[Event] = []
    step.process(Message(body=content), Invocation(events.append, LOGGER))
    (made,) = [event.message.body for event in events if isinstance(event, Data)]
    return dict(made)


@pytest.mark.parametrize("member", ["nmae", "contents", "tool_cals"])
def test_a_member_that_is_likely_misspelled_is_told_by_process(step: Step, member: str) -> None:
    result = process(step, {"messages": [{"role": "user", "content": "Hi", member: "x"}]})["result"]
    assert any(f"/messages/0/{member}: is not a known field; did you mean" in text for text in result["warnings"])


@pytest.mark.parametrize("member", ["reasoning_content", "cache_control", "x_trace"])
def test_a_member_that_some_server_may_know_is_not(step: Step, member: str) -> None:
    assert process(step, {"messages": [{"role": "user", "content": "Hi", member: "x"}]})["result"]["warnings"] == []


def test_what_was_mended_is_told(step: Step) -> None:
    messages = [{"role": "assistant", "content": "x", "tool_calls": []}, {"role": "user", "content": "half \ud800"}]
    result = process(step, {"messages": messages, "n": 1.0})["result"]
    assert len(result["warnings"]) == 2
