"""A client of the chat server, and what tests ask it."""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from websockets.exceptions import ConnectionClosed
from websockets.sync.client import ClientConnection, connect

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lib.chat.server.listener import Listener


WAIT = 60


def settings(kwargs: str) -> str:
    return f"url: {{chat: {{pattern: /chat, handler: ChatGPTHandler, kwargs: {{key: sk-of-the-operator, {kwargs}}}}}}}"


@contextmanager
def socket(server: Listener, query: str = "", **options: Any) -> Iterator[ClientConnection]:
    with connect(server.url(f"/chat{query}", "ws"), **options) as opened:
        yield opened


def turn(ws: ClientConnection, question: str | None = None) -> list[str]:
    """Ask in the text protocol and return the frames before the empty one."""
    if question is not None:
        ws.send(question)
    frames: list[str] = []
    while frame := ws.recv(WAIT):
        frames.append(str(frame))
    return frames


def event(ws: ClientConnection) -> dict[str, Any]:
    return dict(json.loads(ws.recv(WAIT)))


def events(ws: ClientConnection, until: str = "done") -> list[dict[str, Any]]:
    told = [event(ws)]
    while told[-1]["type"] != until:
        told.append(event(ws))
    return told


def closed(ws: ClientConnection) -> int | None:
    try:
        while True:
            ws.recv(WAIT)
    except ConnectionClosed as error:
        return error.rcvd.code if error.rcvd else None
