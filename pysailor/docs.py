"""The declaration, told: the README's tables."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from .component import Component
    from .descriptor import Field, Function

_MARKED = re.compile(r"(<!-- pysailor:(?P<name>\w+) -->\n).*?(<!-- pysailor:end -->)", re.DOTALL)


def told(component: Component, text: str) -> str:
    """Give the text with what stands between the marks written anew.

    The marks are `<!-- pysailor:credentials -->` and `<!-- pysailor:functions -->`, each closed by
    `<!-- pysailor:end -->`.
    """
    parts = {"credentials": _credentials(component), "functions": _functions(component)}
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


def _table(fields: Iterable[Field]) -> Iterator[str]:
    yield "| Field | Name in cfg | Required | Default | What it is for |"
    yield "|---|---|---|---|---|"
    for field in fields:
        default = "" if field.default is None else f"`{field.default}`"
        required = "yes" if field.required else ""
        yield f"| {field.label} | `{field.name}` | {required} | {default} | {_cell(field.help)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("\n", " ")
