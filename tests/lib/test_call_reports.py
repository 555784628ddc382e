"""Each step tells of its calls by OpenTelemetry's names, well or not, so that a trace holds them."""

from __future__ import annotations

import json
import logging
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lib.offline.sandbox import KEY, Sandbox
from pysailor import CallReport, Message, StepError
from pysailor.component.component import Component
from pysailor.context import Data, Event
from pysailor.step import Invocation, Step
from tests.support.fake_api import FakeApi

if TYPE_CHECKING:
    from collections.abc import Iterator

COMPONENT = Component(Path(__file__).parents[2])
GATEWAY = "https://gw.example/v1"
LINES = {"requests": [{"custom_id": "a", "messages": [{"role": "user", "content": "Hello"}]}]}


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


def reported(function: str, body: Any, address: str, **cfg: Any) -> tuple[list[CallReport], list[dict[str, Any]]]:
    step = Step(COMPONENT.function(function), {"apiKey": KEY, "baseUrl": address, "maxRetries": 0, **cfg})
    events: list[Event] = []
    told: list[Any] = []
    try:
        step.process(Message(body=body, id="m-1"), Invocation(events.append, logging.getLogger(), report=told.append))
    except StepError:
        pass
    finally:
        step.close()
    bodies = [event.message.body for event in events if isinstance(event, Data)]
    return [one for one in told if isinstance(one, CallReport)], bodies


def test_a_moderation_is_reported_with_its_model_and_id(sandbox: Sandbox) -> None:
    (call,), _ = reported("moderate", {"text": "A recipe"}, sandbox.base_url)
    assert (call.outcome, call.tries, call.target) == ("ok", 1, "omni-moderation-latest")
    assert call.attributes["gen_ai.operation.name"] == "moderations"
    assert call.attributes["server.address"] == "127.0.0.1"
    assert str(call.attributes["gen_ai.response.id"]).startswith("modr")


def test_a_moderation_that_fails_is_reported_by_its_code() -> None:
    with FakeApi() as api:
        api.post(f"{GATEWAY}/moderations", json={"error": {"message": "no", "code": "invalid_api_key"}}, status=401)
        (call,), _ = reported("moderate", {"text": "A recipe"}, GATEWAY)
    assert (call.outcome, call.attributes["gen_ai.operation.name"]) == ("bad_key", "moderations")


def test_a_batch_is_reported_when_it_is_made_and_when_it_is_collected(sandbox: Sandbox) -> None:
    (made,), (body,) = reported("batchSubmit", LINES, sandbox.base_url, model="gpt-sandbox-2")
    (collected,), _ = reported("batchCollect", {"batch_id": body["batch_id"]}, sandbox.base_url)
    for call in (made, collected):
        assert call.outcome == "ok"
        assert call.target.startswith("gpt-sandbox-2")
        assert call.attributes["gen_ai.operation.name"] == "batches"
        assert call.attributes["gen_ai.response.id"] == body["batch_id"]
        assert call.seconds > 0
    assert not made.units
    assert collected.units["input_tokens"] > 0


def test_a_batch_that_cannot_be_read_is_reported_by_its_code() -> None:
    batch = {"id": "b", "status": "completed", "output_file_id": "f", "request_counts": {"completed": 1}}
    with FakeApi() as api:
        api.answer("GET", f"{GATEWAY}/batches/b", json=batch)
        api.answer("GET", f"{GATEWAY}/files/f/content", body=json.dumps({"error": {"message": "odd"}}))
        (call,), _ = reported("batchCollect", {"batch_id": "b"}, GATEWAY)
    assert (call.outcome, call.target) == ("batch_file_unreadable", "unknown")
