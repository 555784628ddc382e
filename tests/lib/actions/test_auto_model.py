"""A step whose model is "auto" asks the server once what the key may use."""

from __future__ import annotations

import json
import logging
from pathlib import Path

import pytest

from lib.api.connection import PUBLIC_API
from pysailor import InvalidConfig
from pysailor.component.component import Component
from pysailor.context import Data, Event
from pysailor.message import Message
from pysailor.step import Invocation, Step
from tests.support.fake_api import FakeApi

LOGGER = logging.getLogger("component")
COMPONENT = Component(Path(__file__).parents[3])
BODY = {"ask": {"prompt": "Hi"}, "sendRequest": {"messages": [{"role": "user", "content": "Hi"}]}}
ANSWER = {"choices": [{"index": 0, "message": {"role": "assistant", "content": "Hi"}, "finish_reason": "stop"}]}


def run(function: str, times: int = 1) -> None:
    step = Step(COMPONENT.function(function), {"apiKey": "k", "model": "auto"})
    events: list[Event] = []
    try:
        for _ in range(times):
            step.process(Message(body=BODY[function]), Invocation(events.append, LOGGER))
    finally:
        step.close()
    assert len([event for event in events if isinstance(event, Data)]) == times


@pytest.mark.parametrize("function", ["ask", "sendRequest"])
def test_auto_is_the_model_that_the_table_chooses_and_the_list_is_asked_for_once(function: str) -> None:
    names = ("gpt-4o", "gpt-5.2", "gpt-5.4-mini", "text-embedding-3-small")
    with FakeApi() as api:
        listing = api.answer("GET", f"{PUBLIC_API}/models", json={"data": [{"id": name} for name in names]})
        asked = api.post(f"{PUBLIC_API}/chat/completions", json=ANSWER)
        run(function, times=2)
    assert [json.loads(one.body)["model"] for one in asked.received] == ["gpt-5.4-mini"] * 2
    assert len(listing.received) == 1


@pytest.mark.parametrize("function", ["ask", "sendRequest"])
def test_auto_that_cannot_be_resolved_is_a_fault_of_the_setting(function: str) -> None:
    with FakeApi() as api:
        api.answer("GET", f"{PUBLIC_API}/models", json={"data": [{"id": "llama3"}]})
        with pytest.raises(InvalidConfig, match="choose a model"):
            run(function)
