"""No regular expression of a flow goes on for ever, and what one means is what `re` makes of it."""

from __future__ import annotations

import re
import time
from contextlib import suppress
from itertools import takewhile
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonata.jexception import JException

from pysailor import Context, Message, StepError
from pysailor.component.builtin import locate_builtin
from pysailor.component.component import Component
from pysailor.flow.document import FlowExpression
from pysailor.flow.mapper import MapContext, MappingFailed, compile_expression
from pysailor.flow.mapper.pattern import BoundedPattern, limit_time

SLOW = [
    (r"(a|aa)*$", "a" * 100 + "x"),
    (r"(a?b?)*$", "ab" * 2000 + "x"),
    (r"\s+$", " " * 300_000 + "x"),
    (r"a*a*a*a*a*a*[bc]", "a" * 4000),
]


def evaluate(text: str, body: Any) -> Any:
    return compile_expression(FlowExpression(text)).evaluate(body, MapContext())


def use(pattern: BoundedPattern, call: str, text: str) -> None:
    found = getattr(pattern, call)(*(["-", text] if call == "sub" else [text]))
    next(found)  # what finditer returns does its work here


@pytest.mark.parametrize("call", ["search", "finditer", "split", "sub"])
@pytest.mark.parametrize(("pattern", "text"), SLOW)
def test_a_slow_pattern_is_stopped(pattern: str, text: str, call: str) -> None:
    bounded = BoundedPattern(pattern, 0)
    limit_time(0.02)
    began = time.monotonic()
    with pytest.raises(TimeoutError):
        use(bounded, call, text)
    assert time.monotonic() - began < 30


def test_a_moment_in_which_the_machine_does_something_else_ends_no_pattern() -> None:
    limit_time(0.1)
    time.sleep(0.2)
    assert BoundedPattern("b+", 0).search("abbc")[0] == "bb"


def test_the_mapper_and_the_components_say_that_it_takes_too_long() -> None:
    body = {"text": SLOW[3][1]}
    with pytest.raises(MappingFailed, match="it takes longer than two seconds"):
        evaluate("$match(text, /a*a*a*a*a*a*[bc]/)", body)
    module = Component(locate_builtin("jsonata")).module("lib/expression.py")
    with pytest.raises(StepError, match="takes too long"):
        module.Expression("$match(text, /a*a*a*a*a*a*[bc]/)", seconds=0.02).evaluate(Message(body=body), Context())


@pytest.mark.parametrize(
    ("expression", "found"),
    [
        ('$replace("abab", /a(b)/, "$1$5")', "bb"),
        ('$replace("ab", /(?<first>a)/, "<$1>")', "<a>b"),
        ('$contains("a{e}b", /a{e}b/)', True),
        ('$contains("afb", /(?:a.){e<=1}b/)', False),
        ('$split("a1b22c", /[0-9]+/)', ["a", "b", "c"]),
        ('$match("x1", /[a-z](\\d)/).groups', ["1"]),
        ('$eval("$contains(\\"ab\\", /B/i)")', True),
    ],
)
def test_patterns_mean_what_they_meant(expression: str, found: Any) -> None:
    assert evaluate(expression, {}) == found


@given(st.text("ab{}e<=1,2|()*+?.\\dsw^$", max_size=8), st.text("abe{1}= ", max_size=8))
def test_every_pattern_that_re_takes_finds_the_same(pattern: str, text: str) -> None:
    try:
        expected = re.compile(pattern)
    except re.error:
        return
    limit_time(5)
    spans = [match.span() for match in expected.finditer(text)]
    with_letters = list(takewhile(lambda span: span[0] < span[1], spans))
    found = []
    with suppress(JException):  # it does not go on after a match without a letter
        found += [match.span() for match in BoundedPattern(pattern, 0).finditer(text)]
    assert [span for span in found if span[0] < span[1]] == with_letters
