"""Starts a flow at intervals."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import count
from typing import TYPE_CHECKING, Any

from pysailor import Context, InvalidConfig, Message

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Iterator[Message]:
    """Yield the time, once for each message that comes in, or as often as the step says; between start and end only."""
    start, end = (read_time(cfg, name) for name in ("startTime", "endTime"))
    last = (snapshot or {}).get("lastPoll") or "1970-01-01T00:00:00.000Z"
    for number in count(1):
        now = datetime.now(UTC)
        if end is not None and now > end:
            return
        if start is None or now >= start:
            fired = format_time(now)
            yield Message(body={"fireTime": fired, "lastPoll": last})
            ctx.update_snapshot({"lastPoll": fired})
            last = fired
        if number == cfg["times"]:
            return
        ctx.pause(float(cfg["every"]))


def read_time(cfg: Mapping[str, Any], name: str) -> datetime | None:
    """Return a moment written as in ISO 8601, in UTC unless it says otherwise; None if it is left empty."""
    if not cfg.get(name):
        return None
    try:
        moment = datetime.fromisoformat(cfg[name])
    except (TypeError, ValueError) as error:
        raise InvalidConfig(f"{cfg[name]!r} is not a time such as 2026-01-31T08:00:00Z", pointer=f"/{name}") from error
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


def format_time(moment: datetime) -> str:
    """Return a moment as JavaScript writes it."""
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")
