"""What a step is given, held against what it takes: unknown and missing members, and other types."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysailor.errors import SailorError
from pysailor.metadata import Schema

from ..document import FlowFinding
from .knowledge import KINDS, Known, from_schema, types_of
from .references import suggest_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from ..document import FlowFile, FlowStep
    from ..mapper import CompiledExpression
    from ..mapper import Mapping as StepMapping


def find_faults(
    flow: FlowFile, step: FlowStep, mapping: StepMapping | None, takes: Schema | None, before: Known
) -> Iterator[FlowFinding]:
    """Yield what the step will refuse, as far as that is certain, and what it will not look at."""
    if takes is None or (mapping is not None and any(not path for path, _ in mapping.members())):
        return
    known = from_schema(takes.standard)
    required = [name for name in takes.standard.get("required", ()) if isinstance(name, str)]
    path = ".".join(map(str, step.path))
    if mapping is None:
        for name in required:
            if before.lacks(name):
                text = f"{step.id} needs {name}, and what comes has none; give it under map or set"
                severity: Any = "error" if before.is_closed else "warning"
                yield FlowFinding(step.place, text, path, severity, before.is_sampled)
        return
    given = {members[0] for members, _ in mapping.members()} | set(step.set)
    for name in required:
        if name not in given:
            yield FlowFinding(step.place, f"{step.id} needs {name}; give it under map or set", path)
    yield from _find_unknown(flow, step, given, known)
    yield from _find_literals(flow, step, known)
    for members, expression in mapping.members():
        if len(members) == 1:
            yield from _find_type(step, members[0], expression, known, before)


def _find_unknown(flow: FlowFile, step: FlowStep, given: set[str], known: Known) -> Iterator[FlowFinding]:
    for name in sorted(given):
        if known.lacks(name):
            member = "set" if name in step.set else "map"
            path = (*step.path, member, name)
            text = f"{step.id} takes no {name}{suggest_name(name, known.members)}"
            severity: Any = "error" if known.is_closed else "warning"
            yield FlowFinding(flow.source.place(path), text, ".".join(map(str, path)), severity)


def _find_literals(flow: FlowFile, step: FlowStep, known: Known) -> Iterator[FlowFinding]:
    for name, value in step.set.items():
        shape = known.members.get(name)
        if not shape:
            continue
        try:
            schema = Schema(dict(shape))
        except SailorError:  # it leads into the rest of the schema
            continue
        _, faults = schema.fit(value)
        for fault in faults:
            path = (*step.path, "set", name)
            where = fault.pointer.replace("/", ".")
            yield FlowFinding(flow.source.value_place(path), fault.message, f"{'.'.join(map(str, path))}{where}")


def _find_type(
    step: FlowStep, name: str, expression: CompiledExpression, known: Known, before: Known
) -> Iterator[FlowFinding]:
    """Yield a finding where the type that an expression gives is known, and none of those that the member takes."""
    wanted = types_of(known.members.get(name))
    found = _types_given(expression, before)
    path = ".".join(map(str, (*step.path, "map", name)))
    if not wanted or not found or found & wanted:
        return
    text = f"gives {' or '.join(sorted(found))}; {step.id} takes {' or '.join(sorted(wanted))} as {name}"
    is_mended = found == {"string"} and wanted & {"number", "boolean"}  # where the text reads as one
    if is_mended:
        text += f"; a text that reads as one is taken, $number({expression.source.text.strip()}) makes sure"
    by_sample = before.is_sampled and expression.literal is None
    yield FlowFinding(expression.source.place, text, path, "warning" if is_mended else "error", by_sample)


def _types_given(expression: CompiledExpression, before: Known) -> frozenset[str]:
    """Return the types of what an expression gives, where it is a plain path or a literal; else none."""
    literal = expression.literal
    if literal is not None:
        return frozenset((KINDS.get(type(literal), ""),))
    if expression.path is None:
        return frozenset()
    shape: Mapping[str, Any] | None = None
    for name in expression.path:
        shape = before.members.get(name)
        before = before.below(name)
    return types_of(shape)
