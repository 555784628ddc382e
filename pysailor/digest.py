"""Digests of contents, without letting other threads in.

hashlib lets another thread run Python while it works on more than 2,047 bytes. For usual contents that switch costs
more than the digest: these take them in pieces.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import Final

_SHORT_PIECE: Final = 2047
_LONG_CONTENT: Final = 16_384
_SIZE: Final = 16


def feed(found: blake2b, content: bytes) -> None:
    """Add the content to a digest that was begun."""
    if len(content) > _LONG_CONTENT:
        found.update(content)
        return
    for begin in range(0, len(content), _SHORT_PIECE):
        found.update(content[begin : begin + _SHORT_PIECE])


def digest(content: bytes) -> bytes:
    """Return 16 bytes that stand for the content."""
    found = blake2b(digest_size=_SIZE)
    feed(found, content)
    return found.digest()
