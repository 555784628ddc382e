"""What the service would answer no to, found before it costs anything. Pure: no IO, no clock.

`RULES` holds every rule, each one small function; `check` asks them all. What a schema can say by itself is not here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from . import messages, model, options, strict_schema, tools
from .conversation import Conversation
from .finding import Finding, Ground, Request, Rule
from .learned import Learned, Refusal, learn
from .strict_schema import StrictSchema
from .tools import Toolbox

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ..models import Family
    from ..tokens import Estimate

__all__ = ["RULES", "Finding", "Ground", "Learned", "Refusal", "Rule", "adapt", "check", "learn"]

RULES: tuple[Rule, ...] = (*messages.RULES, *tools.RULES, *options.RULES, *strict_schema.RULES, *model.RULES)


def check(
    body: Mapping[str, Any],
    *,
    family: Family | None,
    public_api: bool,
    estimate: Estimate | None = None,
    refusals: tuple[Refusal, ...] = (),
    now: datetime | None = None,
) -> list[Finding]:
    """Give all that the service would refuse in this body, or may: the certain first.

    `family` is what is known about the model, None if nothing. `public_api` is false for any other server, of which
    less is certain. With an `estimate` the length is judged too, with `now` what has expired, with `refusals` what
    this server refused before. Never raises, whatever the body.
    """
    given = {name: value for name, value in body.items() if value is not None}
    toolbox = Toolbox.of(given)
    request = Request(
        given,
        Conversation.of(given.get("messages")),
        toolbox,
        StrictSchema.all_of(given, toolbox),
        family,
        public_api,
        estimate,
        refusals,
        now,
    )
    found = [finding for rule in RULES for finding in rule.findings(request)]
    return sorted(found, key=lambda finding: not finding.certain)


def adapt(body: Mapping[str, Any], family: Family | None) -> tuple[dict[str, Any], tuple[str, ...]]:
    """Give the body with the token cap under the name that the model takes, and a sentence if that changed it.

    Nothing else is changed: what the model does not take is reported by `check`, never dropped in silence.
    """
    cap = body.get("max_tokens")
    if family is None or family.token_cap == "either" or cap is None or body.get("max_completion_tokens") is not None:
        return dict(body), ()
    renamed = {family.token_cap if name == "max_tokens" else name: value for name, value in body.items()}
    renamed[family.token_cap] = cap
    return renamed, (f"max_tokens was sent as {family.token_cap}, as {family.label} wants it",)
