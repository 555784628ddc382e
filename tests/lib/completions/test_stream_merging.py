"""Chunks become one completion, whatever a server leaves out, repeats or adds."""

from __future__ import annotations

from typing import Any

import pytest

from lib.completions.stream import Completion

from ...support.streams import chunk


def merged(*deltas: dict[str, Any]) -> dict[str, Any]:
    completion = Completion()
    for delta in deltas:
        completion.add(chunk(delta))
    message: dict[str, Any] = completion.finish()["choices"][0]["message"]
    return message


def calls_of(*pieces: dict[str, Any]) -> list[tuple[str | None, str, str]]:
    calls = merged(*({"tool_calls": [piece]} for piece in pieces))["tool_calls"]
    return [(call["id"], call["function"]["name"], call["function"]["arguments"]) for call in calls]


def fragment(arguments: Any = None, name: str | None = None, **rest: Any) -> dict[str, Any]:
    function = {"arguments": arguments} | ({"name": name} if name else {})
    return {**rest, "function": function}


def test_one_id_for_two_indices_is_two_calls() -> None:
    first, second = fragment("{}", "a", index=0, id="x"), fragment("{}", "b", index=1, id="x")
    assert calls_of(first, second) == [("x", "a", "{}"), ("x", "b", "{}")]


def test_pieces_with_ids_alone_find_their_call() -> None:
    opened = [fragment("", "a", id="x"), fragment("", "b", id="y")]
    assert calls_of(*opened, fragment("1", id="x"), fragment("2", id="y")) == [("x", "a", "1"), ("y", "b", "2")]


def test_a_name_in_pieces_is_joined_before_its_arguments() -> None:
    assert calls_of(fragment("", "get_", index=0), fragment("", "time", index=0), fragment("{}", index=0)) == [
        (None, "get_time", "{}")
    ]


def test_whole_calls_without_id_and_index_stay_apart() -> None:
    assert calls_of(fragment('{"n":1}', "a"), fragment('{"n":2}', "a"), fragment({}, "b")) == [
        (None, "a", '{"n":1}'),
        (None, "a", '{"n":2}'),
        (None, "b", "{}"),
    ]


def test_a_name_repeated_without_an_id_is_one_call() -> None:
    pieces = [fragment(text, "a", index=0) for text in ("", '{"n"', ': {"m"', ": 1}}")]
    assert calls_of(*pieces) == [(None, "a", '{"n": {"m": 1}}')]


def test_calls_stand_in_the_order_of_their_indices() -> None:
    assert [name for _, name, _ in calls_of(fragment("", "b", index=1), fragment("", "a", index=0))] == ["a", "b"]


def test_what_a_server_adds_to_a_call_is_kept() -> None:
    calls = merged({"tool_calls": [fragment("{}", "a", index=0, extra_content={"signature": "s"})]})["tool_calls"]
    assert calls[0]["extra_content"] == {"signature": "s"}


def test_unknown_fields_are_kept_and_the_last_value_wins() -> None:
    completion = Completion()
    completion.add({"id": "a", "model": "", "seen": 1, "gone": None, **chunk({"mood": "?"}, score=1)})
    completion.add({"id": "b", "model": "m", "seen": 2, "gone": None, **chunk({"mood": "!"}, score=2)})
    completion.add({"id": "", "model": "", "seen": None, **chunk({"mood": None}, score=None)})
    finished = completion.finish()
    assert (finished["id"], finished["model"], finished["seen"], finished["gone"]) == ("a", "m", 2, None)
    assert finished["choices"][0]["score"] == 2
    assert finished["choices"][0]["message"]["mood"] == "!"


def test_numbers_are_never_added_up() -> None:
    completion = Completion()
    for total in (1, 2, 3):
        completion.add({"created": 5, "usage": {"total_tokens": total}, "choices": []})
    assert completion.finish()["created"] == 5
    assert completion.finish()["usage"] == {"total_tokens": 3}


def test_a_message_beside_deltas_is_not_counted_twice() -> None:
    completion = Completion()
    for text, so_far in (("a", "a"), ("b", "ab"), ("", "ab")):
        completion.add(chunk({"content": text}, message={"content": so_far}))
    assert completion.finish()["choices"][0]["message"]["content"] == "ab"


def test_half_a_character_alone_is_replaced() -> None:
    assert merged({"content": "a\ud83d"})["content"] == "a\ufffd"


def test_audio_that_is_not_base64_is_joined_as_it_is() -> None:
    assert merged({"audio": {"data": "A="}}, {"audio": {"data": "B"}})["audio"]["data"] == "A=B"


def whole(*choices: dict[str, Any]) -> str:
    completion = Completion()
    for choice in choices:
        completion.add({"choices": [{"index": 0, **choice}]})
    content: str = completion.finish()["choices"][0]["message"]["content"]
    return content


def test_a_message_that_is_told_again_as_far_as_it_has_come_is_whole() -> None:
    assert whole({"message": {"content": "Hel"}}, {"message": {"content": "Hello"}, "finish_reason": "stop"}) == "Hello"


def test_the_texts_of_the_former_completions_are_joined() -> None:
    assert whole({"text": "Hel"}, {"text": "lo", "finish_reason": "stop"}) == "Hello"


@pytest.mark.parametrize(
    "later",
    [
        {"prompt_tokens": 0, "completion_tokens": 0, "total_tokens": 0},
        {"completion_tokens": 2},
        {"prompt_tokens": None},
    ],
)
def test_what_an_earlier_chunk_counted_is_kept(later: dict[str, Any]) -> None:
    completion = Completion()
    completion.add({"choices": [], "usage": {"prompt_tokens": 3, "completion_tokens": 2}})
    completion.add({"choices": [], "usage": later})
    usage = completion.finish()["usage"]
    assert (usage["prompt_tokens"], usage["completion_tokens"]) == (3, 2)
