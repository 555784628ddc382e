"""What the service would refuse, found before it costs anything. Pure: no IO, no clock.

`RULES` holds every rule, each one small function; `check` asks them all. What a schema can say by itself is not here.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .facts.fields import TOKEN_CAPS
from .facts.past_refusals import API, KnownRejection, PastRefusals, learn, learn_api, names_responses
from .facts.schemas import StrictSchema
from .facts.toolbox import Toolbox
from .facts.transcript import Transcript
from .rule import Basis, Finding, RequestFacts, Rule
from .rules import media, messages, model, options, reasoning, responses_only, schemas, strict_schema, tools
from .rules.media import find_missing_sources

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ...models.table import Family
    from ...tokens.count import Estimate

__all__ = [
    "API",
    "RULES",
    "Basis",
    "Finding",
    "KnownRejection",
    "PastRefusals",
    "Rule",
    "adapt",
    "check",
    "find_missing_sources",
    "is_strict",
    "learn",
    "learn_api",
    "names_responses",
]

RULES: tuple[Rule, ...] = (
    *(*messages.RULES, *media.RULES, *tools.RULES, *options.RULES),
    *(*schemas.RULES, *strict_schema.RULES, *model.RULES, *reasoning.RULES, *responses_only.RULES),
)


def check(
    body: Mapping[str, Any],
    *,
    family: Family | None,
    public_api: bool,
    estimate: Estimate | None = None,
    refusals: tuple[KnownRejection, ...] = (),
    now: datetime | None = None,
) -> list[Finding]:
    """Return all that the service would refuse in this body, or may: the certain first.

    `family` is what is known about the model, None if nothing. `public_api` is false for any other server, of which
    less is certain. With an `estimate` the length is checked too, with `now` what has expired, with `refusals` what
    this server refused before. Never raises, whatever the body.
    """
    facts = RequestFacts(*_read(body), family, public_api, estimate, refusals, now)
    rules = _rules_about(frozenset(facts.members()))
    found = [finding for rule in rules for finding in rule.check(facts)] if rules else []
    return sorted(found, key=lambda finding: not finding.certain) if found else found


@lru_cache(maxsize=100)  # the requests of a step mostly hold the same
def _rules_about(members: frozenset[str]) -> tuple[Rule, ...]:
    return tuple(rule for rule in RULES if not (rule.about and members.isdisjoint(rule.about)))


def is_strict(schema: Mapping[str, Any], family: Family | None = None) -> bool:
    """Return whether a schema may be sent with strict true: no rule about it finds anything, not even a doubt."""
    facts = RequestFacts({}, Transcript(), Toolbox(), (StrictSchema.of("", schema),), family)
    return not any(rule.check(facts) for rule in strict_schema.RULES)


def _read(body: Mapping[str, Any]) -> tuple[Mapping[str, Any], Transcript, Toolbox, tuple[StrictSchema, ...]]:
    given = body
    if None in body.values():
        given = {name: value for name, value in body.items() if value is not None}
    toolbox = Toolbox.of(given)
    return given, Transcript.of(given.get("messages")), toolbox, StrictSchema.all_of(given, toolbox)


def adapt(
    body: Mapping[str, Any], family: Family | None, server_cap: str | None = None
) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Return the body with the token cap under the name that is heeded, and a sentence if that changed it.

    `server_cap` is the only name that the server heeds, if there is one; else the model's family decides. Nothing else
    is changed: what the model does not take is reported by `check`, never dropped in silence.
    """
    if body.keys().isdisjoint(TOKEN_CAPS):
        return dict(body), ()
    wanted = server_cap or (family.token_cap if family else "either")
    given = [name for name in TOKEN_CAPS if body.get(name) is not None]
    if wanted == "either" or given in ([], [wanted]) or len(given) > 1:
        return dict(body), ()
    if given == ["max_completion_tokens"] and server_cap is None:
        return dict(body), ()
    who = "this server" if server_cap or family is None else family.label
    renamed = {wanted if name == given[0] else name: value for name, value in body.items()}
    return renamed, (f"{given[0]} was sent as {wanted}, as {who} wants it",)
