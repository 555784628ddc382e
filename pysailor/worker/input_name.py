"""What an input is known by when it is brought again, also as a copy that was put off."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, Final

from ..digest import digest
from ..wire.headers import EVENT_ID

if TYPE_CHECKING:
    from ..wire.envelope import Delivery

_UNNAMED: Final = ("messageId", "parentMessageId", "threadId", "stepId", "start", "end")
"""Other sailors send several messages with one id; these tell them apart."""


def input_name(delivery: Delivery) -> str | None:
    """Return the name that the input came with, else one made of what came with it, a UUID; None without any id.

    A copy that is put off carries the name of the first, so that it is known as the same input.
    """
    return _name(delivery, b"") if delivery.headers.get(EVENT_ID) else _name(delivery, digest(delivery.content))


def call_name(delivery: Delivery) -> str | None:
    """Return what the calls made for an input are kept under: its name and its content, None without a name."""
    content = digest(delivery.content)
    name = _name(delivery, content)
    return None if name is None else f"{name}/{content.hex()}"


def _name(delivery: Delivery, content: bytes) -> str | None:
    headers = delivery.headers
    if headers.get(EVENT_ID):
        return str(headers[EVENT_ID])
    if not headers.get("messageId"):
        return None
    known_by = repr([headers.get(name) for name in _UNNAMED]).encode(errors="replace")
    return as_uuid(hashlib.blake2b(known_by, key=content, digest_size=16).hexdigest())


def as_uuid(digits: str) -> str:
    """Return 32 digits as a UUID made of a name (version 5)."""
    variant = "89ab"[int(digits[16], 16) % 4]
    return f"{digits[:8]}-{digits[8:12]}-5{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
