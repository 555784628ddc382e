"""What a flow becomes on RabbitMQ: stages, each with its queue, its routing keys and its step's settings."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..components import FlowComponents, settings

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..document import FlowFile, FlowStep

STAGES: Final = Path(__file__).parents[1] / "stages"
_STAGE_PREFETCH: Final = 20


@dataclass(frozen=True, slots=True)
class StagePlan:
    """One kind of process: a step, or what maps or routes between two. `sources` are the routing keys leading here."""

    id: str
    step: str
    function: str
    root: Path
    config: Mapping[str, Any]
    sources: tuple[str, ...] = ()
    is_node: bool = False
    passthrough: bool = True
    prefetch: int = 1
    replicas: int = 1
    reads_errors: bool = False
    seconds: float | None = None
    log_level: str | None = None
    builtin: str = ""


@dataclass(frozen=True, slots=True)
class FlowPlan:
    """All stages, each behind those that feed it. Names of queues and keys begin with the flow's id."""

    flow_id: str
    stages: tuple[StagePlan, ...]
    outputs: tuple[str, ...]
    variables: Mapping[str, str] = field(default_factory=dict)

    @property
    def exchange(self) -> str:
        """Where everything is published to."""
        return f"{self.flow_id}_org"

    @property
    def dead_exchange(self) -> str:
        """Where rejected messages go."""
        return f"{self.flow_id}_rejected"

    def queue(self, stage: StagePlan) -> str:
        """Return where a stage's input waits."""
        return f"{self.flow_id}:{stage.id}:messages"

    def rebounds(self, stage: StagePlan) -> str:
        """Return where messages rest that come back to a stage later."""
        return f"{self.flow_id}:{stage.id}:rebounds"

    def own_queue(self, name: str) -> str:
        """Return a queue of the flow as a whole: output, errors, snapshots, rejected."""
        return f"{self.flow_id}:{name}"

    def key(self, stage: str, kind: str) -> str:
        """Return a routing key: kind is message, error, rebound or snapshot."""
        return f"{self.flow_id}.{stage}.{kind}"

    @property
    def trigger(self) -> StagePlan:
        """The stage that begins the flow."""
        return self.stages[0]


def make_flow_id(name: str) -> str:
    """Return an id for a flow of this name: the same each time, so that a flow goes on where it stopped."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40] or "flow"
    return f"{plain}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def make_plan(
    flow: FlowFile, text: str, variables: Mapping[str, str], configs: Mapping[str, Mapping[str, Any]] | None = None
) -> FlowPlan:
    """Return the plan of a flow; `text` is its file, `configs` are the steps' settings if they are known already.

    Raise InvalidFlow for a component that cannot be had.
    """
    return _Planner(flow, text, configs or {}).plan(variables)


class _Planner:
    def __init__(self, flow: FlowFile, text: str, configs: Mapping[str, Mapping[str, Any]]) -> None:
        self._flow = flow
        self._text = text
        self._configs = configs
        self._components = FlowComponents(flow)
        self._plan = FlowPlan(make_flow_id(flow.name), (), ())
        self._stages: list[StagePlan] = []

    def plan(self, variables: Mapping[str, str]) -> FlowPlan:
        flow = self._flow
        waiting = [flow.trigger]
        while waiting:
            step = waiting.pop(0)
            self._add_step(step)
            waiting += flow.targets(step.id)
        for step in flow.steps:
            if step.after is None and step is not flow.trigger:
                self._add_handler(step, [each.id for each in flow.steps if each.local.route == step.id])
        if flow.on_error is not None:
            self._add_handler(flow.on_error, [stage.id for stage in self._stages])
        last = tuple(self._plan.key(step.id, "message") for step in flow.all_steps if not flow.targets(step.id))
        known = {name: each.value for name, each in flow.variables.items() if each.value is not None}
        return FlowPlan(self._plan.flow_id, tuple(self._stages), last, {**known, **variables})

    def _add_step(self, step: FlowStep) -> None:
        """Add a step, what maps before it, and what routes behind it."""
        source = self._source_of(step)
        if step.after is not None and step.is_mapped:
            source = self._add_mapper(step.after.mapper_id, step, (source,))
        self._stages.append(self._stage(step, (source,) if source else ()))
        if self._is_routed(step.id):
            key = self._plan.key(f"router:{step.id}", "to.")
            config = {"flow": self._text, "file": self._flow.source.file, "step": step.id, "key": key}
            self._add_own(f"router:{step.id}", step, "route", config, (self._plan.key(step.id, "message"),))

    def _add_handler(self, step: FlowStep, stages: list[str]) -> None:
        """Add a step that gets errors, behind a stage that reads them."""
        sources = tuple(self._plan.key(stage, "error") for stage in stages)
        source = self._add_mapper(f"mapper::{step.id}", step, sources, reads_errors=True)
        self._stages.append(self._stage(step, (source,)))

    def _add_mapper(
        self, identity: str, step: FlowStep, sources: tuple[str, ...], *, reads_errors: bool = False
    ) -> str:
        config = {"flow": self._text, "file": self._flow.source.file, "step": step.id}
        self._add_own(identity, step, "map", config, sources, reads_errors=reads_errors)
        return self._plan.key(identity, "message")

    def _add_own(
        self,
        identity: str,
        step: FlowStep,
        function: str,
        config: Mapping[str, Any],
        sources: tuple[str, ...],
        *,
        reads_errors: bool = False,
    ) -> None:
        """Add a stage of the runtime's own. It hands the passthrough on by itself, and leaves no entry in it."""
        stage = StagePlan(identity, step.id, function, STAGES, config, sources, passthrough=False, builtin=STAGES.name,
                      prefetch=max(step.concurrency, _STAGE_PREFETCH), reads_errors=reads_errors)  # fmt: skip
        self._stages.append(stage)

    def _source_of(self, step: FlowStep) -> str:
        if step.after is None:
            return ""
        source = step.after.source
        if self._is_routed(source):
            return self._plan.key(f"router:{source}", f"to.{step.id}")
        return self._plan.key(source, "message")

    def _is_routed(self, source: str) -> bool:
        return any(target.after and target.after.is_conditional for target in self._flow.targets(source))

    def _stage(self, step: FlowStep, sources: tuple[str, ...]) -> StagePlan:
        component = self._components.component(step.component)
        declared = component.descriptor.function(step.function)
        is_node = not declared.main.endswith(".py")
        found = self._configs.get(step.id)
        return StagePlan(
            step.id,
            step.id,
            step.function,
            component.root,
            settings(self._flow, step, component) if found is None else found,
            sources,
            is_node,
            step.tune.passthrough,
            step.concurrency,
            step.tune.replicas or 1,
            seconds=step.local.timeout,
            log_level=step.tune.log_level,
            builtin=self._flow.components[step.component].builtin or "",
        )
