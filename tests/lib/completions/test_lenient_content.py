"""Content and usage are read in every shape and place, streamed or not, and each is told in a warning."""

from __future__ import annotations

import json
from typing import Any

import pytest

from lib.completions.answer import api_shape, content
from lib.completions.stream import BrokenStream
from lib.completions.stream.choice import WENT_ON
from lib.cost.usage import usage_of
from lib.errors.api_error import ApiError

from ...support.asking import ask, ask_stream, chunk, event, whole

DONE = b"data: [DONE]\n\n"
HELLO = [chunk({"role": "assistant", "content": "Hel"}), chunk({"content": "lo"}), chunk({}, "stop")]
STREAM = b"".join(map(event, HELLO)) + DONE


@pytest.mark.parametrize(
    ("parts", "message", "warnings"),
    [
        ([{"type": "text", "text": "Hel"}, {"type": "text", "text": "lo"}], {"content": "Hello"}, ()),
        (["Hel", {"text": "lo"}], {"content": "Hello"}, ()),
        (
            [{"type": "thinking", "thinking": [{"type": "text", "text": "Hm"}]}, {"type": "text", "text": "Hello"}],
            {"content": "Hello", "reasoning_content": "Hm"},
            (),
        ),
        ([{"type": "refusal", "refusal": "No"}], {"content": None, "refusal": "No"}, ()),
        (
            [{"type": "text", "text": "Hello"}, {"type": "image", "url": "u"}],
            {"content": "Hello", "content_parts": [{"type": "image", "url": "u"}]},
            (content.OTHER_PARTS,),
        ),
    ],
)
def test_content_in_parts_becomes_text_streamed_or_not(
    parts: list[Any], message: dict[str, Any], warnings: tuple[str, ...]
) -> None:
    streamed = event(chunk({"role": "assistant", "content": parts})) + event(chunk({}, "stop")) + DONE
    for answer in (ask(json.dumps(whole(parts)).encode()), ask_stream(streamed)):
        found = answer.body["choices"][0]["message"]
        assert {name: found.get(name) for name in message} == message
        assert answer.warnings == (content.CONTENT_IN_PARTS, *warnings)


@pytest.mark.parametrize("choice", [{"delta": {"content": "Hello"}}, {"text": "Hello"}])
def test_a_message_is_found_where_none_is_expected(choice: dict[str, Any]) -> None:
    answer = ask(json.dumps({"choices": [{"finish_reason": "stop", **choice}]}).encode())
    assert answer.body["choices"][0]["message"]["content"] == "Hello"
    assert answer.warnings == (api_shape.NO_MESSAGE,)


STANDARD = {"prompt_tokens": 8, "completion_tokens": 3, "total_tokens": 11}


@pytest.mark.parametrize(
    ("more", "of_choice", "warning"),
    [
        ({"usage": STANDARD}, {}, None),
        ({}, {"usage": STANDARD}, "the usage was told in the last choice"),
        ({"x_groq": {"id": "r", "usage": STANDARD}}, {}, "in x_groq.usage"),
        ({"usageMetadata": {"promptTokenCount": 8, "candidatesTokenCount": 3}}, {}, "in usageMetadata as promptToken"),
        ({"prompt_eval_count": 8, "eval_count": 3}, {}, "as prompt_eval_count, eval_count"),
        ({"usage": {"input_tokens": 8, "output_tokens": 3}}, {}, "as input_tokens, output_tokens"),
        ({"timings": {"prompt_n": 8, "predicted_n": 3}}, {}, "in timings"),
        ({"meta": {"billed_units": {"input_tokens": 8, "output_tokens": 3}}}, {}, "in meta.billed_units"),
        ({"usage": {}, "vendor": {"token_usage": STANDARD}}, {}, "in vendor.token_usage"),
    ],
)
def test_usage_is_found_wherever_it_is_told_streamed_or_not(
    more: dict[str, Any], of_choice: dict[str, Any], warning: str | None
) -> None:
    document = whole("Hello")
    document.pop("usage", None)
    document = {**document, **more, "choices": [{**document["choices"][0], **of_choice}]}
    last = {**chunk({}, "stop", **of_choice), **more}
    streamed = event(chunk({"role": "assistant", "content": "Hello"})) + event(last) + DONE
    for answer in (ask(json.dumps(document).encode()), ask_stream(streamed)):
        usage = usage_of(answer.body)
        assert (usage.prompt, usage.completion, usage.total, usage.known) == (8, 3, 11, True)
        assert answer.body["usage"]["prompt_tokens"] == 8
        assert len(answer.warnings) == (1 if warning else 0)
        assert warning is None or warning in answer.warnings[0]


def test_an_answer_whose_connection_ends_after_it_is_kept() -> None:
    complete = b"".join(map(event, HELLO))
    answer = ask_stream(complete, cut=True)
    assert answer.body["choices"][0]["message"]["content"] == "Hello"
    assert answer.warnings == ("the connection was lost after the end of the answer",)
    with pytest.raises(BrokenStream):
        ask_stream(b"".join(map(event, HELLO[:2])), cut=True)


@pytest.mark.parametrize(
    ("content_", "text"),
    [({"type": "text", "text": "Hello"}, "Hello"), ({"capital": "Lisbon"}, '{"capital": "Lisbon"}')],
)
def test_content_that_is_an_object_becomes_text(content_: Any, text: str) -> None:
    streamed = event(chunk({"role": "assistant", "content": content_})) + event(chunk({}, "stop")) + DONE
    for answer in (ask(json.dumps(whole(content_)).encode()), ask_stream(streamed)):
        assert answer.body["choices"][0]["message"]["content"] == text
        assert answer.warnings == (content.CONTENT_AS_OBJECT,)


def test_an_answer_within_another_object_is_found_streamed_or_not() -> None:
    streamed = b"".join(event({"result": one, "success": True}) for one in HELLO) + DONE
    for answer in (ask(json.dumps({"result": whole("Hello"), "success": True}).encode()), ask_stream(streamed)):
        assert answer.body["choices"][0]["message"]["content"] == "Hello"
        assert answer.warnings == ("the answer stood within the member result",)


def test_one_choice_that_is_no_list_is_found_streamed_or_not() -> None:
    document = whole("Hello")
    streamed = b"".join(event({**one, "choices": one["choices"][0]}) for one in HELLO) + DONE
    for answer in (ask(json.dumps({**document, "choices": document["choices"][0]}).encode()), ask_stream(streamed)):
        assert answer.body["choices"][0]["message"]["content"] == "Hello"
        assert answer.warnings == (api_shape.ONE_CHOICE,)


@pytest.mark.parametrize("name", ["reasoning_content", "reasoning", "thinking"])
def test_thoughts_in_pieces_are_joined(name: str) -> None:
    body = event(chunk({name: "Hm, "})) + event(chunk({name: "yes"})) + event(chunk({"content": "Hello"}, "stop"))
    assert ask_stream(body).body["choices"][0]["message"][name] == "Hm, yes"


def test_an_index_that_is_text_is_an_index() -> None:
    chunks = [chunk({"content": word}, "stop", index=index) for word, index in (("Hello", "0"), ("Bye", "1"))]
    found = ask_stream(b"".join(map(event, chunks))).body["choices"]
    assert [(choice["index"], choice["message"]["content"]) for choice in found] == [(0, "Hello"), (1, "Bye")]


@pytest.mark.parametrize("reason", ["stop", "null"])
def test_an_end_in_every_chunk_ends_nothing_when_the_connection_is_lost(reason: str) -> None:
    body = b"".join(event(chunk({"content": word}, reason)) for word in ("Hel", "lo"))
    with pytest.raises(BrokenStream):
        ask_stream(body, cut=True)
    if reason == "stop":
        assert ask_stream(body).body["choices"][0]["message"]["content"] == "Hello"


@pytest.mark.parametrize(("scalar", "text"), [(5, "5"), (0.5, "0.5"), (True, "true"), (False, "false"), (0, "0")])
def test_content_that_is_a_number_becomes_text_streamed_or_not(scalar: Any, text: str) -> None:
    streamed = event(chunk({"content": scalar})) + event(chunk({}, "stop")) + DONE
    for answer in (ask(json.dumps(whole(scalar)).encode()), ask_stream(streamed)):
        assert answer.body["choices"][0]["message"]["content"] == text
        assert answer.warnings == (content.CONTENT_AS_NUMBER,)


@pytest.mark.parametrize("member", ["message", "delta"])
def test_a_text_in_the_place_of_a_message_is_the_answer_streamed_or_not(member: str) -> None:
    choice = {"index": 0, member: "Hello", "finish_reason": "stop"}
    for answer in (ask(json.dumps({"choices": [choice]}).encode()), ask_stream(event({"choices": [choice]}) + DONE)):
        assert answer.body["choices"][0]["message"]["content"] == "Hello"
        assert answer.warnings == (api_shape.NO_MESSAGE,)


@pytest.mark.parametrize("broken", [None, "x", {}, {"message": None}, {"message": 5}])
def test_a_choice_without_a_message_is_left_out(broken: Any) -> None:
    good = whole("Hello")["choices"][0]
    answer = ask(json.dumps({"choices": [broken, good]}).encode())
    assert [choice["message"]["content"] for choice in answer.body["choices"]] == ["Hello"]
    assert api_shape.NO_CHOICE in answer.warnings
    with pytest.raises(ApiError, match="None of its choices holds a message") as raised:
        ask(json.dumps({"choices": [broken]}).encode())
    assert raised.value.code == "unreadable"


def test_what_comes_after_the_end_is_kept_and_told() -> None:
    more = event(chunk({"content": " more"}))
    answer = ask_stream(b"".join(map(event, HELLO)) + more + DONE)
    assert answer.body["choices"][0]["message"]["content"] == "Hello more"
    assert answer.warnings == (WENT_ON,)
