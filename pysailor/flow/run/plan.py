"""All that a run needs, ready to be made."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from pysailor.component.fields import secrets_in

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from pysailor.component.component import Component, Loaded

    from ..document import FlowFile, FlowStep


@dataclass(frozen=True, slots=True)
class StepPlan:
    """A step with its function and its settings, ready to be made."""

    declared: FlowStep
    component: Component
    function: Loaded
    settings: Mapping[str, Any] = field(repr=False)


@dataclass(frozen=True, slots=True)
class RunPlan:
    """All that a run needs. `bodies` come in place of the trigger's messages; `concurrency` goes before prefetch."""

    flow: FlowFile
    steps: Mapping[str, StepPlan]
    variables: Mapping[str, str] = field(default_factory=dict)
    bodies: Callable[[], Iterator[Any]] | None = None
    concurrency: int | None = None
    retry_failed: bool = False

    def secrets(self) -> Iterator[str]:
        """Yield what must not be shown of the steps' settings."""
        for step in self.steps.values():
            yield from secrets_in(step.function.fields, step.settings)
