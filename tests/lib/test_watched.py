"""An answer that somebody waits for comes in pieces, where the server gives them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lib.offline.sandbox import KEY
from pysailor.component.component import Component
from pysailor.context import Data, Event, Partial
from pysailor.message import Message
from pysailor.step import Invocation, Step
from tests.support.fake_api import FakeApi

from .conftest import LOGGER

if TYPE_CHECKING:
    from lib.offline.sandbox import Sandbox

COMPONENT = Component(Path(__file__).parents[2])
HELLO = {"messages": [{"role": "user", "content": "Hello"}]}
ADDRESS = "https://gw.example/v1"


def events_of(function: str, body: Any, *, watched: bool, **cfg: Any) -> list[Event]:
    step = Step(COMPONENT.function(function), {"apiKey": KEY, "model": "gpt-sandbox-2", **cfg})
    events: list[Event] = []
    try:
        step.process(Message(body=body), Invocation(events.append, LOGGER, watched=watched))
    finally:
        step.close()
    return events


@pytest.mark.parametrize(("function", "body"), [("sendRequest", HELLO), ("ask", {"prompt": "Hello"})])
def test_watched_or_not_the_answer_is_the_same(sandbox: Sandbox, function: str, body: Any) -> None:
    runs = [events_of(function, body, watched=watched, baseUrl=sandbox.base_url) for watched in (False, True)]
    (plain,), watched = ([event for event in events if isinstance(event, Data)] for events in runs)
    assert "stream" not in sandbox.requests[0].body
    assert sandbox.requests[1].body["stream"] is True
    assert len([event for event in runs[1] if isinstance(event, Partial)]) > 1
    outcomes = [each.message.headers["x-outcome"] for each in (plain, *watched)]
    assert outcomes == ["complete", "complete"]


@pytest.mark.parametrize("more", [{"stream": False}, {"n": 2}, {"audio": {"voice": "alloy", "format": "mp3"}}])
def test_what_cannot_or_shall_not_come_in_pieces_comes_whole(sandbox: Sandbox, more: dict[str, Any]) -> None:
    try:
        events_of("sendRequest", {**HELLO, **more}, watched=True, baseUrl=sandbox.base_url)
    finally:
        assert not any(request.body.get("stream") for request in sandbox.requests)


def test_a_server_that_does_not_allow_pieces_is_asked_for_the_whole() -> None:
    error = {"message": "Your organization must be verified to stream this model.", "param": "stream", "code": None}
    choice = {"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}
    with FakeApi() as api:
        api.post(f"{ADDRESS}/chat/completions", status=400, json={"error": error})
        second = api.post(f"{ADDRESS}/chat/completions", json={"object": "chat.completion", "choices": [choice]})
        events = events_of("sendRequest", HELLO, watched=True, baseUrl=ADDRESS)
    assert "stream" not in json.loads(second.received[0].body)
    assert [event.message.body["choices"] for event in events if isinstance(event, Data)] == [[choice]]
