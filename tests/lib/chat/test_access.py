"""Who may connect to the chat server, and how much they may do."""

from __future__ import annotations

import json

import pytest
from websockets.exceptions import InvalidStatus

from lib.chat.server.access import AccessRules
from lib.chat.server.shared import ChatLimits
from tests.support.chat_client import WAIT, closed, event, events, socket, turn
from tests.support.played import Gate, Played, Serve


@pytest.mark.parametrize("origin", ["https://evil.example", "null"])
def test_a_page_from_elsewhere_is_refused_before_the_socket_opens(serve: Serve, origin: str) -> None:
    with pytest.raises(InvalidStatus) as caught, socket(serve(), origin=origin):
        pass
    assert caught.value.response.status_code == 403


def test_a_page_of_our_own_or_one_that_is_allowed_comes_in(serve: Serve) -> None:
    server = serve(access=AccessRules(frozenset({"https://site.example"})))
    for origin in (server.url("").rstrip("/"), "https://site.example"):
        with socket(server, origin=origin) as ws:
            assert turn(ws, "Hi") == ["Hello"]


@pytest.mark.parametrize(
    ("query", "headers", "first"),
    [
        ("?token=word-of-mouth", {}, None),
        ("", {"Authorization": "Bearer word-of-mouth"}, None),
        ("", {}, "word-of-mouth"),
    ],
)
def test_a_token_may_be_shown_in_three_ways(
    serve: Serve, query: str, headers: dict[str, str], first: str | None
) -> None:
    server = serve(access=AccessRules(token="word-of-mouth"))  # noqa: S106 - a test's own
    with socket(server, query, additional_headers=headers) as ws:
        if first:
            ws.send(first)
        assert turn(ws, "Hi") == ["Hello"]


@pytest.mark.parametrize(("query", "first"), [("?token=wrong", None), ("", "wrong")])
def test_a_wrong_token_is_told_and_closed(serve: Serve, played: Played, query: str, first: str | None) -> None:
    limits = ChatLimits(wrong_token=0.01)
    with socket(serve(access=AccessRules(token="word-of-mouth"), limits=limits), query) as ws:  # noqa: S106 - a test's own
        if first:
            ws.send(first)
        assert "token is wrong" in turn(ws)[0]
        assert closed(ws) == 1008
    assert not played.asked


def test_who_shows_no_token_is_not_waited_for(serve: Serve) -> None:
    server = serve(access=AccessRules(token="word-of-mouth"), limits=ChatLimits(token=0.05))  # noqa: S106 - a test's own
    with socket(server, "?format=json") as ws:
        assert [event(ws)["type"], event(ws)["code"]] == ["token_needed", "bad_token"]
        assert closed(ws) == 1008


def test_json_shows_its_token_in_a_message(serve: Serve) -> None:
    with socket(serve(access=AccessRules(token="word-of-mouth")), "?format=json") as ws:  # noqa: S106 - a test's own
        event(ws)
        ws.send('{"type": "token", "token": "word-of-mouth"}')
        assert event(ws)["type"] == "open"


def test_too_many_messages_in_a_minute_are_told(serve: Serve, played: Played) -> None:
    with socket(serve(limits=ChatLimits(messages_a_minute=2))) as ws:
        told = [turn(ws, "Hi")[0] for _ in range(3)]
    assert told[:2] == ["Hello", "Hello"]
    assert "2 a minute" in told[2]
    assert len(played.asked) == 2


def test_another_socket_of_the_same_address_has_no_allowance_of_its_own(serve: Serve, played: Played) -> None:
    server = serve(limits=ChatLimits(messages_a_minute=2))
    for _ in range(4):
        with socket(server) as ws:
            turn(ws, "Hi")
    assert len(played.asked) == 2


def test_who_goes_on_after_too_many_messages_is_let_go_whatever_they_are(serve: Serve) -> None:
    with socket(serve(limits=ChatLimits(messages_a_minute=3, over_limit=2)), "?format=json") as ws:
        event(ws)
        for frame in ("{", b"bytes", "x", "{", '{"type": "stop"}', "{"):
            ws.send(frame)
        codes = [event(ws)["code"] for _ in range(6)]
        assert codes == ["not_understood", "not_text", "not_understood", "too_fast", "too_fast", "too_fast"]
        assert closed(ws) == 1008


def test_who_has_no_token_takes_no_place_of_those_who_have(serve: Serve) -> None:
    limits = ChatLimits(connections=1, unauthenticated=2, wrong_token=0.01)
    server = serve(access=AccessRules(token="word-of-mouth"), limits=limits)  # noqa: S106 - a test's own
    with socket(server, "?format=json") as one, socket(server, "?format=json") as two:
        assert [event(one)["type"], event(two)["type"]] == ["token_needed"] * 2
        with pytest.raises(InvalidStatus) as caught, socket(server):
            pass
        assert caught.value.response.status_code == 503
        with socket(server, "?token=word-of-mouth") as ws:
            assert turn(ws, "Hi") == ["Hello"]
            two.send('{"type": "token", "token": "word-of-mouth"}')
            assert (event(two)["code"], closed(two)) == ("full", 1013)
        one.send('{"type": "token", "token": "word-of-mouth"}')
        assert event(one)["type"] == "open"


def test_too_many_sockets_of_one_address_are_refused(serve: Serve) -> None:
    server = serve(limits=ChatLimits(connections_of_an_address=1))
    with socket(server) as ws:
        turn(ws, "Hi")
        with pytest.raises(InvalidStatus) as caught, socket(server):
            pass
    assert caught.value.response.status_code == 503


def test_behind_a_proxy_on_this_machine_visitors_are_told_apart(serve: Serve) -> None:
    server = serve(limits=ChatLimits(connections_of_an_address=1))
    mine, theirs = ({"X-Forwarded-For": address} for address in ("192.0.2.1", "192.0.2.2"))
    with socket(server, additional_headers=mine) as ws, socket(server, additional_headers=theirs) as other:
        assert turn(ws, "Hi") == turn(other, "Hi")
        with pytest.raises(InvalidStatus), socket(server, additional_headers=mine):
            pass


def test_too_many_questions_that_wait_are_told(serve: Serve, played: Played) -> None:
    played.play = gate = Gate()
    with socket(serve(limits=ChatLimits(waiting_questions=1)), "?format=json") as ws:
        event(ws)
        ws.send('{"type": "ask", "text": "one"}')
        assert gate.begun.wait(WAIT)
        for text in ("two", "three"):
            ws.send(json.dumps({"type": "ask", "text": text}))
        assert events(ws, "error")[-1]["code"] == "too_many"


def test_too_many_sockets_are_refused(serve: Serve) -> None:
    server = serve(limits=ChatLimits(connections=1))
    with socket(server) as ws:
        turn(ws, "Hi")
        with pytest.raises(InvalidStatus) as caught, socket(server):
            pass
    assert caught.value.response.status_code == 503


def test_a_frame_beyond_all_measure_closes_the_socket(serve: Serve) -> None:
    with socket(serve()) as ws:
        ws.send("x" * (2 << 20))
        assert closed(ws) == 1009
