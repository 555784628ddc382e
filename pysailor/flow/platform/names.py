"""What the platform calls components, and what a flow file calls them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final, Self

from pysailor.component import descriptor
from pysailor.component.builtin import builtin_names, locate_builtin

from .graph import NotAFlow

if TYPE_CHECKING:
    from collections.abc import Mapping

LONGEST_ID: Final = 30
ALIASES: Final = {
    "simple-trigger": "timer",
    "simple-trigger-component": "timer",
    "request-reply": "reply",
    "http-reply": "reply",
    "jsonata-transform": "jsonata",
    "rest-api": "http",
    "rest-api-v2": "http",
}
"""Repositories of the platform whose built-in counterpart has another name."""

_COMMAND: Final = re.compile(r"([^/:@]+)/([^/:@]+):([^/:@]+)(?:@([^@]+))?")


@dataclass(frozen=True, slots=True)
class StepCommand:
    """`team/repository:function@version`; the version may be missing."""

    team: str
    repository: str
    function: str
    version: str = ""

    @classmethod
    def read(cls, node: Mapping[str, Any]) -> Self:
        """Return what a node runs, written as text or by names; raise NotAFlow if it does not say so."""
        command, component = node.get("command"), node.get("component_id")
        if isinstance(command, dict) and isinstance(component, dict):
            found = (component.get("componentDevTeam"), component.get("componentName"), command.get("actionOrTrigger"))
            if all(isinstance(name, str) and name for name in found):
                team, repository, function = map(str, found)
                return cls(team, repository, function, str(command.get("componentVersion") or ""))
        matched = _COMMAND.fullmatch(command) if isinstance(command, str) else None
        if matched is None:
            raise NotAFlow(
                f"The node {node['id']} runs {command!r}; allowed is team/repository:function@version, or command and "
                "component_id by names."
            )
        return cls(matched[1], matched[2], matched[3], matched[4] or "")

    @property
    def platform_name(self) -> str:
        """What a flow file's `as` holds."""
        return f"{self.team}/{self.repository}" + (f"@{self.version}" if self.version else "")

    def __str__(self) -> str:
        """Return the text that the API takes."""
        version = f"@{self.version}" if self.version else ""
        return f"{self.team}/{self.repository}:{self.function}{version}"


def make_id(name: str, taken: Mapping[str, Any] | set[str]) -> str:
    """Return an id that a flow file allows, near to the name and not yet taken."""
    words = re.findall(r"[A-Za-z0-9]+", name)
    plain = "_".join(words) if words and words[0][0].isalpha() else "_".join(["x", *words])
    made = plain[:LONGEST_ID]
    number = 2
    while made in taken:
        made = f"{plain[: LONGEST_ID - 3]}_{number}"
        number += 1
    return made


def short_name(repository: str) -> str:
    """Return a repository's name without what every repository has in its name."""
    return re.sub(r"-component(-v\d+)?$", "", repository)


def find_builtin(command: StepCommand) -> str | None:
    """Return the built-in component that has this function, None if there is none."""
    short = short_name(command.repository)
    name = ALIASES.get(command.repository) or ALIASES.get(short, short)
    if name not in builtin_names():
        return None
    declared = descriptor.read(locate_builtin(name) / "component.json")
    return name if any(function.name == command.function for function in declared.functions) else None
