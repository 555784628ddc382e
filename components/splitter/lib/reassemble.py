"""Puts messages of a group together again: what a splitter took apart, or whatever has a group."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING, Any

from pysailor import Context, InvalidInput, Message

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST = 20_000.0
_KEPT = 7 * 86400.0
_PAUSE = 0.05


@dataclass(frozen=True, slots=True)
class Group:
    """One group in the store: how many it takes to be complete (0: no such number), until when it is waited for."""

    key: str
    size: int
    mode: str
    seconds: float

    @property
    def waits(self) -> bool:
        """Whether time completes the group."""
        return "timeout" in self.mode


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Message | None:
    """Return the group with the message that completes it, else None. The group is safe in the store meanwhile.

    Where time completes a group, its first message waits for that.
    """
    group = read_group(msg.body, cfg["mode"])
    name = str(msg.body.get("messageId") or ctx.message_id or time.time_ns())
    members, is_first = add(ctx, group, name, msg.body.get("messageData"))
    if is_complete(group, members):
        return _take(ctx, group, msg.body["groupId"], is_list=cfg["emitAsArray"])
    if group.waits and is_first:
        _wait(ctx, group)
        return _take(ctx, group, msg.body["groupId"], is_list=cfg["emitAsArray"])
    return None


def read_group(body: Mapping[str, Any], mode: str) -> Group:
    """Return the group that a message belongs to; raise InvalidInput where a number is missing or wrong."""
    size, milliseconds = body.get("groupSize"), body.get("timersec")
    if "groupSize" in mode and (size is None or size < 1):
        raise InvalidInput("must be a whole number from 1 up in this mode", pointer="/groupSize")
    if "timeout" in mode and (milliseconds is None or not 0 < milliseconds <= LONGEST):
        raise InvalidInput(f"must be milliseconds, at most {LONGEST:g}, in this mode", pointer="/timersec")
    key = f"splitter/{sha256(str(body['groupId']).encode()).hexdigest()}"
    return Group(key, int(size or 0) if "groupSize" in mode else 0, mode, (milliseconds or 0) / 1000)


def add(ctx: Context, group: Group, name: str, value: Any) -> tuple[dict[str, Any], bool]:
    """Add a message to its group and return the group's members and whether this is the first one.

    A message that is brought again is one.
    """
    seen: dict[str, Any] = {}

    def change(stored: bytes | None) -> bytes:
        members = json.loads(stored) if stored else {}
        seen["is_first"] = not members or next(iter(members)) == name
        seen["members"] = {**members, name: value}
        return json.dumps(seen["members"]).encode()

    ctx.store.update(group.key, change, _KEPT)
    return seen["members"], seen["is_first"]


def is_complete(group: Group, members: Mapping[str, Any]) -> bool:
    """Return whether a group has all of its messages."""
    return bool(group.size) and len(members) >= group.size


def _wait(ctx: Context, group: Group) -> None:
    """Wait until the time is over, or the group was taken by the message that completed it."""
    until = ctx.until(group.seconds)
    while (left := until - time.monotonic()) > 0 and ctx.store.get(group.key) is not None:
        time.sleep(min(_PAUSE, left))


def _take(ctx: Context, group: Group, identity: Any, *, is_list: bool) -> Message | None:
    """Take the group out of the store and return it as a message; None if another message took it."""
    taken: dict[str, Any] = {}

    def change(stored: bytes | None) -> None:
        taken.clear()
        taken.update(json.loads(stored) if stored else {})

    ctx.store.update(group.key, change, _KEPT)
    if not taken:
        return None
    data = list(taken.values()) if is_list else taken
    return Message(body={"groupSize": len(taken), "groupId": identity, "messageData": data})
