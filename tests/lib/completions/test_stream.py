"""Streams: bytes cut anywhere become the completion that the answer would be without streaming."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.api.sse import Event, EventReader, EventTooLong, looks_like_sse
from lib.completions.stream import BrokenStream, Completion, Stream
from lib.errors.api_error import ApiError

if TYPE_CHECKING:
    from lib.api.stream import Piece

GOLDEN = Path(__file__).resolve().parents[2] / "golden" / "streams"
TRANSCRIPTS = sorted(path.stem for path in GOLDEN.glob("*.sse"))


def bytes_of(name: str) -> bytes:
    return (GOLDEN / f"{name}.sse").read_bytes()


def expected_of(name: str) -> dict[str, Any]:
    expected: dict[str, Any] = json.loads((GOLDEN / f"{name}.expected.json").read_text(encoding="utf-8"))
    return expected


def read(pieces: list[bytes]) -> tuple[Stream, list[Piece], dict[str, Any] | ApiError]:
    """Read a stream to its end: the stream, the pieces of text, and what came of it."""
    stream, shown = Stream(), []
    try:
        for piece in pieces:
            shown += stream.feed(piece)
        shown += stream.close()
        return stream, shown, stream.finish()
    except ApiError as error:
        return stream, shown, error


def cut(data: bytes, places: list[int]) -> list[bytes]:
    edges = [0, *sorted(place % (len(data) + 1) for place in places), len(data)]
    return [data[start:end] for start, end in pairwise(edges)]


def told(result: dict[str, Any] | ApiError) -> Any:
    return result if isinstance(result, dict) else result.to_json()


def words(shown: list[Piece]) -> str:
    return "".join(piece.text for piece in shown if piece.kind == "content" and piece.choice == 0)


def chunk(delta: dict[str, Any], **choice: Any) -> dict[str, Any]:
    return {"choices": [{"index": 0, "delta": delta, **choice}]}


def event(document: Any) -> bytes:
    return b"data: " + json.dumps(document).encode() + b"\n\n"


# --- transcripts -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_a_transcript_becomes_what_it_should(name: str) -> None:
    expected = expected_of(name)
    stream, shown, result = read([bytes_of(name)])
    if "completion" in expected:
        assert isinstance(result, dict)
        assert result == expected["completion"]
        assert words(shown) == expected.get("text", words(shown))
        unexplained = [choice for choice in result["choices"] if choice["finish_reason"] is None]
        assert bool(unexplained) == bool(expected.get("warnings"))
    else:
        error = told(result) | {"text": getattr(result, "text", ""), "characters": getattr(result, "characters", None)}
        assert {key: error[key] for key in expected["error"]} == expected["error"]
        texts = [choice["message"]["content"] for choice in stream.partial()["choices"]]
        assert next(iter(texts), None) == expected["partial"]


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_byte_by_byte_gives_the_same(name: str) -> None:
    data = bytes_of(name)
    _, shown, result = read([data[place : place + 1] for place in range(len(data))])
    _, shown_at_once, result_at_once = read([data])
    assert told(result) == told(result_at_once)
    if isinstance(result, dict):  # before an error, a stream fed at once shows nothing of that feed
        assert shown == shown_at_once


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_line_ends_may_be_of_any_kind(name: str) -> None:
    data = bytes_of(name)
    if name != "odd_framing":
        for ending in (b"\r\n", b"\r"):
            assert told(read([data.replace(b"\n", ending)])[2]) == told(read([data])[2])


@settings(max_examples=200, deadline=None, derandomize=True)
@given(name=st.sampled_from(TRANSCRIPTS), places=st.lists(st.integers(0, 10_000), max_size=12))
def test_cuts_at_any_places_give_the_same(name: str, places: list[int]) -> None:
    data = bytes_of(name)
    assert told(read(cut(data, places))[2]) == told(read([data])[2])


@pytest.mark.parametrize("name", TRANSCRIPTS)
def test_a_stream_shown_piece_by_piece_is_its_completion(name: str) -> None:
    _, shown, result = read([bytes_of(name)])
    if isinstance(result, dict):
        for choice in result["choices"]:
            content = [piece.text for piece in shown if piece.choice == choice["index"] and piece.kind == "content"]
            assert "".join(content) == (choice["message"]["content"] or "")


# --- whatever comes ----------------------------------------------------------------------------------------------

NAMES = (
    *("choices", "delta", "index", "message", "finish_reason", "logprobs", "usage", "error", "code", "x"),
    *("role", "content", "refusal", "tool_calls", "function_call", "function", "custom", "id", "name", "arguments"),
    *("input", "audio", "data", "transcript", "annotations"),
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.floats() | st.text(max_size=4) | st.just("stop"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(NAMES),
            inner,
            max_size=4,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(pieces=st.lists(st.binary(max_size=40), max_size=6))
def test_random_bytes_end_in_a_named_error(pieces: list[bytes]) -> None:
    _, _, result = read(pieces)
    assert isinstance(result, ApiError)


@settings(max_examples=300, deadline=None, derandomize=True)
@given(
    lines=st.lists(
        st.sampled_from(
            [b"data", b":", b" ", b"\n", b"\r", b"\r\n", b"event: error", b"[DONE]", b"{}", b"\xff", b"[1]"]
        ),
        max_size=30,
    )
)
def test_random_framing_ends_in_a_named_error(lines: list[bytes]) -> None:
    _, _, result = read(lines)
    assert isinstance(result, ApiError)


@settings(max_examples=400, deadline=None, derandomize=True)
@given(documents=st.lists(JSON | st.builds(lambda inner: {"choices": [{"delta": inner}]}, JSON), max_size=5))
def test_random_chunks_end_in_a_completion_or_a_named_error(documents: list[Any]) -> None:
    stream, _, result = read([*map(event, documents), b"data: [DONE]\n\n"])
    json.dumps(stream.partial())
    assert isinstance(result, (dict, ApiError))


@settings(max_examples=150, deadline=None, derandomize=True)
@given(name=st.sampled_from(TRANSCRIPTS), place=st.integers(0, 10_000), byte=st.binary(min_size=1, max_size=3))
def test_a_damaged_transcript_ends_in_a_completion_or_a_named_error(name: str, place: int, byte: bytes) -> None:
    data = bytes_of(name)
    place %= len(data)
    _, _, result = read([data[:place] + byte + data[place + 1 :]])
    assert isinstance(result, (dict, ApiError))


# --- events ------------------------------------------------------------------------------------------------------


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


# --- merging -----------------------------------------------------------------------------------------------------


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


# --- ends --------------------------------------------------------------------------------------------------------


def test_a_broken_stream_carries_what_had_come() -> None:
    stream = Stream()
    stream.feed(event(chunk({"role": "assistant", "content": "Half"})))
    with pytest.raises(BrokenStream) as caught:
        stream.finish()
    assert caught.value.partial is not None
    assert caught.value.partial["choices"][0]["message"]["content"] == "Half"
    assert caught.value.to_json()["characters"] == 4
    assert "Half" not in json.dumps(caught.value.to_json())
    assert "no finish_reason for choice 0); 4 characters had come" in str(caught.value)


def test_a_dropped_connection_is_told_by_the_client_in_the_same_words() -> None:
    error = Stream().broken("the connection was reset")
    assert str(error).startswith("The streamed answer broke off: the connection was reset; nothing of it had come.")
    assert error.code == "cut_off"


def test_one_choice_of_two_without_an_end_is_a_broken_stream() -> None:
    stream = Stream()
    stream.feed(event({"choices": [{"index": 0, "delta": {"content": "a"}, "finish_reason": "stop"}]}))
    stream.feed(event({"choices": [{"index": 1, "delta": {"content": "b"}, "finish_reason": ""}]}))
    with pytest.raises(BrokenStream, match="no finish_reason for choice 1"):
        stream.finish()


def test_nothing_after_done_is_read() -> None:
    stream = Stream()
    stream.feed(event(chunk({"content": "a"}, finish_reason="stop")) + b"data: [DONE]\n\ndata: nonsense\n\n")
    assert stream.done
    assert stream.feed(b"data: more nonsense\n\n") == []
    assert stream.finish()["choices"][0]["message"]["content"] == "a"


def test_an_error_in_a_choice_is_an_error() -> None:
    with pytest.raises(ApiError) as caught:
        Stream().feed(event(chunk({}, error={"code": 429, "message": "slow"})))
    assert (caught.value.code, caught.value.text) == ("rate_limit", "slow")


def test_an_error_within_a_stream_carries_what_had_come() -> None:
    stream = Stream()
    stream.feed(event(chunk({"role": "assistant", "content": "Half"})))
    with pytest.raises(ApiError) as caught:
        stream.feed(event({"error": {"code": "server_is_overloaded", "message": "busy"}}))
    error = caught.value
    assert (error.code, error.characters, error.begun) == ("overloaded", 4, True)
    assert error.partial is not None
    assert error.partial["choices"][0]["message"]["content"] == "Half"
    assert "Half" not in str(error) + json.dumps(error.to_json())


def test_an_answer_has_begun_with_its_first_character_and_not_before() -> None:
    stream = Stream()
    stream.feed(event(chunk({"role": "assistant", "content": ""})))
    with pytest.raises(ApiError) as caught:
        stream.feed(event({"error": {"code": "server_is_overloaded", "message": "busy"}}))
    assert not caught.value.begun


def test_an_error_that_is_nothing_is_no_error() -> None:
    stream = Stream()
    stream.feed(event({**chunk({"content": "a"}, finish_reason="stop", error=None), "error": {}}))
    assert "error" not in stream.finish()


def test_an_error_event_that_is_not_json_is_quoted() -> None:
    with pytest.raises(ApiError) as caught:
        Stream().feed(b"event: error\ndata: out of memory\n\n")
    assert caught.value.text == "out of memory"


def test_json_nested_without_end_is_a_broken_stream() -> None:
    with pytest.raises(BrokenStream, match="event 1 is not a JSON object"):
        Stream().feed(b"data: " + b"[" * 100_000 + b"\n\n")
