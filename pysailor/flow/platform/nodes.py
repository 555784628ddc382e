"""Steps and edges as the platform's nodes and edges."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pysailor.flow.document import FlowExpression, FlowFinding

from .literal import write_literal
from .names import StepCommand, make_id
from .notes import Note

if TYPE_CHECKING:
    from pysailor.flow.document import Edge, FlowFile, FlowStep, TuneSettings

TRANSFORM: Final = StepCommand("elasticio", "jsonata-transform-component", "transform", "latest")
"""What makes a whole body of one expression on the platform."""

_OWN: Final = ("component_id", "credentials_id", "secret_id", "nodes_config", "config", "data_sample")


@dataclass(frozen=True, slots=True)
class ExportSettings:
    """What the flow file does not say: platform names by component, credential ids by name, the workspace's id."""

    replace: Mapping[str, str] = field(default_factory=dict)
    credentials: Mapping[str, str] = field(default_factory=dict)
    workspace: str = ""


class GraphWriter:
    """Writes a flow's graph in one of the forms; `notes` and `findings` grow with it."""

    def __init__(self, flow: FlowFile, dialect: str, settings: ExportSettings) -> None:
        self.notes: list[Note] = []
        self.findings: list[FlowFinding] = []
        self._flow = flow
        self._dialect = dialect
        self._settings = settings
        self._extra_nodes: list[dict[str, Any]] = []

    def write(self) -> dict[str, Any]:
        """Return `{"nodes", "edges"}`."""
        flow = self._flow
        nodes = [self._node(step) for step in flow.steps]
        edges = [edge for step in flow.steps if step.after for edge in self._edges(step, step.after)]
        if flow.on_error is not None:
            nodes.append({**self._node(flow.on_error), "error": True})
            edges.append({"target": flow.on_error.id, **self._config(flow.on_error, None)})
        return {"nodes": [*nodes, *self._extra_nodes], "edges": [*edges, *flow.platform.get("edges", [])]}

    def _node(self, step: FlowStep) -> dict[str, Any]:
        kept = {name: value for name, value in step.platform.items() if name not in _OWN}
        about = {"name": step.title, "description": step.description}
        if self._dialect != "hydrated":
            about = {name: text for name, text in about.items() if text}
        is_first = self._dialect == "hydrated" and step is self._flow.trigger
        return {
            "id": step.id,
            **self._command(step),
            **about,
            **({"first": True} if is_first else {}),
            **({"fields": dict(step.fields)} if step.fields else {}),
            **self._credential(step),
            **self._sample(step),
            **kept,
        }

    def _command(self, step: FlowStep) -> dict[str, Any]:
        reference = self._flow.components.get(step.component)
        name = self._settings.replace.get(step.component) or (reference.platform_name if reference else None)
        if not name:
            message = (
                f'the platform does not know "{step.component}"; write as: team/repository@version under its '
                f"component, or --replace {step.component}=team/repository@version"
            )
            self.findings.append(FlowFinding(step.place, message, ".".join(map(str, (*step.path, "run")))))
            return {}
        place, _, version = name.partition("@")
        team, _, repository = place.partition("/")
        command = StepCommand(team, repository, step.function, version)
        if self._dialect != "hydrated":
            return {"command": str(command)}
        known = step.platform.get("component_id")
        by_name = {"componentDevTeam": team, "componentName": repository}
        written = {"actionOrTrigger": step.function, **({"componentVersion": version} if version else {})}
        return {"component_id": known if isinstance(known, dict) else by_name, "command": written}

    def _credential(self, step: FlowStep) -> dict[str, Any]:
        if step.credential is None:
            return {}
        kind = "secret_id" if "secret_id" in step.platform else "credentials_id"
        known = self._settings.credentials.get(step.credential) or step.platform.get(kind)
        if self._dialect == "recipe":
            return {kind: step.credential}
        key = kind.partition("_")[0].removesuffix("s")
        if self._dialect == "hydrated":
            return {kind: known if isinstance(known, dict) else {f"{key}Name": step.credential, **_id_of(known, key)}}
        identity = known.get(f"{key}Id") if isinstance(known, dict) else known
        if not identity:
            self._note(
                f"steps.{step.id}.credential",
                f"its id is missing; choose it on the platform, or give it: --credential {step.credential}=ID",
            )
        return {kind: identity} if identity else {}

    def _sample(self, step: FlowStep) -> dict[str, Any]:
        if self._dialect == "recipe" and step.sample is not None:
            return {"data_sample": step.platform.get("data_sample", {"result": step.sample})}
        if step.sample is not None:
            self._note(f"steps.{step.id}.sample", "is left out; post it to /v2/data-samples and add its id to the node")
        return {}

    def _edges(self, step: FlowStep, edge: Edge) -> list[dict[str, Any]]:
        """Return the edge that leads to a step; one expression for the whole body becomes a step of its own."""
        if not isinstance(step.map, FlowExpression):
            return [self._edge(edge.source, step.id, self._config(step, edge))]
        name = make_id(f"{step.id}_map", {each.id for each in self._flow.all_steps})
        self._extra_nodes.append(self._transform(name, step.map.text))
        self._note(
            f"steps.{step.id}.map",
            f"one expression for the whole body becomes the step {name} (jsonata:transform): a list makes several "
            "messages there, and null, numbers, true and false make none",
        )
        condition = self._config_of(None, edge)
        return [self._edge(edge.source, name, condition), self._edge(name, step.id, {})]

    def _transform(self, name: str, expression: str) -> dict[str, Any]:
        command: dict[str, Any] = {"command": str(TRANSFORM)}
        if self._dialect == "hydrated":
            command = {
                "component_id": {"componentDevTeam": TRANSFORM.team, "componentName": TRANSFORM.repository},
                "command": {"actionOrTrigger": TRANSFORM.function, "componentVersion": TRANSFORM.version},
                "name": "",
                "description": "",
            }
        return {"id": name, **command, "fields": {"expression": expression}}

    def _edge(self, source: str, target: str, config: dict[str, Any]) -> dict[str, Any]:
        identity = f"mapper:{source}:{target}" if "mapper" in config.get("config", {}) else f"{source}:{target}"
        named = {"id": identity} if self._dialect == "hydrated" else {}
        return {**named, "source": source, "target": target, **config}

    def _config(self, step: FlowStep, edge: Edge | None) -> dict[str, Any]:
        if "config" in step.platform:
            return {"config": step.platform["config"]}
        mapper = None
        if isinstance(step.map, FlowExpression):
            message = (
                "write an expression for each member; one for the whole body has no place before the error handler"
            )
            self.findings.append(FlowFinding(step.map.place, message, "on_error.map"))
        elif step.is_mapped or "set" in find_written(self._flow, step):
            mapper = {
                **_tree(step.map or {}),
                **{name: write_literal(value) for name, value in step.set.items()},
            }
        return self._config_of(mapper, edge)

    def _config_of(self, mapper: dict[str, Any] | None, edge: Edge | None) -> dict[str, Any]:
        condition = edge.condition.text if edge is not None and edge.condition is not None else None
        if mapper is not None:
            return {"config": {"mapper_type": "jsonata", "mapper": mapper, "condition": condition}}
        return {} if condition is None else {"config": {"condition": condition}}

    def nodes_config(self) -> dict[str, Any]:
        """Return what steps are tuned with, by step id."""
        found = {
            step.id: {**_tune_settings(step.tune), **step.platform.get("nodes_config", {})}
            for step in self._flow.all_steps
        }
        return {name: config for name, config in found.items() if config}

    def _note(self, path: str, message: str) -> None:
        self.notes.append(Note(path, message))


def _id_of(known: Any, key: str) -> dict[str, str]:
    return {f"{key}Id": known} if isinstance(known, str) else {}


def find_written(flow: FlowFile, step: FlowStep) -> Mapping[str, Any]:
    """Return the step as the file has it."""
    here: Any = flow.source.value
    for part in step.path:
        here = here[part]
    return here if isinstance(here, dict) else {}


def _tree(mapped: Any) -> dict[str, Any]:
    """Return the mapper's tree: each leaf an expression's text."""
    return {name: _tree(leaf) if isinstance(leaf, Mapping) else str(leaf) for name, leaf in mapped.items()}


def _tune_settings(tune: TuneSettings) -> dict[str, Any]:
    named = {
        "prefetch": tune.prefetch,
        "replicas": tune.replicas,
        "log_level": tune.log_level,
        "persistent_messages": tune.persistent_messages,
        "passthrough": None if tune.passthrough else {"disabled": True},
    }
    return {name: value for name, value in named.items() if value is not None}
