"""Answers that contradict themselves, or are of another endpoint: none that is broken passes as good."""

from __future__ import annotations

from typing import Any

import pytest

from lib.completions.answer.outcome import outcome
from lib.errors.api_error import ApiError
from lib.responses.answer import read_answer
from lib.responses.stream import ResponseStream
from tests.support.response_events import CALL, MESSAGE, TEXT, answered, response, sse
from tests.support.send_request import completion


@pytest.mark.parametrize("status", ["incomplete", "in_progress", "failed", "superseded"])
@pytest.mark.parametrize("item", [MESSAGE, CALL], ids=["message", "call"])
def test_a_part_that_is_not_finished_makes_a_complete_answer_cut_off(item: dict[str, Any], status: str) -> None:
    found, doubts = read_answer(response(output=[{**item, "status": status}]))
    assert outcome(found).value == "truncated"
    assert "a part of it is not finished" in doubts[-1]


@pytest.mark.parametrize("role", ["user", "system", "tool", 5])
def test_a_message_that_is_not_the_model_s_own_is_no_answer(role: Any) -> None:
    found, doubts = read_answer(response(output=[{**MESSAGE, "role": role}]))
    message = found["choices"][0]["message"]
    assert (outcome(found).value, message["content"]) == ("empty", None)
    assert message["response_items"][0]["role"] == role
    assert "not the model's own" in doubts[-1]


@pytest.mark.parametrize(
    ("kind", "told"),
    [("hologram", "not known"), (None, "not known"), ("computer_call", "waits"), ("mcp_approval_request", "waits")],
)
def test_items_that_no_chat_can_hold_are_told_and_kept(kind: Any, told: str) -> None:
    found, doubts = read_answer(response(output=[{"type": kind, "id": "x"}]))
    assert outcome(found).value == "empty"
    assert found["choices"][0]["message"]["response_items"] == [{"type": kind, "id": "x"}]
    assert told in doubts[-1]


@pytest.mark.parametrize("status", [{}, [], ["completed"], "", 5, True])
def test_a_status_that_is_no_word_is_none(status: Any) -> None:
    found, doubts = read_answer(response(output=[MESSAGE], status=status))
    assert found["choices"][0]["finish_reason"] is None
    assert "did not say how it ended" in doubts[0]


def test_an_answer_of_a_chat_is_read_and_said() -> None:
    found, doubts = read_answer(completion("Hi"))
    assert found["choices"][0]["message"]["content"] == "Hi"
    assert "set API to Chat Completions" in doubts[0]


def test_a_text_that_is_one_object_is_found() -> None:
    found, _ = read_answer(response(output=[{**MESSAGE, "content": MESSAGE["content"][0]}]))
    assert found["choices"][0]["message"]["content"] == TEXT


@pytest.mark.parametrize("status", ["in_progress", "queued", ""])
def test_the_event_that_ends_a_stream_stands_above_the_status_in_it(status: str) -> None:
    last = {"type": "response.completed", "response": response(status=status)}
    stream = ResponseStream()
    stream.feed(sse([*answered(), last]))
    assert stream.finish()["status"] == "completed"


@pytest.mark.parametrize(
    ("code", "class_"),
    [
        ("invalid_prompt", "bad_request"),
        ("image_parse_error", "bad_request"),
        ("data_residency_mismatch", "bad_request"),
        ("bio_policy", "content_filter"),
        ("misalignment_policy_violation", "content_filter"),
        ("image_content_policy_violation", "content_filter"),
        ("image_too_large", "body_too_large"),
        ("vector_store_timeout", "server_timeout"),
    ],
)
def test_the_codes_of_a_response_that_failed_have_their_class(code: str, class_: str) -> None:
    with pytest.raises(ApiError) as caught:
        read_answer(response("failed", (), error={"code": code, "message": "No."}))
    assert caught.value.code == class_


def delta(text: str) -> dict[str, Any]:
    return {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": text}


def completed(text: str) -> dict[str, Any]:
    said = {**MESSAGE, "content": [{"type": "output_text", "text": text, "annotations": []}]}
    return {"type": "response.completed", "response": response(output=[said])}


@pytest.mark.parametrize("came", [[], ["a"], ["a", "bc"]])
def test_who_watches_sees_all_of_the_text_also_where_pieces_are_missing(came: list[str]) -> None:
    stream = ResponseStream()
    pieces = stream.feed(sse([*map(delta, came), completed("abc")]))
    assert "".join(piece.text for piece in pieces) == "abc"
    assert stream.remarks == ()


def test_pieces_that_are_not_the_answer_s_are_remarked_upon() -> None:
    stream = ResponseStream()
    assert [piece.text for piece in stream.feed(sse([delta("wrong"), completed("right")]))] == ["wrong"]
    assert "not what the answer says in the end" in stream.remarks[0]


@pytest.mark.parametrize(
    ("item", "told"),
    [
        (None, "items that are no objects"),
        ("lost words", "items that are no objects"),
        ({"type": "message", "content": [{"type": "output_audio", "data": "…"}]}, "cannot be read (output_audio)"),
        ({"type": "message", "content": [{"type": "output_text", "text": None}]}, "cannot be read (output_text)"),
        ({"type": "message", "content": [{"text": "of no type"}]}, "cannot be read (without a type)"),
        ({"type": "message", "content": ["lost words"]}, "cannot be read (without a type)"),
        ({"type": "message", "content": 5}, "cannot be read (without a type)"),
    ],
)
def test_what_an_answer_holds_beside_what_can_be_read_is_told_and_kept(item: Any, told: str) -> None:
    good = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hi"}]}
    made, doubts = read_answer({"id": "resp_1", "status": "completed", "output": [good, item]})
    message = made["choices"][0]["message"]
    assert message["content"] == "Hi"
    assert message["response_items"] == [good, item]
    assert any(told in doubt for doubt in doubts)
