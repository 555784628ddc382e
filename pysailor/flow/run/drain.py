"""In which order the steps of a run end, and where errors are routed in a circle."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection

    from ..document import FlowFile, FlowStep

MOST_ROUNDS: Final = 20
"""How often a message may fail at the same step of a circle before its error is kept, and routed no more."""


class DrainOrder:
    """Tells which steps can get no more messages."""

    def __init__(self, flow: FlowFile) -> None:
        self._flow = flow
        self._routed: dict[str, list[str]] = {}
        for step in flow.steps:
            if step.local.route:
                self._routed.setdefault(step.local.route, []).append(step.id)

    def ready(self, waiting: Collection[str]) -> list[str]:
        """Return those of the waiting steps that none of the others can give a message, in the order of the file."""
        return [step.id for step in self._flow.all_steps if step.id in waiting and self._is_ready(step, waiting)]

    def _is_ready(self, step: FlowStep, waiting: Collection[str]) -> bool:
        handler = self._flow.on_error
        if handler is not None and step.id == handler.id:
            return len(waiting) == 1
        if step.id in self._routed:  # errors of any of these may still come
            return not any(name in waiting and name != step.id for name in self._routed[step.id])
        return step.after is None or step.after.source not in waiting


def find_circles(flow: FlowFile) -> frozenset[str]:
    """Return the steps whose errors are routed to where they may come from again."""
    known = {step.id: step for step in flow.steps}
    targets: dict[str, list[str]] = {}
    for edge in flow.edges:
        targets.setdefault(edge.source, []).append(edge.target)
    routes = {name: step.local.route for name, step in known.items() if step.local.route}
    for name, route in routes.items():
        targets.setdefault(name, []).append(route)
    return frozenset(name for name, route in routes.items() if route != name and _leads(route, name, targets))


def _leads(source: str, target: str, targets: dict[str, list[str]]) -> bool:
    seen, left = {source}, [source]
    while left:
        name = left.pop()
        if name == target:
            return True
        new = [each for each in targets.get(name, ()) if each not in seen]
        seen.update(new)
        left += new
    return False


def count_rounds(message: str, step: str) -> int:
    """Return how often a message has failed at a step, by its id, such as 7!b.1!b."""
    return message.replace(".", "!").split("!").count(step)
