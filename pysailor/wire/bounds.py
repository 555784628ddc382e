"""How large, how deep, and with how many headers a message may come."""

from __future__ import annotations

from itertools import chain
from typing import TYPE_CHECKING, Any

from ..errors import StepError
from ..values import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping


class TooMuch(StepError):
    """The message is larger than the worker takes; the text says which limit, and how it is raised."""

    code = "message_over_limit"


@frozen
class Bounds:
    """Limits of what comes in: bytes of content, levels of the body, number and bytes of the headers."""

    size: int = 33_554_432
    depth: int = 200
    headers: int = 200
    header_bytes: int = 65_536

    def check(self, headers: Mapping[str, Any], content: bytes) -> None:
        """Raise TooMuch for what is known before anything of the message is read."""
        if len(content) > self.size:
            raise TooMuch(
                f"The message has {len(content)} bytes, and {self.size} are allowed (PYSAILOR_INPUT_SIZE_LIMIT). Let "
                "the step before send less, or have it put large bodies into the object storage."
            )
        if len(headers) > self.headers:
            raise TooMuch(
                f"The message has {len(headers)} headers, and {self.headers} are allowed "
                "(PYSAILOR_INPUT_HEADERS_LIMIT)."
            )
        most = self.header_bytes
        sizes = [len(value) if type(value) is str else _size(value, most) for value in headers.values()]
        if sum(map(len, headers)) + sum(sizes) > most:
            raise TooMuch(
                f"The headers of the message have more than {most} bytes (PYSAILOR_INPUT_HEADER_BYTES_LIMIT)."
            )

    def check_depth(self, body: Any, size: int) -> None:
        """Raise TooMuch for a body of so many bytes that has more levels than are allowed."""
        if size > self.depth and depth_of(body, self.depth) > self.depth:
            raise TooMuch(
                f"The body has more than {self.depth} levels (PYSAILOR_INPUT_DEPTH_LIMIT). Map the part that is needed."
            )


def depth_of(value: Any, most: int) -> int:
    """Return how many levels of lists and objects a value has; no more than `most` and one are counted."""
    level, depth = [value] if isinstance(value, (dict, list)) else [], 0
    while level and depth <= most:
        depth += 1
        members = chain.from_iterable([each.values() if each.__class__ is dict else each for each in level])
        level = [member for member in members if member.__class__ is dict or member.__class__ is list]
    return depth


def _size(value: Any, most: int) -> int:
    """Return about how many bytes a header's value has; one that is large enough is not looked at to its end."""
    if isinstance(value, (str, bytes)):
        return len(value)
    total, rest = 0, [value]
    while rest and total <= most:
        each = rest.pop()
        if isinstance(each, dict):
            rest.extend(each.values())
            total += sum(map(len, map(str, each)))
        elif isinstance(each, list):
            rest.extend(each)
        total += len(each) if isinstance(each, (str, bytes)) else 8
    return total
