"""Regular expressions that end in time, whatever they are and whatever they read."""

from __future__ import annotations

import re
import threading
import time
from typing import TYPE_CHECKING, Any, Final

import regex
from jsonata.jexception import JException

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

_SHORTEST: Final = 0.001
_BRACE: Final = re.compile(r"\\.|\{(?!\d+(?:,\d*)?\})")


class _Clock(threading.local):
    """When the evaluation that this thread is in has to end, on the clock of time.thread_time."""

    until = float("inf")


_CLOCK: Final = _Clock()


def limit_time(seconds: float) -> None:
    """Have the patterns that this thread uses from now on raise TimeoutError after so many seconds of its work.

    A moment in which the machine does something else is not counted: it must not change what an expression means.
    """
    _CLOCK.until = time.thread_time() + seconds


def check_time() -> None:
    """Raise TimeoutError when the time of this thread's evaluation is over."""
    if time.thread_time() > _CLOCK.until:
        raise TimeoutError


class BoundedPattern:
    """A pattern with the four methods that the engine calls; each raises TimeoutError when time is over.

    The standard library's `re` cannot be stopped once it runs, so the work is done by `regex`; what is allowed in a
    pattern, and in a replacement, is still what `re` allows.
    """

    __slots__ = ("_allowed", "_pattern")

    def __init__(self, pattern: str, flags: int) -> None:
        """Compile the pattern; raise re.error if it is none."""
        self._allowed = re.compile(pattern, flags)
        self._pattern = regex.compile(_BRACE.sub(_escape_brace, pattern), flags)

    def search(self, string: str) -> Any:
        """Return the first match, or None."""
        return self._call(self._pattern.search, string)

    def finditer(self, string: str) -> Iterator[Any]:
        """Yield the matches; refuse to go on after one without a letter, at which JavaScript would stay for ever."""
        for found in self._call(self._pattern.finditer, string):
            if found.end() == found.start() and found.start():
                raise JException("D1004", -1)
            yield found
            if found.end() >= len(string):
                return
            if found.end() == found.start():
                raise JException("D1004", -1)

    def sub(self, replacement: Any, string: str, count: int = 0) -> str:
        """Return the text with its matches replaced."""
        if isinstance(replacement, str):
            self._allowed.sub(replacement, "")  # the engine reads the error of `re` for a group that there is not
        return str(self._call(self._pattern.sub, replacement, string, count))

    def split(self, string: str, maxsplit: int = 0) -> list[str]:
        """Return what stands between the matches."""
        found: list[str] = self._call(self._pattern.split, string, maxsplit)
        return found

    def _call(self, method: Callable[..., Any], *args: Any) -> Any:
        left = _CLOCK.until - time.thread_time()
        return method(*args, timeout=None if left == float("inf") else max(left, _SHORTEST))


def _escape_brace(found: re.Match[str]) -> str:
    """Return a brace that repeats nothing as a sign of its own: `regex` would read {e} as an inexact match."""
    return r"\{" if found[0] == "{" else found[0]
