"""Bytes become events as the standard of event streams says."""

from __future__ import annotations

import pytest

from lib.api.sse import Event, EventReader, EventTooLong, looks_like_sse
from lib.completions.stream import BrokenStream, Stream


@pytest.mark.parametrize(
    ("data", "events"),
    [
        (b"data: a\n\n", [Event("a")]),
        (b"data:a\n\n", [Event("a")]),
        (b"data:  a\n\n", [Event(" a")]),
        (b"data: a\ndata: b\n\n", [Event("a\nb")]),
        (b"data\ndata: b\n\n", [Event("\nb")]),
        (b": hello\n\ndata: a\n\n", [Event("a")]),
        (b"event: error\ndata: a\n\ndata: b\n\n", [Event("a", "error"), Event("b")]),
        (b"event: error\n\ndata: b\n\n", [Event("b")]),
        (b"data: a", [Event("a")]),
        (b"data: a\r\rdata: b\r\n\r\n", [Event("a"), Event("b")]),
        (b"\xef\xbb\xbfdata: a\n\n", [Event("a")]),
        (b"data: a\n\xef\xbb\xbfdata: b\n\n", [Event("a")]),
        ("data: \u2028\u0085\x0b\x0c\n\n".encode(), [Event("\u2028\u0085\x0b\x0c")]),
        (b"data: \xff\n\n", [Event("\ufffd")]),
        (b"event: ping\ndata: {}\n\n", []),
        (b"id: 1\nretry: 5\nnonsense\n\n", []),
        (b"", []),
    ],
)
@pytest.mark.parametrize("size", [1, 2, 1000])
def test_events_are_cut_as_the_standard_says(data: bytes, events: list[Event], size: int) -> None:
    reader = EventReader()
    found = [got for place in range(0, len(data), size) for got in reader.feed(data[place : place + size])]
    assert found + reader.close() == events


def test_comments_pings_and_blank_lines_are_not_data() -> None:
    stream = Stream()
    for received in (
        b": OPENROUTER PROCESSING\n\n",
        b":",
        b" still",
        b"\r\n",
        b"event: ping\nda",
        b"ta: {}",
        b"\n\n",
        b"data:",
    ):
        stream.feed(received)
        assert not stream.saw_data
    for received in (b' {"choices"', b":[]}", b"\n"):
        stream.feed(received)
        assert stream.saw_data


def test_half_an_event_is_data() -> None:
    reader = EventReader()
    for received in (b"data: {", b'"a"', b":1}\n"):
        reader.feed(received)
        assert reader.saw_data


def test_an_event_that_never_ends_is_given_up() -> None:
    for endless in (b"x" * 10, b"data: x\n", b"data:\n"):
        reader = EventReader(longest=100)
        with pytest.raises(EventTooLong):
            any(reader.feed(endless) for _ in range(200))
    with pytest.raises(BrokenStream, match="longer than 100 bytes"):
        Stream(longest_event=100).feed(b"data: " + b"x" * 200)


def test_many_short_events_are_not_one_long_one() -> None:
    reader = EventReader(longest=100)
    assert sum(len(reader.feed(b"a: b\n\ndata: a\ndata: b\n\ndata: ")) for _ in range(50)) == 99


@pytest.mark.parametrize(
    ("first_bytes", "content_type", "stream"),
    [
        (b"data: {", "text/plain", True),
        (b": hello\n", "", True),
        (b"\xef\xbb\xbf\r\nevent: error", "application/json", True),
        (b'{"id"', "text/event-stream", False),
        (b"  [", "text/event-stream", False),
        (b"<html>", "text/html", False),
        (b"<html>", "text/event-stream", False),
        (b"da", "text/event-stream; charset=utf-8", True),
        (b"da", "text/plain", False),
        (b"", "text/event-stream", True),
        (b"", "", False),
    ],
)
def test_the_first_bytes_tell_a_stream_before_the_content_type(
    first_bytes: bytes, content_type: str, stream: bool
) -> None:
    assert looks_like_sse(first_bytes, content_type) is stream


def test_a_stream_may_begin_with_an_error_that_is_no_field() -> None:
    assert looks_like_sse(b'error: {"message": "out of memory"}', "text/event-stream")
    assert not looks_like_sse(b"error: out of memory", "text/plain")
