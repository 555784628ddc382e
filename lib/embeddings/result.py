"""What came of the texts of a message: the vectors, and what they took. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from ..cost.spellings import find_usage
from ..cost.usage import Usage, usage_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..cost.price import Cost
    from ..errors.api_error import Try


@dataclass(frozen=True, slots=True)
class Embeddings:
    """The vectors in the order of the texts, and what all requests together took."""

    vectors: list[list[float]]
    model: str
    usage: Usage
    cost: Cost | None
    warnings: tuple[str, ...]
    tries: tuple[Try, ...]
    requests: int
    request_id: str | None
    seconds: float
    replayed: bool = False
    """Whether all of it was answered to an earlier attempt at the same message, and nothing was asked now."""

    def to_json(self, body: Mapping[str, Any]) -> dict[str, Any]:
        """Return what is emitted: the vectors beside, or in, what they were made of."""
        return {
            **self._place_vectors(body),
            "model": self.model,
            "dimensions": len(self.vectors[0]),
            "count": len(self.vectors),
            "usage": self.usage.to_json(),
            "cost": self.cost.to_json() if self.cost else None,
            "requests": self.requests,
            "tries": len(self.tries),
            "warnings": list(self.warnings),
        }

    def headers(self) -> dict[str, str]:
        """Return the message headers: what support will ask for, and how long it took."""
        headers = {
            "x-request-id": self.request_id,
            "x-duration-ms": str(round(self.seconds * 1000)),
            "x-tries": str(len(self.tries)),
            "x-replayed": "true" if self.replayed else None,
        }
        return {name: value for name, value in headers.items() if value is not None}

    def _place_vectors(self, body: Mapping[str, Any]) -> dict[str, Any]:
        if body.get("text") is not None:
            return {"embedding": self.vectors[0]}
        if body.get("texts") is not None:
            return {"embeddings": self.vectors}
        pairs = zip(body["items"], self.vectors, strict=True)
        return {"items": [{**item, "embedding": vector} for item, vector in pairs]}


def read_usage(answer: Mapping[str, Any]) -> Usage:
    """Return what an answer used; vectors have no output to count."""
    found, _ = find_usage({"usage": answer.get("usage")} if isinstance(answer.get("usage"), dict) else dict(answer))
    return Usage(known=False) if found is None else usage_of({"usage": {"completion_tokens": 0, **found}})
