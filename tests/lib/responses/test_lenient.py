"""Other servers write responses in ways of their own; what is meant is found, and said."""

from __future__ import annotations

from typing import Any

import pytest

from lib.responses.answer import read_answer
from lib.responses.items import to_items
from lib.responses.stream import ResponseStream
from tests.support.fake_api import FakeApi
from tests.support.response_events import CALL, TEXT, answered, response, sse, started
from tests.support.send_request import HELLO, emitted

BASE = "https://gw.example/v1"


def message_of(*output: Any, **more: Any) -> tuple[dict[str, Any], tuple[str, ...]]:
    completion, doubts = read_answer({**response(output=output), **more})
    return completion["choices"][0]["message"], tuple(doubts)


@pytest.mark.parametrize(
    "content", ["Hi", [{"type": "text", "text": "Hi"}], [{"type": "output_text", "text": "Hi"}, None, "x"]]
)
def test_a_text_is_found_however_it_is_written(content: Any) -> None:
    message, _ = message_of({"type": "message", "role": "assistant", "content": content})
    assert message["content"] == "Hi"


def test_a_text_beside_an_empty_output_is_found_and_said() -> None:
    message, doubts = message_of(output_text="Hi")
    assert message["content"] == "Hi"
    assert "output_text" in doubts[0]


def test_arguments_that_are_an_object_become_text_and_still_go_back_as_they_came() -> None:
    thought = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"}
    message, _ = message_of(thought, {**CALL, "arguments": {"a": 1}})
    assert message["tool_calls"][0]["function"]["arguments"] == '{"a": 1}'
    assert to_items([message], stored=False)[0] == thought


def test_a_call_without_a_call_id_has_the_one_of_its_item_or_a_new_one() -> None:
    unnamed = {name: value for name, value in CALL.items() if name != "call_id"}
    assert message_of(unnamed)[0]["tool_calls"][0]["id"] == "fc_1"
    message, doubts = message_of({name: value for name, value in unnamed.items() if name != "id"})
    assert message["tool_calls"][0]["id"].startswith("call_")
    assert any("without an id" in doubt for doubt in doubts)


def test_a_complete_answer_that_says_why_it_is_not_counts_as_cut_off() -> None:
    completion, doubts = read_answer(response(incomplete_details={"reason": "max_output_tokens"}))
    assert completion["choices"][0]["finish_reason"] == "length"
    assert "counts as cut off" in doubts[0]


def test_an_answer_with_all_the_tokens_it_may_have_counts_as_cut_off() -> None:
    text = {"type": "message", "role": "assistant", "content": "One two"}
    answer = {**response(output=[text]), "usage": {"input_tokens": 1, "output_tokens": 20, "total_tokens": 21}}
    with FakeApi() as api:
        api.post(f"{BASE}/responses", json=answer)
        (cut,) = emitted({**HELLO, "max_completion_tokens": 20}, baseUrl=BASE, api="responses")
        (whole,) = emitted({**HELLO, "max_completion_tokens": 21}, baseUrl=BASE, api="responses")
    assert (cut.body["result"]["outcome"], whole.body["result"]["outcome"]) == ("truncated", "complete")
    assert any("all the tokens" in warning for warning in cut.body["result"]["warnings"])


def test_a_last_event_without_a_response_ends_with_what_had_come() -> None:
    stream = ResponseStream()
    stream.feed(sse([*answered(), {"type": "response.completed"}]))
    assert read_answer(stream.finish())[0]["choices"][0]["message"]["content"] == TEXT
    assert "held no response" in stream.remarks[0]


def test_texts_without_items_make_the_answer_where_the_last_event_is_empty() -> None:
    bit = {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "Hi"}
    stream = ResponseStream()
    stream.feed(sse([*started(), bit, {"type": "response.completed", "response": response(output=())}]))
    assert read_answer(stream.finish())[0]["choices"][0]["message"]["content"] == "Hi"


def test_a_refusal_that_points_to_responses_says_why_the_request_cannot_go_there() -> None:
    refusal = {"error": {"message": "Please use /v1/responses instead.", "param": "tools"}}
    with FakeApi() as api:
        api.post(f"{BASE}/chat/completions", status=400, json=refusal)
        with pytest.raises(Exception, match="/stop: stop is not available"):
            emitted({**HELLO, "stop": ["x"]}, baseUrl=BASE)


def test_an_answer_that_is_a_picture_is_not_empty() -> None:
    made = {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": "iVBORw0KGgo="}
    with FakeApi() as api:
        api.post(f"{BASE}/responses", json=response(output=[made]))
        (message,) = emitted({**HELLO, "tools": [{"type": "image_generation"}]}, baseUrl=BASE, api="responses")
    assert message.body["result"]["outcome"] == "complete"
    assert message.body["choices"][0]["message"]["response_items"] == [made]
