"""Notices a greenlet that holds the loop: while it computes, or waits in a way that gevent does not know, all wait."""

from __future__ import annotations

import logging
import sys
import time
import traceback
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

import gevent
import greenlet
from gevent import monkey

from . import WORK, current

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_now = time.monotonic
LOG = logging.getLogger(__name__)

LIMIT: Final = 0.1
"""Seconds for which nobody minds."""
_LOOK: Final = 0.05
_EARLY: Final = 0.04
"""Age, in seconds, at which the place is noted: at the next look it might be over."""
_STILL: Final = 1.0
"""Seconds after which it is told that the loop is held, though it still is."""
_MOST_FRAMES: Final = 12


@dataclass(frozen=True, slots=True)
class HeldLoop:
    """The loop was held for so long, or still is. `ids` are those of the message; `stack` is where it was at a look."""

    seconds: float
    ids: Mapping[str, str]
    stack: str = ""
    is_over: bool = True


class LoopWatch:
    """Watches the thread that enters it; a thread of the system looks on and tells. `on_hold` is called there."""

    def __init__(self, on_hold: Callable[[float], None], limit: float = LIMIT) -> None:
        self._on_hold, self._limit = on_hold, limit
        self._hub: Any = None
        self._thread = 0
        self._active: Any = None
        self._since = time.monotonic()
        self._stacks: dict[float, str] = {}
        self._over: list[tuple[float, float, Any]] = []
        self._told = 0.0
        self._ended = False

    def __enter__(self) -> Self:
        self._hub = gevent.get_hub()
        self._thread = monkey.get_original("_thread", "get_ident")()
        self._active, self._since = gevent.getcurrent(), time.monotonic()
        greenlet.settrace(self._on_switch)
        current().start_thread(self._run, "pysailor-loop-watch")
        return self

    def __exit__(self, *_: object) -> None:
        greenlet.settrace(None)
        self._ended = True

    def _on_switch(self, _event: str, greenlets: tuple[Any, Any]) -> None:
        now = _now()
        if now - self._since > self._limit and self._active is not self._hub:
            self._over.append((self._since, now - self._since, self._active))
        self._since, self._active = now, greenlets[1]

    def _run(self) -> None:
        pause = monkey.get_original("time", "sleep")
        while not self._ended:
            pause(_LOOK)
            try:
                self._look()
            except Exception:
                LOG.exception("the loop cannot be watched now")

    def _look(self) -> None:
        """Note where the loop is held, and tell what is over, or lasts long."""
        while self._over:
            since, seconds, holder = self._over.pop(0)
            self._tell(HeldLoop(seconds, ids_of(holder), self._stacks.pop(since, "")))
        since, holder = self._since, self._active
        held = time.monotonic() - since
        if holder is self._hub or held < _EARLY:
            self._stacks.clear()
            return
        if since not in self._stacks:
            self._stacks = {since: self._stack()}
        if held > _STILL and self._told != since:
            self._told = since
            self._tell(HeldLoop(held, ids_of(holder), self._stacks[since], is_over=False))

    def _tell(self, hold: HeldLoop) -> None:
        if hold.is_over:
            self._on_hold(hold.seconds)
        LOG.warning(
            "the loop %s held for %d ms, and all messages waited. Whatever takes long belongs into offload(), or the "
            "step onto threads (PYSAILOR_POOL).",
            "was" if hold.is_over else "has been",
            hold.seconds * 1000,
            extra={**hold.ids, **({"stack": hold.stack} if hold.stack else {})},
        )

    def _stack(self) -> str:
        frame = sys._current_frames().get(self._thread)  # noqa: SLF001 - there is no other way
        lines = traceback.format_stack(frame, limit=None)[-_MOST_FRAMES:] if frame is not None else []
        return "".join(lines)


def ids_of(holder: Any) -> Mapping[str, str]:
    """Return the ids of the message that a greenlet works on; none if it works on none."""
    described = getattr(holder, WORK, None)
    return described() if described is not None else {}
