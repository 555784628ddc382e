"""A flow as a tree of text: each step behind the one that it gets its messages from."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..document import Edge, FlowFile, FlowStep

_SIGNS: Final = ("├─ ", "└─ ", "│  ", "   ", " → ", "\N{MULTIPLICATION SIGN} ")
_PLAIN: Final = ("|- ", "`- ", "|  ", "   ", " -> ", "x ")
_LONGEST_CONDITION: Final = 60


def draw_text(flow: FlowFile, *, is_ascii: bool = False) -> str:
    """Return the drawing, a line a step; in ASCII where the terminal has no more."""
    signs = _PLAIN if is_ascii else _SIGNS
    lines = [flow.name, *_tree(flow, flow.trigger, "", signs)]
    routed = {step.local.route: step.id for step in flow.steps if step.local.route}
    for target, source in routed.items():
        lines += [f"{source} fails{signs[4]}{target}", *_branches(flow, flow.step(target), "   ", signs)]
    if flow.on_error is not None:
        lines.append(f"any error{signs[4]}{_label(flow.on_error, signs)}")
    return "\n".join(lines) + "\n"


def _tree(flow: FlowFile, step: FlowStep, margin: str, signs: tuple[str, ...]) -> Iterator[str]:
    yield f"{margin}{_label(step, signs)}"
    yield from _branches(flow, step, margin, signs)


def _branches(flow: FlowFile, step: FlowStep, margin: str, signs: tuple[str, ...]) -> Iterator[str]:
    targets = flow.targets(step.id)
    for number, target in enumerate(targets, 1):
        is_last = number == len(targets)
        condition = describe_condition(target.after)
        way = f"[{condition}]{signs[4]}" if condition else ""
        yield f"{margin}{signs[1] if is_last else signs[0]}{way}{_label(target, signs)}"
        yield from _branches(flow, target, margin + (signs[3] if is_last else signs[2]), signs)


def describe_condition(edge: Edge | None, longest: int = _LONGEST_CONDITION) -> str:
    """Return on what a way depends, in short; "" for nothing."""
    if edge is None or not edge.is_conditional:
        return ""
    text = "otherwise" if edge.condition is None else " ".join(edge.condition.text.split())
    return text if len(text) <= longest else f"{text[: longest - 1]}…"


def _label(step: FlowStep, signs: tuple[str, ...]) -> str:
    many = f"  {signs[5]}{step.concurrency}" if step.concurrency > 1 else ""
    return f"{step.id}  {step.component}:{step.function}{many}"
