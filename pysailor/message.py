"""What travels from step to step (platform contract, 4.1), and what would travel to a service."""

from __future__ import annotations

import json
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Self

from .values import frozen

if TYPE_CHECKING:
    from collections.abc import Mapping

_KNOWN = ("id", "body", "headers", "attachments", "passthrough")


@dataclass(frozen=True, slots=True)
class Message:
    """One message: a body, and what is said about it.

    `headers` are the message's own, not those of AMQP. `attachments` are references by name,
    `{"url", "content-type"?, "size"?}`; no bytes. `passthrough` holds the messages of earlier steps by step id.
    `extra` keeps every other member (a webhook's `method`, `query`, …), so that nothing is lost on the way through.
    """

    body: Any = field(default_factory=dict)
    headers: Mapping[str, Any] = field(default_factory=dict)
    attachments: Mapping[str, Any] = field(default_factory=dict)
    passthrough: Mapping[str, Any] | None = None
    id: str | None = None
    extra: Mapping[str, Any] = field(default_factory=dict)

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read a message from its JSON object; what is absent, or not what it should be, gets its default."""
        identity = value.get("id")
        return cls(
            body=value.get("body", {}),
            headers=_object(value.get("headers")) or {},
            attachments=_object(value.get("attachments")) or {},
            passthrough=_object(value.get("passthrough")),
            id=None if identity in (None, "") else _text(identity),
            extra={key: member for key, member in value.items() if key not in _KNOWN},
        )

    def to_json(self) -> dict[str, Any]:
        """Return the JSON object that goes over the wire; what is not set is left out, body and headers never are."""
        document: dict[str, Any] = {} if self.id is None else {"id": self.id}
        document["body"] = self.body
        document["headers"] = dict(self.headers)
        if self.attachments:
            document["attachments"] = dict(self.attachments)
        if self.passthrough is not None:
            document["passthrough"] = dict(self.passthrough)
        return {**document, **self.extra}

    def with_body(self, body: Any) -> Self:
        """Return the same message with another body."""
        return replace(self, body=body)

    def with_headers(self, headers: Mapping[str, Any]) -> Self:
        """Return the same message with these headers added."""
        return replace(self, headers={**self.headers, **headers})


def _text(identity: Any) -> str:
    return identity if isinstance(identity, str) else json.dumps(identity, ensure_ascii=False)


def _object(value: Any) -> Mapping[str, Any] | None:
    return value if isinstance(value, dict) else None


@frozen
class HttpRequest:
    """A request that a step would send: for showing it instead of sending it."""

    method: str
    url: str
    headers: Mapping[str, str]
    body: Any
