"""Rules that depend on the model: what its family takes, its limits, the day it goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysailor import pointer_to

from ....models.table import WARNED_DAYS_BEFORE
from ..facts.fields import TOKEN_CAPS, number, wants_audio
from ..facts.toolbox import TOOLS
from ..rule import Ground, Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ....models.table import Family
    from ..rule import Found, Subject

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


def _another_endpoint(subject: Subject) -> Iterator[Found]:
    if subject.family and subject.family.endpoint != "chat":
        problem = f"{_name(subject)} answers on the Responses API only, not on Chat Completions"
        yield "/model", problem, "choose another model"


def _gone(subject: Subject) -> Iterator[Found]:
    day = subject.family.gone if subject.family else None
    if day and subject.now and day <= subject.now.date():
        yield "/model", f"{_name(subject)} was to be shut down on {day}", "choose a newer model"


def _goes_soon(subject: Subject) -> Iterator[Found]:
    day = subject.family.gone if subject.family else None
    if day and subject.now and 0 < (day - subject.now.date()).days <= WARNED_DAYS_BEFORE:
        yield "/model", f"{_name(subject)} is shut down on {day}", "choose a newer model before that day"


def _field_not_taken(subject: Subject) -> Iterator[Found]:
    family = subject.family
    if family is None:
        return
    refused = family.refuses.intersection(subject.body)
    if family.takes_only:
        refused |= set(subject.body) - family.takes_only
    for name in sorted(refused):
        if not _is_default(name, subject.body[name]):
            kept = _DEFAULTS.get(name)
            but = f" other than {kept[0]}" if kept and name not in ("logit_bias", "verbosity") else ""
            yield pointer_to([name]), f"{_name(subject)} does not take {name}{but}", f"remove {name}"


def _field_needs_no_reasoning(subject: Subject) -> Iterator[Found]:
    """Find fields that clash with a reasoning effort that is known: set, or the model's own default."""
    family = subject.family
    effort = subject.body.get("reasoning_effort", family.default_effort) if family else None
    if family and effort is not None and effort != "none":
        yield from _clashes(subject, family, f"reasons with effort {effort}")


def _field_may_need_no_reasoning(subject: Subject) -> Iterator[Found]:
    family = subject.family
    if family and "reasoning_effort" not in subject.body and family.default_effort is None:
        yield from _clashes(subject, family, "may reason by default")


def _clashes(subject: Subject, family: Family, why: str) -> Iterator[Found]:
    for name in sorted(family.effort_none_only.intersection(subject.body)):
        if not _is_default(name, subject.body[name]):
            problem = f"{_name(subject)} takes {name} only with reasoning_effort none, and {why}"
            yield pointer_to([name]), problem, f"set reasoning_effort to none, or remove {name}"


def _is_default(name: str, value: Any) -> bool:
    return any(value == default for default in _DEFAULTS.get(name, ()))


def _token_cap_name(subject: Subject) -> Iterator[Found]:
    if subject.family and subject.family.token_cap == TOKEN_CAPS[0] and "max_tokens" in subject.body:
        problem = f"{_name(subject)} does not take max_tokens"
        yield "/max_tokens", problem, "write max_completion_tokens; it counts the reasoning too"


def _effort_value(subject: Subject) -> Iterator[Found]:
    effort = subject.body.get("reasoning_effort")
    if subject.family and subject.family.effort and effort is not None and effort not in subject.family.effort:
        problem = f"{_name(subject)} does not take the effort {effort!r}; it takes {', '.join(subject.family.effort)}"
        yield "/reasoning_effort", problem, "choose one of these"


def _effort_max(subject: Subject) -> Iterator[Found]:
    if subject.body.get("reasoning_effort") == "max":
        problem = "the effort max is refused on this endpoint by some models that take it on the Responses API"
        yield "/reasoning_effort", problem, "choose xhigh, if the answer is no"


def _tools_never(subject: Subject) -> Iterator[Found]:
    if subject.family and subject.family.tools == "never" and not subject.family.takes_only:
        for name in _offered(subject):
            problem = f"{_name(subject)} takes tools on the Responses API only"
            yield f"/{name}", problem, f"remove {name}, or choose another model"


def _tools_need_no_reasoning(subject: Subject) -> Iterator[Found]:
    effort = subject.body.get("reasoning_effort")
    if subject.family and subject.family.tools == "effort none" and effort != "none" and any(_offered(subject)):
        found = f"it is {effort!r}" if effort is not None else "it is not set, and the service's default is higher"
        problem = f"{_name(subject)} takes tools here only with reasoning_effort none; {found}"
        yield "/reasoning_effort", problem, "set reasoning_effort to none, or remove the tools"


def _offered(subject: Subject) -> list[str]:
    return [name for name in ("tools", "functions") if subject.body.get(name)]


def _custom_tools(subject: Subject) -> Iterator[Found]:
    if subject.family and not subject.family.custom_tools:
        for tool in subject.toolbox.tools:
            if tool.kind == "custom":
                problem = f"{_name(subject)} does not take custom tools"
                yield tool.pointer, problem, "describe it as a function, or choose gpt-5 or later"


def _spoken_answer(subject: Subject) -> Iterator[Found]:
    if subject.family and not subject.family.audio and wants_audio(subject.body):
        yield "/modalities", f"{_name(subject)} does not speak", "choose a gpt-audio model, or ask for text only"


def _value_not_taken(subject: Subject) -> Iterator[Found]:
    for name, allowed in subject.family.only.items() if subject.family else ():
        if name in subject.body and subject.body[name] not in allowed:
            problem = f"{_name(subject)} takes {', '.join(allowed)} for {name}, found {subject.body[name]!r}"
            yield pointer_to([name]), problem, "choose one of these, or leave it out"


def _tier_not_offered(subject: Subject) -> Iterator[Found]:
    tier = {"fast": "priority"}.get(str(subject.body.get("service_tier")), subject.body.get("service_tier"))
    if tier in ("flex", "priority") and subject.family and subject.family.price and tier not in subject.family.tiers:
        problem = f"the table of models has no price for {_name(subject)} in the tier {tier}"
        yield "/service_tier", problem, "choose auto or default, if the answer is no"


def _original_detail(subject: Subject) -> Iterator[Found]:
    if subject.family is None or subject.family.image is None or subject.family.image.original:
        return
    for pointer, part in subject.conversation.each_part("image_url"):
        image = part.get("image_url")
        if isinstance(image, dict) and image.get("detail") == "original":
            problem = f"{_name(subject)} is not known to take the detail original"
            yield f"{pointer}/image_url/detail", problem, "choose high"


def _cap_above_model(subject: Subject) -> Iterator[Found]:
    most = subject.family.max_output if subject.family else None
    for name in TOKEN_CAPS:
        if most is not None and number(subject.body.get(name)) > most:
            problem = f"found {subject.body[name]}; {_name(subject)} gives at most {most} tokens"
            yield f"/{name}", problem, f"write {most} or less, or leave it out"


def _little_room_for_reasoning(subject: Subject) -> Iterator[Found]:
    family, effort = subject.family, subject.body.get("reasoning_effort")
    if family is None or not family.reasons or (effort or family.default_effort) == "none":
        return
    for name in TOKEN_CAPS:
        if name in subject.body and number(subject.body[name]) < _LITTLE_ROOM:
            problem = f"{subject.body[name]} tokens are for reasoning too, which may leave nothing for the answer"
            yield f"/{name}", problem, f"allow {_LITTLE_ROOM} or more, or lower reasoning_effort"


def _context_exceeded(subject: Subject) -> Iterator[Found]:
    if subject.estimate and not _is_far_beyond(subject):
        yield from _too_long(subject, subject.estimate.tokens)


def _context_far_exceeded(subject: Subject) -> Iterator[Found]:
    if subject.estimate and _is_far_beyond(subject):
        yield from _too_long(subject, subject.estimate.tokens)


def _is_far_beyond(subject: Subject) -> bool:
    """Say whether the least that it can be, by more than an error of counting, is above the limit."""
    least = subject.estimate.least if subject.estimate else 0
    return any(True for _ in _too_long(subject, int(least / _FAR_BEYOND)))


def _too_long(subject: Subject, tokens: int) -> Iterator[Found]:
    family = subject.family
    if family is None:
        return
    cap = max((int(number(subject.body.get(name))) for name in TOKEN_CAPS), default=0)
    if family.max_input is not None and tokens > family.max_input:
        problem = f"about {tokens} tokens of input; {_name(subject)} takes {family.max_input}"
        yield "/messages", problem, "shorten the messages"
    elif family.context is not None and tokens + cap > family.context:
        problem = f"about {tokens} tokens of input and {cap} of output; {_name(subject)} takes {family.context} in all"
        yield "/messages", problem, "shorten the messages, or lower the token cap"


def _refused_before(subject: Subject) -> Iterator[Found]:
    for refusal in subject.refusals:
        if refusal.speaks_of(subject.body):
            problem = f"this server refused {refusal.field} for this model on {refusal.seen} ({refusal.code})"
            yield pointer_to([refusal.field]), problem, f"remove {refusal.field}"


def _name(subject: Subject) -> str:
    return str(subject.body.get("model") or (subject.family.label if subject.family else "this model"))


_FAMILY = "unsupported_parameter or unsupported_value; table of models"

RULES = (
    Rule("another_endpoint", _another_endpoint, "answered with 404: only supported in v1/responses", Ground.TABLE),
    Rule("gone", _gone, "deprecations page; table of models", Ground.DOUBT, about=("gone",)),
    Rule("goes_soon", _goes_soon, "deprecations page; table of models", Ground.DOUBT, about=("gone",)),
    Rule("field_not_taken", _field_not_taken, _FAMILY, Ground.TABLE),
    Rule("field_needs_no_reasoning", _field_needs_no_reasoning, _FAMILY, Ground.TABLE),
    Rule("field_may_need_no_reasoning", _field_may_need_no_reasoning, _FAMILY, Ground.DOUBT),
    Rule(
        "token_cap_name",
        _token_cap_name,
        "unsupported_parameter, param max_tokens",
        Ground.TABLE,
        about=("max_tokens",),
    ),
    Rule(
        "effort_value",
        _effort_value,
        "unsupported_value, param reasoning_effort",
        Ground.TABLE,
        about=("reasoning_effort",),
    ),
    Rule("effort_max", _effort_max, "as seen", Ground.DOUBT, about=("reasoning_effort",)),
    Rule("tools_never", _tools_never, "API guide: latest models", Ground.TABLE, about=TOOLS),
    Rule(
        "tools_need_no_reasoning",
        _tools_need_no_reasoning,
        "param reasoning_effort (openai-openapi#541)",
        Ground.TABLE,
        about=TOOLS,
    ),
    Rule(
        "custom_tools", _custom_tools, "API guide: custom tools are for gpt-5 and later", Ground.TABLE, about=("tools",)
    ),
    Rule("spoken_answer", _spoken_answer, "API guide: audio", Ground.TABLE, about=("modalities",)),
    Rule("value_not_taken", _value_not_taken, "invalid_parameter; table of models", Ground.TABLE),
    Rule("tier_not_offered", _tier_not_offered, "price page; table of models", Ground.DOUBT, about=("service_tier",)),
    Rule("original_detail", _original_detail, "API guide: images", Ground.DOUBT, about=("parts",)),
    Rule(
        "cap_above_model",
        _cap_above_model,
        "answered with 400: supports at most N completion tokens",
        Ground.TABLE,
        about=TOKEN_CAPS,
    ),
    Rule(
        "little_room_for_reasoning", _little_room_for_reasoning, "API guide: reasoning", Ground.DOUBT, about=TOKEN_CAPS
    ),
    Rule(
        "context_exceeded",
        _context_exceeded,
        "context_length_exceeded; counted here",
        Ground.DOUBT,
        about=("estimate",),
    ),
    Rule(
        "context_far_exceeded",
        _context_far_exceeded,
        "context_length_exceeded, param messages",
        Ground.TABLE,
        about=("estimate",),
    ),
    Rule("refused_before", _refused_before, "this server's own answer", Ground.DOUBT, about=("refusals",)),
)
