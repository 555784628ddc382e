"""The ways out of a step: which of them a message takes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..mapper import UNDEFINED, MapContext, MappingFailed, compile_expression
from .errors import NoBoolean

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pysailor.message import Message

    from ..document import Edge
    from ..mapper import CompiledExpression
    from .channel import Channel


class StepRoutes:
    """The ways out of one step. Every way whose condition is true is taken; `otherwise` where no other was."""

    def __init__(self, edges: Sequence[Edge]) -> None:
        """Compile the conditions; raise InvalidFlow for what is wrong with one."""
        self._edges = tuple(edges)
        self._conditions: dict[str, CompiledExpression] = {
            edge.target: compile_expression(edge.condition, f"steps.{edge.target}.after.{edge.source}")
            for edge in edges
            if edge.condition is not None
        }
        self._channels: dict[str, Channel] = {}

    @property
    def leads_on(self) -> bool:
        """Whether there is any way."""
        return bool(self._edges)

    @property
    def conditions(self) -> Mapping[str, CompiledExpression]:
        """The conditions by target."""
        return self._conditions

    def connect(self, channels: Mapping[str, Channel]) -> None:
        """Learn where each target takes its messages from."""
        self._channels = {edge.target: channels[edge.target] for edge in self._edges}

    def choose(self, message: Message, variables: Mapping[str, str]) -> list[str]:
        """Return the steps that get the message; raise NoBoolean or MappingFailed where a condition is at fault."""
        if not self._conditions:
            return [edge.target for edge in self._edges]
        context = MapContext(message.passthrough or {}, variables)
        always = [edge.target for edge in self._edges if not edge.is_conditional]
        true = [edge.target for edge in self._edges if edge.condition and self._holds(edge, message, context)]
        other = [edge.target for edge in self._edges if edge.is_otherwise and not true]
        return [*always, *true, *other]

    def targets(self, message: Message, variables: Mapping[str, str]) -> list[Channel]:
        """Return the channels of those steps."""
        return [self._channels[target] for target in self.choose(message, variables)]

    def _holds(self, edge: Edge, message: Message, context: MapContext) -> bool:
        condition = self._conditions[edge.target]
        stage = f"{edge.source}:{edge.target}"
        try:
            found = condition.evaluate(message.body, context)
        except MappingFailed as error:
            raise MappingFailed(str(error), stage=stage, reason=error.reason) from error
        if found is UNDEFINED:
            return False
        if not isinstance(found, bool):
            kind = "null" if found is None else type(found).__name__
            raise NoBoolean(
                f"{condition.source.place}: the condition of the way to {edge.target} gives a value of type {kind}; it "
                "has to be true or false: compare, or write $boolean(…)"
            )
        return found
