"""A message that is brought again gets the answer that it got, to the byte, and nothing is sent."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lib.api.connection import PUBLIC_API
from lib.errors.api_error import ApiError
from lib.offline.sandbox import KEY, Sandbox
from lib.replay import MAY_REPEAT
from pysailor.context import CallReport, Data, Event, Measure, SnapshotUpdate
from pysailor.errors import Rebound
from pysailor.journal import CallJournal, FateUnknown
from pysailor.message import Message
from pysailor.step import Invocation, Step
from tests.support.fake_api import FakeApi
from tests.support.journaled import brought, journal
from tests.support.response_events import response
from tests.support.send_request import FUNCTION, HELLO, LOGGER, USER, completion

CHAT = f"{PUBLIC_API}/chat/completions"


class Told(list[CallReport]):
    """The calls that were reported."""

    def __call__(self, told: CallReport | Measure) -> None:
        if isinstance(told, CallReport):
            self.append(told)


def bring(worker: CallJournal, body: Any, told: Told | None = None, **cfg: Any) -> list[Event]:
    """Bring the message; return what the step emits."""
    step = Step(FUNCTION, {"apiKey": KEY, "model": "gpt-4.1", "maxRetries": 0, **cfg})
    events: list[Event] = []
    try:
        step.process(
            Message(body=body),
            Invocation(events.append, LOGGER, journal=brought(worker), report=Told() if told is None else told),
        )
    finally:
        step.close()
    return events


def messages(events: list[Event]) -> list[Message]:
    return [event.message for event in events if isinstance(event, Data)]


def test_the_answer_is_given_again_to_the_byte_and_marked() -> None:
    worker, told = journal(), Told()
    with FakeApi() as api:
        api.post(CHAT, json=completion("Grüße, \ud83d\ude00 and 1e400"), headers={"x-request-id": "req_1"})
        (first,) = messages(bring(worker, HELLO, told))
        (again,) = messages(bring(worker, HELLO, told))
        assert len(api.received) == 1
    assert json.dumps(first.body) == json.dumps(again.body)
    assert again.headers == {**first.headers, "x-replayed": "true"}
    assert [(each.outcome, each.tries, bool(each.units)) for each in told] == [("ok", 1, True), ("replayed", 0, False)]
    assert told[1].cost is None


def test_the_pieces_of_a_stream_are_given_again_one_by_one(sandbox: Sandbox) -> None:
    worker = journal()
    cfg: dict[str, Any] = {"emitPieces": True, "baseUrl": sandbox.base_url, "model": "gpt-sandbox-2"}
    first, again = (messages(bring(worker, {**HELLO, "stream": True}, **cfg)) for _ in range(2))
    assert len(first) > 2
    assert [each.body for each in first] == [each.body for each in again]
    assert len(sandbox.requests) == 1


def test_what_was_learnt_of_the_server_is_told_again() -> None:
    worker = journal()
    url = "https://gw.example/v1/chat/completions"
    refused = {
        "error": {
            "message": "Unsupported parameter: 'stream_options'",
            "param": "stream_options",
            "code": "unsupported_parameter",
        }
    }
    chunk = {**completion(None), "object": "chat.completion.chunk"}
    chunk["choices"] = [{"index": 0, "delta": {"content": "Hi"}, "finish_reason": "stop"}]
    cfg: dict[str, Any] = {"baseUrl": "https://gw.example/v1"}
    with FakeApi() as api:
        api.post(url, status=400, json=refused)
        lines = f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n"
        api.post(url, body=lines, headers={"Content-Type": "text/event-stream"})
        first, again = (bring(worker, {**HELLO, "stream": True}, **cfg) for _ in range(2))
        assert len(api.received) == 2
    assert learnt(first) == learnt(again) != []
    assert messages(first)[0].body == messages(again)[0].body


def learnt(events: list[Event]) -> list[Event]:
    return [event for event in events if isinstance(event, SnapshotUpdate)]


def test_another_body_under_the_same_name_is_asked_for_itself() -> None:
    worker = journal()
    with FakeApi() as api:
        api.post(CHAT, json=completion("one"))
        api.post(CHAT, json=completion("two"))
        bring(worker, HELLO)
        (other,) = messages(bring(worker, {"messages": [{**USER, "content": "Other"}]}))
    assert other.body["choices"][0]["message"]["content"] == "two"
    assert MAY_REPEAT in other.body["result"]["warnings"]


def test_a_call_with_an_unknown_fate_is_made_again_with_a_warning_or_not_at_all() -> None:
    worker = journal()
    with FakeApi() as api:
        api.post(CHAT, json=completion("never seen"))
        killed_while_asking(worker)
        with pytest.raises(FateUnknown):
            bring(worker, HELLO, onUnknownFate="fail")
        with pytest.raises(Rebound):
            bring(worker, HELLO, onUnknownFate="rebound")
        assert len(api.received) == 1
        (answer,) = messages(bring(worker, HELLO))
        assert answer.body["result"]["warnings"] == [MAY_REPEAT]
        (again,) = messages(bring(worker, HELLO))
        assert again.body == answer.body
        assert len(api.received) == 2


def killed_while_asking(worker: CallJournal) -> None:
    """Leave the store as a worker does that is killed when the answer comes."""
    before: dict[str, bytes] = {}
    bring(worker, HELLO)
    for key, value in worker.store.scan(""):
        before[key] = b"B" + value[1:17] + b"host (1)"
    for key, mark in before.items():
        worker.store.put(key, mark, 60)


@pytest.mark.parametrize(("status", "repeats"), [(401, False), (429, False), (500, False)])
def test_a_call_that_the_service_refused_is_not_taken_for_an_unknown_fate(status: int, repeats: bool) -> None:
    worker = journal()
    with FakeApi() as api:
        api.post(CHAT, status=status, json={"error": {"message": "no"}})
        api.post(CHAT, json=completion("Hi"))
        with pytest.raises(ApiError):
            bring(worker, HELLO)
        (answer,) = messages(bring(worker, HELLO))
    assert (MAY_REPEAT in answer.body["result"]["warnings"]) is repeats


def test_what_a_fallback_answered_is_given_again_and_the_first_model_is_not_asked(sandbox: Sandbox) -> None:
    worker = journal()
    with FakeApi() as api:
        api.post(CHAT, status=429, json={"error": {"message": "slow down", "code": "rate_limit_exceeded"}})
        api.post(CHAT, json=completion("from the second"))
        first, again = (messages(bring(worker, HELLO, fallbacks="gpt-4.1-mini")) for _ in range(2))
        assert len(api.received) == 2
    assert json.dumps(first[0].body) == json.dumps(again[0].body)
    assert again[0].headers == {**first[0].headers, "x-replayed": "true"}


def test_an_error_says_that_it_may_be_a_second_payment() -> None:
    worker = journal()
    with FakeApi() as api:
        api.post(CHAT, json=completion("never seen"))
        killed_while_asking(worker)
    with FakeApi() as api:
        api.post(CHAT, status=500, json={"error": {"message": "no"}})
        with pytest.raises(ApiError, match=MAY_REPEAT):
            bring(worker, HELLO)


def test_an_answer_that_broke_off_may_have_been_paid_for() -> None:
    worker = journal()
    with FakeApi() as api:
        api.post(CHAT, body=b'{"id": "x", ', headers={"Content-Length": "1000"})
        api.post(CHAT, json=completion("Hi"))
        with pytest.raises(ApiError):
            bring(worker, HELLO, timeout=1)
        (answer,) = messages(bring(worker, HELLO))
    assert MAY_REPEAT in answer.body["result"]["warnings"]


def test_an_answer_that_came_over_responses_in_the_end_is_given_again_as_one() -> None:
    worker = journal()
    refusal = {"error": {"message": "This model is only supported in v1/responses.", "param": "model"}}
    with FakeApi() as api:
        api.post(CHAT, status=404, json=refusal)
        api.post(f"{PUBLIC_API}/responses", json=response())
        (first,) = messages(bring(worker, HELLO, model="gpt-99-new"))
        (again,) = messages(bring(worker, HELLO, model="gpt-99-new"))
        assert len(api.received) == 2
    assert first.body["result"]["api"] == "responses"
    assert json.dumps(first.body) == json.dumps(again.body)


def test_what_is_made_in_the_background_is_not_asked_for_twice() -> None:
    worker = journal()
    with FakeApi() as api:
        api.post(f"{PUBLIC_API}/responses", json=response("queued", ()))
        told = [messages(bring(worker, {**HELLO, "background": True}))[0].body for _ in range(2)]
        assert len(api.received) == 1
    assert [body["result"]["outcome"] for body in told] == ["pending", "pending"]
