"""What goes back over the socket, as a value; how a reply may break off is a part of it."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Mapping

JSON = "application/json"
HTML = "text/html; charset=utf-8"
EVENTS = "text/event-stream; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Packet:
    """Bytes that go out together, after a wait of so many seconds."""

    data: bytes
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class SandboxReply:
    """One HTTP response.

    With `packets` it is a stream, sent in chunks as they stand, and `body` is not used. `sent` bytes of the body go out
    before the connection is closed under it; None sends all of it, -1 not even the head. `hangs_up` closes a stream
    after its last packet without saying that it ended.
    """

    status: int = 200
    body: bytes = b""
    media: str = JSON
    headers: Mapping[str, str] = field(default_factory=dict)
    wait: float = 0.0
    sent: int | None = None
    packets: tuple[Packet, ...] | None = None
    hangs_up: bool = False


def encode(value: Any) -> bytes:
    """Return JSON as UTF-8; half a surrogate pair becomes a question mark, as it has no UTF-8."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
