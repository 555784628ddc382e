"""What the sandbox keeps of responses: those that were to be stored, and those that are made in the background."""

from __future__ import annotations

from collections import OrderedDict
from threading import Lock
from typing import TYPE_CHECKING, Any

from ..errors import ErrorReply

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_MOST_KEPT = 1000
_POLLS = 2
"""So many times a response in the background is asked for before it is there."""
_MEMORY = "The sandbox keeps responses in memory only: they end with the command that started it."


class Shelf:
    """Responses by id, the oldest forgotten first; any thread may ask."""

    def __init__(self) -> None:
        self._kept: OrderedDict[str, tuple[list[Mapping[str, Any]], dict[str, Any]]] = OrderedDict()
        self._polls: dict[str, int] = {}
        self._lock = Lock()

    def keep(self, items: Sequence[Mapping[str, Any]], response: dict[str, Any], *, in_background: bool) -> None:
        """Keep a response with all that the model saw before it."""
        with self._lock:
            self._kept[response["id"]] = [*items], response
            if in_background:
                self._polls[response["id"]] = _POLLS
            if len(self._kept) > _MOST_KEPT:
                gone, _ = self._kept.popitem(last=False)
                self._polls.pop(gone, None)

    def before(self, response_id: str) -> list[Mapping[str, Any]]:
        """Return all that was said until the end of a stored response; raise ErrorReply."""
        with self._lock:
            if response_id not in self._kept:
                told = f"Previous response with id '{response_id}' not found."
                raise ErrorReply(told, param="previous_response_id", code="previous_response_not_found")
            items, response = self._kept[response_id]
            return [*items, *response["output"]]

    def get(self, response_id: str) -> dict[str, Any]:
        """Return a response as it is by now; raise ErrorReply."""
        with self._lock:
            response = self._find(response_id)
            left = self._polls.get(response_id, 0)
            if not left:
                return response
            self._polls[response_id] = left - 1
            return mark_pending(response, "in_progress" if left < _POLLS else "queued")

    def cancel(self, response_id: str) -> dict[str, Any]:
        """Return a response of the background, cancelled unless it was there already; raise ErrorReply."""
        with self._lock:
            response = self._find(response_id)
            if not response.get("background"):
                raise ErrorReply("Only responses created with background=true can be cancelled.")
            if self._polls.pop(response_id, 0):
                items, _ = self._kept[response_id]
                response = mark_pending(response, "cancelled")
                self._kept[response_id] = items, response
            return response

    def delete(self, response_id: str) -> dict[str, Any]:
        """Forget a response; raise ErrorReply."""
        with self._lock:
            self._find(response_id)
            del self._kept[response_id]
            return {"id": response_id, "object": "response", "deleted": True}

    def _find(self, response_id: str) -> dict[str, Any]:
        if response_id not in self._kept:
            raise ErrorReply(f"Response with id '{response_id}' not found. {_MEMORY}", status=404)
        return self._kept[response_id][1]


def mark_pending(response: Mapping[str, Any], status: str) -> dict[str, Any]:
    """Return a response that is not made yet."""
    return {**response, "status": status, "output": [], "usage": None, "incomplete_details": None}
