"""On which processor a worker's threads run.

Only one thread at a time runs Python. When the next one runs on another processor, it finds none of what it needs in
that one's cache, and is woken by way of the kernel: so a busy worker keeps to one processor, and moves to another when
others want that one. It does so only while it is busy, and not while its component computes outside of Python, on
several processors at once: that is seen by letting it go for a moment.
"""

from __future__ import annotations

import logging
import os
import random
import threading
import time
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

LOG = logging.getLogger(__name__)

PAUSE: Final = 0.5
"""Seconds between two looks."""
BUSY, IDLE = 0.3, 0.1
"""Shares of a processor's time from which on a worker keeps to one, and below which it does not."""
FULL: Final = 0.9
"""The share from which on it may be that a component would use more than one."""
COMPUTES: Final = 1.4
"""What threads that only run Python never use together."""
MARGIN: Final = 0.25
"""How much less busy another processor must be with others' work."""
ALIKE: Final = 0.1
BETWEEN_TRIALS: Final = 60.0
_IDLE_COLUMNS: Final = (3, 4)


@dataclass(slots=True)
class Choice:
    """Which processor to keep to; None for whichever the kernel likes. `always` keeps to one whatever happens."""

    always: bool = False
    processor: int | None = None
    _tried: float = field(default=float("-inf"))

    def next(self, loads: Mapping[int, float], used: float, now: float) -> int | None:
        """Return the processor for the next while.

        `loads` are the shares of their time for which the processors were busy since the last look, by number; `used`
        is the worker's own time in processors; `now` is in seconds.
        """
        self.processor = self._next(loads, used, now)
        return self.processor

    def _next(self, loads: Mapping[int, float], used: float, now: float) -> int | None:
        if self.processor is None or self.processor not in loads:
            wanted = self.always or BUSY <= used < COMPUTES
            self._tried = now if used >= FULL else self._tried
            return least_busy(loads) if wanted else None
        if not self.always and used < IDLE:
            return None
        if not self.always and used >= FULL and now - self._tried >= BETWEEN_TRIALS:
            return None  # until the next look, which tells whether it uses more than one processor then
        return self._less_busy(loads, self.processor, used)

    def _less_busy(self, loads: Mapping[int, float], current: int, used: float) -> int:
        others = max(0.0, loads[current] - used)
        best = least_busy(loads)
        return best if others - loads[best] > MARGIN else current


def least_busy(loads: Mapping[int, float]) -> int:
    """Return one of the processors that are about as little busy as any: not all workers shall go to the same one."""
    least = min(loads.values())
    return random.choice([number for number, load in loads.items() if load - least < ALIKE])  # noqa: S311 - no secret


class Placement:
    """Puts all threads of this process where `Choice` says, as long as the context lasts; then back.

    Where the system has no such thing, or does not tell how busy processors are, nothing is done.
    """

    def __init__(self, choice: Choice | None = None, pause: float = PAUSE) -> None:
        self._choice = choice or Choice()
        self._pause = pause
        self._allowed: frozenset[int] = frozenset()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="pysailor-placement", daemon=True)

    def __enter__(self) -> Self:
        """Begin, if there is a choice."""
        if hasattr(os, "sched_setaffinity") and busy_seconds():
            self._allowed = frozenset(os.sched_getaffinity(0))
        if len(self._allowed) > 1:
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Let the kernel choose again."""
        self._ended.set()
        if self._thread.is_alive():
            self._thread.join()
            put_threads(self._allowed)

    def _run(self) -> None:
        try:
            self._look_again_and_again()
        except Exception:
            LOG.exception("the worker is not kept on one processor")
            put_threads(self._allowed)

    def _look_again_and_again(self) -> None:
        busy, used, at, placed = self._busy(), time.process_time(), time.monotonic(), None
        if self._choice.always:
            placed = self._choice.next(dict.fromkeys(self._allowed, 0.0), 0.0, at)
            put_threads({placed} if placed is not None else self._allowed)
        while not self._ended.wait(self._pause * random.uniform(0.8, 1.2)):  # noqa: S311 - nor in step with others
            busy_before, used_before, at_before = busy, used, at
            busy, used, at = self._busy(), time.process_time(), time.monotonic()
            seconds = max(at - at_before, 1e-3)
            loads = {number: (busy[number] - busy_before.get(number, 0.0)) / seconds for number in busy}
            chosen = self._choice.next(loads, (used - used_before) / seconds, at)
            if chosen != placed:
                placed = chosen
                put_threads(self._allowed if placed is None else {placed})

    def _busy(self) -> dict[int, float]:
        return {number: seconds for number, seconds in busy_seconds().items() if number in self._allowed}


def busy_seconds(file: Path = Path("/proc/stat")) -> dict[int, float]:
    """Return for how long each processor was busy since the system began; nothing if it does not say."""
    try:
        lines = [line.split() for line in file.read_text(encoding="ascii").splitlines() if line.startswith("cpu")]
        return {int(name[3:]): _busy(map(int, ticks)) for name, *ticks in lines if name != "cpu"}
    except (OSError, ValueError):
        return {}


def _busy(ticks: Iterable[int]) -> float:
    busy = sum(each for column, each in enumerate(list(ticks)[:8]) if column not in _IDLE_COLUMNS)
    return busy / os.sysconf("SC_CLK_TCK")


def put_threads(processors: Iterable[int]) -> None:
    """Have all threads of this process, and those that they will start, run on these processors."""
    allowed = set(processors)
    for thread in Path("/proc/self/task").iterdir():
        with suppress(OSError):  # it has just ended
            os.sched_setaffinity(int(thread.name), allowed)
