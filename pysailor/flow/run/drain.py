"""How the steps of a run end, in which order, and where errors are routed in a circle."""

from __future__ import annotations

import threading
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence

    from ..document import FlowFile, FlowStep
    from .stage import Stage

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


def drain(flow: FlowFile, stages: Mapping[str, Stage], aborted: threading.Event) -> None:
    """Close the channels in the order of the flow, each when all that lead to it have ended.

    Where errors are routed in a circle no step is the first: what is left then ends when nothing moves any more.
    """
    order = DrainOrder(flow)
    waiting = dict(stages)
    while waiting:
        ready = order.ready(waiting)
        if not ready:
            _rest(list(waiting.values()), aborted)
        for name in ready or list(waiting):
            waiting[name].channel.close()
            _wait(waiting.pop(name), aborted)


def _rest(stages: Sequence[Stage], aborted: threading.Event) -> None:
    """Return when no message is queued or in work at these steps, so that none can come."""
    while not aborted.is_set():
        before = [stage.channel.entered for stage in stages]
        is_done = all(stage.channel.finished == stage.channel.entered for stage in stages)
        if is_done and before == [stage.channel.entered for stage in stages]:
            return
        aborted.wait(0.02)


def _wait(stage: Stage, aborted: threading.Event) -> None:
    if not aborted.is_set():
        ended = threading.Thread(target=stage.wait, daemon=True)
        ended.start()
        while ended.is_alive() and not aborted.is_set():
            ended.join(0.05)


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
