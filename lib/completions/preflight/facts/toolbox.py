"""The tools that a request offers, read once."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

from pysailor import frozen

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

_NAME = re.compile(r"[a-zA-Z0-9_-]{1,64}")


KINDS = ("function", "custom")


TOOLS = ("tools", "functions")
"""The members that offer tools, the newer first."""


def is_valid_name(name: str) -> bool:
    """Return whether a function, a tool or a schema may have this name."""
    return _NAME.fullmatch(name) is not None


@frozen
class Tool:
    """One tool of the request: where it stands, its kind, its name, and what is said about it."""

    pointer: str
    kind: str
    name: str
    given: Mapping[str, Any]


@frozen
class Toolbox:
    """The tools and the legacy functions that the request offers, as far as they can be read."""

    tools: tuple[Tool, ...] = ()
    functions: tuple[Tool, ...] = ()

    @classmethod
    def of(cls, body: Mapping[str, Any]) -> Toolbox:
        """Read both lists once."""
        if "tools" in body or "functions" in body:
            return cls(tuple(_tools(body.get("tools"))), tuple(_functions(body.get("functions"))))
        return NO_TOOLS

    @property
    def all(self) -> tuple[Tool, ...]:
        """Every tool, of either list."""
        return self.tools + self.functions


NO_TOOLS = Toolbox()


def _tools(listed: Any) -> Iterator[Tool]:
    for index, tool in enumerate(listed if isinstance(listed, list) else ()):
        kind = tool.get("type") if isinstance(tool, dict) else None
        given = tool.get(kind) if kind in KINDS else None
        name = given.get("name") if isinstance(given, dict) else None
        if isinstance(given, dict) and isinstance(name, str):
            yield Tool(f"/tools/{index}/{kind}", str(kind), name, given)


def _functions(listed: Any) -> Iterator[Tool]:
    for index, given in enumerate(listed if isinstance(listed, list) else ()):
        name = given.get("name") if isinstance(given, dict) else None
        if isinstance(given, dict) and isinstance(name, str):
            yield Tool(f"/functions/{index}", "function", name, given)
