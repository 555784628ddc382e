"""Rules that depend on the model: what its family takes, its limits, the day it goes."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from pysailor import pointer_to

from ....models.table import WARNED_DAYS_BEFORE
from ..facts.defaults import DEFAULTS, is_default
from ..facts.fields import TOKEN_CAPS, number, wants_audio
from ..facts.toolbox import TOOLS
from ..rule import FROM_FAMILY, Basis, Rule, model_name, quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..rule import Breach, RequestFacts

_FAR_BEYOND = 1.25


_OR_API = "set API to automatic or to Responses, or choose another model"
_ELSEWHERE = {
    "embeddings": "makes vectors of texts and does not chat",
    "moderations": "checks texts and pictures and does not chat",
}


def _another_endpoint(facts: RequestFacts) -> Iterator[Breach]:
    if facts.family and facts.family.endpoint != "chat":
        what = _ELSEWHERE.get(facts.family.endpoint, "answers on the Responses API only, not on Chat Completions")
        fix = "choose another model" if facts.family.endpoint in _ELSEWHERE else _OR_API
        yield "/model", f"{model_name(facts)} {what}", fix


def _shut_down(facts: RequestFacts) -> Iterator[Breach]:
    day = facts.family.gone if facts.family and facts.public_api else None
    if day and facts.now and day <= facts.now.date():
        yield "/model", f"{model_name(facts)} was due to be shut down on {day}", "choose a newer model"


def _shut_down_soon(facts: RequestFacts) -> Iterator[Breach]:
    day = facts.family.gone if facts.family and facts.public_api else None
    if day and facts.now and 0 < (day - facts.now.date()).days <= WARNED_DAYS_BEFORE:
        yield "/model", f"{model_name(facts)} is shut down on {day}", "choose a newer model before that day"


def _field_not_taken(facts: RequestFacts) -> Iterator[Breach]:
    family = facts.family
    if family is None:
        return
    refused = family.refuses.intersection(facts.body)
    if family.takes_only:
        refused |= set(facts.body) - family.takes_only
    for name in sorted(refused):
        if not is_default(name, facts.body[name]):
            kept = DEFAULTS.get(name)
            but = f" other than {json.dumps(kept[0])}" if kept and name not in ("logit_bias", "verbosity") else ""
            yield pointer_to([name]), f"{model_name(facts)} does not take {name}{but}", f"remove {name}"


def _token_cap_name(facts: RequestFacts) -> Iterator[Breach]:
    if facts.family and facts.family.token_cap == TOKEN_CAPS[0] and "max_tokens" in facts.body:
        problem = f"{model_name(facts)} does not take max_tokens"
        yield "/max_tokens", problem, "write max_completion_tokens; it counts the reasoning too"


def _tools_never(facts: RequestFacts) -> Iterator[Breach]:
    if facts.family and facts.family.tools == "never" and not facts.family.takes_only:
        for name in _list_offers(facts):
            problem = f"{model_name(facts)} takes tools on the Responses API only"
            yield f"/{name}", problem, f"set API to automatic or to Responses, remove {name}, or choose another model"


def _list_offers(facts: RequestFacts) -> list[str]:
    return [name for name in ("tools", "functions") if facts.body.get(name)]


def _custom_tools(facts: RequestFacts) -> Iterator[Breach]:
    if facts.family and not facts.family.custom_tools:
        for tool in facts.toolbox.tools:
            if tool.kind == "custom":
                problem = f"{model_name(facts)} does not take custom tools"
                yield tool.pointer, problem, "describe it as a function, or choose gpt-5 or later"


def _spoken_answer(facts: RequestFacts) -> Iterator[Breach]:
    if facts.family and not facts.family.audio and wants_audio(facts.body):
        yield "/modalities", f"{model_name(facts)} has no voice", "choose a gpt-audio model, or ask for text only"


def _value_not_taken(facts: RequestFacts) -> Iterator[Breach]:
    for name, allowed in facts.family.only.items() if facts.family else ():
        if name in facts.body and facts.body[name] not in allowed:
            problem = f"{model_name(facts)} takes {', '.join(allowed)} for {name}, found {quote(facts.body[name])}"
            yield pointer_to([name]), problem, "choose one of these, or leave it out"


def _tier_not_offered(facts: RequestFacts) -> Iterator[Breach]:
    tier = {"fast": "priority"}.get(str(facts.body.get("service_tier")), facts.body.get("service_tier"))
    if tier in ("flex", "priority") and facts.family and facts.family.price and tier not in facts.family.tiers:
        problem = f"the table of models has no price for {model_name(facts)} in the tier {tier}"
        yield "/service_tier", problem, "choose auto or default, if it is refused"


def _original_detail(facts: RequestFacts) -> Iterator[Breach]:
    if facts.family is None or facts.family.image is None or facts.family.image.original:
        return
    for pointer, part in facts.transcript.each_part("image_url"):
        image = part.get("image_url")
        if isinstance(image, dict) and image.get("detail") == "original":
            problem = f"{model_name(facts)} is not known to take the detail original"
            yield f"{pointer}/image_url/detail", problem, "choose high"


def _cap_above_model(facts: RequestFacts) -> Iterator[Breach]:
    most = facts.family.max_output if facts.family else None
    for name in TOKEN_CAPS:
        if most is not None and number(facts.body.get(name)) > most:
            problem = f"found {facts.body[name]}; {model_name(facts)} gives at most {most} tokens"
            yield f"/{name}", problem, f"write {most} or less, or leave it out"


def _context_exceeded(facts: RequestFacts) -> Iterator[Breach]:
    if facts.estimate and not _is_far_beyond(facts):
        yield from _too_long(facts, facts.estimate.tokens)


def _context_far_exceeded(facts: RequestFacts) -> Iterator[Breach]:
    if facts.estimate and _is_far_beyond(facts):
        yield from _too_long(facts, facts.estimate.tokens)


def _is_far_beyond(facts: RequestFacts) -> bool:
    """Return whether the least that it can be, by more than an error of counting, is above the limit."""
    least = facts.estimate.least if facts.estimate else 0
    return any(True for _ in _too_long(facts, int(least / _FAR_BEYOND)))


def _too_long(facts: RequestFacts, tokens: int) -> Iterator[Breach]:
    family = facts.family
    if family is None:
        return
    cap = max((int(number(facts.body.get(name))) for name in TOKEN_CAPS), default=0)
    if family.max_input is not None and tokens > family.max_input:
        problem = f"about {tokens} tokens of input; {model_name(facts)} takes {family.max_input}"
        yield "/messages", problem, "shorten the messages"
    elif family.context is not None and tokens + cap > family.context:
        problem = (
            f"about {tokens} tokens of input and {cap} of output; {model_name(facts)} takes {family.context} in all"
        )
        yield "/messages", problem, "shorten the messages, or lower the token cap"


def _refused_before(facts: RequestFacts) -> Iterator[Breach]:
    for refusal in facts.refusals:
        if refusal.speaks_of(facts.body):
            problem = f"this server refused {refusal.field} for this model on {refusal.seen} ({refusal.code})"
            yield pointer_to([refusal.field]), problem, f"remove {refusal.field}"


RULES = (
    Rule(
        "another_endpoint",
        _another_endpoint,
        "answered with 404: only supported in v1/responses",
        Basis.MODEL,
        about=("elsewhere",),
    ),
    Rule("shut_down", _shut_down, "deprecations page; table of models", Basis.HEURISTIC, about=("shut_down",)),
    Rule(
        "shut_down_soon", _shut_down_soon, "deprecations page; table of models", Basis.HEURISTIC, about=("shut_down",)
    ),
    Rule("field_not_taken", _field_not_taken, FROM_FAMILY, Basis.MODEL, about=("not_taken",)),
    Rule(
        "token_cap_name",
        _token_cap_name,
        "unsupported_parameter, param max_tokens",
        Basis.MODEL,
        about=("max_tokens",),
    ),
    Rule("tools_never", _tools_never, "API guide: latest models", Basis.MODEL, about=TOOLS),
    Rule(
        "custom_tools", _custom_tools, "API guide: custom tools are for gpt-5 and later", Basis.MODEL, about=("tools",)
    ),
    Rule("spoken_answer", _spoken_answer, "API guide: audio", Basis.MODEL, about=("modalities",)),
    Rule(
        "value_not_taken",
        _value_not_taken,
        "invalid_parameter; table of models",
        Basis.MODEL,
        about=("limited_values",),
    ),
    Rule(
        "tier_not_offered", _tier_not_offered, "price page; table of models", Basis.HEURISTIC, about=("service_tier",)
    ),
    Rule("original_detail", _original_detail, "API guide: images", Basis.HEURISTIC, about=("parts",)),
    Rule(
        "cap_above_model",
        _cap_above_model,
        "answered with 400: supports at most N completion tokens",
        Basis.MODEL,
        about=TOKEN_CAPS,
    ),
    Rule(
        "context_exceeded",
        _context_exceeded,
        "context_length_exceeded; counted here",
        Basis.HEURISTIC,
        about=("estimate",),
    ),
    Rule(
        "context_far_exceeded",
        _context_far_exceeded,
        "context_length_exceeded, param messages",
        Basis.MODEL,
        about=("estimate",),
    ),
    Rule("refused_before", _refused_before, "this server's own answer", Basis.HEURISTIC, about=("refusals",)),
)
