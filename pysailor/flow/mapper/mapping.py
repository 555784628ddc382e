"""The mapper that stands before a step: expressions and literals to the body that the step gets."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..document import FlowExpression, InvalidFlow
from .errors import MappingFailed
from .expression import UNDEFINED, CompiledExpression, compile_expression

if TYPE_CHECKING:
    from collections.abc import Iterator
    from collections.abc import Mapping as Object

    from ..document import FlowFinding, FlowStep
    from .expression import MapContext


class Mapping:
    """Makes the body of a step. Without expressions and literals the body stays as it came."""

    def __init__(
        self, whole: CompiledExpression | None, tree: dict[str, Any], literals: Object[str, Any], stage: str
    ) -> None:
        self.stage = stage
        self._whole, self._tree, self._literals = whole, tree, literals

    def map(self, body: Any, context: MapContext) -> Any:
        """Return the body that the step gets; raise MappingFailed under the mapper's name."""
        try:
            if self._whole is None:
                return {**self._literals, **_build(self._tree, body, context)}
            made = self._whole.evaluate(body, context)
        except MappingFailed as error:
            raise MappingFailed(str(error), stage=self.stage, reason=error.reason) from error
        if made is UNDEFINED:
            place = self._whole.source.place
            raise MappingFailed(f"{place}: the expression of the whole body found nothing", stage=self.stage)
        return made

    def members(self) -> Iterator[tuple[tuple[str, ...], CompiledExpression]]:
        """Yield each member that is mapped, by path, with its expression; the path of a whole body is empty."""
        if self._whole is not None:
            yield (), self._whole
        yield from _members(self._tree, ())


def compile_mapping(step: FlowStep) -> Mapping | None:
    """Return the mapper before a step, None if there is none; raise InvalidFlow with all that is wrong in it."""
    if not step.is_mapped:
        return None
    path = ".".join(map(str, (*step.path, "map")))
    stage = step.after.mapper_id if step.after else f"mapper::{step.id}"
    if isinstance(step.map, FlowExpression):
        return Mapping(compile_expression(step.map, path), {}, {}, stage)
    findings: list[FlowFinding] = []
    tree = _compile(step.map or {}, path, findings)
    if findings:
        raise InvalidFlow(findings)
    return Mapping(None, tree, step.set, stage)


def _compile(tree: Object[str, Any], path: str, findings: list[FlowFinding]) -> dict[str, Any]:
    compiled: dict[str, Any] = {}
    for name, member in tree.items():
        here = f"{path}.{name}"
        if not isinstance(member, FlowExpression):
            compiled[name] = _compile(member, here, findings)
            continue
        try:
            compiled[name] = compile_expression(member, here)
        except InvalidFlow as error:
            findings += error.findings
    return compiled


def _build(tree: dict[str, Any], body: Any, context: MapContext) -> dict[str, Any]:
    made: dict[str, Any] = {}
    for name, member in tree.items():
        value = (
            member.evaluate(body, context) if isinstance(member, CompiledExpression) else _build(member, body, context)
        )
        if value is not UNDEFINED:
            made[name] = value
    return made


def _members(tree: dict[str, Any], path: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], CompiledExpression]]:
    for name, member in tree.items():
        if isinstance(member, CompiledExpression):
            yield (*path, name), member
        else:
            yield from _members(member, (*path, name))
