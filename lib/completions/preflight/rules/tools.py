"""Rules about tools and the choice among them, and about the functions that came before tools."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

from ..facts.schemas import may_be_array, walk
from ..facts.toolbox import KINDS, TOOLS, is_valid_name
from ..rule import Basis, Rule, quote

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..rule import Breach, RequestFacts

_MOST_TOOLS = 128


def _no_tools(facts: RequestFacts) -> Iterator[Breach]:
    if facts.body.get("tools") == []:
        yield "/tools", "the list of tools is empty", "leave tools out, or offer one"


def _too_many_tools(facts: RequestFacts) -> Iterator[Breach]:
    tools = facts.body.get("tools")
    if isinstance(tools, list) and len(tools) > _MOST_TOOLS:
        problem = f"{len(tools)} tools are offered, at most {_MOST_TOOLS} are allowed"
        yield "/tools", problem, "offer only those that this turn needs"


def _tool_name(facts: RequestFacts) -> Iterator[Breach]:
    for tool in facts.toolbox.all:
        if not is_valid_name(tool.name):
            problem = f"the name {quote(tool.name)} is not allowed: letters, digits, _ and -, 1 to 64 of them"
            yield f"{tool.pointer}/name", problem, "rename it"


def _tool_names_unique(facts: RequestFacts) -> Iterator[Breach]:
    for tools in (facts.toolbox.tools, facts.toolbox.functions):
        times = Counter(tool.name for tool in tools) if len(tools) > 1 else {}
        seen: set[str] = set()
        for tool in tools:
            if times and times[tool.name] > 1 and tool.name in seen:
                problem = f"the name {quote(tool.name)} is used by {times[tool.name]} tools"
                yield (
                    f"{tool.pointer}/name",
                    problem,
                    "give each tool its own name: a call is told by name only",
                )
            seen.add(tool.name)


def _choice_without_tools(facts: RequestFacts) -> Iterator[Breach]:
    for name in ("tool_choice", "parallel_tool_calls"):
        if name in facts.body and not facts.body.get("tools"):
            yield f"/{name}", f"{name} is set, but there are no tools", f"add tools, or remove {name}"


def _choice_of_missing_tool(facts: RequestFacts) -> Iterator[Breach]:
    offered = {(tool.kind, tool.name) for tool in facts.toolbox.tools}
    for pointer, kind, name in _find_chosen(facts.body.get("tool_choice")):
        if offered and (kind, name) not in offered:
            names = ", ".join(sorted(name for _, name in offered))
            yield pointer, f"there is no {kind} tool named {quote(name)}; there are {names}", "choose one of these"


def _find_chosen(choice: Any) -> Iterator[tuple[str, str, str]]:
    """Return pointer, kind and name of each tool that a choice names."""
    if not isinstance(choice, dict):
        return
    if choice.get("type") == "allowed_tools":
        allowed = choice.get("allowed_tools")
        listed = allowed.get("tools") if isinstance(allowed, dict) else None
        for index, one in enumerate(listed if isinstance(listed, list) else ()):
            yield from _find_named(one, f"/tool_choice/allowed_tools/tools/{index}")
    else:
        yield from _find_named(choice, "/tool_choice")


def _find_named(one: Any, pointer: str) -> Iterator[tuple[str, str, str]]:
    kind = one.get("type") if isinstance(one, dict) else None
    named = one.get(kind) if kind in KINDS else None
    name = named.get("name") if isinstance(named, dict) else None
    if isinstance(name, str):
        yield f"{pointer}/{kind}/name", str(kind), name


def _function_call_without_functions(facts: RequestFacts) -> Iterator[Breach]:
    if "function_call" in facts.body and not facts.body.get("functions"):
        fix = "write tools and tool_choice, which took their place, or remove it"
        yield "/function_call", "function_call is set, but there are no functions", fix


def _call_of_missing_function(facts: RequestFacts) -> Iterator[Breach]:
    call = facts.body.get("function_call")
    name = call.get("name") if isinstance(call, dict) else None
    names = [function.name for function in facts.toolbox.functions]
    if isinstance(name, str) and names and name not in names:
        problem = f"there is no function named {quote(name)}; there are {', '.join(names)}"
        yield "/function_call/name", problem, "choose one of these"


def _parameters(facts: RequestFacts) -> Iterator[tuple[str, dict[str, Any]]]:
    """Return where and what the parameters are of each tool not strict: those that are have their own rules."""
    for tool in facts.toolbox.all:
        parameters = tool.given.get("parameters")
        if isinstance(parameters, dict) and parameters and tool.given.get("strict") is not True:
            yield f"{tool.pointer}/parameters", parameters


def _parameters_not_an_object(facts: RequestFacts) -> Iterator[Breach]:
    for pointer, parameters in _parameters(facts):
        kind = parameters.get("type")
        if kind != "object":
            problem = f"the parameters of a function are one object, here their type is {quote(kind)}"
            yield f"{pointer}/type", problem, 'write "object", with the arguments as its properties'


def _parameters_of_alternatives(facts: RequestFacts) -> Iterator[Breach]:
    for pointer, parameters in _parameters(facts):
        for keyword in ("anyOf", "oneOf", "allOf", "enum", "not"):
            if keyword in parameters:
                problem = f"the parameters of a function must not have {keyword} at the top"
                yield f"{pointer}/{keyword}", problem, "move it into a property"


def _parameters_without_properties(facts: RequestFacts) -> Iterator[Breach]:
    for pointer, parameters in _parameters(facts):
        if parameters.get("type") == "object" and "properties" not in parameters and len(parameters) > 1:
            problem = "an object without properties has been refused as parameters"
            yield f"{pointer}/properties", problem, "list the arguments, or leave parameters out if there are none"


def _parameters_array_without_items(facts: RequestFacts) -> Iterator[Breach]:
    for pointer, parameters in _parameters(facts):
        for inner, schema, _ in walk(pointer, parameters):
            if may_be_array(schema) and "items" not in schema and "prefixItems" not in schema:
                yield f"{inner}/items", "an array in the parameters needs items", 'add "items": {"type": …}'


def _strict_null(facts: RequestFacts) -> Iterator[Breach]:
    if facts.public_api:
        return
    for tool in facts.toolbox.tools:
        if "strict" in tool.given and tool.given["strict"] is None:
            yield f"{tool.pointer}/strict", "some servers do not take null for strict", "leave strict out"


RULES = (
    Rule("no_tools", _no_tools, "answered with 400: empty array", about=("tools",)),
    Rule("too_many_tools", _too_many_tools, "array_above_max_length, param tools", about=("tools",)),
    Rule(
        "tool_name", _tool_name, "invalid_value or string_above_max_length, param tools[i].function.name", about=TOOLS
    ),
    Rule(
        "tool_names_unique",
        _tool_names_unique,
        "gateways refuse it; a call could mean either",
        Basis.LOGIC,
        about=TOOLS,
    ),
    Rule(
        "choice_without_tools",
        _choice_without_tools,
        "answered with 400, param tool_choice (vllm#40311)",
        about=("tool_choice", "parallel_tool_calls"),
    ),
    Rule(
        "choice_of_missing_tool",
        _choice_of_missing_tool,
        "answered with 400, param tool_choice",
        Basis.LOGIC,
        about=("tool_choice",),
    ),
    Rule(
        "function_call_without_functions",
        _function_call_without_functions,
        "answered with 400, param function_call",
        about=("function_call",),
    ),
    Rule(
        "call_of_missing_function",
        _call_of_missing_function,
        "as for tool_choice",
        Basis.LOGIC,
        about=("function_call",),
    ),
    Rule(
        "parameters_not_an_object",
        _parameters_not_an_object,
        "code invalid_function_parameters",
        about=TOOLS,
    ),
    Rule(
        "parameters_of_alternatives",
        _parameters_of_alternatives,
        "code invalid_function_parameters",
        about=TOOLS,
    ),
    Rule(
        "parameters_without_properties",
        _parameters_without_properties,
        "code invalid_function_parameters, not always",
        Basis.HEURISTIC,
        about=TOOLS,
    ),
    Rule(
        "parameters_array_without_items",
        _parameters_array_without_items,
        "code invalid_function_parameters: array schema missing items",
        about=TOOLS,
    ),
    Rule("strict_null", _strict_null, "servers other than the public API", Basis.HEURISTIC, about=("tools",)),
)
