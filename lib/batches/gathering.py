"""Requests of many messages on their way into one batch, kept in the store that all workers share.

Each message stays in its queue, put off, until its batch is there: if the store forgets everything, nothing is lost but
the gathering. Whoever finds it due submits it for all; who dies at it is replaced.
"""

from __future__ import annotations

import json
import secrets
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pysailor import Rebound

from .lines import MOST_LINES
from .upload import MOST_BYTES

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pysailor import Store

_KEPT = 3 * 86_400.0
_SHORTEST_REST = 15.0
_LOOKS = 10  # so many rests of the longest last for the whole time; the platform allows twenty


@dataclass(slots=True)
class Gathered:
    """What has been gathered so far: members by their keys, each with its lines and bytes, and who submits it."""

    id: str
    since: float
    members: dict[str, tuple[int, int]] = field(default_factory=dict)
    by: str = ""
    until: float = 0.0

    @classmethod
    def read(cls, value: bytes | None) -> Gathered | None:
        """Return what the store holds, None if that is nothing, or nothing that can be read."""
        try:
            held = json.loads(value or b"null")
            members = {name: (int(lines), int(size)) for name, (lines, size) in held["members"].items()}
            return cls(str(held["id"]), float(held["since"]), members, str(held["by"]), float(held["until"]))
        except (ValueError, TypeError, KeyError, AttributeError):
            return None

    def to_bytes(self) -> bytes:
        """Return what the store holds."""
        names = ("id", "since", "members", "by", "until")
        return json.dumps({name: getattr(self, name) for name in names}).encode()

    @property
    def lines(self) -> int:
        """How many lines all members have together."""
        return sum(lines for lines, _ in self.members.values())

    def has_room(self, lines: int, size: int) -> bool:
        """Return whether one more member fits into the file."""
        total = sum(size for _, size in self.members.values())
        return self.lines + lines <= MOST_LINES and total + size <= MOST_BYTES


class Gathering:
    """One gathering at a time for a group of messages, up to so many lines or seconds."""

    def __init__(self, store: Store, group: str, most: int, seconds: float, hold: float) -> None:
        """Whoever submits is waited for `hold` seconds, then replaced."""
        self._store, self._most, self._seconds, self._hold = store, most, seconds, hold
        self._name = f"gather {group}"
        self._token = secrets.token_hex(8)

    def batch_of(self, member: str) -> str:
        """Return the id of the batch that a member is in, "" if it is in none yet."""
        return (self._store.get(f"gathered {member}") or b"").decode("utf-8", "replace")

    def join(self, member: str, lines: bytes, count: int) -> Gathered:
        """Add a member's lines, unless they are there; return all that is to be submitted now, by the caller.

        Raise Rebound while it is not due, or somebody else is at it.
        """
        now = self._store.now()
        held = Gathered.read(self._store.get(self._name))
        if held is None or member not in held.members:
            self._store.put(f"gather of {member}", lines, _KEPT)
        new_id = secrets.token_hex(16)

        def add(value: bytes | None) -> bytes:
            found = Gathered.read(value) or Gathered(new_id, now)
            if member not in found.members and not found.by and found.has_room(count, len(lines)):
                found.members[member] = (count, len(lines))
            return found.to_bytes()

        found = Gathered.read(self._store.update(self._name, add, _KEPT))
        if found is None:
            raise self._later("the gathering was submitted just now")
        is_due = found.lines >= self._most or now - found.since >= self._seconds or member not in found.members
        if not is_due:
            left = max(0, round(found.since + self._seconds - now))
            raise self._later(f"{found.lines} of {self._most} requests are gathered, and {left} seconds are left")
        return self._claim(found.id, now)

    def lines_of(self, found: Gathered) -> Iterator[tuple[str, bytes]]:
        """Yield the members whose lines are there, and the lines."""
        for member in found.members:
            lines = self._store.get(f"gather of {member}")
            if lines is not None:
                yield member, lines

    def finish(self, found: Gathered, members: list[str], batch_id: str) -> None:
        """Note the batch for all members, and begin the next gathering."""
        self._store.put_many({f"gathered {member}": batch_id.encode() for member in members}, _KEPT * 10)
        self._change(found, lambda _: None)
        for member in members:
            self._store.delete(f"gather of {member}")

    def give_up(self, found: Gathered, member: str) -> None:
        """Let others submit it, without this member."""

        def without(held: Gathered) -> Gathered:
            held.members.pop(member, None)
            held.by, held.until = "", 0.0
            return held

        self._change(found, without)
        self._store.delete(f"gather of {member}")

    def release(self, found: Gathered) -> None:
        """Let others submit it, with all members."""

        def free(held: Gathered) -> Gathered:
            held.by, held.until = "", 0.0
            return held

        self._change(found, free)

    def _claim(self, gathered_id: str, now: float) -> Gathered:
        def claim(value: bytes | None) -> bytes | None:
            held = Gathered.read(value)
            if held is not None and held.id == gathered_id and (not held.by or held.until < now):
                held.by, held.until = self._token, now + self._hold
            return None if held is None else held.to_bytes()

        held = Gathered.read(self._store.update(self._name, claim, _KEPT))
        if held is None or held.id != gathered_id or held.by != self._token:
            raise self._later("another worker is submitting what was gathered", _SHORTEST_REST)
        return held

    def _change(self, found: Gathered, change: Any) -> None:
        """Change what was claimed, unless it is somebody else's by now."""

        def if_ours(value: bytes | None) -> bytes | None:
            held = Gathered.read(value)
            if held is None or held.id != found.id or held.by != self._token:
                return value
            changed = change(held)
            return None if changed is None else changed.to_bytes()

        self._store.update(self._name, if_ours, _KEPT)

    def _later(self, why: str, longest: float | None = None) -> Rebound:
        return Rebound(why, longest=longest or max(_SHORTEST_REST, self._seconds / _LOOKS))
