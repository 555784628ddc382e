"""One connection with one channel that comes back by itself."""

from __future__ import annotations

import logging
import random
import time
from typing import TYPE_CHECKING, Any

from pika.exceptions import AMQPError

if TYPE_CHECKING:
    from collections.abc import Callable

    from .broker import Broker
    from .io_thread import IoThread
    from .pika_internals import PikaAccess

LOG = logging.getLogger(__name__)

STEADY = 5.0
"""Seconds after which an open channel counts as well: what goes wrong then is not the old trouble."""


class RecoveringConnection:
    """A channel for as long as there is one.

    Until it was open once, it tries as often as the settings say and then gives up; after that it tries for ever, with
    delays that grow until a channel has been of use, or has at least stayed open for a while.
    """

    def __init__(self, io: IoThread, broker: Broker, parameters: Any, pika: PikaAccess) -> None:
        self.channel: Any = None
        self.on_closed: Callable[[], None] = _ignore
        self._on_open: Callable[[Any], None]
        self._on_lost: Callable[[Exception], None]
        self._on_failed: Callable[[Exception], None]
        self._io = io
        self._broker = broker
        self._parameters = parameters
        self._connection_class = pika.connection_class
        self._name = parameters.client_properties["connection_name"]
        self._connection: Any = None
        self._timer: object | None = None
        self._failures = 0
        self._opened_once = False
        self._opened_at = 0.0
        self._closing = False

    def subscribe(
        self,
        on_open: Callable[[Any], None],
        on_lost: Callable[[Exception], None],
        on_failed: Callable[[Exception], None],
    ) -> None:
        """Call `on_open(channel)` for each channel, `on_lost(reason)` when it is gone, `on_failed` when giving up."""
        self._on_open, self._on_lost, self._on_failed = on_open, on_lost, on_failed

    def open(self) -> None:
        """Connect."""
        self._timer = None
        self._connection = self._connection_class(
            self._parameters,
            on_open_callback=self._on_connected,
            on_open_error_callback=self._on_connect_failed,
            on_close_callback=self._on_disconnected,
            custom_ioloop=self._io.loop,
        )

    def close(self) -> None:
        """Disconnect, after what is already written, and call `on_closed`."""
        self._closing = True
        self._cancel_timer()
        if self._connection is None or self._connection.is_closed:
            self.on_closed()
        elif not self._connection.is_closing:
            self._connection.close()

    def prove(self) -> None:
        """Forget past failures: what this connection is for has just worked."""
        self._failures = 0

    def cork(self) -> None:
        """Hold back what is written."""
        if self._connection is not None:
            self._connection.cork()

    def uncork(self) -> None:
        """Write what was held back."""
        if self._connection is not None:
            self._connection.uncork()

    def reset(self) -> None:
        """Drop the connection; a new one follows."""
        try:
            self.uncork()
            self._connection.close()
        except (AMQPError, AttributeError):
            LOG.debug("%s: nothing to drop", self._name)

    def reopen(self) -> None:
        """Drop the channel only; a new one follows."""
        if self.channel is not None and self.channel.is_open:
            self.channel.close()

    def _on_connected(self, connection: Any) -> None:
        connection.add_on_connection_blocked_callback(self._on_blocked)
        connection.add_on_connection_unblocked_callback(self._on_unblocked)
        self._open_channel()

    def _open_channel(self) -> None:
        self._timer = None
        if self._connection.is_open:
            self._connection.channel(on_open_callback=self._on_channel_open)

    def _on_channel_open(self, channel: Any) -> None:
        channel.add_on_close_callback(self._on_channel_closed)
        if self._opened_once:
            LOG.info("%s: open again", self._name)
        self._opened_once = True
        self._opened_at = time.monotonic()
        self.channel = channel
        self._on_open(channel)

    def _on_channel_closed(self, channel: Any, reason: Exception) -> None:
        if channel is self.channel:
            self.channel = None
            if time.monotonic() - self._opened_at > STEADY:
                self._failures = 0
            self._on_lost(reason)
        if self._connection.is_open and not self._closing:
            LOG.warning("%s: channel closed (%s), opening another", self._name, reason)
            self._schedule(self._open_channel)

    def _on_connect_failed(self, _connection: Any, reason: Exception) -> None:
        if self._closing:
            self.on_closed()
        elif not self._opened_once and self._failures >= self._broker.reconnect_attempts:
            self._on_failed(reason)
        else:
            LOG.warning("%s: cannot connect (%s), trying again", self._name, describe(reason))
            self._schedule(self.open)

    def _on_disconnected(self, _connection: Any, reason: Exception) -> None:
        self._cancel_timer()
        if self._closing:
            self.on_closed()
        else:
            LOG.warning("%s: connection lost (%s), connecting again", self._name, describe(reason))
            self._schedule(self.open)

    def _schedule(self, act: Callable[[], None]) -> None:
        self._timer = self._io.later(self._delay(), act)
        self._failures += 1

    def _delay(self) -> float:
        if not self._opened_once:
            return self._broker.reconnect_delay
        longest = min(self._broker.reconnect_max_delay, self._broker.reconnect_delay * 2.0 ** min(self._failures, 32))
        # Spread out, so that a hundred workers do not connect at the moment at which a broker comes back.
        return longest * random.uniform(0.5, 1.0)  # noqa: S311 - not a secret

    def _cancel_timer(self) -> None:
        if self._timer is not None:
            self._io.cancel(self._timer)
            self._timer = None

    def _on_blocked(self, _connection: Any, frame: Any) -> None:
        LOG.warning("%s: the broker takes no messages for now (%s)", self._name, frame.method.reason)

    def _on_unblocked(self, _connection: Any, _frame: Any) -> None:
        LOG.info("%s: the broker takes messages again", self._name)


def _ignore() -> None:
    """Nothing waits for this call."""


def describe(reason: Exception) -> str:
    """Return what happened; pika's errors often hold it only as the error inside."""
    held = [getattr(reason, "exception", None), *getattr(reason, "exceptions", ()), *reason.args]
    inner = [error for error in held if isinstance(error, Exception)]
    if inner:
        return describe(inner[-1])
    return f"{type(reason).__name__}: {reason}" if str(reason) else type(reason).__name__
