"""The chat server over a real socket, spoken to in plain text."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lib.api.connection import Connection
from lib.chat.config.hooks import HookFunctions
from lib.chat.conversation import Service
from lib.completions.answer.outcome import Outcome
from lib.errors.api_error import ApiError
from tests.support.played import Gate, Played, Serve, Show, answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lib.api.cancel import Cancel
    from lib.chat.backend import ChatAnswer
from tests.support.chat_client import WAIT, closed, settings, socket, turn

HOOKS = Path(__file__).parents[3] / "samples" / "chat" / "hooks.py"


def test_one_frame_in_is_a_turn_and_the_answer_is_one_frame(serve: Serve) -> None:
    with socket(serve()) as ws:
        assert turn(ws, "Hi") == ["Hello"]


def test_with_stream_in_the_address_the_answer_comes_in_pieces(serve: Serve, played: Played) -> None:
    with socket(serve(), "?stream") as ws:
        assert "".join(turn(ws, "Hi")) == "Hello"


@pytest.mark.parametrize("size", [1, 125, 126, 65_535, 65_536, 200_000])
def test_a_piece_of_any_size_is_one_whole_frame(serve: Serve, played: Played, size: int) -> None:
    played.pieces = ("ä" * (size // 2) + "x" * (size % 2),)
    with socket(serve(), "?stream") as ws:
        assert turn(ws, "Hi") == list(played.pieces)


def test_the_whole_conversation_goes_along(serve: Serve, played: Played) -> None:
    with socket(serve()) as ws:
        for question in ("one", "two", "three"):
            turn(ws, question)
    assert played.said() == ["one", "Hello", "two", "Hello", "three"]


@pytest.mark.parametrize(
    ("max_history", "sent"),
    [(0, ["Rules", "three"]), (1, ["Rules", "Hello", "three"]), (3, ["Rules", "Hello", "two", "Hello", "three"])],
)
def test_the_last_messages_go_along_and_the_system_text_always(
    serve: Serve, played: Played, max_history: int, sent: list[str]
) -> None:
    with socket(serve(settings(f"max_history: {max_history}, system: Rules"))) as ws:
        for question in ("one", "two", "three"):
            turn(ws, question)
    assert played.said() == sent


def test_a_failed_turn_leaves_nothing_behind(serve: Serve, played: Played) -> None:
    def play(body: Mapping[str, Any], show: Show, cancel: Cancel) -> ChatAnswer | None:
        assert not cancel.is_set()
        if body["messages"][-1]["content"] == "fail":
            show("half an answer")
            raise ApiError("server_error", "with sk-of-the-operator inside", status=500)
        return None

    played.play = play
    with socket(serve()) as ws:
        turn(ws, "one")
        told = turn(ws, "fail")
        turn(ws, "two")
    assert told[-1].startswith("[ERROR] The assistant ")
    assert "sk-of-the-operator" not in told[-1]
    assert played.said() == ["one", "Hello", "two"]


@pytest.mark.parametrize(
    ("outcome", "is_kept", "words"),
    [
        (Outcome.TRUNCATED, True, "cut off"),
        (Outcome.REFUSED, True, "refuses"),
        (Outcome.FILTERED, False, "filter"),
        (Outcome.TOOL_CALLS, False, "look_up"),
        (Outcome.EMPTY, False, "empty"),
    ],
)
def test_an_answer_that_is_none_is_told(
    serve: Serve, played: Played, outcome: Outcome, is_kept: bool, words: str
) -> None:
    text = "" if outcome in (Outcome.TOOL_CALLS, Outcome.EMPTY) else "Some"
    played.play = lambda body, show, cancel: answer(text, outcome) if len(body["messages"]) == 1 else None  # noqa: ARG005
    with socket(serve()) as ws:
        *said, remark = turn(ws, "one")
        turn(ws, "two")
    assert said == ([text] if text else [])
    assert remark.startswith("[ERROR] ")
    assert words in remark
    assert len(played.asked[1]["messages"]) == (3 if is_kept else 1)


def test_two_questions_at_once_are_answered_in_their_order(serve: Serve, played: Played) -> None:
    gate = Gate()
    played.play = lambda body, show, cancel: gate(body, show, cancel) if len(body["messages"]) == 1 else None
    with socket(serve(), "?stream") as ws:
        ws.send("one")
        ws.send("two")
        assert gate.begun.wait(WAIT)
        gate.opened.set()
        assert "".join(turn(ws)) == "first second"
        assert "".join(turn(ws)) == "Hello"
    assert played.said() == ["one", "first second", "two"]


def test_an_empty_question_is_refused_without_a_turn(serve: Serve, played: Played) -> None:
    with socket(serve()) as ws:
        assert turn(ws, " ")[0].startswith("[ERROR] An empty message")
        assert turn(ws, "Hi") == ["Hello"]
    assert len(played.asked) == 1


def test_values_are_computed_once_from_the_address(serve: Serve, played: Played) -> None:
    text = settings("temperature: {function: \"handler.get_arg('t', '1')\"}, model: m").replace(
        "key: sk-of-the-operator", "key: {function: handler.get_arg('key')}"
    )
    with socket(serve(text), "?key=sk-visitor&t=0.5") as ws:
        turn(ws, "Hi")
    assert played.asked[0]["temperature"] == 0.5
    assert played.connections[0].api_key == "sk-visitor"


@pytest.mark.parametrize(
    ("query", "words"),
    [("", 'lacks the argument "key"'), ("?key=", "no API key"), ("?key=a&t=9", "allowed: a number from 0 to 2")],
)
def test_an_address_that_gives_no_settings_is_told_and_closed(serve: Serve, query: str, words: str) -> None:
    text = settings("temperature: {function: \"handler.get_arg('t', '1')\"}").replace(
        "key: sk-of-the-operator", "key: {function: handler.get_arg('key')}"
    )
    with socket(serve(text), query) as ws:
        assert words in turn(ws)[0]
        assert closed(ws) == 1008


@pytest.mark.parametrize(
    "key",
    [
        "{'alice': 'sk-of-alice', 'bob': 'sk-of-bob'}[handler.get_arg('who')]",
        "{'alice': ['sk-of-alice'], 'bob': 'sk-of-bob'}.get(handler.get_arg('who'), ['sk-of-alice'])",
        "{'alice': 'sk-of-alice'} or handler.get_arg('who')",
        "'sk-of-alice \\u00e9' or handler.get_arg('who')",
    ],
)
def test_keys_that_stand_in_an_expression_are_told_to_nobody(
    serve: Serve, key: str, caplog: pytest.LogCaptureFixture
) -> None:
    text = settings("").replace("key: sk-of-the-operator, ", f'key: {{function: "{key}"}}, model: m')
    with socket(serve(text), "?who=mallory") as ws:
        told = turn(ws)[0]
        assert closed(ws) == 1008
    assert told.startswith("[ERROR] ")
    assert "sk-of" not in told + caplog.text
    assert "alice" not in told + caplog.text


def test_a_value_that_cannot_be_computed_is_told_in_short_and_logged_with_its_source(
    serve: Serve, caplog: pytest.LogCaptureFixture
) -> None:
    with socket(serve(settings("user: {function: \"{'a': 'b'}[handler.get_arg('who')]\"}")), "?who=c") as ws:
        assert turn(ws) == ["[ERROR] user: this address gives no value for it."]
    assert "{'a': 'b'}[handler.get_arg('who')]" in caplog.text


def test_the_operators_key_never_goes_to_a_server_that_a_visitor_names(serve: Serve, played: Played) -> None:
    expressions = "key: {function: \"handler.get_arg('key', None)\"}, url: {function: \"handler.get_arg('url', None)\"}"
    text = settings("").replace("key: sk-of-the-operator, ", f"{expressions}, model: m")
    server = serve(text, service=Service(Connection("http://127.0.0.1:9/v1", "sk-of-the-environment")))
    with socket(server, "?url=http://evil.example/v1") as ws:
        assert "no API key for it" in turn(ws)[0]
        assert closed(ws) == 1008
    for query in ("", "?url=http://mine.example/v1&key=sk-mine"):
        with socket(server, query) as ws:
            turn(ws, "Hi")
    asked = [(connection.base_url, connection.api_key) for connection in played.connections]
    assert asked == [("http://127.0.0.1:9/v1", "sk-of-the-environment"), ("http://mine.example/v1", "sk-mine")]


def test_hooks_change_what_goes_in_and_what_is_kept_in_streams_too(serve: Serve, played: Played) -> None:
    text = settings("stream: true, max_history: 3, open: begin, prepare: without_card_numbers(message), modify: signed")
    with socket(serve(text, HookFunctions.load(HOOKS)), "?language=Latin") as ws:
        assert "".join(turn(ws, "My card is 4111111111111111")) == "Hello"
        turn(ws, "two")
    assert played.said(0) == [
        "Answer in Latin.", "What is your name?", "I am the help desk.", "My card is [number]"
    ]  # fmt: skip
    assert played.said(1) == [
        "Answer in Latin.", "I am the help desk.", "My card is [number]", "Hello\n\nThe help desk", "two"
    ]  # fmt: skip


def test_a_hook_that_fails_ends_the_turn_and_tells_no_secrets(serve: Serve, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("def f(message, handler):\n    raise ValueError('secret')\n", "utf-8")
    with socket(serve(settings("prepare: f"), HookFunctions.load(tmp_path / "mine.py"))) as ws:
        told = turn(ws, "Hi")[0]
    assert told.startswith("[ERROR] The assistant cannot answer this just now")
    assert "secret" not in told


def test_a_mistake_of_ours_ends_the_turn_and_not_the_socket(serve: Serve, played: Played) -> None:
    def play(body: Mapping[str, Any], show: Show, cancel: Cancel) -> ChatAnswer | None:
        assert body["messages"]
        assert callable(show)
        assert not cancel.is_set()
        if len(played.asked) == 1:
            raise KeyError("secret")
        return None

    played.play = play
    with socket(serve()) as ws:
        assert turn(ws, "one") == ["[ERROR] The server made a mistake; whoever runs this chat finds it in the log."]
        assert turn(ws, "two") == ["Hello"]
