"""What a delivery's AMQP headers say, and the headers that go out in answer (platform contract, 2.2 and 2.4)."""

from __future__ import annotations

import json
from dataclasses import field
from functools import lru_cache
from typing import TYPE_CHECKING, Any, Final, Self

from ..values import frozen
from .cipher import BASE64, RAW

if TYPE_CHECKING:
    from collections.abc import Mapping


META: Final = "x-eio-meta-"
_META_LENGTH: Final = len(META)
TRACE_ID: Final = META + "trace-id"
ERROR_RESPONSE: Final = "x-eio-error-response"
EVENT_ID: Final = "x-pysailor-event-id"
"""The same whenever the same event is sent again. It is not the messageId: see docs/decisions/011-event-ids.md."""


@frozen
class Incoming:
    """What the headers of one delivery say.

    `message_id` is never empty: an input without one gets `new_id`, so that it can be logged, found again and
    acknowledged like any other; `parent` is the id that goes out as parentMessageId, None if the input had none.
    `protocol` is 1 (base64) or 2 (raw). `meta` holds the x-eio-meta-* headers, names in lower case.
    """

    message_id: str
    thread_id: str
    parent: Any = None
    parent_message_id: str | None = None
    step_id: str | None = None
    reply_to: str | None = None
    protocol: int = BASE64
    meta: Mapping[str, Any] = field(default_factory=dict)
    event_id: str | None = None

    @property
    def known_as(self) -> str | None:
        """Return what the message is known by if it comes again: also if the step before sent it twice."""
        return self.event_id or _text(self.parent)

    @classmethod
    def read(cls, headers: Mapping[str, Any] | None, new_id: str) -> Self:
        """Read the headers of a delivery, which may have none at all. `new_id` stands in for what is missing.

        Like Node, take the thread from x-eio-meta-trace-id if threadId is missing, and an empty text for missing.
        """
        headers = headers or {}
        meta = {name.lower(): headers[name] for name in headers if _is_meta(name)}
        parent = headers.get("messageId")
        return cls(
            message_id=_text(parent) or new_id,
            thread_id=_text(headers.get("threadId")) or _text(meta.get(TRACE_ID)) or new_id,
            parent=parent or None,
            parent_message_id=_text(headers.get("parentMessageId")),
            step_id=_text(headers.get("stepId")),
            reply_to=_text(headers.get("reply_to")),
            protocol=protocol_of(headers),
            meta=meta,
            event_id=_text(headers.get(EVENT_ID)),
        )

    def ids(self) -> dict[str, str]:
        """Return what every log line about this message carries."""
        return {
            "threadId": self.thread_id,
            "messageId": self.message_id,
            "parentMessageId": self.parent_message_id or "unknown",
        }


@lru_cache(maxsize=1024)
def _is_meta(name: str) -> bool:
    return name[:_META_LENGTH].lower() == META


def event_key(headers: Mapping[str, Any]) -> tuple[str, str] | None:
    """Return what tells this event from all others of our sailors; None if another sailor sent it.

    What a rebound brings back has the name that it had, and another number.
    """
    name = headers.get(EVENT_ID)
    return (str(name), str(headers.get("reboundIteration"))) if name else None


def outgoing(incoming: Incoming, identity: Mapping[str, Any], start_ms: int) -> dict[str, Any]:
    """Return the headers that everything sent in answer to one input shares; each event adds its own (see codec).

    `identity` are the headers that say who the step is (`worker.assembly.identity`).

    There is no messageId among them. Node's sailor makes one id an input and gives it to every event; the sailor of
    the next step takes two live messages with one id for a redelivery and never acknowledges the first. Here each
    event gets an id of its own, and `parentMessageId` still says what they have in common. For the same reason an event
    that is sent again after a crash gets another one; that it is the same is told by `EVENT_ID`.
    """
    headers = {**incoming.meta, **identity, "threadId": incoming.thread_id, "start": start_ms}
    if incoming.parent is not None:
        headers["parentMessageId"] = incoming.parent
    if incoming.reply_to is not None:
        headers["reply_to"] = incoming.reply_to
    return headers


def protocol_of(headers: Mapping[str, Any]) -> int:
    """Return the protocol version of a delivery: 1 unless the header says 2 or more, or says no number at all."""
    stated = headers.get("protocolVersion")
    if stated == RAW:
        return RAW
    if not stated:
        return BASE64
    try:
        return BASE64 if float(stated) < RAW else RAW
    except (TypeError, ValueError):
        return RAW


def _text(value: Any) -> str | None:
    """Return a header's value as text; what is empty counts as missing."""
    if not value:
        return None
    if isinstance(value, str):
        return value
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, (bool, dict, list)):
        return json.dumps(value, ensure_ascii=False, default=str)
    return str(value)
