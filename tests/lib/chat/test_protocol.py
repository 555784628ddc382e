"""Frames, and who may come in."""

from __future__ import annotations

import json
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.chat.protocol import Answered, Ask, Failed, Joiner, Json, Retry, Stop, Text, Unreadable, format_of
from lib.chat.server.access import AccessRules
from lib.chat.server.cookie import CookieSigner
from lib.chat.server.limits import TokenBucket

DONE = Answered("Hello", "complete", "", {"total": 1}, {"amount": 0.1}, kept=True, streamed=False)
STREAMED = Answered("Hello", "complete", "", None, None, kept=True, streamed=True)
CUT_OFF = Answered("Hel", "truncated", "It is cut off.", None, None, kept=True, streamed=True)


def test_a_text_turn_is_the_answer_and_an_empty_frame() -> None:
    assert Text().end(1, DONE) == ["Hello", ""]


def test_a_streamed_text_turn_ends_with_an_empty_frame() -> None:
    assert [*Text().piece(1, "Hello"), *Text().end(1, STREAMED)] == ["Hello", ""]


def test_a_text_turn_that_is_cut_off_says_so_before_its_end() -> None:
    assert Text().end(1, CUT_OFF) == ["[ERROR] It is cut off.", ""]


def test_a_failed_text_turn_is_one_sentence_and_an_empty_frame() -> None:
    assert Text().fail(1, Failed("quota", "No credit.")) == ["[ERROR] No credit.", ""]


def test_json_events_tell_usage_cost_outcome_and_the_end() -> None:
    events = [json.loads(frame) for frame in Json().end(3, DONE)]
    assert [event["type"] for event in events] == ["usage", "cost", "outcome", "done"]
    assert {event["turn"] for event in events} == {3}
    assert events[-1] == {"type": "done", "turn": 3, "text": "Hello", "kept": True}


def test_a_json_failure_inside_a_turn_ends_it_and_one_outside_does_not() -> None:
    kinds = [[json.loads(frame)["type"] for frame in Json().fail(turn, Failed("a", "b"))] for turn in (1, None)]
    assert kinds == [["error", "done"], ["error"]]


@pytest.mark.parametrize(
    ("frame", "said"),
    [('{"type":"ask","text":"Hi"}', Ask("Hi")), ('{"type":"stop"}', Stop()), ('{"type":"retry"}', Retry())],
)
def test_json_messages_are_understood(frame: str, said: Any) -> None:
    assert Json().read(frame) == said


@pytest.mark.parametrize(
    "frame", ["", "{", "[]", "3", '{"type":"ask"}', '{"type":"ask","text":" "}', '{"type":"x"}', "[" * 9999]
)
def test_other_json_is_refused_in_a_sentence(frame: str) -> None:
    with pytest.raises(Unreadable, match="allowed"):
        Json().read(frame)


@given(st.text(), st.lists(st.integers(0, 40)))
def test_characters_cut_in_half_arrive_whole(text: str, cuts: list[int]) -> None:
    units = text.encode("utf-16-le")
    places = sorted({0, *(2 * cut for cut in cuts if 2 * cut < len(units)), len(units)})
    pieces = [units[a:b].decode("utf-16-le", "surrogatepass") for a, b in pairwise(places)]
    joiner = Joiner()
    assert "".join(joiner.join(piece) for piece in pieces) == text


def test_half_a_character_alone_can_be_sent() -> None:
    "".join(Text().piece(1, "a\ud83d")).encode()
    json.loads(Json().piece(1, "a\ud83d")[0])


@pytest.mark.parametrize(
    ("query", "subprotocols", "name", "confirmed"),
    [
        ([], [], "text", None),
        (["json"], [], "json", None),
        ([], ["json"], "json", "json"),
        (["text"], ["json"], "text", "json"),
        ([], ["other"], "text", None),
    ],
)
def test_address_or_subprotocol_choose_the_format(
    query: list[str], subprotocols: list[str], name: str, confirmed: str | None
) -> None:
    chosen, said = format_of(query, subprotocols)
    assert (chosen.name, said) == (name, confirmed)


@pytest.mark.parametrize(
    ("access", "headers", "is_let_in"),
    [
        (AccessRules(), {"host": "localhost:1"}, True),
        (AccessRules(), {"host": "127.0.0.1:1", "origin": "http://127.0.0.1:1"}, True),
        (AccessRules(), {"host": "[::1]:1", "origin": "http://[::1]:1"}, True),
        (AccessRules(), {"host": "localhost:1", "origin": "http://localhost:2"}, False),
        (AccessRules(), {"host": "localhost:1", "origin": "https://evil.example"}, False),
        (AccessRules(), {"host": "localhost:1", "origin": "null"}, False),
        (AccessRules(), {"host": "evil.example:1", "origin": "http://evil.example:1"}, False),
        (AccessRules(), {"host": "]["}, False),
        (AccessRules(), {}, False),
        (AccessRules(local=False), {"host": "chat.example", "origin": "https://chat.example"}, False),
        (AccessRules(local=False), {"host": "10.0.0.1:8765", "origin": "http://10.0.0.1:8765"}, True),
        (AccessRules(local=False), {"host": "[fd00::1]:8765", "origin": "http://[fd00::1]:8765"}, True),
        (AccessRules(local=False), {"host": "localhost:8765"}, True),
        (AccessRules(frozenset({"https://chat.example"}), local=False), {"host": "chat.example"}, True),
        (AccessRules(token="word", local=False), {"host": "chat.example", "origin": "https://chat.example"}, True),  # noqa: S106 - a test's own
        (AccessRules(local=False), {"host": "chat.example", "origin": "https://evil.example"}, False),
        (
            AccessRules(frozenset({"https://site.example"})),
            {"host": "localhost", "origin": "https://site.example"},
            True,
        ),
        (AccessRules(frozenset({"*"})), {"host": "any.example", "origin": "https://other.example"}, True),
    ],
)
def test_only_known_names_and_origins_come_in(access: AccessRules, headers: dict[str, str], is_let_in: bool) -> None:
    assert (access.refusal(headers) is None) is is_let_in


def test_a_token_is_asked_of_everybody_if_there_is_one() -> None:
    access = AccessRules(token="wörd")  # noqa: S106 - a test's own
    assert [access.knows(shown) for shown in ("wörd", "word", "", None)] == [True, False, False, False]
    assert AccessRules().knows(None)


def test_a_pace_fills_up_again_with_time() -> None:
    bucket = TokenBucket(2, 0)
    assert [bucket.take(0), bucket.take(0), bucket.take(0)] == [True, True, False]
    assert [bucket.take(30), bucket.take(30)] == [True, False]


def test_a_cookie_that_the_server_did_not_make_names_nobody() -> None:
    signer = CookieSigner("a secret")
    cookie = signer.cookie("name")
    assert signer.name(cookie) == CookieSigner("a secret").name(cookie) == "name"
    assert [signer.name(other) for other in (None, "", "name", "name.", "other" + cookie[4:], "näme.x")] == [None] * 6
    assert CookieSigner().name(CookieSigner().cookie("name")) is None
