"""The life of the stand-in: a port, its connections, start and stop."""

from __future__ import annotations

import itertools
import socket
import threading
from datetime import UTC, datetime
from http.server import ThreadingHTTPServer
from typing import TYPE_CHECKING, Any, Self

from .api import Api, Pace
from .exchange import Exchange
from .journal import Journal, Received

if TYPE_CHECKING:
    from collections.abc import Sequence

KEY = "sk-sandbox"
_WAITING_CONNECTIONS = 512
_STOP_SECONDS = 5.0
_POLL_SECONDS = 0.05


class Listener(ThreadingHTTPServer):
    """The socket that listens, and the connections that it took."""

    daemon_threads = True
    request_queue_size = _WAITING_CONNECTIONS

    def __init__(self, address: tuple[str, int], api: Api, idle_seconds: float) -> None:
        self.api, self.idle_seconds = api, idle_seconds
        self.journal = Journal()
        self._numbers = itertools.count(1)
        self._stopping = threading.Event()
        self._connections: set[socket.socket] = set()
        self._changed = threading.Condition()
        super().__init__(address, Exchange)

    def server_bind(self) -> None:
        """Bind without the base class' look-up of the host's name, which may take seconds."""
        self.socket.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self.socket.bind(self.server_address)
        self.server_address = self.socket.getsockname()
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])

    def next_request_id(self) -> str:
        """Give an id that no other reply of this run has."""
        return f"req_sandbox_{next(self._numbers):08d}"

    def pause(self, seconds: float) -> None:
        """Wait, unless the server is being stopped: then the connection is given up."""
        if self._stopping.wait(seconds):
            raise ConnectionAbortedError("the stand-in stops")

    def process_request(self, request: Any, client_address: Any) -> None:
        """Know of the connection from now on, and serve it in a thread of its own."""
        with self._changed:
            self._connections.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """Close the connection and forget it."""
        super().shutdown_request(request)
        with self._changed:
            self._connections.discard(request)
            self._changed.notify_all()

    def hang_up(self) -> None:
        """End every connection and wait, for a while, until its thread is done."""
        self._stopping.set()
        with self._changed:
            for connection in self._connections:
                _shut(connection)
            self._changed.wait_for(lambda: not self._connections, _STOP_SECONDS)


def _shut(connection: socket.socket) -> None:
    try:
        connection.shutdown(socket.SHUT_RDWR)
    except OSError:  # it has ended by itself
        return


class Sandbox:
    """A stand-in that listens on `host` from its making on and answers between `start()` and `close()`.

    `port` 0 takes a free one. `keys` are the API keys that it takes, `models` further model ids. `slow_seconds` is how
    long a scenario waits, `piece_seconds` the pause between two pieces of a stream, `idle_seconds` how long an idle
    connection is kept. Use it as a context manager.
    """

    def __init__(
        self,
        port: int = 0,
        keys: Sequence[str] = (KEY,),
        host: str = "127.0.0.1",
        *,
        models: Sequence[str] = (),
        slow_seconds: float = 5.0,
        piece_seconds: float = 0.0,
        idle_seconds: float = 300.0,
    ) -> None:
        """Bind the port; raise OSError if it is taken."""
        pace = Pace(slow_seconds, piece_seconds)
        api = Api(tuple(keys), tuple(models), pace, datetime.now(tz=UTC).date())
        self._listener = Listener((host, port), api, idle_seconds)
        self._host = host
        self._is_open = KEY in keys
        self._thread: threading.Thread | None = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return self._listener.server_port

    @property
    def base_url(self) -> str:
        """What a client takes as its base URL."""
        return f"http://{self._host}:{self.port}/v1"

    def base_url_of(self, scenario: str) -> str:
        """Give the base URL under which everything goes as the scenario says."""
        return f"http://{self._host}:{self.port}/scenarios/{scenario}/v1"

    @property
    def notice(self) -> str:
        """What to tell people at the start."""
        key = f" (key: {KEY})" if self._is_open else ""
        return (
            f"The stand-in answers at {self.base_url}{key}. It is a program that behaves like the API, "
            "not a model: what it says means nothing."
        )

    @property
    def requests(self) -> tuple[Received, ...]:
        """The latest requests, the oldest first."""
        return self._listener.journal.entries()

    def start(self) -> Self:
        """Answer from now on, in a thread of its own."""
        if self._thread is None:
            serve = self._listener.serve_forever
            self._thread = threading.Thread(target=serve, args=(_POLL_SECONDS,), name="sandbox", daemon=True)
            self._thread.start()
        return self

    def wait(self) -> None:
        """Stay until the stand-in is closed or the user interrupts; an interrupt closes it and is no error."""
        try:
            while self._thread is not None and self._thread.is_alive():
                self._thread.join(1.0)
        except KeyboardInterrupt:
            self.close()

    def close(self) -> None:
        """Stop answering, end all connections and free the port; a second time does nothing."""
        if self._thread is not None:
            self._listener.shutdown()
            self._thread.join()
            self._thread = None
        self._listener.hang_up()
        self._listener.server_close()
