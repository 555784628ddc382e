"""Whether a worker is alive, and whether it gets messages."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from ..transport.base import TransportState

if TYPE_CHECKING:
    from collections.abc import Callable

    from ..transport.base import Transport

LIMIT = 10.0
"""Seconds within which the I/O loop of a live worker turns."""


class Health:
    """The state of the transport, as far as its I/O loop told it. `probe` is for one thread, the rest for all.

    Until a transport is attached the worker starts: it is alive, and not ready.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self.state = TransportState()
        self._transport: Transport | None = None
        self._turned = self._clock()
        self._is_waiting = False

    def attach(self, transport: Transport) -> None:
        """Ask this transport from now on; it must be connected."""
        self._turned = self._clock()
        self._transport = transport

    def detach(self) -> None:
        """Ask no more: the worker ends."""
        self._transport = None
        self.state = TransportState()

    def probe(self) -> None:
        """Ask for the state, unless it was asked for and the answer is still awaited."""
        if self._transport is not None and not self._is_waiting:
            self._is_waiting = True
            self._transport.probe(self._on_turn)

    @property
    def silence(self) -> float:
        """The seconds since the I/O loop last turned."""
        return 0.0 if self._transport is None else self._clock() - self._turned

    @property
    def is_alive(self) -> bool:
        """Whether the I/O loop turned lately."""
        return self.silence < LIMIT

    @property
    def is_ready(self) -> bool:
        """Whether messages are brought, and worked on."""
        return self.is_alive and self.state.consuming

    def _on_turn(self, state: TransportState) -> None:
        self._turned = self._clock()
        self._is_waiting = False
        if self._transport is not None:
            self.state = state
