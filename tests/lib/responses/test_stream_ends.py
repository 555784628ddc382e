"""How a streamed response breaks: errors inside a good answer, in both of their shapes, and streams that stop."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lib.completions.stream import BrokenStream
from lib.errors.api_error import ApiError
from lib.responses.stream import ResponseStream
from tests.support.fake_api import FakeApi
from tests.support.response_events import TEXT, answered, response, sse, started, whole
from tests.support.send_request import HELLO, emitted

BASE = "https://gw.example/v1"
STREAM = {**HELLO, "stream": True}
EVENTS = {"Content-Type": "text/event-stream"}
QUOTA = {"type": "insufficient_quota", "code": "credit_balance_exhausted", "message": "No credit", "param": None}
RATE = {"code": "rate_limit_exceeded", "message": "Rate limit reached. Please try again in 0.01s."}
BUSY = {"code": "server_is_overloaded", "message": "Try later"}
PROMPT = {"code": "invalid_prompt", "message": "Not like this"}


def nested(error: dict[str, Any]) -> dict[str, Any]:
    return {"type": "error", "error": error}


def flat(error: dict[str, Any]) -> dict[str, Any]:
    return {**{name: value for name, value in error.items() if name != "type"}, "type": "error"}


def failed(error: dict[str, Any]) -> dict[str, Any]:
    return {"type": "response.failed", "response": response("failed", (), error=error)}


def error_of(stream: bytes) -> ApiError:
    with pytest.raises(ApiError) as raised:
        read_all(ResponseStream(), stream)
    return raised.value


def read_all(reader: ResponseStream, stream: bytes) -> None:
    reader.feed(stream)
    reader.finish()


@pytest.mark.parametrize("shape", [nested, flat, failed])
@pytest.mark.parametrize(
    ("told", "code", "again"),
    [(QUOTA, "quota", False), (RATE, "rate_limit", True), (BUSY, "overloaded", True), (PROMPT, "bad_request", False)],
)
def test_an_error_event_is_classified_as_a_status_would_be(
    shape: Any, told: dict[str, Any], code: str, again: bool
) -> None:
    error = error_of(sse([*started(), shape(told)]))
    assert error.code == code
    assert error.retryable is again
    assert error.text == told["message"]
    assert not error.begun


def test_the_wait_that_an_error_event_asks_for_is_heard() -> None:
    assert error_of(sse([*started(), nested(RATE)])).retry_after == pytest.approx(0.01)
    headers = {"headers": {"Retry-After": "3"}, "code": "rate_limit_exceeded", "message": "Slow"}
    assert error_of(sse([*started(), nested(headers)])).retry_after == pytest.approx(3)


def test_an_error_after_some_text_keeps_what_had_come() -> None:
    error = error_of(sse([*answered(), nested(BUSY)]))
    assert error.begun
    assert error.partial is not None
    assert error.partial["choices"][0]["message"]["content"] == TEXT


@pytest.mark.parametrize("number", range(len(answered()) + 1))
def test_a_stream_that_stops_after_any_event_is_cut_off_with_what_had_come(number: int) -> None:
    stream = sse(answered()[:number])
    error = error_of(stream)
    assert isinstance(error, BrokenStream)
    assert error.code == "cut_off"
    content = error.partial["choices"][0]["message"]["content"] or "" if error.partial else ""
    assert TEXT.startswith(content)


def test_a_stream_that_is_cut_inside_its_terminal_event_is_cut_off() -> None:
    assert error_of(whole()[:-200]).code == "cut_off"


@pytest.mark.parametrize("shape", [nested, flat, failed])
def test_before_any_output_it_is_tried_again(shape: Any) -> None:
    with FakeApi() as api:
        api.post(f"{BASE}/responses", body=sse([*started(), shape(RATE)]), headers=EVENTS)
        api.post(f"{BASE}/responses", body=whole(), headers=EVENTS)
        (message,) = emitted(STREAM, api="responses", baseUrl=BASE)
    assert message.body["result"]["tries"] == 2
    assert message.body["choices"][0]["message"]["content"] == TEXT


def test_what_trying_again_cannot_mend_is_not_tried_again() -> None:
    with FakeApi() as api:
        refused = api.post(f"{BASE}/responses", body=sse([*started(), nested(QUOTA)]), headers=EVENTS)
        with pytest.raises(ApiError) as raised:
            emitted(STREAM, api="responses", baseUrl=BASE)
    assert (raised.value.code, len(refused.received)) == ("quota", 1)


def test_after_some_output_it_is_not_tried_again() -> None:
    with FakeApi() as api:
        broken = api.post(f"{BASE}/responses", body=sse([*answered(), nested(RATE)]), headers=EVENTS)
        with pytest.raises(ApiError) as raised:
            emitted(STREAM, api="responses", baseUrl=BASE)
    assert (raised.value.code, len(broken.received)) == ("rate_limit", 1)


@pytest.mark.parametrize("error", [{"code": "server_error", "message": "Oops"}, RATE])
def test_a_whole_answer_that_failed_is_tried_again_by_its_code(error: dict[str, Any]) -> None:
    with FakeApi() as api:
        api.post(f"{BASE}/responses", json=response("failed", (), error=error))
        api.post(f"{BASE}/responses", json=response())
        (message,) = emitted(HELLO, api="responses", baseUrl=BASE)
    assert message.body["result"]["tries"] == 2


def test_a_cancelled_stream_says_so() -> None:
    end = {"type": "response.cancelled", "response": response("cancelled", ())}
    assert error_of(sse([*answered(), end])).code == "response_cancelled"


def test_an_error_in_plain_words_is_one() -> None:
    assert error_of(sse(started()) + b"event: error\ndata: overloaded, try again later\n\n").code == "overloaded"
    body = json.dumps({"error": {"message": "model overloaded", "code": "overloaded"}})
    assert error_of(sse(started()) + f"data: {body}\n\n".encode()).code == "overloaded"


def test_a_stored_answer_that_was_cut_off_is_told_by_its_id() -> None:
    begun = {"type": "response.created", "response": response("in_progress", (), store=True)}
    assert "resp_1" in str(error_of(sse([begun, *answered()[2:5]])))
    assert "resp_1" not in str(error_of(sse(answered()[:5])))


@pytest.mark.parametrize(
    ("error", "code"),
    [(None, "server_error"), ("Rate limit reached", "rate_limit"), ({}, "server_error"), (["a", {"b": 1}], "unknown")],
)
def test_an_error_of_another_shape_has_a_name_and_shows_no_code(error: Any, code: str) -> None:
    found = error_of(sse([*started(), {"type": "error", "error": error}]))
    assert found.code == code
    assert "{'" not in str(found)
