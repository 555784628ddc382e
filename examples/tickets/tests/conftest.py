"""A ticket service on this machine."""

from __future__ import annotations

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qs, urlsplit

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator

KEY = "a-key-of-the-tests"


class Service(ThreadingHTTPServer):
    """The service: its tickets, and the status that it answers with if it should fail."""

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.tickets = [{"id": n, "subject": f"Ticket {n}", "queue": "it"} for n in (1, 2, 3)]
        self.status = 200

    @property
    def cfg(self) -> dict[str, str]:
        """The settings that lead here."""
        return {"baseUrl": f"http://127.0.0.1:{self.server_port}", "apiKey": KEY, "queue": "it"}


class Handler(BaseHTTPRequestHandler):
    server: Service

    def do_GET(self) -> None:
        """Answer with the queues, or with the tickets after one."""
        address = urlsplit(self.path)
        if address.path == "/queues":
            self._answer([{"name": "it", "label": "IT"}, {"name": "hr", "label": "Human Resources"}])
        else:
            after = int(parse_qs(address.query)["after"][0])
            self._answer([ticket for ticket in self.server.tickets if int(str(ticket["id"])) > after])

    def do_POST(self) -> None:
        """Open a ticket."""
        ticket = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        self._answer({"id": len(self.server.tickets) + 1, **ticket})

    def _answer(self, document: Any) -> None:
        status = self.server.status if self.headers["X-Api-Key"] == KEY else 401
        content = json.dumps(document).encode()
        self.send_response(status)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name that http.server has
        """Print nothing."""


@pytest.fixture
def service() -> Iterator[Service]:
    """Run the service while a test lasts."""
    with Service() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()
