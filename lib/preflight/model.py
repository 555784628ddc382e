"""Rules that depend on the model: what its family takes, its limits, the day it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .finding import Ground, Rule
from .options import number, wants_audio

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..models import Family
    from .finding import Found, Request

_NEAR = 30
_LITTLE_ROOM = 1000
_FAR_BEYOND = 1.25
_DEFAULTS: dict[str, tuple[Any, ...]] = {
    "temperature": (1,),
    "top_p": (1,),
    "presence_penalty": (0,),
    "frequency_penalty": (0,),
    "logprobs": (False,),
    "logit_bias": ({},),
    "verbosity": ("medium",),
    "reasoning_effort": (),
}
_CAPS = ("max_completion_tokens", "max_tokens")


def _another_endpoint(request: Request) -> Iterator[Found]:
    if request.family and request.family.endpoint != "chat":
        problem = f"{_name(request)} answers on the Responses API only, not on Chat Completions"
        yield "/model", problem, "choose another model"


def _gone(request: Request) -> Iterator[Found]:
    day = request.family.gone if request.family else None
    if day and request.now and day <= request.now.date():
        yield "/model", f"{_name(request)} was to be shut down on {day}", "choose a newer model"


def _goes_soon(request: Request) -> Iterator[Found]:
    day = request.family.gone if request.family else None
    if day and request.now and 0 < (day - request.now.date()).days <= _NEAR:
        yield "/model", f"{_name(request)} is shut down on {day}", "choose a newer model before that day"


def _field_not_taken(request: Request) -> Iterator[Found]:
    family = request.family
    if family is None:
        return
    refused = family.refuses.intersection(request.body)
    if family.takes_only:
        refused |= set(request.body) - family.takes_only
    for name in sorted(refused):
        if not _is_default(name, request.body[name]):
            kept = _DEFAULTS.get(name)
            but = f" other than {kept[0]}" if kept and name not in ("logit_bias", "verbosity") else ""
            yield _pointer(name), f"{_name(request)} does not take {name}{but}", f"remove {name}"


def _field_needs_no_reasoning(request: Request) -> Iterator[Found]:
    """Find fields that clash with a reasoning effort that is known: set, or the model's own default."""
    family = request.family
    effort = request.body.get("reasoning_effort", family.default_effort) if family else None
    if family and effort is not None and effort != "none":
        yield from _clashes(request, family, f"reasons with effort {effort}")


def _field_may_need_no_reasoning(request: Request) -> Iterator[Found]:
    family = request.family
    if family and "reasoning_effort" not in request.body and family.default_effort is None:
        yield from _clashes(request, family, "may reason by default")


def _clashes(request: Request, family: Family, why: str) -> Iterator[Found]:
    for name in sorted(family.effort_none_only.intersection(request.body)):
        if not _is_default(name, request.body[name]):
            problem = f"{_name(request)} takes {name} only with reasoning_effort none, and {why}"
            yield _pointer(name), problem, f"set reasoning_effort to none, or remove {name}"


def _is_default(name: str, value: Any) -> bool:
    return any(value == default for default in _DEFAULTS.get(name, ()))


def _token_cap_name(request: Request) -> Iterator[Found]:
    if request.family and request.family.token_cap == _CAPS[0] and "max_tokens" in request.body:
        problem = f"{_name(request)} does not take max_tokens"
        yield "/max_tokens", problem, "write max_completion_tokens; it counts the reasoning too"


def _effort_value(request: Request) -> Iterator[Found]:
    effort = request.body.get("reasoning_effort")
    if request.family and request.family.effort and effort is not None and effort not in request.family.effort:
        problem = f"{_name(request)} does not take the effort {effort!r}; it takes {', '.join(request.family.effort)}"
        yield "/reasoning_effort", problem, "choose one of these"


def _effort_max(request: Request) -> Iterator[Found]:
    if request.body.get("reasoning_effort") == "max":
        problem = "the effort max is refused on this endpoint by some models that take it on the Responses API"
        yield "/reasoning_effort", problem, "choose xhigh, if the answer is no"


def _tools_never(request: Request) -> Iterator[Found]:
    if request.family and request.family.tools == "never" and not request.family.takes_only:
        for name in _offered(request):
            problem = f"{_name(request)} takes tools on the Responses API only"
            yield f"/{name}", problem, f"remove {name}, or choose another model"


def _tools_need_no_reasoning(request: Request) -> Iterator[Found]:
    effort = request.body.get("reasoning_effort")
    if request.family and request.family.tools == "effort none" and effort != "none" and any(_offered(request)):
        found = f"it is {effort!r}" if effort is not None else "it is not set, and the service's default is higher"
        problem = f"{_name(request)} takes tools here only with reasoning_effort none; {found}"
        yield "/reasoning_effort", problem, "set reasoning_effort to none, or remove the tools"


def _offered(request: Request) -> list[str]:
    return [name for name in ("tools", "functions") if request.body.get(name)]


def _custom_tools(request: Request) -> Iterator[Found]:
    if request.family and not request.family.custom_tools:
        for tool in request.toolbox.tools:
            if tool.kind == "custom":
                problem = f"{_name(request)} does not take custom tools"
                yield tool.pointer, problem, "describe it as a function, or choose gpt-5 or later"


def _spoken_answer(request: Request) -> Iterator[Found]:
    if request.family and not request.family.audio and wants_audio(request.body):
        yield "/modalities", f"{_name(request)} does not speak", "choose a gpt-audio model, or ask for text only"


def _value_not_taken(request: Request) -> Iterator[Found]:
    for name, allowed in request.family.only.items() if request.family else ():
        if name in request.body and request.body[name] not in allowed:
            problem = f"{_name(request)} takes {', '.join(allowed)} for {name}, found {request.body[name]!r}"
            yield _pointer(name), problem, "choose one of these, or leave it out"


def _tier_not_offered(request: Request) -> Iterator[Found]:
    tier = {"fast": "priority"}.get(str(request.body.get("service_tier")), request.body.get("service_tier"))
    if tier in ("flex", "priority") and request.family and request.family.price and tier not in request.family.tiers:
        problem = f"the table of models has no price for {_name(request)} in the tier {tier}"
        yield "/service_tier", problem, "choose auto or default, if the answer is no"


def _original_detail(request: Request) -> Iterator[Found]:
    if request.family is None or request.family.image is None or request.family.image.original:
        return
    for pointer, part in request.conversation.each_part("image_url"):
        image = part.get("image_url")
        if isinstance(image, dict) and image.get("detail") == "original":
            problem = f"{_name(request)} is not known to take the detail original"
            yield f"{pointer}/image_url/detail", problem, "choose high"


def _cap_above_model(request: Request) -> Iterator[Found]:
    most = request.family.max_output if request.family else None
    for name in _CAPS:
        if most is not None and number(request.body.get(name)) > most:
            problem = f"found {request.body[name]}; {_name(request)} gives at most {most} tokens"
            yield f"/{name}", problem, f"write {most} or less, or leave it out"


def _little_room_for_reasoning(request: Request) -> Iterator[Found]:
    family, effort = request.family, request.body.get("reasoning_effort")
    if family is None or not family.reasons or (effort or family.default_effort) == "none":
        return
    for name in _CAPS:
        if name in request.body and number(request.body[name]) < _LITTLE_ROOM:
            problem = f"{request.body[name]} tokens are for reasoning too, which may leave nothing for the answer"
            yield f"/{name}", problem, f"allow {_LITTLE_ROOM} or more, or lower reasoning_effort"


def _context_exceeded(request: Request) -> Iterator[Found]:
    if request.estimate and not _is_far_beyond(request):
        yield from _too_long(request, request.estimate.tokens)


def _context_far_exceeded(request: Request) -> Iterator[Found]:
    if request.estimate and _is_far_beyond(request):
        yield from _too_long(request, request.estimate.tokens)


def _is_far_beyond(request: Request) -> bool:
    """Say whether the least that it can be, by more than an error of counting, is above the limit."""
    least = request.estimate.least if request.estimate else 0
    return any(True for _ in _too_long(request, int(least / _FAR_BEYOND)))


def _too_long(request: Request, tokens: int) -> Iterator[Found]:
    family = request.family
    if family is None:
        return
    cap = max((int(number(request.body.get(name))) for name in _CAPS), default=0)
    if family.max_input is not None and tokens > family.max_input:
        problem = f"about {tokens} tokens of input; {_name(request)} takes {family.max_input}"
        yield "/messages", problem, "shorten the messages"
    elif family.context is not None and tokens + cap > family.context:
        problem = f"about {tokens} tokens of input and {cap} of output; {_name(request)} takes {family.context} in all"
        yield "/messages", problem, "shorten the messages, or lower the token cap"


def _refused_before(request: Request) -> Iterator[Found]:
    for refusal in request.refusals:
        if refusal.speaks_of(request.body):
            problem = f"this server refused {refusal.field} for this model on {refusal.seen}: {refusal.message}"
            yield _pointer(refusal.field), problem, f"remove {refusal.field}"


def _pointer(name: str) -> str:
    return "/" + name.replace("~", "~0").replace("/", "~1")


def _name(request: Request) -> str:
    return str(request.body.get("model") or (request.family.label if request.family else "this model"))


_FAMILY = "unsupported_parameter or unsupported_value; table of models"

RULES = (
    Rule("another_endpoint", _another_endpoint, "answered with 404: only supported in v1/responses", Ground.TABLE),
    Rule("gone", _gone, "deprecations page; table of models", Ground.DOUBT),
    Rule("goes_soon", _goes_soon, "deprecations page; table of models", Ground.DOUBT),
    Rule("field_not_taken", _field_not_taken, _FAMILY, Ground.TABLE),
    Rule("field_needs_no_reasoning", _field_needs_no_reasoning, _FAMILY, Ground.TABLE),
    Rule("field_may_need_no_reasoning", _field_may_need_no_reasoning, _FAMILY, Ground.DOUBT),
    Rule("token_cap_name", _token_cap_name, "unsupported_parameter, param max_tokens", Ground.TABLE),
    Rule("effort_value", _effort_value, "unsupported_value, param reasoning_effort", Ground.TABLE),
    Rule("effort_max", _effort_max, "as seen", Ground.DOUBT),
    Rule("tools_never", _tools_never, "API guide: latest models", Ground.TABLE),
    Rule(
        "tools_need_no_reasoning", _tools_need_no_reasoning, "param reasoning_effort (openai-openapi#541)", Ground.TABLE
    ),
    Rule("custom_tools", _custom_tools, "API guide: custom tools are for gpt-5 and later", Ground.TABLE),
    Rule("spoken_answer", _spoken_answer, "API guide: audio", Ground.TABLE),
    Rule("value_not_taken", _value_not_taken, "invalid_parameter; table of models", Ground.TABLE),
    Rule("tier_not_offered", _tier_not_offered, "price page; table of models", Ground.DOUBT),
    Rule("original_detail", _original_detail, "API guide: images", Ground.DOUBT),
    Rule("cap_above_model", _cap_above_model, "answered with 400: supports at most N completion tokens", Ground.TABLE),
    Rule("little_room_for_reasoning", _little_room_for_reasoning, "API guide: reasoning", Ground.DOUBT),
    Rule("context_exceeded", _context_exceeded, "context_length_exceeded; counted here", Ground.DOUBT),
    Rule("context_far_exceeded", _context_far_exceeded, "context_length_exceeded, param messages", Ground.TABLE),
    Rule("refused_before", _refused_before, "this server's own answer", Ground.DOUBT),
)
