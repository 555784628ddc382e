"""What expressions refer to, held against what earlier steps give."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING

from ..document import FlowFinding

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from ..document import FlowFile, FlowStep, Position
    from ..mapper import CompiledExpression, Reference
    from .knowledge import Known

_OF_A_MESSAGE = ("body", "headers", "attachments", "id")


class ReferenceCheck:
    """Finds references that lead nowhere; `gives` is what is known of each step's messages."""

    def __init__(self, flow: FlowFile, gives: Mapping[str, Known]) -> None:
        self._flow, self._gives = flow, gives

    def find(
        self, step: FlowStep, expression: CompiledExpression, path: str, before: str | None
    ) -> Iterator[FlowFinding]:
        """Yield what is wrong with an expression that reads what `before` gives, None for nothing that is known."""
        earlier = self._earlier(step)
        for reference in expression.references:
            place = expression.source.at(reference.offset)
            if reference.root == "variables":
                yield from self._variable(reference, place, path)
            elif reference.root == "passthrough" or reference.names[:1] == ("elasticio",):
                names = reference.names if reference.root == "passthrough" else reference.names[1:]
                yield from self._passthrough(names, earlier, place, path)
            elif before is not None:
                is_bare = expression.source.text.strip() == ".".join(reference.names)
                known = self._gives[before]
                yield from _member(reference.names, known, before, place, path, is_bare=is_bare)

    def _earlier(self, step: FlowStep) -> list[str]:
        if step.after is None:  # an error handler, or where errors are routed to
            return [each.id for each in self._flow.steps if each.id != step.id]
        names = []
        for each in self._flow.earlier(step.id):
            names.append(each.id)
            if not each.tune.passthrough:
                break
        return names

    def _variable(self, reference: Reference, place: Position, path: str) -> Iterator[FlowFinding]:
        known = self._flow.variables
        if reference.names and reference.names[0] not in known:
            name = reference.names[0]
            yield FlowFinding(place, f'there is no flow variable "{name}"{suggest_name(name, known)}', path)

    def _passthrough(
        self, names: tuple[str, ...], earlier: list[str], place: Position, path: str
    ) -> Iterator[FlowFinding]:
        if not names:
            return
        if names[0] not in earlier:
            exists = any(step.id == names[0] for step in self._flow.steps)
            why = "is not before this one" if exists else "does not exist"
            yield FlowFinding(place, f"the step {names[0]} {why}{suggest_name(names[0], earlier)}", path)
        elif len(names) > 1 and names[1] not in _OF_A_MESSAGE:
            yield FlowFinding(
                place, f"{names[0]} is a message: its members are under body; write {names[0]}.body.{names[1]}", path
            )
        elif len(names) > 2 and names[1] == "body":  # noqa: PLR2004 - step, body, member
            yield from _member(names[2:], self._gives[names[0]], names[0], place, path, is_bare=False)


def _member(
    names: tuple[str, ...], known: Known, step: str, place: Position, path: str, *, is_bare: bool
) -> Iterator[FlowFinding]:
    """Yield a finding where a member, or one of its own, is not among what a step gives."""
    way: list[str] = []
    for name in names:
        if known.is_empty:
            return
        if known.lacks(name):
            yield _missing(name, way, known, step, place, path, is_bare=is_bare)
            return
        way.append(name)
        known = known.below(name)


def _missing(
    name: str, way: list[str], known: Known, step: str, place: Position, path: str, *, is_bare: bool
) -> FlowFinding:
    where = f"{step} gives no {'.'.join([*way, name])}"
    meant = suggest_name(name, known.members)
    if is_bare and not way and "." not in path.rpartition("map.")[2]:
        text = f'{where}; if the word itself is meant, did you mean set? Write it under set, or as "{name}"{meant}'
    else:
        text = f"{where}{meant}"
    return FlowFinding(place, text, path, "error" if known.is_closed else "warning", known.is_sampled)


def suggest_name(name: str, known: Iterable[str]) -> str:
    """Return which of the known names may be meant, or what there is."""
    names = list(known)
    close = get_close_matches(name, names, 1)
    if close:
        return f"; did you mean {close[0]}?"
    return f"; there is: {', '.join(names[:12])}{', …' if len(names) > 12 else ''}" if names else "; there is none"  # noqa: PLR2004
