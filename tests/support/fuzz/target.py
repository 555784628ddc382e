"""What a target is."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable
    from random import Random


class Target(NamedTuple):
    """`make` returns a case, a JSON value in which bytes stand as base64; `take` hands it over."""

    make: Callable[[Random], Any]
    take: Callable[[Any], None]


def text_of(content: bytes) -> str:
    """Return bytes as a case holds them."""
    return base64.b64encode(content).decode()
