"""Slow readers, visitors who leave, and a server that stops."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.sync.client import connect

from lib.chat.server.shared import ChatLimits
from tests.support.conversation_turns import eventually
from tests.support.played import Gate, Played, Serve, Show, answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lib.api.cancel import Cancel
    from lib.chat.backend import ChatAnswer
from tests.support.chat_client import WAIT, closed, socket, turn


def test_a_slow_reader_holds_the_api_up_and_is_let_go_in_the_end(serve: Serve, played: Played) -> None:
    shown, ended = [], threading.Event()

    def play(body: Mapping[str, Any], show: Show, cancel: Cancel) -> ChatAnswer:
        assert body
        try:
            for number in range(100_000):
                show("x" * 10_000)
                shown.append(number)
        finally:
            assert cancel.wait(WAIT)
            ended.set()
        return answer("all of it")

    played.play = play
    server = serve(limits=ChatLimits(slow_reader=0.3))
    with socket(server, "?stream", max_queue=1, close_timeout=0.1) as ws:
        ws.send("Hi")
        assert ended.wait(WAIT)
    assert len(shown) < 20_000
    assert eventually(lambda: not server.sockets)


def test_when_the_visitor_goes_the_call_is_stopped(serve: Serve, played: Played) -> None:
    played.play = gate = Gate()
    with socket(serve()) as ws:
        ws.send("Hi")
        assert gate.begun.wait(WAIT)
    assert gate.cancelled.wait(WAIT)


def test_a_server_that_stops_lets_answers_end(serve: Serve, played: Played) -> None:
    played.play = gate = Gate()
    server = serve(limits=ChatLimits())
    with socket(server) as busy, socket(server) as idle:
        busy.send("Hi")
        assert gate.begun.wait(WAIT)
        stopping = threading.Thread(target=server.close)
        stopping.start()
        assert closed(idle) == 1001
        gate.opened.set()
        assert turn(busy) == ["first second"]
        assert closed(busy) == 1001
        stopping.join(WAIT)
    assert not stopping.is_alive()


def test_a_server_that_stops_does_not_wait_for_ever(serve: Serve, played: Played) -> None:
    played.play = gate = Gate()
    server = serve(limits=ChatLimits(grace=0.05))
    with socket(server) as ws:
        ws.send("Hi")
        assert gate.begun.wait(WAIT)
        server.close()
        assert closed(ws) in (1001, 1012)
    assert gate.cancelled.wait(WAIT)


def test_other_addresses_have_no_chat(serve: Serve) -> None:
    with pytest.raises(InvalidStatus) as caught, connect(serve().url("/other", "ws")):
        pass
    assert caught.value.response.status_code == 404
