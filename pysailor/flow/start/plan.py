"""What a flow becomes on RabbitMQ: stages, each with its queue, its routing keys and its step's settings."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ..components import FlowComponents, settings
from ..document import FlowFinding

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..document import FlowFile, FlowStep, RetryPolicy

STAGES: Final = Path(__file__).parents[1] / "stages"
_STAGE_PREFETCH: Final = 20


@dataclass(frozen=True, slots=True)
class StagePlan:
    """One kind of process: a step, or what maps or routes between two. `sources` are the routing keys leading here.

    `stops` says that an error of it ends the flow.
    """

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
    retry: RetryPolicy | None = None
    stops: bool = False


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
        self._add_steps(flow.trigger)
        for step in self._handlers():
            routed = [each for each in flow.all_steps if each.local.route == step.id and each is not step]
            self._add_handler(step, [stage for each in routed for stage in self._stages_of(each)])
        if flow.on_error is not None:
            rest = [stage.id for stage in self._stages if not flow.step(stage.step).local.route]
            self._add_handler(flow.on_error, rest)
        last = tuple(self._plan.key(step.id, "message") for step in flow.all_steps if not flow.targets(step.id))
        known = {name: each.value for name, each in flow.variables.items() if each.value is not None}
        return FlowPlan(self._plan.flow_id, tuple(self._stages), last, {**known, **variables})

    def _handlers(self) -> list[FlowStep]:
        """Return the steps that errors are routed to, each behind all whose errors it gets, as far as that goes."""
        flow = self._flow
        left = [step for step in flow.steps if step.after is None and step is not flow.trigger]
        ordered: list[FlowStep] = []
        while left:
            of = {
                step.id: {_first_of(flow, each) for each in flow.steps if each.local.route == step.id} for step in left
            }
            ready = [step for step in left if not of[step.id] & {other.id for other in left if other is not step}]
            ordered += ready or left
            left = [step for step in left if step not in ordered]
        return ordered

    def _stages_of(self, step: FlowStep) -> list[str]:
        """Return the ids of a step's stages: its mapper, itself, its router."""
        mapper = f"mapper::{step.id}" if step.after is None else step.after.mapper_id
        is_first = step is self._flow.trigger
        ids = [] if is_first or not (step.is_mapped or step.after is None) else [mapper]
        return [*ids, step.id, *([f"router:{step.id}"] if self._is_routed(step.id) else [])]

    def _add_steps(self, first: FlowStep) -> None:
        """Add a step and all that follow it."""
        waiting = [first]
        while waiting:
            step = waiting.pop(0)
            self._add_step(step)
            waiting += self._flow.targets(step.id)

    def _add_step(self, step: FlowStep) -> None:
        """Add a step, what maps before it, and what routes behind it."""
        source = self._source_of(step)
        if step.after is not None and step.is_mapped:
            source = self._add_mapper(step.after.mapper_id, step, (source,))
        self._stages.append(self._stage(step, (source,) if source else ()))
        self._add_router(step)

    def _add_router(self, step: FlowStep) -> None:
        if self._is_routed(step.id):
            key = self._plan.key(f"router:{step.id}", "to.")
            config = {"flow": self._text, "file": self._flow.source.file, "step": step.id, "key": key}
            self._add_own(f"router:{step.id}", step, "route", config, (self._plan.key(step.id, "message"),))

    def _add_handler(self, step: FlowStep, stages: list[str]) -> None:
        """Add a step that gets errors, behind a stage that reads them."""
        sources = tuple(self._plan.key(stage, "error") for stage in stages)
        source = self._add_mapper(f"mapper::{step.id}", step, sources, reads_errors=True)
        self._stages.append(self._stage(step, (source,)))
        self._add_router(step)
        for target in self._flow.targets(step.id):
            self._add_steps(target)

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
                      prefetch=max(step.concurrency, _STAGE_PREFETCH), reads_errors=reads_errors,
                      stops=step.local.on_error == "stop")  # fmt: skip
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
            retry=step.local.retry,
            stops=step.local.on_error == "stop",
        )


def _first_of(flow: FlowFile, step: FlowStep) -> str:
    """Return the id of the step without `after` that a step follows from."""
    return [step.id, *(each.id for each in flow.earlier(step.id))][-1]


def find_unapplied(flow: FlowFile, plan: FlowPlan, *, is_watched: bool) -> list[FlowFinding]:
    """Return what a flow file says that holds in one process and that this plan's processes would not do.

    `is_watched` says that one program sees all errors: `flow start` itself does, compose and Kubernetes do not.
    """
    found = []
    for stage in plan.stages:
        step = flow.step(stage.step)
        if stage.is_node and step.local.retry:
            found.append(_describe(flow, step, "retry", "Node's sailor tries nothing again by itself"))
        if stage.is_node and step.local.timeout:
            found.append(_describe(flow, step, "timeout", "Node's sailor sets a message no limit of time"))
        if stage.stops and stage.id == step.id and not is_watched:
            found.append(_describe(flow, step, "on_error", "no program that could stop the flow sees its errors there"))
    return found


def _describe(flow: FlowFile, step: FlowStep, name: str, reason: str) -> FlowFinding:
    path = (*step.path, "local", name)
    text = f"{reason}: this is not applied. Leave it out to start the flow so, or run it with flow run"
    return FlowFinding(flow.source.place(path), text, ".".join(map(str, path)))
