"""What is wrong with a flow's wiring: where it begins, circles, steps that nothing leads to."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Final

from .finding import FlowFinding

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .model import FlowFile, FlowStep


MOST_STEPS: Final = 500


def find_faults(flow: FlowFile) -> list[FlowFinding]:
    """Return what keeps messages from finding their way, each thing once."""
    if len(flow.steps) > MOST_STEPS:
        many = f"is step {MOST_STEPS + 1} of {len(flow.steps)}; at most {MOST_STEPS} are allowed"
        return [_finding(flow.steps[MOST_STEPS], f"{many}, each has threads or a process of its own")]
    return [*_find_beginnings(flow), *_find_circles(flow), *_find_defaults(flow), *_find_twins(flow)]


def _find_beginnings(flow: FlowFile) -> Iterator[FlowFinding]:
    routed = {step.local.route for step in flow.steps}
    first = [step for step in flow.steps if step.after is None and step.id not in routed]
    if not first:
        yield _finding(flow.steps[0], "no step begins the flow: the first one stands without after")
    for step in first[1:]:
        yield _finding(step, f"{first[0].id} begins the flow already; write after: and the step before this one")
    for step in flow.steps:
        if step.after is not None and step.id in routed:
            yield _finding(step, "errors are routed here, so it stands without after")


def _find_circles(flow: FlowFile) -> Iterator[FlowFinding]:
    """Yield one finding for each circle, at the step that stands first in the file."""
    known = {step.id: step for step in flow.steps}
    done: set[str] = set()
    for step in flow.steps:
        way: list[str] = []
        here: FlowStep | None = step
        while here is not None and here.id not in done:
            if here.id in way:
                circle = [*way[way.index(here.id) :], here.id]
                yield _finding(known[circle[0]], f"goes round in a circle: {' <- '.join(circle)}", "after")
                break
            way.append(here.id)
            here = known.get(here.after.source) if here.after else None
        done.update(way)


def _find_defaults(flow: FlowFile) -> Iterator[FlowFinding]:
    taken: dict[str, str] = {}
    for edge in flow.edges:
        if edge.is_otherwise and edge.source in taken:
            message = f"{edge.source} leads to {taken[edge.source]} otherwise; there is one such way"
            yield FlowFinding(edge.place, message, f"steps.{edge.target}.after")
        elif edge.is_otherwise:
            taken[edge.source] = edge.target
    conditional = Counter(edge.source for edge in flow.edges if edge.condition is not None)
    for source, target in taken.items():
        if not conditional[source]:
            yield FlowFinding(
                flow.step(target).place, f"otherwise needs another way out of {source} with a condition",
                f"steps.{target}.after", "warning",
            )  # fmt: skip


def _find_twins(flow: FlowFile) -> Iterator[FlowFinding]:
    handler = flow.on_error
    if handler is not None and any(step.id == handler.id for step in flow.steps):
        yield _finding(handler, f'"{handler.id}" is a step already; give it another id')


def _finding(step: FlowStep, message: str, member: str = "") -> FlowFinding:
    path = ".".join(map(str, step.path)) + (f".{member}" if member else "")
    return FlowFinding(step.place, message, path)
