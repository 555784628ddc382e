"""The frames of one socket."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, Any

from starlette.websockets import WebSocketDisconnect

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from starlette.websockets import WebSocket

    from ..protocol import Failed, Format

_LOG = logging.getLogger(__name__)
_SECONDS_TO_CLOSE = 2.0
GOING_AWAY, POLICY, INTERNAL, RESTART, LATER = 1001, 1008, 1011, 1012, 1013


class Disconnected(Exception):
    """The socket is of no use any more."""


class Socket:
    """A socket that was accepted, and the format that is spoken on it.

    The frames of one event go out together. A visitor who does not read is waited for so many seconds.
    """

    def __init__(self, websocket: WebSocket, spoken: Format, seconds: float) -> None:
        self._websocket, self.format, self._seconds = websocket, spoken, seconds
        self._abort: Callable[[], None] | None = getattr(websocket.state, "abort", None)
        self._write: Callable[[Sequence[str]], bool] | None = getattr(websocket.state, "write", None)
        self._allow_more: Callable[[int], None] | None = getattr(websocket.state, "allow_more", None)
        self._sending = asyncio.Lock()
        self._is_cut = False

    async def receive(self) -> str | None:
        """Return the next frame, None for one that is not text; raise Disconnected when there is none any more."""
        if self._is_cut:
            raise Disconnected
        try:
            message = await self._websocket.receive()
        except (WebSocketDisconnect, RuntimeError) as error:  # closed by then, which starlette tells so
            raise Disconnected from error
        if message["type"] == "websocket.disconnect":
            raise Disconnected
        return message.get("text")

    def allow_more(self, size: int) -> None:
        """Take frames that are so many bytes longer than usual."""
        if self._allow_more is not None:
            self._allow_more(size)

    async def send(self, frames: Sequence[str]) -> None:
        """Send the frames of an event; raise Disconnected."""
        if self.send_now(frames):
            return
        try:
            async with asyncio.timeout(self._seconds), self._sending:
                for frame in frames:
                    await self._websocket.send_text(frame)
        except TimeoutError as error:
            _LOG.warning("A visitor did not read for %g seconds and was let go", self._seconds)
            self._cut()
            raise Disconnected from error
        except (WebSocketDisconnect, RuntimeError, OSError) as error:  # closed by then, which starlette tells so
            raise Disconnected from error

    def send_now(self, frames: Sequence[str]) -> bool:
        """Send the frames if nothing has to be waited for; return whether they were sent."""
        return self._write is not None and not self._sending.locked() and self._write(frames)

    async def refuse(self, failed: Failed, code: int) -> Any:
        """Send why this socket cannot be used and close it; raise Disconnected."""
        await self.send(self.format.fail(None, failed))
        await self.close(code, failed.code)
        raise Disconnected

    async def close(self, code: int, reason: str) -> None:
        """Close the socket, if it is not closed by then."""
        try:
            async with asyncio.timeout(_SECONDS_TO_CLOSE):
                await self._websocket.close(code, reason)
        except TimeoutError:
            self._cut()
        except (WebSocketDisconnect, RuntimeError, OSError):
            return  # it was closed by then

    def _cut(self) -> None:
        """End the connection without a word: a close frame would wait behind what is not read."""
        self._is_cut = True
        if self._abort is not None:
            self._abort()
