"""The life of the chat server: a port, its sockets, start and a graceful stop."""

from __future__ import annotations

import asyncio
import logging
import socket as sockets
import threading
from struct import pack
from typing import TYPE_CHECKING, Self

import uvicorn
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from websockets.protocol import State

from ..turn import TurnContext
from .access import AccessRules
from .app import ChatApp
from .client_faults import WebServerFilter
from .shared import ChatLimits, SharedState

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable, Sequence
    from types import FrameType

    from ...conversation import Store
    from ..backend import Backend
    from ..config.route import Route
    from ..conversation import Service

_LARGEST_FRAME = 1024 * 1024  # above it the socket is closed; below, a message that is too long gets a sentence
_TEXT, _MEDIUM, _LARGE = 0x81, 126, 1 << 16  # a last frame of text; sizes from which two or eight bytes tell them
_SECONDS_TO_FINISH = 5
_SECONDS_TO_START = 15.0


class Listener:
    """A chat server: it listens once it is made, and answers between `start()` and `close()`, or during `run()`.

    Use it as a context manager, or `run()` it in the main thread, where SIGTERM and SIGINT end it. Store and backend
    belong to the caller.
    """

    def __init__(
        self,
        routes: Sequence[Route],
        service: Service,
        backend: Backend,
        store: Store,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        access: AccessRules | None = None,
        limits: ChatLimits | None = None,
    ) -> None:
        """Bind the port; raise OSError if it is taken."""
        limits = limits or ChatLimits()
        context = TurnContext(store, backend, limits.keep, limits.wait_for_turn)
        self._shared = SharedState(service, context, access or AccessRules(), limits)
        self._app = ChatApp(routes, self._shared)
        family = sockets.AF_INET6 if ":" in host else sockets.AF_INET
        self._listening = sockets.create_server((host, port), family=family, backlog=1024)
        self._host = host
        self._ready = threading.Event()
        self._server = _Server(_settings(self._app, limits), self._app.close, self._ready.set)
        self._thread: threading.Thread | None = None

    @property
    def port(self) -> int:
        """The port that it listens on."""
        return int(self._listening.getsockname()[1])

    @property
    def sockets(self) -> int:
        """How many sockets are open."""
        return self._app.sockets

    def url(self, path: str = "/", scheme: str = "http") -> str:
        """Return the address of a path."""
        host = f"[{self._host}]" if ":" in self._host else self._host
        return f"{scheme}://{host}:{self.port}{path}"

    def run(self) -> None:
        """Answer until SIGTERM or SIGINT; running answers are given some seconds. A second signal ends it at once."""
        web_server, quiet = logging.getLogger("uvicorn.error"), WebServerFilter(self._shared.client_faults)
        web_server.addFilter(quiet)
        try:
            self._server.run([self._listening])
        finally:
            web_server.removeFilter(quiet)
            self._listening.close()
            self._shared.close()

    def start(self) -> Self:
        """Answer from now on, in a thread of its own."""
        self._thread = threading.Thread(target=self.run, name="chat server", daemon=True)
        self._thread.start()
        if not self._ready.wait(_SECONDS_TO_START):
            raise RuntimeError(f"the chat server was not ready after {_SECONDS_TO_START:g} seconds")
        return self

    def close(self) -> None:
        """Stop as after SIGTERM, and return when it has stopped; a second time does nothing."""
        if self._thread is None:
            self._listening.close()
            return
        self._server.leave()
        self._thread.join()
        self._thread = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.close()


class _Socket(WebSocketsSansIOProtocol):
    """uvicorn's, with ways to end a connection on which nothing can be sent, to send without waiting, to take more."""

    async def run_asgi(self) -> None:
        self.scope["state"] |= {"abort": self.transport.abort, "write": self._write, "allow_more": self._allow_more}
        await super().run_asgi()

    def _write(self, frames: Sequence[str]) -> bool:
        """Write frames of text at once; return whether that was possible. `send()` may have to wait."""
        if not self.writable.is_set() or self.conn.state is not State.OPEN or not self.handshake_complete:
            return False
        self.transport.write(b"".join(map(_frame, frames)))
        return True

    def _allow_more(self, size: int) -> None:
        """Take frames that are so many bytes longer than usual."""
        name = "max_message_size" if hasattr(self.conn, "max_message_size") else "max_size"  # as websockets 15 calls it
        setattr(self.conn, name, _LARGEST_FRAME + size)


class _Server(uvicorn.Server):
    """uvicorn's, which would close all sockets at once at the first signal; here running answers come first."""

    def __init__(self, config: uvicorn.Config, drain: Callable[[], Awaitable[None]], ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._drain, self._ready = drain, ready
        self._loop: asyncio.AbstractEventLoop | None = None
        self._leaving: asyncio.Task[None] | None = None

    async def startup(self, sockets: list[sockets.socket] | None = None) -> None:
        self._loop = asyncio.get_running_loop()
        await super().startup(sockets)
        self._ready()

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002 - the signature of a handler
        if self._leaving is not None:
            self.force_exit = self.should_exit = True
        self.leave()

    def leave(self) -> None:
        """Begin to stop; from any thread."""
        if self._loop is None:
            self.should_exit = True
        elif not self._loop.is_closed():
            self._loop.call_soon_threadsafe(self._begin)

    def _begin(self) -> None:
        if self._leaving is None:
            self._leaving = asyncio.get_running_loop().create_task(self._leave())

    async def _leave(self) -> None:
        try:
            await self._drain()
        finally:
            self.should_exit = True


def _frame(text: str) -> bytes:
    """Return a frame of text as a server sends it: whole, not masked."""
    data = text.encode()
    size = len(data)
    if size < _MEDIUM:
        return bytes((_TEXT, size)) + data
    return (pack("!BBH", _TEXT, 126, size) if size < _LARGE else pack("!BBQ", _TEXT, 127, size)) + data


def _settings(app: ChatApp, limits: ChatLimits) -> uvicorn.Config:
    return uvicorn.Config(
        app,
        loop="asyncio",
        http="h11",
        ws=_Socket,
        ws_max_size=_LARGEST_FRAME,
        ws_ping_interval=limits.ping,
        ws_ping_timeout=limits.ping,
        ws_per_message_deflate=False,  # some 50 KiB a socket for texts of a few words
        lifespan="off",
        log_config=None,
        access_log=False,  # addresses may hold keys and tokens
        server_header=False,
        timeout_graceful_shutdown=_SECONDS_TO_FINISH,
    )
