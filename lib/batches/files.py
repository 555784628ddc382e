"""Files of lines, read one by one: what was sent, found by its custom_id, and what came back."""

from __future__ import annotations

import json
import re
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ESCAPE = b"\\u"  # what stands behind it may be any character
_PREFIX = rb"[0-9a-f]{12}-"
_OF_A_MESSAGE = re.compile(rb'"custom_id"\s*:\s*"' + _PREFIX)
LONGEST_LINE = 64 << 20
"""A line that is longer is not read whole."""


def read_objects(
    file: IO[bytes], prefix: str = "", *, strays: bool = False
) -> Iterator[tuple[int, dict[str, Any] | bytes]]:
    """Yield where each line begins, and the object in it, or the bytes of one that holds none.

    With a prefix, lines that certainly have no id with it are left out unread; with `strays`, only those that have the
    id of another message.
    """
    marker = prefix.encode()
    while True:
        start = file.tell()
        line = file.readline(LONGEST_LINE)
        if not line:
            return
        while not line.endswith(b"\n") and len(line) >= LONGEST_LINE and (rest := file.readline(LONGEST_LINE)):
            if rest.endswith(b"\n") or len(rest) < LONGEST_LINE:
                break
        is_wanted = marker in line or _ESCAPE in line or (strays and not _OF_A_MESSAGE.search(line))
        if is_wanted and (text := line.strip()):
            yield start, _object(text.removeprefix(b"\xef\xbb\xbf")) or line


def _object(line: bytes) -> dict[str, Any] | None:
    try:
        found = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, dict) else None


def holds_lines(file: IO[bytes]) -> bool:
    """Return whether a file holds a line of a batch; it is read from its beginning afterwards."""
    file.seek(0)
    found = any(isinstance(line, dict) and "custom_id" in line for _, line in read_objects(file))
    file.seek(0)
    return found


class SentLines:
    """The requests of a batch in the file that was uploaded; only where each begins is held in memory."""

    def __init__(self, file: IO[bytes] | None, prefix: str = "") -> None:
        """Read the file once, its ids with the prefix; without one, nothing is known of what was sent.

        The message whose lines come first is told all ids: it answers for what came back under none of them.
        """
        self._file, self._prefix = file, prefix
        self.takes_strays = bool(prefix) and (file is None or _begins_with(file, prefix))
        """Whether lines that no message can be told of are this message's to emit."""
        prefix = "" if self.takes_strays else prefix
        self._places: dict[str, int] = {}
        for start, line in read_objects(file, prefix) if file is not None else ():
            if isinstance(line, dict) and isinstance(line.get("custom_id"), str):
                self._places[line["custom_id"]] = start

    @property
    def ids(self) -> Iterator[str]:
        """The custom_ids of this message, in the order in which they were sent."""
        return (custom_id for custom_id in self._places if custom_id.startswith(self._prefix))

    def is_of_another(self, custom_id: str) -> bool:
        """Return whether a line is not this message's to emit."""
        if custom_id.startswith(self._prefix):
            return False
        if not self.takes_strays:
            return True
        if self.is_known:
            return custom_id in self._places
        return re.match(_PREFIX, custom_id.encode("utf-8", "replace")) is not None

    @property
    def is_known(self) -> bool:
        """Whether the file was there."""
        return bool(self._places)

    def lacks(self, custom_id: str) -> bool:
        """Return whether it is known that no line with this id was sent."""
        return self.is_known and custom_id not in self._places

    def request(self, custom_id: str) -> Mapping[str, Any]:
        """Return the body that was sent; an empty one if it is not known."""
        start = self._places.get(custom_id)
        if self._file is None or start is None:
            return {}
        self._file.seek(start)
        line = _object(self._file.readline(LONGEST_LINE)) or {}
        body = line.get("body")
        return body if isinstance(body, dict) else {}


def _begins_with(file: IO[bytes], prefix: str) -> bool:
    """Return whether the first line's id has the prefix; the file is read from its beginning afterwards."""
    first = _object(file.readline(LONGEST_LINE).removeprefix(b"\xef\xbb\xbf")) or {}
    file.seek(0)
    return str(first.get("custom_id")).startswith(prefix)
