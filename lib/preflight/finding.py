"""What a rule is, what it finds, and what it is given to look at."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from ..models import Family
    from ..tokens import Estimate
    from .conversation import Conversation
    from .learned import Refusal
    from .strict_schema import StrictSchema
    from .tools import Toolbox

Found = tuple[str, str, str]
"""Pointer into the body, what is wrong, what to do."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that the service would answer no to, or may.

    `certain` means that it always would: an error. Else it depends on the server, or was only observed: a warning.
    `source` says where the rule is from, `rule` is its stable name.
    """

    pointer: str
    message: str
    fix: str
    source: str
    certain: bool
    rule: str

    def __str__(self) -> str:
        """Give the line that a person reads."""
        return f"{self.pointer}: {self.message}; {self.fix}" if self.pointer else f"{self.message}; {self.fix}"

    def to_json(self) -> dict[str, Any]:
        """Give the members by their names."""
        return {name: getattr(self, name) for name in ("pointer", "message", "fix", "source", "certain", "rule")}


class Ground(Enum):
    """Why a rule holds, and so how far."""

    LOGIC = "no server can do what is asked"
    SERVICE = "the public API refuses it, whatever the model"
    TABLE = "the public API refuses it for this model, as the table of models has it"
    DOUBT = "it depends on the server, or was only observed"


@dataclass(frozen=True, slots=True)
class Request:
    """A request body, read once for all rules. Members that are null count as absent."""

    body: Mapping[str, Any]
    conversation: Conversation
    toolbox: Toolbox
    strict: tuple[StrictSchema, ...] = ()
    family: Family | None = None
    public_api: bool = True
    estimate: Estimate | None = None
    refusals: tuple[Refusal, ...] = ()
    now: datetime | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: its name, what looks for breaches, where it is from, and on what ground it stands."""

    name: str
    look: Callable[[Request], Iterable[Found]]
    source: str
    ground: Ground = Ground.SERVICE

    def findings(self, request: Request) -> list[Finding]:
        """Give every breach in the request."""
        return [
            Finding(pointer, message, fix, self.source, self._is_certain(request), self.name)
            for pointer, message, fix in self.look(request)
        ]

    def _is_certain(self, request: Request) -> bool:
        if self.ground is Ground.TABLE:
            return request.public_api and (request.family is None or request.family.certain)
        return self.ground is Ground.LOGIC or (self.ground is Ground.SERVICE and request.public_api)
