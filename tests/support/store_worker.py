"""A process that works on a store: `python -m tests.support.store_worker URL KEY add 100`, or `fill`."""

from __future__ import annotations

import sys
from itertools import count

from pysailor.store import Store, open_store


def add(store: Store, key: str, times: int) -> None:
    """Count up, `times` times."""
    for _ in range(times):
        store.update(key, lambda value: str(int(value or 0) + 1).encode(), 600)


def fill(store: Store, key: str, _: int) -> None:
    """Put values until killed, and print the number of each that is safe."""
    for number in count():
        store.put(f"{key}/{number}", b"x" * 1000, 600)
        print(number, flush=True)  # noqa: T201 - its parent reads this


if __name__ == "__main__":
    url, key, what, times = sys.argv[1:]
    with open_store(url) as opened:
        {"add": add, "fill": fill}[what](opened, key, int(times))
