"""The declarations as documentation: the tables of the pages below docs/."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from .error_catalog import RUNTIME_ERRORS
from .errors import SailorError
from .platform.environment import variables_of
from .platform.variables import GROUPS

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .component.component import Component
    from .component.descriptor import Field, Function
    from .contract import Explanation
    from .platform.environment import Variable

_END = "end"
_MARK = re.compile(r"<!-- pysailor:(\S*) -->")
_MARKED = re.compile(r"(<!-- pysailor:(?P<name>\w+) -->\n).*?(<!-- pysailor:end -->)", re.DOTALL)


class UnknownMark(SailorError):
    """A mark in the documentation that nothing can be written for."""

    code = "unknown_mark"


def fill(component: Component, text: str) -> str:
    """Return the text with what stands between the marks written anew.

    The marks are `<!-- pysailor:credentials -->`, and likewise functions, environment, settings, errors and
    runtime_errors; each is closed by `<!-- pysailor:end -->`. Raise UnknownMark for another one.
    """
    parts = {
        "credentials": _credentials(component),
        "functions": _functions(component),
        "settings": _settings(),
        "errors": _errors(getattr(component.cli, "EXPLANATIONS", {}).values()),
        "runtime_errors": _errors(RUNTIME_ERRORS.values()),
        "environment": _environment(component),
    }
    marks = _MARK.findall(text)
    for name in marks:
        if name not in (*parts, _END):
            raise UnknownMark(f'"{name}" is not a known part; known are: {", ".join(parts)}')
    if not len(marks) == 2 * marks.count(_END) == 2 * len(_MARKED.findall(text)):
        raise UnknownMark("a mark stands alone: each part begins with its own line and ends with <!-- pysailor:end -->")
    return _MARKED.sub(lambda found: f"{found[1]}\n{parts[found['name']]}\n\n{found[3]}", text)


def _credentials(component: Component) -> str:
    return "\n".join(_table(component.descriptor.credentials))


def _functions(component: Component) -> str:
    return "\n\n".join("\n".join(_function(function)) for function in component.descriptor.functions)


def _function(function: Function) -> Iterator[str]:
    yield f"### {function.title} (`{function.name}`)"
    yield ""
    yield f"{function.description}. {function.help}".strip()
    if function.fields:
        yield ""
        yield from _table(function.fields)


def _errors(errors: Iterable[Explanation]) -> str:
    rows = [
        f"| `{error.code}` | {error.name} | {_cell(error.meaning)} | {_cell(error.advice)} | {error.again} |"
        for error in errors
    ]
    return "\n".join(["| Code | Name | What it means | What to do | Trying again |", "|---|---|---|---|---|", *rows])


def _environment(component: Component) -> str:
    """List the variables that the component itself reads."""
    declared = component.descriptor.document.get("envVars") or {}
    rows = [f"| `{name}` | {_cell(about.get('description', ''))} |" for name, about in declared.items()]
    return "\n".join(["| Variable | What it is for |", "|---|---|", *rows])


def _table(fields: Iterable[Field]) -> Iterator[str]:
    yield "| Field | Name in cfg | Required | Default | What it is for |"
    yield "|---|---|---|---|---|"
    for field in fields:
        default = "" if field.default is None else f"`{field.default}`"
        required = "yes" if field.required else ""
        yield f"| {field.label} | `{field.name}` | {required} | {default} | {_cell(field.help)} |"


def _settings() -> str:
    """List a worker's environment variables, those that belong together in one table."""
    return "\n\n".join("\n".join(_group(group)) for group in GROUPS.values())


def _group(group: type) -> Iterator[str]:
    yield f"### {(group.__doc__ or '').partition('.')[0]}"
    yield ""
    yield "| Variable | Value | If it is not set | What it is |"
    yield "|---|---|---|---|"
    for variable in variables_of(group).values():
        unit = f", {variable.unit}" if variable.unit else ""
        yield f"| `{variable.name}` | {variable.kind}{unit} | {_unset(variable)} | {_cell(variable.help)} |"


def _unset(variable: Variable) -> str:
    if variable.mandatory:
        return "the worker does not start"
    if variable.default in (None, ""):
        return ""
    if variable.kind == "yes/no":
        return "yes" if variable.default else "no"
    return f"`{variable.default:g}`" if variable.kind == "number" else f"`{variable.default}`"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
