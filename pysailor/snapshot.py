"""A step's snapshot: its memory from message to message, as the platform has it (platform contract, 2.9)."""

from __future__ import annotations

import copy
import threading
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Final

from .context import Emit, Snapshot, SnapshotUpdate
from .wire import json_text as plaintext

if TYPE_CHECKING:
    from logging import Logger, LoggerAdapter

MOST_BYTES: Final = 5 * 1024
"""Bytes that the platform keeps; it does not say so when there are more."""


class CurrentSnapshot:
    """What the step knows. Threads may share it: what is emitted last is what is remembered."""

    def __init__(self, value: Any = None) -> None:
        self._value = {} if value is None else value
        self._lock = threading.Lock()
        self._warned = False

    def copy(self) -> Any:
        """Return what is known, for one message to do with as it likes."""
        value = self._value  # never changed in place, so no lock
        return {} if value == {} else copy.deepcopy(value)

    def change(self, event: Snapshot | SnapshotUpdate, emit: Emit, logger: Logger | LoggerAdapter[Logger]) -> None:
        """Emit, and remember when it is safe. What the platform cannot make sense of is said and not sent.

        Raise NotJson, before anything is sent, if the value has no form in JSON.
        """
        if isinstance(event, SnapshotUpdate) and (reason := _find_misuse(event.delta)):
            logger.warning("The snapshot stays as it is: %s", reason)
            return
        with self._lock:
            written = plaintext.write(self._after(event))
            self._warn(len(written), logger)
            emit(event)
            self._value = plaintext.read(written)

    def _after(self, event: Snapshot | SnapshotUpdate) -> Any:
        if isinstance(event, Snapshot):
            return event.value
        return {**(self._value if isinstance(self._value, dict) else {}), **event.delta}

    def _warn(self, size: int, logger: Logger | LoggerAdapter[Logger]) -> None:
        if size > MOST_BYTES and not self._warned:
            self._warned = True
            logger.warning("The snapshot has %d bytes; the platform keeps %d. Keep less in it.", size, MOST_BYTES)


def _find_misuse(delta: Any) -> str:
    """Return why this cannot update a snapshot, nothing if it can."""
    if not isinstance(delta, Mapping):
        return f"update_snapshot takes an object with the members to replace; it got a {type(delta).__name__}."
    if "$set" in delta:
        return "update_snapshot knows no $set: give the members themselves, {'name': value}."
    return ""
