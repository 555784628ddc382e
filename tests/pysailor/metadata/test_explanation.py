"""What is wrong with a body, as a person reads it."""

from __future__ import annotations

from typing import Any

import pytest

from pysailor.errors import Fault
from pysailor.metadata import Schema
from tests.support.schemas import CHAT, HELLO, pointers


def test_every_fault_is_told_and_the_missing_ones_come_first() -> None:
    body = {"temperature": 3, "n": "x", "messages": [{"role": "usr"}], "closed": {"onyl": 1}}
    assert pointers(body) == ["/temperature", "/n", "/closed/onyl", "/messages/0/content", "/messages/0/role"]


def test_a_name_that_is_nearly_right_is_suggested() -> None:
    faults = CHAT.faults({"messages": [{"role": "usr", "content": "x"}]})
    assert faults[0].message == 'found text "usr", allowed: user, assistant (did you mean user?)'
    assert CHAT.find_unknown({"temprature": 1}) == [
        Fault("/temprature", "is not a known field; did you mean temperature?")
    ]


def test_a_fault_in_the_alternative_that_was_meant_is_told_there() -> None:
    assert pointers({**HELLO, "stop": ["a", 1]}) == ["/stop/1"]


def test_what_is_quoted_is_one_short_line_whatever_it_is() -> None:
    faults = [CHAT.faults({**HELLO, "temperature": value})[0].message for value in (10**80, "x" * 80, {1, 2}, b"x")]
    assert all(len(message) < 130 for message in faults)
    assert faults[2].startswith("found a set, which is not JSON, allowed: a number")


@pytest.mark.parametrize(
    ("schema", "body", "line"),
    [
        ({"anyOf": [False]}, 1, "found 1, allowed: nothing; the schema has no room for this"),
        ({"properties": {"a": False}}, {"a": 1}, "/a: found 1, allowed: nothing; the schema has no room for this"),
    ],
)
def test_a_schema_that_allows_nothing_is_told_as_that(schema: Any, body: Any, line: str) -> None:
    assert [str(fault) for fault in Schema(schema).fit(body)[1]] == [line]


@pytest.mark.parametrize("where", [0, 2999])
def test_one_fault_in_a_large_body_is_told_at_its_place_wherever_it_stands(where: int) -> None:
    messages = [{"role": "user", "content": "x"}] * 3000
    messages[where] = {"role": "usr", "content": "x"}
    fault, *_ = CHAT.fit({"messages": messages})[1]
    assert str(fault) == f'/messages/{where}/role: found text "usr", allowed: user, assistant (did you mean user?)'


def test_a_member_that_is_missing_is_told_beside_the_one_that_was_probably_meant_for_it() -> None:
    (fault,) = CHAT.faults({"messages": [{"role": "user", "contnet": "x"}]})
    assert str(fault) == "/messages/0/content: is missing (is contnet meant for it?); it takes text"


def test_an_entry_that_comes_twice_is_told_in_words() -> None:
    (fault,) = Schema({"type": "array", "uniqueItems": True}).faults([1, 1])
    assert fault.message == "found a list of 2, allowed: a list in which no entry comes twice"


def test_two_rules_that_would_say_the_same_say_it_once() -> None:
    schema = Schema({"type": "string", "minLength": 1, "pattern": "^[a-z]+$"})
    assert len(schema.faults("")) == 1
