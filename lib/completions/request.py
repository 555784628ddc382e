"""A message's body and the step's settings become the exact request. Pure."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pysailor import Fault, InvalidConfig

from ..tokens import count as tokens
from . import preflight

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ..api.servers import Server
    from ..models.table import Family, Models
    from ..tokens.count import Estimate
    from .preflight import Finding, KnownRejection

_NEVER_CERTAIN = ("refused_before",)  # what a server refused once it may take today
_MISSING = '"Model" is missing; choose one on the step, or map a model in the message'


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent: the body, what is known of its model, and what was changed on the way, in sentences."""

    body: dict[str, Any]
    family: Family | None
    notes: tuple[str, ...] = ()

    @property
    def model(self) -> str:
        """The model that is asked."""
        return str(self.body["model"])

    @property
    def cap(self) -> int | None:
        """The most tokens that an answer may have, where the request says so."""
        cap = self.body.get("max_completion_tokens", self.body.get("max_tokens"))
        return cap if isinstance(cap, int) else None

    def estimate(self) -> Estimate:
        """Count the tokens of the input, as well as can be done without the model."""
        return tokens.count(self.body, self.family)


def build(body: Mapping[str, Any], cfg: Mapping[str, Any], models: Models, server: Server) -> Request:
    """Give what is sent: what the user set and nothing else, with the model of the body or else of the step.

    Members that nobody knows pass through. Changed are only the name of the token cap (as the model or the server wants
    it), texts in logit_bias (to token ids), and that a stream is asked for its usage. Raise InvalidConfig if no model
    is named.
    """
    model = body.get("model") or cfg.get("model")
    if not model:
        raise InvalidConfig(_MISSING, pointer="/model")
    family = models.find(str(model))
    sent = {"model": model, **{name: value for name, value in body.items() if value is not None and name != "model"}}
    sent, notes = preflight.adapt(sent, family, server.token_cap)
    if isinstance(sent.get("logit_bias"), dict):
        sent["logit_bias"], resolved = tokens.resolve_logit_bias(sent["logit_bias"], family)
        notes += resolved
    if sent.get("stream") and server.takes_usage_option and "stream_options" not in sent:
        sent["stream_options"] = {"include_usage": True}
    return Request(sent, family, notes)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the rules between fields say: errors keep the request from being sent, warnings do not."""

    errors: tuple[Fault, ...] = ()
    warnings: tuple[Fault, ...] = ()


def judge(
    request: Request,
    *,
    public_api: bool,
    strict: bool = False,
    refusals: tuple[KnownRejection, ...] = (),
    now: datetime | None = None,
) -> Verdict:
    """Ask all rules. What the service certainly refuses is an error; `strict` makes one of every doubt, too."""
    findings = preflight.check(
        request.body,
        family=request.family,
        public_api=public_api,
        estimate=request.estimate() if _may_be_too_long(request) else None,
        refusals=refusals,
        now=now,
    )
    certain = [found for found in findings if found.certain or (strict and found.rule not in _NEVER_CERTAIN)]
    doubtful = [found for found in findings if found not in certain]
    return Verdict(tuple(map(_fault, certain)), tuple(map(_fault, doubtful)))


def _may_be_too_long(request: Request) -> bool:
    """Say whether counting is worth while: a token has at least one character, and mostly about four."""
    family = request.family
    limit = (family.max_input or family.context) if family else None
    return limit is not None and len(json.dumps(request.body.get("messages"))) > 2 * limit


def _fault(found: Finding) -> Fault:
    return Fault(found.pointer, f"{found.message}; {found.fix}")
