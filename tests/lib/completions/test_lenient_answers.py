"""What was paid for is not lost to a server's habits, streamed or not, and each habit is told in a warning."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lib.api import lenient_json
from lib.api.sse import NO_DATA_FIELD, NOT_TYPED, ONE_LINE_END
from lib.completions.stream import BrokenStream
from lib.errors.api_error import ApiError

from ...support.asking import ask, ask_stream, chunk, event, whole

if TYPE_CHECKING:
    from collections.abc import Callable

DONE = b"data: [DONE]\n\n"
HELLO = [chunk({"role": "assistant", "content": "Hel"}), chunk({"content": "lo"}), chunk({}, "stop")]
STREAM = b"".join(map(event, HELLO)) + DONE


def lines_of(*chunks: Any, between: bytes = b"\n") -> bytes:
    return between.join(b"data: " + json.dumps(one).encode() for one in chunks) + between


def test_an_ordinary_answer_has_no_warnings() -> None:
    for answer in (ask(json.dumps(whole("Hello")).encode()), ask_stream(STREAM)):
        assert answer.warnings == ()
        assert answer.body["choices"][0]["message"]["content"] == "Hello"


# --- bytes ------------------------------------------------------------------------------------------------------------


def with_bytes(content: bytes) -> Callable[[bytes], bytes]:
    return lambda body: body.replace(b"Hello", content)


@pytest.mark.parametrize(
    ("change", "text", "warning"),
    [
        (with_bytes(b"Hel\xf0\x9f\x91"), "Hel\ufffd", lenient_json.BROKEN_BYTES),
        (with_bytes(b"H\xe9llo"), "H\ufffdllo", lenient_json.BROKEN_BYTES),
        (with_bytes(b"Hel\tlo"), "Hel\tlo", lenient_json.CONTROL_CHARACTERS),
        (with_bytes(b"Hel\x00lo"), "Hel\0lo", lenient_json.CONTROL_CHARACTERS),
        (lambda body: body.replace(b'"created": 1', b'"created": NaN'), "Hello", lenient_json.NO_NUMBERS),
        (lambda body: body.replace(b'"created": 1', b'"created": -Infinity'), "Hello", lenient_json.NO_NUMBERS),
        (lambda body: body.replace(b'"created": 1', b'"created": 1e999'), "Hello", lenient_json.NO_NUMBERS),
    ],
)
def test_broken_bytes_and_numbers_are_told_streamed_or_not(
    change: Callable[[bytes], bytes], text: str, warning: str
) -> None:
    streamed = event({**chunk({"role": "assistant", "content": "Hello"}), "created": 1}) + event(chunk({}, "stop"))
    document = json.dumps({**whole("Hello"), "created": 1}).encode()
    for answer in (ask(change(document)), ask_stream(change(streamed) + DONE)):
        assert answer.body["choices"][0]["message"]["content"] == text
        assert answer.warnings == (warning,)


def test_a_byte_order_mark_before_a_whole_answer_is_told() -> None:
    document = json.dumps(whole("Hello"))
    for body in (b"\xef\xbb\xbf" + document.encode(), b"\xff\xfe" + document.encode("utf-16-le")):
        answer = ask(body)
        assert answer.body["choices"][0]["message"]["content"] == "Hello"
        assert answer.warnings == (lenient_json.BYTE_ORDER_MARK,)
    assert ask_stream(b"\xef\xbb\xbf" + STREAM).warnings == ()  # a stream may begin with one


def test_what_follows_a_whole_answer_is_left_out() -> None:
    for more in (b"\n[1]", b" 7"):
        answer = ask(json.dumps(whole("Hello")).encode() + more)
        assert (answer.body["choices"][0]["message"]["content"], answer.warnings) == ("Hello", (lenient_json.MORE,))


# --- framing ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "warnings"),
    [
        (lines_of(*HELLO), (ONE_LINE_END,)),
        (lines_of(*HELLO) + DONE, (ONE_LINE_END,)),
        (lines_of(*HELLO, between=b"\r\n") + b"data: [DONE]", (ONE_LINE_END,)),
        (lines_of(*HELLO, between=b"\r"), (ONE_LINE_END,)),
        (b"".join(b"data: " + json.dumps(one).encode() for one in HELLO) + b"\n\n", (ONE_LINE_END,)),
        (b"data: " + b"\n".join(json.dumps(one).encode() for one in HELLO) + b"\n\n", (NO_DATA_FIELD,)),
        (STREAM.replace(b"data: {", b"{"), (NO_DATA_FIELD,)),
        (STREAM.replace(b"data: ", b""), (NO_DATA_FIELD,)),
        (STREAM.replace(b"data: ", b"").replace(b"\n\n", b"\n"), (NO_DATA_FIELD,)),
        (event(HELLO[0]) + STREAM[len(event(HELLO[0])) :].replace(b"data: ", b""), (NO_DATA_FIELD,)),
        (STREAM.replace(b"data: ", b"data:"), ()),
        (STREAM.replace(b"data: ", b"data: data: "), ()),
        (STREAM.replace(b"\n\n", b"\r\n\r\n"), ()),
        (STREAM.replace(b"\n\n", b"\r\r", 1).replace(b"\n\n", b"\n\r\n", 1), ()),
        (STREAM.replace(b"data: [DONE]\n\n", b""), ()),
        (STREAM.replace(b"[DONE]", b" [DONE]"), ()),
        (STREAM.removesuffix(b"\n\n"), ()),
        (b": hello\n\nevent: ping\ndata: {}\n\nretry: 5\n\n" + STREAM.replace(b"\n\n", b"\n\n: ping\n\n"), ()),
        (b"event: message\nid: 1\n" + STREAM, ()),
        (b"\n\n\n" + STREAM, ()),
        (STREAM + b"data: nonsense\n\n", ()),
        (
            STREAM.removesuffix(DONE) + b"data: {nonsense\n\n" + DONE,
            ("event 4 of the stream could not be read, and was left out",),
        ),
    ],
)
def test_a_stream_is_understood_however_its_events_are_parted(body: bytes, warnings: tuple[str, ...]) -> None:
    answer = ask_stream(body)
    assert answer.body["choices"][0]["message"]["content"] == "Hello"
    assert answer.body["choices"][0]["finish_reason"] == "stop"
    assert answer.warnings == warnings


@pytest.mark.parametrize("content_type", ["application/json", "text/plain", "text/html; charset=utf-8"])
def test_a_stream_that_is_not_marked_as_one_is_told_by_its_bytes(content_type: str) -> None:
    in_two = [b"d", b"ata", STREAM[4:]]
    for pieces in ([STREAM], in_two, [b"\n", *in_two], [b"\xef", b"\xbb\xbf", *in_two]):
        answer = ask(pieces, content_type)
        assert answer.body["choices"][0]["message"]["content"] == "Hello"
        assert answer.warnings == (NOT_TYPED,)


def test_blanks_before_a_whole_answer_keep_the_connection_alive() -> None:
    answer = ask([b"\n ", b"   ", b"\n", json.dumps(whole("Hello")).encode()])
    assert (answer.body["choices"][0]["message"]["content"], answer.warnings) == ("Hello", ())


def test_the_words_of_bare_lines_are_shown() -> None:
    shown: list[str] = []
    ask(STREAM.replace(b"data: ", b""), show=shown.append)
    assert "".join(shown) == "Hello"


@pytest.mark.parametrize(
    "body",
    [
        b"".join(map(event, HELLO[:2])),
        b"".join(map(event, HELLO[:2])) + b"data: {nonsense\n\n",
        json.dumps(whole("Hello")).encode()[:-9],
        b"",
        b"data: [DONE]\n\n",
    ],
)
def test_half_an_answer_is_an_error(body: bytes) -> None:
    for get in (ask, ask_stream):
        with pytest.raises(ApiError) as caught:
            get(body)
        assert isinstance(caught.value, BrokenStream) or caught.value.code == "unreadable"


@pytest.mark.parametrize(
    "error",
    [
        b'event: error\ndata: {"message": "It burns", "code": 500}\n\n',
        b'data: {"error": {"message": "It burns"}}\n\n',
        b'{"error": {"message": "It burns"}}\n',
        b'{\n  "error": {\n    "message": "It burns"\n  }\n}\n',
        b'data: {"error": "It burns"}',
        b'data: {"choices": [{"index": 0, "error": {"message": "It burns"}, "delta": {}}]}\n\n',
        b'data: {"type": "error", "error": {"message": "It burns"}}\n\n',
        b'data: {"code": 500, "message": "It burns"}\n\n',
    ],
)
def test_an_error_in_a_stream_is_an_error_in_the_service_s_words_and_keeps_what_had_come(error: bytes) -> None:
    with pytest.raises(ApiError) as caught:
        ask_stream(b"".join(map(event, HELLO[:2])) + error)
    assert caught.value.text == "It burns"
    assert caught.value.partial is not None
    assert caught.value.partial["choices"][0]["message"]["content"] == "Hello"
