"""A flow of the platform as a flow file."""

from __future__ import annotations

import re
from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from .graph import read_graph
from .literal import NOT_LITERAL, read_literal
from .names import StepCommand, find_builtin, make_id, short_name
from .notes import Note
from .yaml_text import write_yaml

if TYPE_CHECKING:
    from .graph import PlatformGraph

_ID: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,29}")
_TUNED: Final = {"prefetch": (int, 1, 1000), "replicas": (int, 1, 5)}
_LEVELS: Final = ("trace", "debug", "info", "warning", "error", "fatal")
_READ: Final = ("id", "command", "name", "description", "fields", "error", "data_sample")


def import_flow(text: str) -> tuple[str, list[Note]]:
    """Return the flow file (YAML) for a document of the platform, and what is not in it; raise NotAFlow.

    What a flow file has no place for is kept under `platform`, and comes back when the flow is exported.
    """
    return _Import(read_graph(text)).run()


class _Import:
    def __init__(self, graph: PlatformGraph) -> None:
        self._graph = graph
        self._notes: list[Note] = []
        self._components: dict[str, dict[str, str]] = {}
        self._credentials: dict[str, dict[str, str]] = {}
        self._ids: dict[str, str] = {}
        self._platform: dict[str, Any] = dict(graph.extra)

    def run(self) -> tuple[str, list[Note]]:
        graph = self._graph
        if graph.dropped:
            self._note("", f"the platform's own members are left out: {', '.join(graph.dropped)}")
        for node in graph.nodes:
            self._ids[node["id"]] = self._id(node["id"])
        handler = next((node for node in graph.nodes if node.get("error") is True), None)
        steps = {self._ids[node["id"]]: self._step(node) for node in graph.nodes if node is not handler}
        document: dict[str, Any] = {"flow": 1, "name": graph.name, **graph.attributes}
        if graph.variables:
            document["variables"] = {str(each["id"]): _variable(each) for each in graph.variables}
        document["components"] = self._components
        self._declare_credentials()
        if self._credentials:
            document["credentials"] = self._credentials
        document["steps"] = steps
        if handler is not None:
            document["on_error"] = self._handler(handler)
        if self._platform:
            document["platform"] = self._platform
        return write_yaml(document), self._notes

    def _note(self, path: str, message: str) -> None:
        self._notes.append(Note(path, message))

    def _id(self, name: str) -> str:
        if _ID.fullmatch(name) and name not in self._ids.values():
            return name
        made = make_id(name, set(self._ids.values()))
        self._note(f"steps.{made}", f'was called "{name}" on the platform; expressions that name it have to be changed')
        return made

    def _step(self, node: dict[str, Any]) -> dict[str, Any]:
        name = self._ids[node["id"]]
        edges = [edge for edge in self._graph.edges if edge["target"] == node["id"] and "source" in edge]
        for edge in edges[1:]:
            self._platform.setdefault("edges", []).append(edge)
            self._note(
                f"steps.{name}.after",
                f"a second edge leads here, from {edge['source']}; it is kept under platform, and is not run here",
            )
        step = self._declare(node, name)
        if edges:
            step["after"] = self._after(edges[0], name)
            self._map(edges[0], step, name)
        return _sort(step)

    def _handler(self, node: dict[str, Any]) -> dict[str, Any]:
        name = self._ids[node["id"]]
        step = {"id": name, **self._declare(node, name)}
        for edge in self._graph.edges:
            if edge["target"] == node["id"]:
                self._map(edge, step, name)
        return _sort(step)

    def _declare(self, node: dict[str, Any], name: str) -> dict[str, Any]:
        """Return the members of a step that its node alone determines."""
        command = StepCommand.read(node)
        step: dict[str, Any] = {"run": f"{self._component(command)}:{command.function}"}
        step |= {ours: node[theirs] for ours, theirs in (("title", "name"), ("description",) * 2) if node.get(theirs)}
        if node.get("fields"):
            step["fields"] = node["fields"]
        if credential := self._credential(node, step["run"].partition(":")[0]):
            step["credential"] = credential
        kept = {key: value for key, value in node.items() if key not in _READ and not self._is_implied(key)}
        self._read_sample(node, step, kept)
        self._tune(node["id"], step, kept, name)
        if kept:
            step["platform"] = kept
        return step

    def _is_implied(self, key: str) -> bool:
        return key == "first" and self._graph.dialect == "hydrated"

    def _component(self, command: StepCommand) -> str:
        for name, known in self._components.items():
            if known["as"] == command.platform_name:
                return name
        name = make_id(find_builtin(command) or short_name(command.repository), self._components)
        builtin = find_builtin(command)
        self._components[name] = {**({"builtin": builtin} if builtin else {}), "as": command.platform_name}
        if builtin is None:
            self._note(f"components.{name}", f"add path: the directory of {command.team}/{command.repository} here")
        return name

    def _credential(self, node: dict[str, Any], component: str) -> str | None:
        """Return the name of a node's credential, declared for its component; its id stays with the step."""
        for kind, key in (("credentials_id", "credentialName"), ("secret_id", "secretName")):
            found = node.get(kind)
            if not found:
                continue
            title = found.get(key) if isinstance(found, dict) else None
            declared = isinstance(found, str) and found in {each.get("id") for each in self._graph.credentials}
            wanted = str(title or (found if declared else component))
            for name, known in self._credentials.items():
                if known["component"] == component and name == make_id(wanted, set()):
                    return name
            name = make_id(wanted, self._credentials)
            self._credentials[name] = {"component": component}
            self._note(f"credentials.{name}", "its values stay on the platform; put them into the environment or .env")
            return name
        return None

    def _declare_credentials(self) -> None:
        """Keep what a recipe tells people about its credentials."""
        helps = [each for each in self._graph.credentials if each.keys() - {"id"}]
        if helps:
            self._platform["credentials"] = self._graph.credentials

    def _read_sample(self, node: dict[str, Any], step: dict[str, Any], kept: dict[str, Any]) -> None:
        sample = node.get("data_sample")
        if sample is None:
            return
        step["sample"] = sample["result"] if isinstance(sample, dict) and "result" in sample else sample
        if not isinstance(sample, dict) or sample.keys() != {"result"}:
            kept["data_sample"] = sample

    def _tune(self, identity: str, step: dict[str, Any], kept: dict[str, Any], name: str) -> None:
        config = self._graph.nodes_config.get(identity)
        if not isinstance(config, dict):
            return
        rest, tune = dict(config), {}
        for key, (kind, least, most) in _TUNED.items():
            if isinstance(rest.get(key), kind) and least <= rest[key] <= most:
                tune[key] = rest.pop(key)
        if rest.get("passthrough") == {"disabled": True}:
            tune["passthrough"] = not rest.pop("passthrough")["disabled"]
        if rest.get("log_level") in _LEVELS:
            tune["log_level"] = rest.pop("log_level")
        if isinstance(rest.get("persistent_messages"), bool):
            tune["persistent_messages"] = rest.pop("persistent_messages")
        if tune:
            step["tune"] = tune
        if rest:
            kept["nodes_config"] = rest
            self._note(f"steps.{name}.platform", f"holds here only on the platform: {', '.join(rest)}")

    def _after(self, edge: dict[str, Any], name: str) -> Any:
        source = self._ids.get(edge["source"], edge["source"])
        condition = _config(edge).get("condition")
        siblings = Counter(
            _config(other).get("condition") is not None
            for other in self._graph.edges
            if other.get("source") == edge["source"]
        )
        if condition is None:
            return {source: "otherwise"} if siblings[True] else source
        if not isinstance(condition, str):
            self._note(f"steps.{name}.after", f"the condition {condition!r} is not a text; it is written as one")
        return {source: condition if isinstance(condition, str) else str(condition).lower()}

    def _map(self, edge: dict[str, Any], step: dict[str, Any], name: str) -> None:
        config = _config(edge)
        mapper = config.get("mapper")
        if config.get("mapper_type", "jsonata") != "jsonata":
            step.setdefault("platform", {})["config"] = config
            self._note(f"steps.{name}.map", f"the mapper is of type {config['mapper_type']}; JSONata is read here only")
            return
        if mapper is None:
            return
        if not isinstance(mapper, dict) or _has_list(mapper):
            step.setdefault("platform", {})["config"] = config
            self._note(f"steps.{name}.map", "the mapper has a form that is not known; it is kept under platform")
            return
        literals = {key: value for key, leaf in mapper.items() if (value := _literal(leaf)) is not NOT_LITERAL}
        expressions = {key: leaf for key, leaf in mapper.items() if key not in literals}
        step |= {member: held for member, held in (("map", expressions), ("set", literals)) if held}
        if not mapper:
            step["set"] = {}


def _variable(declared: dict[str, Any]) -> Any:
    known = {name: declared[name] for name in ("title", "help") if isinstance(declared.get(name), str)}
    value = declared.get("value")
    return {**known, "value": value} if known else value


def _config(edge: dict[str, Any]) -> dict[str, Any]:
    config = edge.get("config")
    return config if isinstance(config, dict) else {}


def _literal(leaf: Any) -> Any:
    return read_literal(leaf) if isinstance(leaf, str) else NOT_LITERAL


def _has_list(value: Any) -> bool:
    return isinstance(value, list) or (isinstance(value, dict) and any(map(_has_list, value.values())))


_ORDER: Final = ("id", "title", "description", "run", "after", "credential", "fields", "map", "set", "sample", "tune")


def _sort(step: dict[str, Any]) -> dict[str, Any]:
    """Return the step with its members in the order in which people read them."""
    order = {name: number for number, name in enumerate(_ORDER)}
    return dict(sorted(step.items(), key=lambda member: order.get(member[0], len(order))))
