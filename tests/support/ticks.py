"""Whether others go on meanwhile."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable


_ENOUGH = 2


def others_go_on_during(act: Callable[[], object], release: Callable[[], object] | None = None) -> bool:
    """Return whether another thread, or greenlet, runs again and again while `act` does its work.

    What waits until `release` is called has that from the other one, after some turns: however slow the machine is.
    """
    ended, ticks = threading.Event(), 0

    def tick() -> None:
        nonlocal ticks
        while not ended.is_set():
            time.sleep(0.002)
            ticks += 1
            if ticks == _ENOUGH and release is not None:
                release()

    thread = threading.Thread(target=tick, daemon=True)
    thread.start()
    try:
        act()
    finally:
        ended.set()
    during = ticks
    thread.join()
    return during >= _ENOUGH
