"""What a flow file says, as values. Each knows its place; nothing here is looked up or loaded."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final, Literal

from .position import Position

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .source import FlowExpression, FlowText

OTHERWISE: Final = "otherwise"
"""The condition of the one edge that is taken when no other is true."""

MapTree = Mapping[str, Any]
"""Names to an FlowExpression, or to another MapTree."""


@dataclass(frozen=True, slots=True)
class Edge:
    """One way from a step to another.

    Of a router's edges, those with a `condition` are taken when it is true, the one that says `otherwise` when no
    other was; an edge with neither is always taken.
    """

    source: str
    target: str
    condition: FlowExpression | None = None
    is_otherwise: bool = False
    place: Position = field(default_factory=Position)

    @property
    def is_conditional(self) -> bool:
        """Whether it depends on the message."""
        return self.condition is not None or self.is_otherwise

    @property
    def mapper_id(self) -> str:
        """The name under which the mapper of this edge fails."""
        return f"mapper:{self.source}:{self.target}"


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """How often a message is tried again after an error that may pass, and how long to wait before that (seconds).

    The wait doubles each time.
    """

    times: int
    wait: float = 1.0


@dataclass(frozen=True, slots=True)
class LocalSettings:
    """What holds on this machine only: the platform knows none of it.

    `on_error` is what follows when a message fails: the flow goes on, stops, or the step named by `route` gets it.
    """

    retry: RetryPolicy | None = None
    timeout: float | None = None
    concurrency: int | None = None
    on_error: Literal["continue", "stop", "route"] = "continue"
    route: str = ""


@dataclass(frozen=True, slots=True)
class TuneSettings:
    """What the platform lets a step be tuned with (nodes_config); None is its default."""

    prefetch: int | None = None
    replicas: int | None = None
    passthrough: bool = True
    log_level: str | None = None
    persistent_messages: bool | None = None


@dataclass(frozen=True, slots=True)
class FlowStep:
    """One step. Its body is made by `map` (expressions) and `set` (literals); with neither the message comes as it is.

    `map` is one FlowExpression where it makes the whole body. `path` leads to the step in the document.
    """

    id: str
    component: str
    function: str
    path: tuple[str | int, ...]
    place: Position
    fields: Mapping[str, Any] = field(default_factory=dict)
    credential: str | None = None
    after: Edge | None = None
    map: MapTree | FlowExpression | None = None
    set: Mapping[str, Any] = field(default_factory=dict)
    sample: Any = None
    tune: TuneSettings = field(default_factory=TuneSettings)
    local: LocalSettings = field(default_factory=LocalSettings)
    platform: Mapping[str, Any] = field(default_factory=dict)
    title: str = ""
    description: str = ""

    @property
    def is_mapped(self) -> bool:
        """Whether a mapper stands before the step."""
        return self.map is not None or bool(self.set)

    @property
    def concurrency(self) -> int:
        """How many messages it works on at a time."""
        return self.local.concurrency or self.tune.prefetch or 1


@dataclass(frozen=True, slots=True)
class FlowVariable:
    """A flow variable: `$getFlowVariables().<id>`. None is one that must be given from outside."""

    id: str
    value: str | None
    title: str = ""
    help: str = ""
    place: Position = field(default_factory=Position)


@dataclass(frozen=True, slots=True)
class ComponentReference:
    """Where a component is found on this machine, and what the platform calls it (`team/repo@version`)."""

    id: str
    path: str | None = None
    builtin: str | None = None
    platform_name: str | None = None
    place: Position = field(default_factory=Position)


@dataclass(frozen=True, slots=True)
class CredentialReference:
    """A credential by name. Its values are never in the file: `variables` name those of the environment, by field."""

    id: str
    component: str
    variables: Mapping[str, str] = field(default_factory=dict)
    place: Position = field(default_factory=Position)


@dataclass(frozen=True, slots=True)
class FlowFile:
    """A whole flow. `steps` stand in the order of the file; `source` finds the place of any member."""

    name: str
    steps: tuple[FlowStep, ...]
    source: FlowText = field(repr=False, compare=False)
    description: str = ""
    type: str = "ordinary"
    cron: str | None = None
    variables: Mapping[str, FlowVariable] = field(default_factory=dict)
    components: Mapping[str, ComponentReference] = field(default_factory=dict)
    credentials: Mapping[str, CredentialReference] = field(default_factory=dict)
    on_error: FlowStep | None = None
    tests: tuple[Mapping[str, Any], ...] = ()
    platform: Mapping[str, Any] = field(default_factory=dict)

    @property
    def all_steps(self) -> tuple[FlowStep, ...]:
        """The steps, and the error handler where there is one."""
        return (*self.steps, self.on_error) if self.on_error else self.steps

    @property
    def edges(self) -> tuple[Edge, ...]:
        """All edges, in the order of their targets."""
        return tuple(step.after for step in self.steps if step.after)

    @property
    def trigger(self) -> FlowStep:
        """The step that begins the flow."""
        routed = {step.local.route for step in self.steps}
        return next(step for step in self.steps if step.after is None and step.id not in routed)

    def step(self, identity: str) -> FlowStep:
        """Return the step of this id; raise KeyError."""
        for step in self.all_steps:
            if step.id == identity:
                return step
        raise KeyError(identity)

    def targets(self, identity: str) -> tuple[FlowStep, ...]:
        """Return the steps that stand after this one."""
        return tuple(step for step in self.steps if step.after and step.after.source == identity)

    def earlier(self, identity: str) -> Iterator[FlowStep]:
        """Yield the steps before this one, the nearest first."""
        seen = {identity}
        step = self.step(identity)
        while step.after is not None and step.after.source not in seen:
            step = self.step(step.after.source)
            seen.add(step.id)
            yield step
