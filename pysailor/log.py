"""Log lines as the platform's pipeline reads them: one JSON object a line, in bunyan's form (platform contract, 5.5).

Two loggers write them: `component` is what a component logs, everything else appears as `sailor`. Ids are bound to
the component's logger for each message. Of an exception a line tells the kind and the place, not its text: that may
quote a message or a cfg. What somebody puts into a line himself is there; secrets in it are masked, as far as they are
known.
"""

from __future__ import annotations

import json
import logging
import math
import os
import re
import socket
import traceback
from datetime import UTC, datetime
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Self

import orjson

from .errors import InvalidSettings
from .log_buffer import BufferedHandler, DeferredMessage
from .masking import MASK, parts_to_mask

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, MutableMapping
    from typing import TextIO

COMPONENT: Final = "component"
SAILOR: Final = "sailor"
TRACE: Final = 5
_COMPONENT_LOGGER: Final = logging.getLogger(COMPONENT)
_GENERATIONS: Final = 2  # what is in work still has the keys from before
_LONGEST: Final = 20_000
_LONGEST_CHAIN: Final = 10

_SPARED: Final = {"_srcfile": None, "logThreads": False, "logProcesses": False, "logMultiprocessing": False}
"""What logging need not find out for each line, by the switches that its documentation names: no line has it."""

_LONGEST_LEVEL = 9
_PLAIN: Final = frozenset((int, bool))
_LEVELS: Final = {"trace": 10, "debug": 20, "info": 30, "warn": 40, "error": 50, "fatal": 60}
_OF_EVERY_RECORD: Final = frozenset(vars(logging.makeLogRecord({}))) | {"message", "asctime", "taskName"}


def level(text: str) -> int:
    """Return Python's level for LOG_LEVEL, a name or number of bunyan's; raise InvalidSettings if it is neither."""
    number = _LEVELS.get(text.lower()) or (int(text) if text.isdecimal() and len(text) <= _LONGEST_LEVEL else None)
    if number is None:
        raise InvalidSettings(f"LOG_LEVEL is {text[:60]!r}; it must be one of {', '.join(_LEVELS)}, or a number.")
    return max(number - 10, TRACE)


class Redaction:
    """The secrets that must not be logged. More become known on the way: a step's credentials, when it is read."""

    def __init__(self, secrets: Iterable[str] = ()) -> None:
        self._secrets: dict[str, tuple[frozenset[str], ...]] = {}
        self._pattern: re.Pattern[str] | None = None
        self.hide(secrets)

    def hide(self, secrets: Iterable[str], instead_of: str = "") -> None:
        """Mask these too, from now on, and their parts. What is shorter than four characters is left.

        Secrets that are renewed have a name: the last two generations are masked, or there would be no end of them.
        """
        found = frozenset(part for secret in secrets for part in parts_to_mask(secret))
        before = self._secrets.get(instead_of, ())
        if instead_of:
            self._secrets[instead_of] = (*before, found)[-_GENERATIONS:]
        else:
            self._secrets[""] = (found.union(*before),)
        all_of_them = frozenset().union(*(each for kept in self._secrets.values() for each in kept))
        longest_first = sorted(all_of_them, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first))) if longest_first else None

    def mask(self, text: str) -> str:
        """Return the text with every known secret masked."""
        return text if self._pattern is None else self._pattern.sub(MASK, text)


class BunyanFormatter(logging.Formatter):
    """Turns a record into one line of JSON; what was given as `extra` becomes members of it."""

    def __init__(self, context: Mapping[str, Any], redaction: Redaction) -> None:
        super().__init__()
        self._context = {**context, "hostname": socket.gethostname(), "pid": os.getpid(), "v": 0}
        self._redaction = redaction

    def format(self, record: logging.LogRecord) -> str:
        mine = record.name.partition(".")[0]
        if isinstance(record.msg, DeferredMessage):
            text, members = record.msg.describe()
        else:
            text, members = record.getMessage(), vars(record)
        line: dict[str, Any] = {
            "name": COMPONENT if mine == COMPONENT else SAILOR,
            "level": _bunyan_level(record.levelno),
            "msg": self._redaction.mask(text)[:_LONGEST],
            "time": _time(record.created),
            **self._context,
        }
        for name, value in members.items():
            if name not in _OF_EVERY_RECORD and name not in line:
                line[name] = value if value is None or type(value) in _PLAIN else self._mask(value)
        if mine not in (COMPONENT, SAILOR):
            line["logger"] = record.name
        if record.exc_info and record.exc_info[1] is not None:
            line["err"] = self._mask(_describe(record.exc_info[1]))
        return _write(line)

    def _mask(self, value: Any) -> Any:
        if type(value) is str:
            return self._redaction.mask(value)[:_LONGEST]
        if value is None or isinstance(value, (bool, int)) or (isinstance(value, float) and math.isfinite(value)):
            return value
        if isinstance(value, dict):
            return {str(name): self._mask(member) for name, member in value.items()}
        if isinstance(value, (list, tuple)):
            return [self._mask(item) for item in value]
        return self._redaction.mask(str(value))[:_LONGEST]


class ComponentLogger(logging.LoggerAdapter[logging.Logger]):
    """A logger whose every line carries the ids; `extra` of a call is added, not replaced as the stock adapter does."""

    def process(self, msg: Any, kwargs: MutableMapping[str, Any]) -> tuple[Any, MutableMapping[str, Any]]:
        kwargs["extra"] = {**(kwargs.get("extra") or {}), **(self.extra or {})}
        return msg, kwargs


def component_logger(ids: Mapping[str, str]) -> ComponentLogger:
    """Return the logger for one message: `threadId`, `messageId`, `parentMessageId` are in each of its lines."""
    return ComponentLogger(_COMPONENT_LOGGER, dict(ids))


class LogTo:
    """Logging to a stream, in the platform's form, while the context lasts. The root logger is put back afterwards.

    `at_least` is a Python level, see `level`. `buffered` lines go out in batches, except to a terminal, where somebody
    reads along.
    """

    def __init__(
        self, stream: TextIO, formatter: logging.Formatter, at_least: int = logging.INFO, *, buffered: bool = False
    ) -> None:
        is_in_batches = buffered and not stream.isatty()
        self._handler = BufferedHandler(stream) if is_in_batches else logging.StreamHandler(stream)
        self._handler.setFormatter(formatter)
        self._at_least = at_least
        self._before = logging.WARNING

    def __enter__(self) -> Self:
        root = logging.getLogger()
        self._spared = {name: getattr(logging, name) for name in _SPARED}
        for name, value in _SPARED.items():
            setattr(logging, name, value)
        self._before = root.level
        root.addHandler(self._handler)
        root.setLevel(self._at_least)
        return self

    def __exit__(self, *_: object) -> None:
        """Stop; what was logged is out."""
        root = logging.getLogger()
        root.removeHandler(self._handler)
        root.setLevel(self._before)
        for name, value in self._spared.items():
            setattr(logging, name, value)
        self._handler.close()


def silence_libraries() -> None:
    """Keep libraries from telling in many lines what we tell in one, or from naming addresses."""
    logging.getLogger("pika").setLevel(logging.CRITICAL + 1)
    logging.getLogger("urllib3").setLevel(logging.ERROR)


def _describe(error: BaseException) -> dict[str, str]:
    """Return what kind of error it is and where it was raised, and the same of those that led to it."""
    chain: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None and len(chain) < _LONGEST_CHAIN:
        chain.append(cause)
        cause = cause.__cause__ or (None if cause.__suppress_context__ else cause.__context__)
    stacks = ["".join(traceback.format_tb(each.__traceback__)) + _kind(each) for each in reversed(chain)]
    return {
        "name": type(error).__name__,
        "stack": "Traceback (texts left out):\n" + "\n\nwhich led to\n\n".join(stacks),
    }


def _kind(error: BaseException) -> str:
    kind = type(error)
    return kind.__name__ if kind.__module__ == "builtins" else f"{kind.__module__}.{kind.__qualname__}"


def _bunyan_level(number: int) -> int:
    return min(max(number // 10 * 10 + 10, 10), 60)


def _time(seconds: float) -> str:
    return f"{_second(int(seconds // 1))}.{int(seconds % 1 * 1000):03d}Z"


@lru_cache(maxsize=2)
def _second(seconds: int) -> str:
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}"


def _write(line: dict[str, Any]) -> str:
    """Return the line as JSON in ASCII. Most are so anyway, and orjson writes those ten times as fast."""
    try:
        content = orjson.dumps(line)
    except TypeError:  # half a surrogate pair, a number beyond 64 bits, great depth
        content = b"\xff"
    return content.decode() if content.isascii() else json.dumps(line, ensure_ascii=True, separators=(",", ":"))
