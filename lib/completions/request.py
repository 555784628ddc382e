"""A message's body and the step's settings become the exact request. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pysailor import Fault, InvalidConfig, offload

from ..cost.price import Surcharges
from ..cost.worst_case import Plan
from ..endpoint import NOTHING_FOUND, BuiltRequest, CheckResult
from ..tokens import count as tokens
from . import preflight, usage_option
from .normalize import normalize
from .preflight.facts.fields import wants_audio

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ..api.servers import ServerKind
    from ..models.table import Models
    from ..tokens.count import Estimate
    from .preflight import Finding, KnownRejection

_NEVER_CERTAIN = ("refused_before",)  # what a server refused once it may take today
_MOST_SEARCHES = 10  # nothing limits them; answers with a few are usual
_USUAL_LIFE = "30m"
_MISSING = '"Model" is missing; choose one on the step, or map a model in the message'
_ESCAPE: Final = 6
"""Characters that one outside of ASCII has in JSON; it may be several tokens."""
_ROLE_AND_TEXT, _AROUND = 2, 30
_FILES: Final = ("data", "file_data")
_MOST_OF_A_FILE: Final = 20_000
"""Characters; a picture or a page is a few thousand tokens, however many bytes it has."""


def build(body: Mapping[str, Any], model: str | None, models: Models, server: ServerKind) -> BuiltRequest:
    """Return what is sent: what the user set and nothing else, with the model of the body or else of the step.

    Members that nobody knows pass through. Changed are only the name of the token cap (as the model or the server wants
    it), texts in logit_bias (to token ids), small slips (see `normalize`), and that a stream is asked for its usage.
    Raise InvalidConfig if no model is named.
    """
    body, mended = normalize(body)
    model = body.get("model") or (model.strip() if model else None)
    if not model:
        raise InvalidConfig(_MISSING, pointer="/model")
    family = models.find(str(model))
    sent = {"model": model, **{name: value for name, value in body.items() if value is not None and name != "model"}}
    sent, notes = preflight.adapt(sent, family, server.token_cap)
    notes = mended + notes
    if isinstance(sent.get("logit_bias"), dict):
        sent["logit_bias"], resolved = tokens.resolve_logit_bias(sent["logit_bias"], family)
        notes += resolved
    return BuiltRequest(usage_option.add(sent, server), family, notes)


def check(
    request: BuiltRequest,
    *,
    public_api: bool,
    strict: bool = False,
    refusals: tuple[KnownRejection, ...] = (),
    now: datetime | None = None,
    without: frozenset[str] = frozenset(),
) -> CheckResult:
    """Return what all rules but those `without` find.

    What the service certainly refuses is an error; `strict` makes one of every doubt.
    """
    findings = preflight.check(
        request.body,
        family=request.family,
        public_api=public_api,
        estimate=_estimate(request, quick=True) if _may_be_too_long(request) else None,
        refusals=refusals,
        now=now,
    )
    if not findings:
        return NOTHING_FOUND
    errors: list[Fault] = []
    warnings: list[Fault] = []
    for found in findings:
        if found.rule in without:
            continue
        is_error = found.certain or (strict and found.rule not in _NEVER_CERTAIN)
        (errors if is_error else warnings).append(_fault(found))
    return CheckResult(tuple(errors), tuple(warnings))


def plan(request: BuiltRequest, rounds: int, tries: int) -> tuple[Plan, str]:
    """Return what the request may take at worst, and a sentence if that was counted poorly."""
    counted = offload(_estimate, request)  # a long text takes the tokenizer a while
    cap = request.body.get("max_completion_tokens", request.body.get("max_tokens"))
    extra = surcharges(request)
    planned = Plan(
        None if extra.searches else counted.most,  # what a search finds is input, too
        counted.audio,
        cap if isinstance(cap, int) else None,
        answers=request.body.get("n") or 1,
        speaks=wants_audio(request.body),
        rounds=rounds,
        tries=tries,
        tier=request.body.get("service_tier"),
        surcharges=extra,
    )
    return planned, counted.note


def surcharges(request: BuiltRequest) -> Surcharges:
    """Return what may make an answer more expensive than its tokens, at worst."""
    searches = request.body.get("web_search_options") is not None or (request.family and request.family.search)
    return Surcharges(long_cache=_has_long_cache(request.body), searches=_MOST_SEARCHES if searches else 0)


def _has_long_cache(body: Mapping[str, Any]) -> bool:
    """Return whether anything is to stay in the cache for longer than usual."""
    messages = body.get("messages")
    holders = [message for message in messages if isinstance(message, dict)] if isinstance(messages, list) else []
    parts = [part for message in holders if isinstance(message.get("content"), list) for part in message["content"]]
    tools = body.get("tools")
    marked = [*holders, *parts, *(tools if isinstance(tools, list) else ())]
    marks = [one.get("prompt_cache_breakpoint") for one in marked if isinstance(one, dict)]
    lives = [mark.get("ttl") for mark in (body.get("prompt_cache_options"), *marks) if isinstance(mark, dict)]
    return any(life not in (None, _USUAL_LIFE) for life in lives)


def _estimate(request: BuiltRequest, *, quick: bool = False) -> Estimate:
    """Count the tokens of the input, as well as can be done without the model."""
    return tokens.count(request.body, request.family, quick=quick)


def _may_be_too_long(request: BuiltRequest) -> bool:
    """Whether counting is worth while: a token has at least one character, and mostly about four."""
    family = request.family
    limit = (family.max_input or family.context) if family else None
    return limit is not None and _length_of_all(request.body.get("messages")) > 2 * limit


def _length_of_all(messages: Any) -> int:
    """Return the same as `_length`; most messages are a role and a text."""
    if not isinstance(messages, list):
        return _length(messages)
    texts: list[Any] = [one.get("content") for one in messages if one.__class__ is dict and len(one) <= _ROLE_AND_TEXT]
    if len(texts) < len(messages) or set(map(type, texts)) - {str} or not (text := "".join(texts)).isascii():
        return _length(messages)
    return len(text) + _AROUND * len(texts)


def _length(value: Any) -> int:
    """Return about how many characters a value has as JSON in ASCII; of a file, no more than a service makes of it."""
    if isinstance(value, str):
        return len(value) if value.isascii() else _ESCAPE * len(value)
    if isinstance(value, dict):
        return sum(_length_of_member(name, member) for name, member in value.items())
    if isinstance(value, list):
        return sum(map(_length, value))
    return 1


def _length_of_member(name: str, value: Any) -> int:
    if isinstance(value, str) and (name in _FILES or value[:5] == "data:"):
        return min(len(value), _MOST_OF_A_FILE)
    return len(name) + _length(value)


def _fault(found: Finding) -> Fault:
    return Fault(found.pointer, f"{found.message}; {found.fix}")
