"""One connection with one channel that comes back by itself."""

from __future__ import annotations

import logging
import random
import time
from typing import TYPE_CHECKING, Any

from .outage_log import OutageLog, level_of
from .trouble import describe, diagnose

if TYPE_CHECKING:
    from collections.abc import Callable

    from .broker import Broker
    from .io_thread import IoThread
    from .pika_access import PikaAccess

LOG = logging.getLogger(__name__)

STEADY = 5.0
"""Seconds after which an open channel counts as well: what goes wrong then is not the old trouble."""
IMPATIENCE = 2.0
"""Seconds after which a try to connect again is joined by another."""
MOST_ATTEMPTS = 8
"""As many as begin before the first one gives up by itself, after pika's 15 seconds."""


class RecoveringConnection:
    """A channel for as long as there is one.

    Until it was open once, it tries as often as the settings say and then gives up; after that it tries for ever, with
    delays that grow until a channel has been of use, or has at least stayed open for a while. A try that gets no answer
    is joined by another after a moment: the first may hang on an address where nobody listens any more, and wait there
    long after the broker has come back. Whichever is open first is kept.
    """

    def __init__(
        self, io: IoThread, broker: Broker, parameters: Any, pika: PikaAccess, outages: OutageLog | None = None
    ) -> None:
        self.channel: Any = None
        self.is_blocked = False
        self.on_closed: Callable[[], None] = _ignore
        self._on_open: Callable[[Any], None]
        self._on_lost: Callable[[Exception], None]
        self._on_failed: Callable[[Exception], None]
        self._io = io
        self._broker = broker
        self._parameters = parameters
        self._connection_class = pika.connection_class
        self._hang_up, self._release = pika.hang_up, pika.release
        self._read_in_large_pieces = pika.read_in_large_pieces
        self._outages = outages or OutageLog()
        self._name = parameters.client_properties["connection_name"]
        self._connection: Any = None
        self._attempts: list[Any] = []
        self._unfinished: set[Any] = set()
        """Those that pika has not told the end of."""
        self._timer: object | None = None
        self._failures = 0
        self._level = logging.WARNING
        """At which the loss was logged that goes on."""
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

    @property
    def is_usable(self) -> bool:
        """Whether a channel is open."""
        return self.channel is not None and self.channel.is_open

    def open(self) -> None:
        """Connect."""
        self._timer = None
        attempt = self._connection_class(
            self._parameters,
            on_open_callback=self._on_connected,
            on_open_error_callback=self._on_connect_failed,
            on_close_callback=self._on_disconnected,
            custom_ioloop=self._io.loop,
        )
        self._attempts.append(attempt)
        self._unfinished.add(attempt)
        if self._opened_once and len(self._attempts) < MOST_ATTEMPTS:
            self._timer = self._io.later(IMPATIENCE, self.open)

    def close(self) -> None:
        """Disconnect, after what is already written, and call `on_closed`."""
        self._closing = True
        self._cancel_timer()
        self._abort_attempts()
        if self._connection is not None and self._connection.is_open:
            self._connection.close()
        self._check_closed()

    def release(self) -> None:
        """Close what the loop left open when it ended; it runs no more."""
        for connection in self._unfinished:
            self._release(connection)

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
        """Drop all connections; a new one follows."""
        self._cancel_timer()
        try:
            self._abort_attempts()
            if self._connection is not None:
                self._connection.uncork()
                self._connection.close()
        except Exception as error:  # noqa: BLE001 - it is in a state that its authors did not foresee
            LOG.debug("%s: cannot be dropped (%s)", self._name, describe(error))
        if self._closing:
            self._connection = None
            self._check_closed()
        elif self._connection is None or self._connection.is_closed:
            self._schedule(self.open)

    def reopen(self) -> None:
        """Drop the channel only; a new one follows."""
        if self.channel is not None and self.channel.is_open:
            self.channel.close()

    def _on_connected(self, connection: Any) -> None:
        self._forget(connection)
        if self._closing or self._connection is not None:
            connection.close()
            self._check_closed()
            return
        self._cancel_timer()
        self._connection = connection
        self._level = logging.WARNING
        self._read_in_large_pieces(connection)
        self._abort_attempts()
        connection.add_on_connection_blocked_callback(self._on_blocked)
        connection.add_on_connection_unblocked_callback(self._on_unblocked)
        self._open_channel()

    def _open_channel(self) -> None:
        self._timer = None
        if self._connection is not None and self._connection.is_open:
            self._connection.channel(on_open_callback=self._on_channel_open)

    def _on_channel_open(self, channel: Any) -> None:
        channel.add_on_close_callback(self._on_channel_closed)
        if self._opened_once:
            LOG.log(min(self._level, logging.INFO), "%s: open again", self._name)
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
        if self._connection is not None and self._connection.is_open and not self._closing:
            number = self._failures + 1
            self._level = level_of(number)
            often = f", {number} times on end" if number > 1 else ""
            LOG.log(self._level, "%s: channel closed (%s)%s, opening another", self._name, reason, often)
            self._schedule(self._open_channel)

    def _on_connect_failed(self, connection: Any, reason: Exception) -> None:
        self._forget(connection)
        self._unfinished.discard(connection)
        if self._closing:
            self._check_closed()
        elif self._connection is not None or self._attempts:
            LOG.debug("%s: a try to connect ended (%s), another goes on", self._name, describe(reason))
        elif not self._opened_once and self._failures >= self._broker.reconnect_attempts:
            self._on_failed(reason)
        else:
            found = diagnose(reason, self._parameters).found
            self._outages.warn(self._name, "cannot connect", found, "trying again")
            self._schedule(self.open)

    def _on_disconnected(self, connection: Any, reason: Exception) -> None:
        self._unfinished.discard(connection)
        if connection is not self._connection:
            return
        self._connection = None
        self.is_blocked = False
        self._cancel_timer()
        if self._closing:
            self._check_closed()
        else:
            self._outages.warn(self._name, "connection lost", describe(reason), "connecting again")
            self._schedule(self.open)

    def _forget(self, attempt: Any) -> None:
        if attempt in self._attempts:
            self._attempts.remove(attempt)

    def _abort_attempts(self) -> None:
        """End the tries that go on; those that cannot be ended end by themselves, and are not waited for."""
        self._attempts = [attempt for attempt in self._attempts if self._hang_up(attempt)]

    def _check_closed(self) -> None:
        """Call `on_closed`, once, when nothing is open any more."""
        if not self._attempts and (self._connection is None or self._connection.is_closed):
            on_closed, self.on_closed = self.on_closed, _ignore
            on_closed()

    def _schedule(self, act: Callable[[], None]) -> None:
        self._cancel_timer()
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
        self.is_blocked = True
        LOG.warning("%s: the broker takes no messages for now (%s)", self._name, frame.method.reason)

    def _on_unblocked(self, _connection: Any, _frame: Any) -> None:
        self.is_blocked = False
        LOG.info("%s: the broker takes messages again", self._name)


def _ignore() -> None:
    """Nothing waits for this call."""
