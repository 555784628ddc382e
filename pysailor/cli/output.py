"""What commands write: results on standard output, everything else on standard error; never a secret."""

from __future__ import annotations

import json
import os
import re
import select
import sys
from typing import TYPE_CHECKING, Any, TextIO

from pysailor.errors import Fault, InvalidConfig

if TYPE_CHECKING:
    from pysailor.errors import SailorError

_TOKEN = re.compile(r'("(?:[^"\\]|\\.)*")(\s*:)?|\b(true|false|null)\b|(-?\d[\d.eE+-]*)')
_KEY, _TEXT, _WORD, _NUMBER, _PLAIN = "\x1b[34m", "\x1b[32m", "\x1b[35m", "\x1b[36m", "\x1b[0m"
_DIM = "\x1b[2m"
_NUMBERS = re.compile(r"\[\n\s+([-+.\deE]+(?:,\n\s+[-+.\deE]+)*)\n\s*\]")
"""A list of numbers over several lines; within a text no line ends."""
_UNESCAPED = re.compile(r"[\x7f-\x9f]")  # what JSON lets stand, and terminals obey
_CONTROLS = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f]")


def say(line: str) -> None:
    """Write a line for the person at the terminal to standard error."""
    sys.stderr.write(f"# {line}\n")  # at once, for several threads may have something to say


def as_json(document: Any, indent: int | None = None) -> str:
    """Return the document as readable JSON; in ASCII if standard output cannot have its characters."""
    text = json.dumps(document, ensure_ascii=False, indent=indent)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:  # half of a character, for example, which JSON can have and UTF-8 cannot
        return json.dumps(document, indent=indent)
    return text


def describe(error: SailorError) -> str:
    """Return an error's lines; pointers into the settings begin with /cfg, to tell them from those into the body."""
    if not isinstance(error, InvalidConfig):
        return str(error)
    return "\n".join(
        str(found if fault.pointer else fault) for fault, found in zip(error.faults, in_cfg(error), strict=True)
    )


def in_cfg(error: InvalidConfig) -> list[Fault]:
    """Return the faults of the settings with pointers that say so."""
    return [Fault(f"/cfg{fault.pointer}", fault.message) for fault in error.faults]


def require_reader(stream: TextIO) -> None:
    """Raise BrokenPipeError if nobody is left to read what would be written: better before something is paid for."""
    try:
        poll = select.poll()
        poll.register(stream.fileno(), select.POLLOUT)
        events = poll.poll(0)
    except (OSError, ValueError, AttributeError):  # no file, as in a test
        return
    if any(event & select.POLLERR for _, event in events):
        raise BrokenPipeError


def has_colours(stream: TextIO) -> bool:
    """Return whether colours may be written: to a terminal that can, unless NO_COLOR says no."""
    return stream.isatty() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"


def print_json(document: Any, stream: TextIO, *, is_pretty: bool = False) -> None:
    """Write JSON: over several lines and in colours for a person at a terminal, else on one line.

    A list of numbers, such as a vector of 1,536, stands on one line of its own at a terminal, too.
    """
    text = as_json(document, indent=2 if is_pretty or stream.isatty() else None)
    text = _NUMBERS.sub(lambda found: f"[{' '.join(found[1].split())}]", text)
    text = _UNESCAPED.sub(lambda found: f"\\u{ord(found[0]):04x}", text)
    print(_colour(text) if has_colours(stream) else text, file=stream, flush=True)


def printable(text: str, stream: TextIO | None = None) -> str:
    """Return the text without what would steer a terminal, or what the stream cannot have."""
    return encodable(_CONTROLS.sub("", text), stream or sys.stderr)


def encodable(text: str, stream: TextIO) -> str:
    """Return the text with ? for each character that the stream cannot have."""
    encoding = stream.encoding or "utf-8"
    return text.encode(encoding, "replace").decode(encoding)


def _colour(text: str) -> str:
    def paint(found: re.Match[str]) -> str:
        string, colon, word, number = found.groups()
        if string is not None:
            return f"{_KEY if colon else _TEXT}{string}{_PLAIN}{colon or ''}"
        return f"{_WORD}{word}{_PLAIN}" if word else f"{_NUMBER}{number}{_PLAIN}"

    return _TOKEN.sub(paint, text)


class ResultWriter:
    """Writes what a step emits: whole messages, or their text alone; and the words of an answer as they come."""

    def __init__(self, stream: TextIO, *, is_text: bool = False, is_pretty: bool = False) -> None:
        self._stream, self._is_text, self.is_pretty = stream, is_text, is_pretty
        self._shown: TextIO | None = None
        self._words = ""

    @property
    def is_watched(self) -> bool:
        """Whether a person sees the words of an answer as they come."""
        return self._words_go_to().isatty()

    def _words_go_to(self) -> TextIO:
        return self._stream if self._is_text and self._stream.isatty() else sys.stderr

    def write_partial(self, text: str) -> None:
        """Show a piece of an answer that is being made, where a person looks on."""
        target = self._words_go_to()
        if target.isatty():
            quiet = target is sys.stderr and has_colours(target)
            print(f"{_DIM}{printable(text)}{_PLAIN}" if quiet else printable(text), end="", file=target, flush=True)
            self._shown, self._words = target, self._words + text

    def write(self, document: dict[str, Any], text: str | None) -> None:
        """Write a message; of one that has a text only that, if that is what is wanted."""
        words, target = self._words, self._shown
        self.end_line()
        if not self._is_text:
            print_json(document, self._stream, is_pretty=self.is_pretty)
        elif text is None:
            print_json(
                document["body"] if isinstance(document, dict) and "body" in document else document, self._stream
            )
        elif target is not self._stream or words.strip() != text.strip():
            is_shown = self._stream.isatty()
            print(
                printable(text, self._stream) if is_shown else encodable(text, self._stream),
                file=self._stream,
                flush=True,
            )

    def end_line(self) -> None:
        """End the line of an answer, so that what follows begins its own."""
        if self._shown is not None:
            print(file=self._shown, flush=True)
        self._shown, self._words = None, ""
