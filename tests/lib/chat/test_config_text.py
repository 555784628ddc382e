"""A settings file is read in time that grows with it, and its typing errors are told by the file's own lines."""

from __future__ import annotations

import time

import pytest

from lib.chat.config.hooks import HookFunctions
from lib.chat.config.load import parse
from pysailor import InvalidConfig


def test_blanks_in_a_settings_file_cost_time_in_proportion() -> None:
    blanks = f"{' ' * 3000}\n" * 300
    text = f"url:\n  a:\n    pattern: /a\n    handler: ChatGPTHandler\n{blanks}    kwargs: {{key: k, system: x}}\n"
    began = time.process_time()
    parse(text, "chat.yaml", environment={}, hooks=HookFunctions(), needs_key=True)
    assert time.process_time() - began < 5


@pytest.mark.parametrize("line", ["x: {function: a}" + " " * 3000 + "b", "x: {function: a" + "} " * 1500 + "b"])
def test_what_looks_like_a_function_costs_time_in_proportion(line: str) -> None:
    text = "url:\n  a:\n    pattern: /a\n    handler: ChatGPTHandler\n    kwargs:\n" + f"      {line}\n" * 300
    began = time.process_time()
    with pytest.raises(InvalidConfig):
        parse(text, "chat.yaml", environment={}, hooks=HookFunctions(), needs_key=True)
    assert time.process_time() - began < 5


@pytest.mark.parametrize(
    ("line", "found", "sentence"),
    [
        ("user: {function: handler.get_arg('a}", 7, "this is not an expression: unterminated string literal;"),
        ("user: {function: (1]}", 7, "closing parenthesis ']' does not match opening parenthesis '(';"),
        ('user: "a\n      model: b', 7, "while scanning a quoted scalar, which begins here and is not closed"),
    ],
)
def test_a_slip_of_the_pen_is_told_with_the_line_of_the_file_and_no_other(line: str, found: int, sentence: str) -> None:
    text = f"url:\n  a:\n    pattern: /a\n    handler: ChatGPTHandler\n    kwargs:\n      key: k\n      {line}\n"
    with pytest.raises(InvalidConfig) as caught:
        parse(text, "chat.yaml", environment={}, hooks=HookFunctions(), needs_key=True)
    assert str(caught.value).startswith(f"chat.yaml:{found}: ")
    assert sentence in str(caught.value)
    assert "line 1" not in str(caught.value)
