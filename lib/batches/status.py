"""The batch object: how far it is, where its answers are, why it failed. Pure; what is missing or odd is None."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from .errors import BatchError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

FAILED, EXPIRED, CANCELLED = "failed", "expired", "cancelled"
_ENDED = (FAILED, "completed", EXPIRED, CANCELLED)
_ERRORS = {FAILED: "batch_failed", EXPIRED: "batch_expired", CANCELLED: "batch_cancelled"}
_UNDER_WAY = ("validating", "in_progress", "finalizing", "cancelling")
_QUEUE_FULL = "token_limit_exceeded"
_MOST_TOLD = 5
_LONGEST_TOLD, _LONGEST_CODE = 500, 100
_TIMES = ("created_at", "completed_at", "failed_at", "expired_at", "cancelled_at", "expires_at")


@dataclass(frozen=True, slots=True)
class BatchStatus:
    """What the service says of a batch."""

    document: Mapping[str, Any]

    @property
    def id(self) -> str:
        """The id, "" if there is none."""
        return _text(self.document.get("id")) or ""

    @property
    def status(self) -> str:
        """The service's word for how far it is."""
        return (_text(self.document.get("status")) or "of no status").lower()

    @property
    def has_ended(self) -> bool:
        """Whether nothing more will come."""
        return self.status in _ENDED

    @property
    def is_known(self) -> bool:
        """Whether the status is one that is known."""
        return self.status in _ENDED or self.status in _UNDER_WAY

    @property
    def endpoint(self) -> str:
        """Which endpoint its lines are for, such as /v1/chat/completions."""
        return _text(self.document.get("endpoint")) or ""

    @property
    def files(self) -> dict[str, str]:
        """The ids of its files, by the members that hold them; absent, null and "" are all none."""
        names = ("input_file_id", "output_file_id", "error_file_id")
        return {name: found for name in names if (found := _text(self.document.get(name)))}

    @property
    def progress(self) -> str:
        """How far it is, in words."""
        counts = self.document.get("request_counts")
        counts = counts if isinstance(counts, dict) else {}
        done = [counts.get(name) for name in ("completed", "failed")]
        if not isinstance(counts.get("total"), int) or not counts["total"]:
            return f"it is {self.status}"
        return f"it is {self.status}, {sum(n for n in done if isinstance(n, int))} of {counts['total']} lines are done"

    @property
    def refused(self) -> list[Mapping[str, Any]]:
        """Why the file was refused: objects with code, message, param and line."""
        errors = self.document.get("errors")
        data = errors.get("data") if isinstance(errors, dict) else None
        return [one for one in data if isinstance(one, dict)] if isinstance(data, list) else []

    @property
    def is_queue_full(self) -> bool:
        """Whether it failed only because too many tokens wait already."""
        return any(one.get("code") == _QUEUE_FULL for one in self.refused)

    @property
    def says_answered(self) -> int | None:
        """How many lines have an answer by the service's own count, None if it does not say."""
        counts = self.document.get("request_counts")
        done = counts.get("completed") if isinstance(counts, dict) else None
        return done if done.__class__ is int else None

    def error(self) -> BatchError | None:
        """Return the error of a batch that ended before any of its lines was run, None for any other ending."""
        code = "batch_queue_full" if self.status == FAILED and self.is_queue_full else _ERRORS.get(self.status)
        return None if code is None else BatchError(code, f"{self.why()}.", batch=self.id, **self.files)

    def why(self) -> str:
        """Return the first reasons of a refusal in words."""
        told = [_reason(one) for one in self.refused[:_MOST_TOLD]] or ["The service does not say why"]
        more = len(self.refused) - len(told)
        return "; ".join(told) + (f"; and {more} more" if more > 0 else "")

    def to_json(self) -> dict[str, Any]:
        """Return what is handed on of it."""
        kept = ("model", "request_counts", "usage", "metadata", *_TIMES)
        known = {name: self.document[name] for name in kept if self.document.get(name) is not None}
        return {"id": self.id, "status": self.status, "endpoint": self.endpoint, **self.files, **known}


def find_by_key(batches: Sequence[Any], name: str, key: str) -> BatchStatus | None:
    """Return the newest batch that carries the key in its metadata; one that was refused ran nothing, and is none."""
    for one in batches:
        metadata = one.get("metadata") if isinstance(one, dict) else None
        if isinstance(metadata, dict) and metadata.get(name) == key:
            found = BatchStatus(one)
            if found.id and found.status != FAILED:
                return found
    return None


def _reason(one: Mapping[str, Any]) -> str:
    line = one.get("line")
    where = f"line {line}: " if isinstance(line, int) else ""
    told = str(one.get("message") or "no reason given")[:_LONGEST_TOLD]
    return f"{where}{told} ({str(one.get('code') or 'no code')[:_LONGEST_CODE]})"


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
