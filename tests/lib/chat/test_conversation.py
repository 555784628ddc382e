"""A conversation outlives its socket, and takes one turn at a time."""

from __future__ import annotations

from lib.chat.server.shared import ChatLimits
from tests.support.chat_client import WAIT, closed, event, events, settings, socket, turn
from tests.support.played import Gate, Played, Serve


def test_a_conversation_survives_its_socket(serve: Serve, played: Played) -> None:
    server = serve()
    with socket(server, "?format=json") as ws:
        name = event(ws)["conversation"]
        ws.send('{"type": "ask", "text": "one"}')
        events(ws)
    with socket(server, f"?format=json&conversation={name}") as ws:
        opened = event(ws)
        ws.send('{"type": "retry"}')
        events(ws)
        ws.send('{"type": "ask", "text": "two"}')
        events(ws)
    assert [message["content"] for message in opened["messages"]] == ["one", "Hello"]
    assert played.said(1) == ["one"]
    assert played.said(2) == ["one", "Hello", "two"]


def test_another_credential_finds_nothing_under_the_same_id(serve: Serve, played: Played) -> None:
    server = serve(settings("model: m").replace("key: sk-of-the-operator", "key: {function: handler.get_arg('key')}"))
    name = "a-name-that-is-long-enough"
    for key in ("sk-a", "sk-b", "sk-a"):
        with socket(server, f"?key={key}&conversation={name}") as ws:
            turn(ws, key)
    assert played.said(1) == ["sk-b"]
    assert played.said(2) == ["sk-a", "Hello", "sk-a"]


def test_an_id_that_could_be_guessed_is_refused(serve: Serve) -> None:
    with socket(serve(), "?conversation=1") as ws:
        assert "16 to 255" in turn(ws)[0]
        assert closed(ws) == 1008


def test_two_sockets_of_one_conversation_take_turns(serve: Serve, played: Played) -> None:
    gate = Gate()
    played.play = lambda body, show, cancel: gate(body, show, cancel) if len(body["messages"]) == 1 else None
    server = serve()
    name = "?conversation=shared-by-two-sockets"
    with socket(server, name) as first, socket(server, name) as second:
        first.send("one")
        assert gate.begun.wait(WAIT)
        second.send("two")
        gate.opened.set()
        assert turn(first) == ["first second"]
        assert turn(second) == ["Hello"]
    assert played.said() == ["one", "first second", "two"]


def test_who_waits_for_a_conversation_holds_nobody_else_up(serve: Serve, played: Played) -> None:
    gate = Gate()
    played.play = lambda body, show, cancel: gate(body, show, cancel) if "slow" in str(body["messages"]) else None
    server = serve(limits=ChatLimits(turns_at_once=2))
    with socket(server, "?conversation=shared-by-four-sockets") as first:
        first.send("slow")
        assert gate.begun.wait(WAIT)
        for _ in range(3):
            with socket(server, "?format=json&conversation=shared-by-four-sockets") as other:
                other.send('{"type": "ask", "text": "slow"}')
                assert events(other, "start")
        with socket(server) as ws:
            assert turn(ws, "quick") == ["Hello"]
        gate.opened.set()
        assert turn(first) == ["first second"]


def test_a_question_that_waits_for_its_conversation_can_be_stopped_and_gives_up_in_the_end(
    serve: Serve, played: Played
) -> None:
    played.play = gate = Gate()
    server = serve(limits=ChatLimits(wait_for_turn=0.2))
    name = "?format=json&conversation=shared-with-one-that-waits"
    with socket(server, name) as first, socket(server, name) as second:
        first.send('{"type": "ask", "text": "one"}')
        assert gate.begun.wait(WAIT)
        event(second)
        second.send('{"type": "ask", "text": "two"}')
        assert events(second)[-2]["code"] == "conversation_busy"
        second.send('{"type": "ask", "text": "three"}')
        event(second)
        second.send('{"type": "stop"}')
        assert events(second)[-2]["outcome"] == "stopped"
        gate.opened.set()
        assert events(first)[-1]["text"] == "first second"


def test_a_conversation_is_open_in_so_many_sockets_only(serve: Serve) -> None:
    server = serve(limits=ChatLimits(connections_of_a_conversation=1))
    name = "?format=json&conversation=open-in-one-socket-only"
    with socket(server, name) as ws:
        event(ws)
        with socket(server, name) as other:
            assert event(other)["code"] == "full"
            assert closed(other) == 1013
    with socket(server, name) as ws:
        assert event(ws)["type"] == "open"
