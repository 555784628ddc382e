"""A streamed response: cut anywhere, with every event there is, it becomes what the whole one is."""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lib.responses.answer import to_completion
from lib.responses.stream import ResponseStream
from tests.support.request_schemas import responses
from tests.support.response_events import MESSAGE, OUTPUT, TEXT, answered, response, sse, started, whole

if TYPE_CHECKING:
    from lib.api.stream import Piece


def read(stream: bytes, cuts: list[int] | None = None) -> tuple[list[Piece], dict[str, Any], tuple[str, ...]]:
    reader = ResponseStream()
    edges = [0, *sorted(cuts or []), len(stream)]
    pieces = [piece for start, end in pairwise(edges) for piece in reader.feed(stream[start:end])]
    pieces += reader.close()
    return pieces, reader.finish(), reader.remarks


def shown(pieces: list[Piece], kind: str) -> str:
    return "".join(piece.text for piece in pieces if piece.kind == kind)


def test_the_terminal_event_is_the_answer_and_the_pieces_are_its_texts() -> None:
    pieces, answer, remarks = read(whole())
    assert answer == response()
    assert shown(pieces, "content") == TEXT
    assert shown(pieces, "reasoning") == "Hm."
    assert shown(pieces, "tool_call") == '{"a":1}x y'
    assert remarks == ()


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_wherever_the_bytes_are_cut_the_answer_is_the_same(data: st.DataObject) -> None:
    stream = sse([*answered(), {"type": "response.completed", "response": response()}], ascii_only=False)
    cuts = data.draw(st.lists(st.integers(0, len(stream)), max_size=40))
    pieces, answer, _ = read(stream, cuts)
    assert answer == response()
    assert (shown(pieces, "content"), shown(pieces, "reasoning")) == (TEXT, "Hm.")


def test_bytes_that_come_one_by_one_are_read() -> None:
    stream = whole()
    assert read(stream, list(range(len(stream))))[1] == response()


def every_type() -> list[str]:
    document = responses("stream.json")
    found: list[str] = []
    waiting: list[Any] = [document]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            kind = one.get("const")
            if isinstance(kind, str) and (kind.startswith("response.") or kind == "error"):
                found.append(kind)
            kinds = one.get("enum")
            found += [kind for kind in kinds or () if isinstance(kind, str) and kind.startswith("response.")]
            waiting += one.values()
        elif isinstance(one, list):
            waiting += one
    return sorted(set(found))


ENDING = ("response.completed", "response.incomplete", "response.failed", "error")


def test_the_reference_names_59_events() -> None:
    assert len(every_type()) == 59


@pytest.mark.parametrize("kind", [*(kind for kind in every_type() if kind not in ENDING), "response.brand_new"])
@pytest.mark.parametrize("members", [{}, {"output_index": 9, "item_id": 3, "delta": "", "item": None, "part": []}])
def test_no_event_breaks_the_stream_and_what_is_not_known_is_passed_over(kind: str, members: dict[str, Any]) -> None:
    events = [*answered(), {"type": kind, **members}, {"type": "response.completed", "response": response()}]
    pieces, answer, _ = read(sse(events))
    assert answer == response()
    assert shown(pieces, "content") == TEXT


def test_a_text_that_comes_only_when_it_is_done_is_shown_once() -> None:
    done = {"type": "response.output_text.done", "output_index": 0, "content_index": 0, "text": TEXT}
    refused = {"type": "response.refusal.done", "output_index": 1, "content_index": 0, "refusal": "No."}
    item = {"type": "response.output_item.done", "output_index": 0, "item": MESSAGE}
    pieces, _, _ = read(sse([*started(), done, item, refused, {"type": "response.completed", "response": response()}]))
    assert (shown(pieces, "content"), shown(pieces, "refusal")) == (TEXT, "No.")


def test_items_that_interleave_are_told_apart_by_their_places() -> None:
    at = [{"output_index": place, "content_index": 0, "item_id": "x"} for place in (0, 1)]
    events = [
        {"type": "response.output_text.delta", **at[0], "delta": "a"},
        {"type": "response.output_text.delta", **at[1], "delta": "c"},
        {"type": "response.output_text.delta", **at[0], "delta": "b"},
    ]
    reader = ResponseStream()
    reader.feed(sse([*started(), *events]))
    assert reader.partial()["choices"][0]["message"]["content"] == "abc"


def test_a_terminal_event_without_output_is_filled_from_the_items_that_came() -> None:
    empty = {"type": "response.completed", "response": response(output=())}
    assert read(sse([*answered(), empty]))[1]["output"] == OUTPUT


def test_commentary_is_shown_as_reasoning() -> None:
    item = {**MESSAGE, "phase": "commentary"}
    events = [
        *started(),
        {"type": "response.output_item.added", "output_index": 0, "item": {**item, "content": []}},
        {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "Let me see"},
        {"type": "response.completed", "response": response()},
    ]
    assert shown(read(sse(events))[0], "reasoning") == "Let me see"


def test_half_a_character_waits_for_its_other_half() -> None:
    halves = [
        {"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": half}
        for half in ("a\ud83d", "\ude42b")
    ]
    end = {"type": "response.completed", "response": response()}
    assert [piece.text for piece in read(sse([*started(), *halves, end]))[0]] == ["a", "🙂b"]


def test_done_is_taken_and_what_follows_the_terminal_event_is_read_to_the_end() -> None:
    assert read(whole() + b"data: [DONE]\n\n")[1] == response()
    late = sse([{"type": "response.output_text.delta", "output_index": 0, "content_index": 0, "delta": "late"}])
    assert shown(read(whole() + late)[0], "content") == TEXT


def test_one_event_that_cannot_be_read_is_passed_over_with_a_remark() -> None:
    events = sse(answered()) + b"data: {broken\n\n" + sse([{"type": "response.completed", "response": response()}])
    _, answer, remarks = read(events)
    assert answer == response()
    assert "could not be read" in remarks[0]


@pytest.mark.parametrize(("status", "reason"), [("completed", "tool_calls"), ("incomplete", "length")])
def test_the_outcome_is_that_of_the_terminal_event(status: str, reason: str) -> None:
    assert to_completion(read(whole(status))[1])["choices"][0]["finish_reason"] == reason
