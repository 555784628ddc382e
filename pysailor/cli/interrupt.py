"""Ctrl-C, kept back while a module is being loaded: one that is written in C or Rust may crash when interrupted."""

from __future__ import annotations

import signal
import threading
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from types import FrameType

_SOON = 0.005
_LOADER = "<frozen importlib._bootstrap>"


def wait_for_imports() -> None:
    """Raise KeyboardInterrupt at Ctrl-C as Python does, but not inside of an import."""
    is_default = signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if is_default and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGALRM, _interrupt)
        signal.signal(signal.SIGINT, _interrupt)


def _interrupt(number: int, frame: FrameType | None) -> None:
    if _is_loading(frame):
        signal.setitimer(signal.ITIMER_REAL, _SOON)
    else:
        signal.default_int_handler(number, frame)


def _is_loading(frame: FrameType | None) -> bool:
    while frame is not None:
        if frame.f_code.co_filename == _LOADER:
            return True
        frame = frame.f_back
    return False
