"""What a rule is, what it finds, and what it is given to look at."""

from __future__ import annotations

import json
from enum import Enum
from itertools import islice
from typing import TYPE_CHECKING, Any

from pysailor import frozen

from .facts.fields import known_fields

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime

    from ...models.table import Family
    from ...tokens.count import Estimate
    from .facts.past_refusals import KnownRejection
    from .facts.schemas import StrictSchema
    from .facts.toolbox import Toolbox
    from .facts.transcript import Transcript

Breach = tuple[str, str, str]
"""Pointer into the body, what is wrong, what to do."""


FROM_FAMILY = "unsupported_parameter or unsupported_value; table of models"
"""The source of rules that stand in the table of models."""
_LONGEST_QUOTED = 100
_MOST_TOLD = 100


def quote(value: Any) -> str:
    """Return a value of the request as it stands there, in JSON; the beginning of a long one, "nothing" for null."""
    if value is None:
        return "nothing"
    try:
        text = json.dumps(value, ensure_ascii=False)
    except (TypeError, ValueError, RecursionError):
        text = str(value)
    return text if len(text) <= _LONGEST_QUOTED else text[:_LONGEST_QUOTED] + "…"


@frozen
class Finding:
    """One thing that the service would refuse, or may.

    `certain` means that it always would: an error. Else it depends on the server, or was only observed: a warning.
    `source` says where the rule is from, `rule` is its stable name.
    """

    pointer: str
    message: str
    fix: str
    source: str
    certain: bool
    rule: str


class Basis(Enum):
    """Why a rule holds, and so how far."""

    LOGIC = "no server can do what is asked"
    API = "the public API refuses it, whatever the model"
    MODEL = "the public API refuses it for this model, as the table of models has it"
    HEURISTIC = "it depends on the server, or was only observed"


@frozen
class RequestFacts:
    """A request body, read once for all rules. Members that are null count as absent."""

    body: Mapping[str, Any]
    transcript: Transcript
    toolbox: Toolbox
    strict: tuple[StrictSchema, ...] = ()
    family: Family | None = None
    public_api: bool = True
    estimate: Estimate | None = None
    refusals: tuple[KnownRejection, ...] = ()
    now: datetime | None = None

    def members(self) -> list[str]:
        """Return the names of the body's members, and of what else a rule may be about, as far as it is there."""
        transcript, family, given = self.transcript, self.family, self.body.keys()
        others: dict[str, Any] = {
            "calls": transcript.calls,
            "tool_results": transcript.tool_results,
            "names": transcript.names,
            "parts": transcript.parts,
            "long_text": transcript.has_long_text,
            "empty_replies": transcript.empty_replies,
            "audio_replies": transcript.audio_replies,
            "developer": "developer" in transcript.roles,
            "estimate": self.estimate,
            "refusals": self.refusals,
            "unknown": not given <= known_fields(),
        }
        if family is not None:
            others |= {
                "shut_down": self.public_api and family.gone,
                "elsewhere": family.endpoint != "chat",
                "not_taken": family.takes_only or not family.refuses.isdisjoint(given),
                "effort_none_only": not family.effort_none_only.isdisjoint(given),
                "limited_values": family.only and not given.isdisjoint(family.only),
            }
        return [*given, *[name for name, value in others.items() if value]]


@frozen
class Rule:
    """A rule: its name, what looks for breaches, where it is from, and on what basis it stands.

    `about` says what must be there for anything to be found, by names that RequestFacts.members() gives: one is enough.
    Most requests have few of them. Empty, the rule is about every request.
    """

    name: str
    find: Callable[[RequestFacts], Iterable[Breach]]
    source: str
    basis: Basis = Basis.API
    about: tuple[str, ...] = ()

    def check(self, facts: RequestFacts) -> list[Finding]:
        """Return the breaches in the request, the first hundred of them: a body may hold any number."""
        found = list(islice(self.find(facts), _MOST_TOLD + 1))
        if not found:
            return []
        if len(found) > _MOST_TOLD:
            found[_MOST_TOLD] = (found[_MOST_TOLD][0], "and more of this kind from here on", "correct those before")
        return [
            Finding(pointer, message, fix, self.source, self._is_certain(facts), self.name)
            for pointer, message, fix in found
        ]

    def _is_certain(self, facts: RequestFacts) -> bool:
        if self.basis is Basis.MODEL:
            return facts.public_api and (facts.family is None or facts.family.certain)
        return self.basis is Basis.LOGIC or (self.basis is Basis.API and facts.public_api)


def model_name(facts: RequestFacts) -> str:
    """Return how a sentence names the model of a request."""
    return str(facts.body.get("model") or (facts.family.label if facts.family else "this model"))
