"""The chat server over a real socket, spoken to in JSON."""

from __future__ import annotations

import json
import threading
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from lib.api.connection import Connection
from lib.chat.backend import ApiBackend
from lib.chat.conversation import Service
from lib.chat.server.listener import Listener
from lib.chat.server.shared import ChatLimits
from lib.errors.api_error import ApiError
from tests.support.played import Gate, Played, Serve, Show, answer, routes
from tests.support.silent import Silent

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lib.api.cancel import Cancel
    from lib.chat.backend import ChatAnswer
    from lib.conversation import Store
from tests.support.chat_client import WAIT, event, events, settings, socket, turn


def test_json_tells_everything_about_a_turn(serve: Serve) -> None:
    with socket(serve(), "?format=json") as ws:
        opened = event(ws)
        ws.send(json.dumps({"type": "ask", "text": "Hi"}))
        told = events(ws)
    assert opened["type"] == "open"
    assert (opened["model"], opened["source"], opened["messages"]) == ("a-model", "api", [])
    assert "".join(each["text"] for each in told if each["type"] == "delta") == "Hello"
    kinds = [each["type"] for each in told if each["type"] != "delta"]
    assert kinds == ["start", "usage", "cost", "outcome", "done"]
    assert told[-1] == {"type": "done", "turn": 1, "text": "Hello", "kept": True}


def test_a_subprotocol_chooses_json_too(serve: Serve) -> None:
    with socket(serve(), subprotocols=["json"]) as ws:
        assert ws.subprotocol == "json"
        assert event(ws)["type"] == "open"


def test_stop_ends_the_answer_and_keeps_what_had_come(serve: Serve, played: Played) -> None:
    played.play = gate = Gate()
    with socket(serve(), "?format=json") as ws:
        event(ws)
        ws.send('{"type": "ask", "text": "one"}')
        ws.send('{"type": "ask", "text": "never asked"}')
        assert gate.begun.wait(WAIT)
        ws.send('{"type": "stop"}')
        told = events(ws)
        assert (told[-2]["outcome"], told[-1]["kept"]) == ("stopped", True)
        assert gate.cancelled.wait(WAIT)
        assert [(each["type"], each["turn"]) for each in events(ws)] == [("start", 2), ("outcome", 2), ("done", 2)]
        played.play = None
        ws.send('{"type": "ask", "text": "two"}')
        events(ws)
    assert played.said() == ["one", "first ", "two"]


def test_a_stopped_call_that_does_not_end_holds_nobody_up(serve: Serve, played: Played) -> None:
    handshake, end = threading.Event(), threading.Event()

    def play(body: Mapping[str, Any], show: Show, cancel: Cancel) -> ChatAnswer:
        assert body["messages"]
        assert callable(show)
        assert not cancel.is_set()
        handshake.set()
        end.wait(WAIT)
        return answer("too late")

    played.play = play
    with socket(serve(limits=ChatLimits(stop=0.05)), "?format=json") as ws:
        event(ws)
        ws.send('{"type": "ask", "text": "one"}')
        assert handshake.wait(WAIT)
        ws.send('{"type": "stop"}')
        assert events(ws)[-2]["outcome"] == "stopped"
        end.set()
        played.play = None
        ws.send('{"type": "ask", "text": "two"}')
        events(ws)
    assert played.said() == ["two"]


def test_stop_ends_a_call_that_the_service_has_not_begun_to_answer(store: Store) -> None:
    silent, talk = Silent(), ApiBackend()
    with silent.listening() as address, closing(talk):
        service = Service(Connection(address, ""))
        with Listener(routes(), service, talk, store) as server, socket(server, "?format=json") as ws:
            event(ws)
            ws.send('{"type": "ask", "text": "one"}')
            assert silent.asked.wait(WAIT)
            ws.send('{"type": "stop"}')
            assert events(ws)[-2]["outcome"] == "stopped"
            assert silent.gone.wait(WAIT), "the call goes on"


def test_retry_asks_again_in_place_of_the_answer(serve: Serve, played: Played) -> None:
    with socket(serve(settings("max_history: 4")), "?format=json") as ws:
        event(ws)
        for message in (
            {"type": "ask", "text": "one"},
            {"type": "retry"},
            {"type": "retry"},
            {"type": "ask", "text": "2"},
        ):
            ws.send(json.dumps(message))
            events(ws)
    assert [played.said(number) for number in range(4)] == [["one"], ["one"], ["one"], ["one", "Hello", "2"]]


def test_a_retry_after_one_that_failed_still_replaces_the_answer(serve: Serve, played: Played) -> None:
    def play(body: Mapping[str, Any], show: Show, cancel: Cancel) -> ChatAnswer | None:
        assert body["messages"]
        assert callable(show)
        assert not cancel.is_set()
        if len(played.asked) == 2:
            raise ApiError("overloaded", status=503)
        return None

    played.play = play
    server = serve()
    with socket(server, "?format=json") as ws:
        name = event(ws)["conversation"]
        for message in ({"type": "ask", "text": "one"}, {"type": "retry"}, {"type": "retry"}):
            ws.send(json.dumps(message))
            events(ws)
    assert played.said() == ["one"]
    with socket(server, f"?format=json&conversation={name}") as ws:
        assert [message["content"] for message in event(ws)["messages"]] == ["one", "Hello"]


def test_in_text_a_refusal_waits_until_the_answers_before_it_are_told(serve: Serve, played: Played) -> None:
    gate = Gate()
    played.play = lambda body, show, cancel: gate(body, show, cancel) if len(body["messages"]) == 1 else None
    with socket(serve(limits=ChatLimits(messages_a_minute=2)), "?stream") as ws:
        ws.send("one")
        assert gate.begun.wait(WAIT)
        for text in ("two", "three"):
            ws.send(text)
        gate.opened.set()
        assert "".join(turn(ws)) == "first second"
        assert "".join(turn(ws)) == "Hello"
        assert turn(ws)[0].startswith("[ERROR] Too many messages")


@pytest.mark.parametrize(
    ("frame", "code"),
    [
        ("{", "not_understood"),
        ('{"type": "retry"}', "nothing_to_retry"),
        (b"bytes", "not_text"),
        ("x" * 200, "too_long"),
    ],
)
def test_what_leads_to_no_turn_is_told_by_a_code(serve: Serve, frame: str | bytes, code: str) -> None:
    with socket(serve(limits=ChatLimits(message_bytes=100)), "?format=json") as ws:
        event(ws)
        ws.send(frame)
        assert (event(ws) | {"message": ""})["code"] == code
