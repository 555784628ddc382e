"""Leases kept alive while their turns are being made: one thread for all of them."""

from __future__ import annotations

import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pysailor import StepError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from .turn import Place


class LeaseRenewal:
    """Calls `renew(place, token)` for whatever is held, every so many seconds, until it says no."""

    def __init__(self, renew: Callable[[Place, str], bool], every_seconds: float) -> None:
        """Start the thread with the first turn only."""
        self._renew, self._every = renew, every_seconds
        self._held: dict[str, Place] = {}
        self._lock = threading.Lock()
        self._stop = threading.Event()
        self._thread: threading.Thread | None = None

    @contextmanager
    def keep(self, place: Place, token: str) -> Iterator[None]:
        """Keep this lease alive inside the block."""
        with self._lock:
            self._held[token] = place
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="conversation-leases", daemon=True)
                self._thread.start()
        try:
            yield
        finally:
            with self._lock:
                self._held.pop(token, None)

    def close(self) -> None:
        """Stop; leases still held run out."""
        self._stop.set()
        if self._thread is not None:
            self._thread.join(timeout=self._every + 1)

    def _run(self) -> None:
        while not self._stop.wait(self._every):
            with self._lock:
                held = list(self._held.items())
            for token, place in held:
                self._renew_one(token, place)

    def _renew_one(self, token: str, place: Place) -> None:
        try:
            still = self._renew(place, token)
        except StepError:
            return  # the next round tries again; the store lets nobody append whose lease was taken
        if not still:
            with self._lock:
                self._held.pop(token, None)
