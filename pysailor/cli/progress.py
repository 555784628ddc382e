"""A line at the terminal that says what is waited for, and how long already."""

from __future__ import annotations

import os
import shutil
import sys
import threading
import time
from typing import Self

_FIRST_AFTER = 1.0  # seconds; what is quicker needs no line
_EVERY = 0.5
_BESIDE = 14  # columns for what stands beside the label: a line that wraps cannot be taken away
CLEAR_LINE = "\r\x1b[K"
"""Takes the line away; for others, too, who write where it stands."""


def shows_progress() -> bool:
    """Return whether standard error is a terminal that can take a line away again."""
    return sys.stderr.isatty() and os.environ.get("TERM") != "dumb"


class Progress:
    """Shows at a terminal, after a second and until the end of the context, what is being waited for."""

    def __init__(self, label: str) -> None:
        self._label = label
        self._ended = threading.Event()
        self._lock = threading.Lock()
        self._is_shown = False
        self._thread = threading.Thread(target=self._show, name="progress", daemon=True)

    def __enter__(self) -> Self:
        if shows_progress():
            self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.end()

    def end(self) -> None:
        """Take the line away for good: what follows is written by others. Twice is once."""
        with self._lock:
            self._ended.set()
            if self._is_shown:
                print(CLEAR_LINE, end="", file=sys.stderr, flush=True)
                self._is_shown = False

    def _show(self) -> None:
        began, pause = time.monotonic(), _FIRST_AFTER
        while not self._ended.wait(pause):
            pause = _EVERY
            with self._lock:
                if not self._ended.is_set():
                    seconds = time.monotonic() - began
                    label = self._label[: max(8, shutil.get_terminal_size().columns - _BESIDE)]
                    print(f"{CLEAR_LINE}# {label} … {seconds:.0f} s", end="", file=sys.stderr, flush=True)
                    self._is_shown = True
