"""What a step remembers of servers from message to message: the fields that they refused."""

from __future__ import annotations

import hashlib
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from .preflight import PastRefusals, learn, learn_api, names_responses

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from typing import Self

    from ..api.servers import ServerKind
    from ..errors.api_error import ApiError
    from .preflight import KnownRejection

_FACT = "refused "
"""A fact about a server has a member of its own in the step's memory: workers merge them without asking each other."""


_NO_REFUSALS = PastRefusals({})


class StepMemory:
    """Past refusals, as the snapshot of a step holds them."""

    def __init__(self, refusals: PastRefusals) -> None:
        self._refusals = refusals

    @classmethod
    def of(cls, snapshot: Any) -> Self:
        """Return what a snapshot holds; what is not ours, or of another version, is passed over."""
        refusals = _NO_REFUSALS
        for name, fact in snapshot.items() if isinstance(snapshot, dict) else ():
            if str(name).startswith(_FACT) and isinstance(fact, dict):
                try:
                    (one,) = PastRefusals.from_json([fact]).refusals.values()
                except (TypeError, ValueError):
                    continue
                refusals = refusals.add(one)
        return cls(refusals)

    def about(self, address: str, model: str) -> tuple[KnownRejection, ...]:
        """Return what this server refused for this model."""
        return self._refusals.about(address, model) if self._refusals.refusals else ()

    def adapt(self, server: ServerKind, address: str, model: str) -> ServerKind:
        """Return the server as it is known by now: without the options that it refused."""
        if not self._refusals.refusals:
            return server
        if server.takes_usage_option and any(fact.field == "stream_options" for fact in self.about(address, model)):
            return replace(server, takes_usage_option=False)
        return server

    def learn(self, address: str, body: Mapping[str, Any], error: ApiError, now: datetime) -> dict[str, Any]:
        """Remember what an error tells about one field of the request; return what is new for the snapshot."""
        fact = _fact(address, body, error, now.date().isoformat())
        if fact is None or not self._refusals.has_room_for(fact):
            return {}
        self._refusals = self._refusals.add(fact)
        (document,) = PastRefusals({}).add(fact).to_json()
        return {_FACT + hashlib.sha256("\n".join(fact.key).encode()).hexdigest()[:12]: document}


def _fact(address: str, body: Mapping[str, Any], error: ApiError, today: str) -> KnownRejection | None:
    if names_responses(error.status, error.text, error.param):
        return learn_api(address, body, today)
    return learn(
        address,
        body,
        status=error.status or 0,
        code=error.api_code,
        param=error.param,
        message=error.text,
        today=today,
    )
