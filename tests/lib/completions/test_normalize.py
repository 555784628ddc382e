"""Small slips are mended before a request is sent; everything else stays as it came."""

from __future__ import annotations

import json
import sys
from typing import Any

import pytest

from lib.completions.normalize import normalize
from pysailor import InvalidInput

HELLO = {"role": "user", "content": "Hello"}


def with_part(kind: str, **given: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": [{"type": "text", "text": "x"}, {"type": kind, kind: given}]}]}


def test_whole_numbers_go_out_as_whole_numbers() -> None:
    names = ("max_tokens", "max_completion_tokens", "n", "seed", "top_logprobs")
    mended, notes = normalize({**dict.fromkeys(names, 3.0), "logit_bias": {"50256": -100.0}, "temperature": 1.0})
    assert ".0" not in json.dumps({name: mended[name] for name in (*names, "logit_bias")})
    assert mended["temperature"] == 1.0
    assert notes == ()


@pytest.mark.parametrize("value", [1.5, float("inf"), float("nan"), True, "3", None])
def test_what_is_not_a_whole_number_stays(value: Any) -> None:
    assert normalize({"n": value})[0]["n"] is value


def test_half_a_character_is_replaced_and_two_halves_become_one() -> None:
    message = {"role": "user", "content": "a\ud83d b\ud83d\ude00", "name": "Ann\udc00"}
    mended, notes = normalize({"messages": [message], "stop": ["\ud800"], "metadata": {"\udfff": "x"}})
    assert mended["messages"][0]["content"] == "a\ufffd b\U0001f600"
    json.dumps(mended, ensure_ascii=False).encode()
    assert len(notes) == 1
    assert message["content"] == "a\ud83d b\ud83d\ude00"


def test_an_empty_list_of_tool_calls_is_left_out() -> None:
    mended, notes = normalize({"messages": [HELLO, {"role": "assistant", "content": "Hi", "tool_calls": []}]})
    assert mended["messages"][1] == {"role": "assistant", "content": "Hi"}
    assert "tool calls" in notes[0]


@pytest.mark.parametrize(
    ("kind", "name", "given", "wanted"),
    [
        ("image_url", "url", " https://a.example/b.png\n", "https://a.example/b.png"),
        ("image_url", "url", "data:image/png;base64,iVBO\r\nRw0K\n", "data:image/png;base64,iVBORw0K"),
        ("image_url", "url", " data:image/png;base64, iVBO Rw0K", "data:image/png;base64,iVBORw0K"),
        ("input_audio", "data", "UklG\nRg==\n", "UklGRg=="),
        ("file", "file_data", "data:application/pdf;base64,JVBE\nRi0=", "data:application/pdf;base64,JVBERi0="),
        ("file", "file_id", " file-1 ", "file-1"),
        ("image_url", "url", "https://a.example/b c.png", "https://a.example/b c.png"),
        ("image_url", "url", "data:text/plain,a b", "data:text/plain,a b"),
    ],
)
def test_blanks_and_line_ends_leave_addresses_and_base64(kind: str, name: str, given: str, wanted: str) -> None:
    mended, notes = normalize(with_part(kind, **{name: given}))
    assert mended["messages"][0]["content"][1][kind][name] == wanted
    assert bool(notes) is (given != wanted)


def test_a_file_name_with_a_blank_is_kept() -> None:
    body = with_part("file", file_data="data:application/pdf;base64,JVBERi0=", filename="a b.pdf")
    assert normalize(body) == (body, ())


def test_blanks_around_the_model_go() -> None:
    mended, notes = normalize({"model": " gpt-4.1\n"})
    assert mended["model"] == "gpt-4.1"
    assert len(notes) == 1


def test_a_body_in_order_is_passed_on_as_it_is() -> None:
    messages = [HELLO, {"role": "assistant", "content": None, "tool_calls": [{"id": "a"}]}, "odd", {"content": [7]}]
    mended, notes = normalize({"messages": messages, "n": 2})
    assert mended["messages"] is messages
    assert notes == ()


@pytest.mark.parametrize("levels", [300, 5000])
def test_a_body_that_could_not_be_written_is_refused(levels: int) -> None:
    value: Any = "x"
    for _ in range(levels):
        value = {"a": [value]}
    with pytest.raises(InvalidInput, match="nested deeper than 200 levels"):
        normalize({"metadata": value})


def nest(levels: int) -> Any:
    value: Any = "x"
    for _ in range(levels):
        value = [value]
    return value


@pytest.mark.parametrize("levels", [201, 230, 252, 300, 100_000])
@pytest.mark.parametrize("messages", [[HELLO], [HELLO] * 400, ["x"] * 400])
def test_what_is_nested_too_deep_is_refused_whoever_could_write_it(levels: int, messages: list[Any]) -> None:
    with pytest.raises(InvalidInput, match="200 levels"):
        normalize({"messages": messages, "metadata": nest(levels)})


def test_what_is_just_flat_enough_passes_as_do_many_brackets_in_a_text() -> None:
    body = {"messages": [HELLO, {"role": "user", "content": "{[" * 500}], "metadata": nest(200)}
    assert normalize(body) == (body, ())


def test_the_brackets_of_messages_that_stand_beside_each_other_are_not_looked_at_one_by_one() -> None:
    def count(messages: list[Any]) -> int:
        looked_at = 0

        def look(_frame: Any, event: str, _argument: Any) -> None:
            nonlocal looked_at
            looked_at += event in ("call", "c_call")

        body = {"messages": messages, "metadata": nest(150)}
        sys.setprofile(look)
        try:
            normalize(body)
        finally:
            sys.setprofile(None)
        return looked_at

    many = {"role": "user", "content": "{[" * 50}
    assert count([many] * 20) - count([HELLO] * 20) == 0
