"""A server that the visitor chose: only the public internet is reached, and nothing is learnt about anything else."""

from __future__ import annotations

import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any

import pytest

from lib.api.connection import Connection
from lib.attachments import Guard
from lib.chat.backend import ApiBackend
from lib.chat.conversation import Service
from lib.chat.server.listener import Listener
from tests.support.broker import free_port
from tests.support.chat_client import event, events, settings, socket
from tests.support.played import routes

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lib.conversation import Store

    Start = Callable[..., Listener]

VISITORS = settings("url: {function: handler.get_arg('url')}").replace(
    "key: sk-of-the-operator", "key: {function: handler.get_arg('key')}"
)
SECRET = "what-only-this-machine-may-read"


class Inside(BaseHTTPRequestHandler):
    """A service of this machine; it answers, redirects, or tells a secret."""

    def do_POST(self) -> None:
        self.server.asked.append(self.path)  # type: ignore[attr-defined]  # the fixture's own
        redirects = self.path.startswith("/away")
        self.send_response(302 if redirects else 418)
        if redirects:
            self.send_header("Location", "/secret")
        self.send_header("Content-Length", str(len(SECRET)))
        self.end_headers()
        self.wfile.write(SECRET.encode())

    def log_message(self, *_: Any) -> None:
        """Stay silent."""


@pytest.fixture
def inside() -> Iterator[Any]:
    server: Any = ThreadingHTTPServer(("127.0.0.1", 0), Inside)
    server.asked = []
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    yield server
    server.shutdown()
    server.server_close()


@pytest.fixture
def start(store: Store) -> Iterator[Callable[..., Listener]]:
    running: list[Any] = []

    def begin(text: str = VISITORS, guard: Guard | None = None) -> Listener:
        backend = ApiBackend(guard)
        service = Service(Connection("http://127.0.0.1:9/v1", ""))
        listener = Listener(routes(text), service, backend, store).start()
        running.extend([listener, backend])
        return listener

    yield begin
    for one in running:
        one.close()


def ask(server: Listener, url: str) -> dict[str, Any]:
    """Return what a visitor reads who names this server."""
    with socket(server, f"?format=json&key=sk-of-the-visitor&url={url}") as ws:
        first = event(ws)
        if first["type"] == "error":
            return first
        ws.send('{"type": "ask", "text": "Hi"}')
        return next(each for each in events(ws) if each["type"] == "error")


def test_open_and_closed_ports_and_names_that_are_not_there_read_alike(start: Start, inside: Any) -> None:
    server, port = start(), inside.server_port
    hosts = ["127.0.0.1", "localhost", "2130706433", "0x7f000001", "[::ffff:127.0.0.1]", "nobody.invalid"]
    told = [ask(server, f"http://{host}:{at}/v1") for host in hosts for at in (port, free_port())]
    assert {(each["code"], each["message"], each["retryable"]) for each in told} == {
        ("no_answer", "No answer could be had with the url and the key of this address; check both.", False)
    }
    assert inside.asked == []


def test_neither_a_redirect_nor_words_of_the_server_reach_the_visitor(start: Start, inside: Any) -> None:
    server = start(guard=Guard(allow_private=True))
    for path in ("v1", "away"):
        told = ask(server, f"http://127.0.0.1:{inside.server_port}/{path}")
        assert told["code"] == "no_answer"
        assert SECRET not in str(told)
    assert inside.asked == ["/v1/chat/completions", "/away/chat/completions"]


def test_an_address_of_the_operators_own_is_free(start: Start, inside: Any) -> None:
    choice = f"url: {{function: \"'http://127.0.0.1:{inside.server_port}/v1' if 'a' in handler.args else None\"}}"
    server = start(VISITORS.replace("url: {function: handler.get_arg('url')}", choice))
    ask(server, "x&a=1")
    assert inside.asked == ["/v1/chat/completions"]
