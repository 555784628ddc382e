"""A stream that stops before its end is an error that carries what had come."""

from __future__ import annotations

import json

import pytest

from lib.completions.stream import BrokenStream, Stream
from lib.errors.api_error import ApiError

from ...support.streams import chunk, event


def test_a_broken_stream_carries_what_had_come() -> None:
    stream = Stream()
    stream.feed(event(chunk({"role": "assistant", "content": "Half"})))
    with pytest.raises(BrokenStream) as caught:
        stream.finish()
    assert caught.value.partial is not None
    assert caught.value.partial["choices"][0]["message"]["content"] == "Half"
    assert caught.value.to_json()["characters"] == 4
    assert "Half" not in json.dumps(caught.value.to_json())
    assert "no finish_reason for choice 0); 4 characters had come" in str(caught.value)


def test_a_dropped_connection_is_told_by_the_client_in_the_same_words() -> None:
    error = Stream().broken("the connection was reset")
    assert str(error).startswith("The streamed answer broke off: the connection was reset; nothing of it had come.")
    assert error.code == "cut_off"


def test_one_choice_of_two_without_an_end_is_a_broken_stream() -> None:
    stream = Stream()
    stream.feed(event({"choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": "stop"}]}))
    stream.feed(event({"choices": [{"index": 1, "delta": {"content": "b"}, "finish_reason": ""}]}))
    with pytest.raises(BrokenStream, match="no finish_reason for choice 1"):
        stream.finish()


def test_nothing_after_done_is_read() -> None:
    stream = Stream()
    stream.feed(event(chunk({"content": "a"}, finish_reason="stop")) + b"data: [DONE]\n\ndata: nonsense\n\n")
    assert stream.done
    assert stream.feed(b"data: more nonsense\n\n") == []
    assert stream.finish()["choices"][0]["message"]["content"] == "a"


def test_an_error_in_a_choice_is_an_error() -> None:
    with pytest.raises(ApiError) as caught:
        Stream().feed(event(chunk({}, error={"code": 429, "message": "slow"})))
    assert (caught.value.code, caught.value.text) == ("rate_limit", "slow")


def test_an_error_within_a_stream_carries_what_had_come() -> None:
    stream = Stream()
    stream.feed(event(chunk({"role": "assistant", "content": "Half"})))
    with pytest.raises(ApiError) as caught:
        stream.feed(event({"error": {"code": "server_is_overloaded", "message": "busy"}}))
    error = caught.value
    assert (error.code, error.characters, error.begun) == ("overloaded", 4, True)
    assert error.partial is not None
    assert error.partial["choices"][0]["message"]["content"] == "Half"
    assert "Half" not in str(error) + json.dumps(error.to_json())


def test_an_answer_has_begun_with_its_first_character_and_not_before() -> None:
    stream = Stream()
    stream.feed(event(chunk({"role": "assistant", "content": ""})))
    with pytest.raises(ApiError) as caught:
        stream.feed(event({"error": {"code": "server_is_overloaded", "message": "busy"}}))
    assert not caught.value.begun


def test_an_error_that_is_nothing_is_no_error() -> None:
    stream = Stream()
    stream.feed(event({**chunk({"content": "a"}, finish_reason="stop", error=None), "error": {}}))
    assert "error" not in stream.finish()


def test_an_error_event_that_is_not_json_is_quoted() -> None:
    with pytest.raises(ApiError) as caught:
        Stream().feed(b"event: error\ndata: out of memory\n\n")
    assert caught.value.text == "out of memory"


def test_json_nested_without_end_is_a_broken_stream() -> None:
    with pytest.raises(BrokenStream, match="event 1 is not a JSON object"):
        Stream().feed(b"data: " + b"[" * 100_000 + b"\n\n")
