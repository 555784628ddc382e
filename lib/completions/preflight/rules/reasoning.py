"""Rules about reasoning: its effort, and what a model takes only without it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from pysailor import pointer_to

from ..facts.defaults import is_default
from ..facts.fields import TOKEN_CAPS, number
from ..facts.toolbox import TOOLS
from ..rule import FROM_FAMILY, Basis, Rule, model_name, quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ....models.table import Family
    from ..rule import Breach, RequestFacts

_LITTLE_ROOM = 1000  # tokens


def _field_needs_no_reasoning(facts: RequestFacts) -> Iterator[Breach]:
    """Find fields that clash with a reasoning effort that is known: set, or the model's own default."""
    family = facts.family
    effort = facts.body.get("reasoning_effort", family.default_effort) if family else None
    if family and effort is not None and effort != "none":
        yield from _clashes(facts, family, f"reasons with effort {effort}")


def _field_may_need_no_reasoning(facts: RequestFacts) -> Iterator[Breach]:
    family = facts.family
    if family and "reasoning_effort" not in facts.body and family.default_effort is None:
        yield from _clashes(facts, family, "may reason by default")


def _clashes(facts: RequestFacts, family: Family, why: str) -> Iterator[Breach]:
    for name in sorted(family.effort_none_only.intersection(facts.body)):
        if not is_default(name, facts.body[name]):
            problem = f"{model_name(facts)} takes {name} only with reasoning_effort none, and {why}"
            yield pointer_to([name]), problem, f"set reasoning_effort to none, or remove {name}"


def _effort_value(facts: RequestFacts) -> Iterator[Breach]:
    effort = facts.body.get("reasoning_effort")
    if facts.family and facts.family.effort and effort is not None and effort not in facts.family.effort:
        problem = (
            f"{model_name(facts)} does not take the effort {quote(effort)}; it takes {', '.join(facts.family.effort)}"
        )
        yield "/reasoning_effort", problem, "choose one of these"


def _effort_max(facts: RequestFacts) -> Iterator[Breach]:
    if facts.body.get("reasoning_effort") == "max":
        problem = "the effort max is refused on this endpoint by some models that take it on the Responses API"
        yield "/reasoning_effort", problem, "choose xhigh, if it is refused"


def _tools_need_no_reasoning(facts: RequestFacts) -> Iterator[Breach]:
    effort = facts.body.get("reasoning_effort")
    if facts.family and facts.family.tools == "effort none" and effort != "none" and _offers_functions(facts):
        found = f"it is {quote(effort)}" if effort is not None else "it is not set, and the service's default is higher"
        problem = f"{model_name(facts)} takes tools here only with reasoning_effort none; {found}"
        yield "/reasoning_effort", problem, "set API to Responses, set reasoning_effort to none, or remove the tools"


def _offers_functions(facts: RequestFacts) -> bool:
    """Return whether functions are offered; custom tools are taken at any effort."""
    return bool(facts.body.get("functions")) or any(tool.kind == "function" for tool in facts.toolbox.tools)


def _little_room_for_reasoning(facts: RequestFacts) -> Iterator[Breach]:
    family, effort = facts.family, facts.body.get("reasoning_effort")
    if family is None or not family.reasons or (effort or family.default_effort) == "none":
        return
    for name in TOKEN_CAPS:
        if name in facts.body and number(facts.body[name]) < _LITTLE_ROOM:
            problem = f"{facts.body[name]} tokens are for reasoning too, which may leave nothing for the answer"
            yield f"/{name}", problem, f"allow {_LITTLE_ROOM} or more, or lower reasoning_effort"


RULES = (
    Rule("field_needs_no_reasoning", _field_needs_no_reasoning, FROM_FAMILY, Basis.MODEL, about=("effort_none_only",)),
    Rule(
        "field_may_need_no_reasoning",
        _field_may_need_no_reasoning,
        FROM_FAMILY,
        Basis.HEURISTIC,
        about=("effort_none_only",),
    ),
    Rule(
        "effort_value",
        _effort_value,
        "unsupported_value, param reasoning_effort",
        Basis.MODEL,
        about=("reasoning_effort",),
    ),
    Rule("effort_max", _effort_max, "as seen", Basis.HEURISTIC, about=("reasoning_effort",)),
    Rule(
        "tools_need_no_reasoning",
        _tools_need_no_reasoning,
        "param reasoning_effort (openai-openapi#541)",
        Basis.MODEL,
        about=TOOLS,
    ),
    Rule(
        "little_room_for_reasoning",
        _little_room_for_reasoning,
        "API guide: reasoning",
        Basis.HEURISTIC,
        about=TOKEN_CAPS,
    ),
)
