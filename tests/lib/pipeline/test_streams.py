"""A streamed answer becomes the same message as a whole one, or a named error."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lib.errors.api_error import ApiError
from lib.offline.sandbox import KEY, Sandbox
from pysailor.context import Data, Event, Partial
from pysailor.errors import InvalidConfig
from pysailor.message import Message
from pysailor.step import Invocation, Step
from tests.support.fake_api import FakeApi
from tests.support.send_request import FUNCTION, HELLO, completion, emitted, events_of

from ..conftest import LOGGER


def test_pieces_that_went_out_cannot_be_repaired() -> None:
    with pytest.raises(InvalidConfig, match="/repairs"):
        emitted(HELLO, emitPieces=True, repairs=1)


def test_a_streamed_answer_is_the_same_message_and_its_words_are_shown_as_they_come(sandbox: Sandbox) -> None:
    (plain,) = emitted(HELLO, baseUrl=sandbox.base_url)
    events = events_of({**HELLO, "stream": True}, baseUrl=sandbox.base_url)
    (streamed,) = [event.message for event in events if isinstance(event, Data)]
    del plain.body["choices"][0]["message"]["annotations"]  # of which a stream tells nothing
    assert streamed.body["choices"][0]["message"] == plain.body["choices"][0]["message"]
    assert streamed.body["usage"]["total_tokens"] == streamed.body["result"]["usage"]["total"] > 0
    shown = "".join(event.text for event in events if isinstance(event, Partial))
    assert shown == streamed.body["choices"][0]["message"]["content"]


def test_every_piece_may_be_a_message_of_its_own(sandbox: Sandbox) -> None:
    *pieces, whole = emitted({**HELLO, "stream": True}, baseUrl=sandbox.base_url, emitPieces=True)
    text = "".join(piece.body["choices"][0]["message"]["content"] for piece in pieces)
    assert text == whole.body["choices"][0]["message"]["content"]
    assert {piece.headers["x-outcome"] for piece in pieces} == {"piece"}


@pytest.mark.parametrize("scenario", ["stream_cut", "stream_error", "stream_ends_early"])
def test_a_broken_stream_is_a_named_error_and_never_an_answer(sandbox: Sandbox, scenario: str) -> None:
    with pytest.raises(ApiError) as raised:
        emitted({**HELLO, "stream": True}, baseUrl=sandbox.base_url_of(scenario))
    assert raised.value.begun
    assert len(raised.value.tries) == 1


def test_a_stream_that_stalls_ends_with_the_deadline(sandbox: Sandbox) -> None:
    with pytest.raises(ApiError, match="nothing more came in time"):
        emitted({**HELLO, "stream": True}, baseUrl=sandbox.base_url_of("stream_stall"), timeout=1)


@pytest.mark.parametrize("scenario", ["stream_comments", "stream_no_done", "stream_ignored"])
def test_odd_but_whole_streams_are_answers(sandbox: Sandbox, scenario: str) -> None:
    (message,) = emitted({**HELLO, "stream": True}, baseUrl=sandbox.base_url_of(scenario))
    assert message.body["result"]["outcome"] == "complete"


@pytest.mark.parametrize(
    "refusal",
    [
        {"error": {"message": "Unknown field: stream_options"}},
        {"error": {"message": "Unrecognized request argument supplied: stream_options"}},
        {"detail": [{"loc": ["body", "stream_options"], "msg": "Extra inputs are not permitted"}]},
        {"message": "include_usage is not allowed here"},
        {"error": {"message": "extra fields not permitted"}},
        {"error": {"message": "Model m: stream_options is not supported", "code": "model_not_supported"}},
    ],
    ids=str,
)
def test_a_server_that_refuses_stream_options_is_asked_again_without_and_that_is_learnt(refusal: Any) -> None:
    step = Step(FUNCTION, {"apiKey": KEY, "model": "m", "baseUrl": "https://gw.example/v1"})
    events: list[Event] = []
    with FakeApi() as api:
        api.post("https://gw.example/v1/chat/completions", status=400, json=refusal)
        api.post("https://gw.example/v1/chat/completions", json=completion("Hi"))
        for _ in range(2):
            step.process(Message(body={**HELLO, "stream": True}), Invocation(events.append, LOGGER))
        sent = [b"stream_options" in request.body for request in api.received]
    step.close()
    first, second = [event.message.body["result"] for event in events if isinstance(event, Data)]
    assert sent == [True, False, False]
    assert (first["tries"], second["tries"]) == (2, 1)
    assert "refused stream_options" in " ".join(first["warnings"])


def test_another_refusal_is_not_asked_again() -> None:
    with FakeApi() as api:
        api.post("https://gw.example/v1/chat/completions", status=400, json={"error": {"message": "temperature: no"}})
        with pytest.raises(ApiError):
            emitted({**HELLO, "stream": True, "temperature": 1}, model="m", baseUrl="https://gw.example/v1")
        assert len(api.received) == 1


@pytest.mark.parametrize(
    ("options", "sent"),
    [
        (None, {"include_usage": True}),
        ({"include_usage": True}, {"include_usage": True}),
        ({"include_usage": False}, None),
        ({"include_usage": False, "x": 1}, {"x": 1}),
    ],
)
def test_whoever_wants_no_usage_sends_no_option(options: Any, sent: Any) -> None:
    more = {} if options is None else {"stream_options": options}
    with FakeApi() as api:
        api.post("https://gw.example/v1/chat/completions", json=completion("Hi"))
        emitted({**HELLO, "stream": True, **more}, model="m", baseUrl="https://gw.example/v1")
        assert json.loads(api.received[0].body).get("stream_options") == sent
