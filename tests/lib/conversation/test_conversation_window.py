"""What goes along with the next question."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.conversation import window

SYSTEM = [{"role": "system", "content": "Be brief."}]


def user(text: str) -> dict[str, Any]:
    return {"role": "user", "content": text}


def assistant(text: str) -> dict[str, Any]:
    return {"role": "assistant", "content": text}


def call(*ids: str) -> dict[str, Any]:
    return {"role": "assistant", "content": None, "tool_calls": [{"id": one, "type": "function"} for one in ids]}


def result(of: str) -> dict[str, Any]:
    return {"role": "tool", "tool_call_id": of, "content": "42"}


TALK = [user("1"), assistant("2"), user("3"), assistant("4"), user("5"), assistant("6")]
LOOKED_UP = [user("look it up"), call("a", "b"), result("b"), result("a"), assistant("It is 42.")]


def test_a_window_of_five_gives_the_last_five_messages() -> None:
    assert window([], TALK, last=5) == TALK[1:]


def test_a_window_of_none_of_them_is_empty_and_no_window_is_all() -> None:
    assert window(SYSTEM, TALK, last=0) == SYSTEM
    assert window(SYSTEM, TALK) == SYSTEM + TALK
    assert window(SYSTEM, TALK, last=100) == SYSTEM + TALK


def test_a_negative_window_is_refused() -> None:
    with pytest.raises(ValueError, match="0 is none"):
        window([], TALK, last=-1)


def test_a_tool_call_is_never_split_from_its_results() -> None:
    assert window([], LOOKED_UP, last=4) == LOOKED_UP[1:]
    for last in (1, 2, 3):
        assert window([], LOOKED_UP, last=last) == LOOKED_UP[4:]


def test_a_call_without_all_its_results_would_be_refused_for_ever_and_is_left_out() -> None:
    broken = [user("x"), call("a", "b"), result("a"), user("y")]
    assert window([], broken) == [user("x"), user("y")]
    assert window([], broken, open_call=True) == [user("x"), user("y")]


def test_results_without_their_call_are_left_out() -> None:
    stray = [result("z"), user("x"), call("a"), result("a"), result("other"), result("a"), user("y"), result("a")]
    assert window([], stray) == [user("x"), call("a"), result("a"), user("y")]


def test_a_last_call_is_kept_open_for_one_who_adds_the_results() -> None:
    waiting = [user("x"), call("a", "b")]
    assert window([], waiting) == [user("x")]
    assert window([], waiting, open_call=True) == waiting
    assert window([], [*waiting, result("a")], open_call=True) == [*waiting, result("a")]


def test_a_function_call_of_before_tools_stands_with_its_result() -> None:
    legacy: list[dict[str, Any]] = [
        {"role": "assistant", "content": None, "function_call": {"name": "f"}},
        {"role": "function", "name": "f"},
    ]
    assert window([], legacy, last=2) == legacy
    assert window([], legacy, last=1) == []
    assert window([], legacy[:1]) == []


def test_system_messages_in_the_history_move_to_the_front_and_stay() -> None:
    noted = {"role": "developer", "content": "Metric units."}
    assert window(SYSTEM, [TALK[0], noted, *TALK[1:]], last=1) == [*SYSTEM, noted, TALK[-1]]


def test_a_window_by_tokens_holds_the_newest_that_fit_with_the_system_text() -> None:
    assert window(SYSTEM, LOOKED_UP, tokens=2, count=lambda _: 1) == [*SYSTEM, *LOOKED_UP[4:]]
    assert window(SYSTEM, LOOKED_UP, tokens=4, count=lambda _: 1) == [*SYSTEM, *LOOKED_UP[4:]]
    assert window(SYSTEM, LOOKED_UP, tokens=5, count=lambda _: 1) == [*SYSTEM, *LOOKED_UP[1:]]
    assert window(SYSTEM, LOOKED_UP, tokens=0, count=lambda _: 1) == SYSTEM


def test_a_window_by_tokens_needs_a_count() -> None:
    with pytest.raises(ValueError, match="count"):
        window([], TALK, tokens=5)


IDS = st.sampled_from("abc")
MESSAGES = st.lists(
    st.one_of(
        st.builds(user, st.text(max_size=3)),
        st.builds(assistant, st.text(max_size=3)),
        st.builds(lambda ids: call(*ids), st.lists(IDS, min_size=1, max_size=2, unique=True)),
        st.builds(result, IDS),
        st.builds(lambda text: {"role": "developer", "content": text}, st.text(max_size=3)),
    ),
    max_size=12,
)
SIZES = st.none() | st.integers(0, 14)


def size(message: Any) -> int:
    return 1 + len(message.get("content") or "")


def stands(messages: list[Any]) -> bool:
    """Return whether the API would take these: each call is followed by exactly its results."""
    waiting: set[str] = set()
    for message in messages:
        if message["role"] == "tool":
            if message["tool_call_id"] not in waiting:
                return False
            waiting.discard(message["tool_call_id"])
        elif waiting:
            return False
        else:
            waiting = {one["id"] for one in message.get("tool_calls", ())}
    return not waiting


@settings(max_examples=200, deadline=None)
@given(messages=MESSAGES, last=SIZES, tokens=SIZES)
def test_laws_of_the_window(messages: list[Any], last: int | None, tokens: int | None) -> None:
    given_window = window(SYSTEM, messages, last=last, tokens=tokens, count=size)
    front = SYSTEM + [message for message in messages if message["role"] == "developer"]
    kept = given_window[len(front) :]
    said = [message for message in messages if message["role"] != "developer"]
    assert given_window[: len(front)] == front
    assert last is None or len(kept) <= last
    assert tokens is None or not kept or sum(map(size, given_window)) <= tokens
    assert stands(kept)
    left = iter(said)
    assert all(message in left for message in kept)  # in order
    if stands(said) and last is None and tokens is None:
        assert kept == said


@settings(max_examples=100, deadline=None)
@given(messages=MESSAGES, last=st.integers(0, 14), more=st.integers(0, 5))
def test_the_window_of_the_end_of_a_history_is_the_window_of_the_history(
    messages: list[Any], last: int, more: int
) -> None:
    said = [message for message in messages if message["role"] != "developer"]
    end = said[max(0, len(said) - last - more) :]
    assert window(SYSTEM, end, last=last) == window(SYSTEM, said, last=last)


@settings(max_examples=100, deadline=None)
@given(messages=MESSAGES, last=SIZES)
def test_a_window_of_a_window_is_the_same_window(messages: list[Any], last: int | None) -> None:
    once = window([], messages, last=last)
    assert window([], once) == once
