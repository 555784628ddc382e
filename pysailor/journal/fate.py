"""What is known of a call that an earlier attempt at the same message made."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, Final, NamedTuple, Self
from zlib import crc32

from ..errors import StepError

if TYPE_CHECKING:
    from collections.abc import Callable

_DIGEST: Final = 16
_HEAD: Final = 1 + _DIGEST
_SUM: Final = 4
ENDS: Final = b"\0"
"""Ends the name of the worker that began."""
ENDED: Final = "the worker ended before an answer came"


class Fate(Enum):
    """What became of it: the letter that a record begins with."""

    BEGUN = b"B"
    ANSWERED = b"A"
    REFUSED = b"R"


class FateUnknown(StepError):
    """This message was asked before, and the answer did not arrive here; it may have been paid for."""

    code = "fate_unknown"

    def __init__(self, by: str, why: str = ENDED) -> None:
        super().__init__(
            f"For this message the service was asked before, by {by}, and {why}. "
            "Whether it was answered, and paid for, is not known. The step is set to fail then (onUnknownFate)."
        )


class Record(NamedTuple):
    """What the store holds of one call: its fate, the request's digest, and the answer, or who began."""

    fate: Fate
    digest: bytes
    content: bytes

    @staticmethod
    def write(fate: Fate, digest: bytes, content: bytes) -> bytes:
        """Return such a record as it is kept."""
        return fate.value + digest + content

    @classmethod
    def read(cls, kept: bytes) -> Self:
        """Return the record; raise ValueError for what is none."""
        if len(kept) <= _DIGEST:
            raise ValueError("too short for a record of the journal")
        return cls(Fate(kept[:1]), kept[1:_HEAD], kept[_HEAD:])


def add_checksum(content: bytes) -> bytes:
    """Return the content with what shows, after it was decrypted, that the key was the right one."""
    return crc32(content).to_bytes(_SUM, "big") + content


def encode(record: bytes, encrypt: Callable[[bytes], bytes]) -> bytes:
    """Return the record with its content checkable and encrypted."""
    return record[:_HEAD] + encrypt(add_checksum(record[_HEAD:]))


def strip_checksum(checked: bytes) -> bytes:
    """Return the content; raise ValueError if another key, or a broken disk, made something else of it."""
    content = checked[_SUM:]
    if add_checksum(content) != checked:
        raise ValueError("not what was kept")
    return content
