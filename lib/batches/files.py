"""Files of lines, read one by one: what was sent, found by its custom_id, and what came back."""

from __future__ import annotations

import json
from typing import IO, TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_ESCAPE = b"\\u"  # what stands behind it may be any character
LONGEST_LINE = 64 << 20
"""A line that is longer is not read whole."""


def read_objects(file: IO[bytes], prefix: str = "") -> Iterator[tuple[int, dict[str, Any] | bytes]]:
    """Yield where each line begins, and the object in it, or the bytes of one that holds none.

    With a prefix, lines that certainly have no id with it are left out unread.
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
        if (marker in line or _ESCAPE in line) and (text := line.strip()):
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
        """Read the file once, its ids with the prefix; without one, nothing is known of what was sent."""
        self._file = file
        self._places: dict[str, int] = {}
        for start, line in read_objects(file, prefix) if file is not None else ():
            if isinstance(line, dict) and isinstance(line.get("custom_id"), str):
                self._places[line["custom_id"]] = start

    @property
    def ids(self) -> Iterator[str]:
        """The custom_ids in the order in which they were sent."""
        return iter(self._places)

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
