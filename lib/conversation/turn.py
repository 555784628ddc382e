"""What a conversation is made of: turns, each written in one piece when it is done."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, Self

from pysailor import InvalidInput

from .errors import TurnTooLarge

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from .window import ChatMessage

LARGEST_TURN = 8 * 1024 * 1024
"""In bytes of JSON."""
_LONGEST_ID = 255
_OWNER = re.compile(r"[A-Za-z0-9_.-]{1,128}")
_SYSTEM = ("system", "developer")


@dataclass(frozen=True, slots=True)
class Place:
    """Which conversation: `owner` is a namespace, so that the same id of another owner is another conversation."""

    owner: str
    id: str

    def __post_init__(self) -> None:
        """Refuse what some store could not tell apart or not keep."""
        check_owner(self.owner)
        _check_name(self.id, "/conversationId", "A conversation's id")


def check_owner(owner: str) -> None:
    """Raise ValueError unless the owner can be part of a key in every store."""
    if not _OWNER.fullmatch(owner):
        raise ValueError("an owner is 1 to 128 letters, digits and _.- (see owner_of)")


def check_key(key: str) -> None:
    """Raise InvalidInput unless a turn can be kept under this key in every store."""
    _check_name(key, "", "A turn's key")


def _check_name(name: str, pointer: str, what: str) -> None:
    if not 1 <= len(name) <= _LONGEST_ID or not name.isprintable():
        found = f"{len(name)} characters" if name else "nothing"
        raise InvalidInput(
            f"{what} is 1 to {_LONGEST_ID} printable characters, without line breaks; found {found}.", pointer=pointer
        )


@dataclass(frozen=True, slots=True)
class Turn:
    """One turn: its messages (the user's, any tool calls and their results, the answer), and what came of it.

    `number` counts from 1 within the conversation. `at` is when it was kept, in seconds since 1970, on the store's
    clock. `key` tells the turn from every other one of its conversation: the id of the message that asked for it, if
    there was one. `result` is for the caller (usage, cost, outcome); it is never sent to the API.
    """

    number: int
    key: str
    at: float
    messages: tuple[ChatMessage, ...]
    result: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def read(cls, number: int, key: str, at: float, document: str | bytes) -> Self:
        """Read a turn as `encode_turn` wrote it."""
        kept = json.loads(document)
        return cls(number, key, at, tuple(kept["messages"]), kept["result"])

    def to_json(self) -> dict[str, Any]:
        """Return the turn for people and programs; the time as ISO 8601 in UTC."""
        return {
            "number": self.number,
            "key": self.key,
            "at": iso(self.at),
            "messages": list(self.messages),
            "result": dict(self.result),
        }


@dataclass(frozen=True, slots=True)
class Summary:
    """A conversation at a glance. Times in seconds since 1970; `expires` is None for never."""

    id: str
    turns: int
    begun: float
    changed: float
    expires: float | None

    def to_json(self) -> dict[str, Any]:
        """Return the same with the times as ISO 8601 in UTC."""
        return {
            "conversationId": self.id,
            "turns": self.turns,
            "begun": iso(self.begun),
            "changed": iso(self.changed),
            "expires": None if self.expires is None else iso(self.expires),
        }


def iso(seconds: float) -> str:
    """Return the time as ISO 8601 in UTC, with milliseconds."""
    return datetime.fromtimestamp(seconds, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def encode_turn(messages: Sequence[ChatMessage], result: Mapping[str, Any]) -> str:
    """Return a turn's document as it is kept: ASCII, so that no store stumbles over a character."""
    if not messages:
        raise ValueError("a turn has at least one message")
    if any(message.get("role") in _SYSTEM for message in messages):
        raise ValueError("the system text is given anew with each request, not kept in a turn")
    document = json.dumps({"messages": list(messages), "result": dict(result)}, separators=(",", ":"))
    if len(document) > LARGEST_TURN:
        raise TurnTooLarge(
            f"This turn holds {len(document) / 2**20:.1f} MiB, and a conversation keeps at most "
            f"{LARGEST_TURN / 2**20:.0f} MiB a turn. Send images and files by their address, or turn memory off."
        )
    return document
