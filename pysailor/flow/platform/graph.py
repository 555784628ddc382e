"""A flow as the platform's graph has it, whichever of its forms it came in."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from pysailor.errors import SailorError
from pysailor.wire import json_fault

if TYPE_CHECKING:
    from collections.abc import Mapping

SET_BY_PLATFORM: Final = (
    "created_at",
    "updated_at",
    "last_modified",
    "status",
    "current_status",
    "last_start_time",
    "last_stop_time",
)
"""Members of a flow that the platform makes itself."""


class NotAFlow(SailorError):
    """The file is not a flow in one of the platform's forms.

    Export the flow on the platform, or fetch it from its API: `GET /v2/flows/{id}`.
    """

    code = "not_a_flow"


@dataclass(frozen=True, slots=True)
class PlatformGraph:
    """Nodes and edges as they were, and what belongs to the flow as a whole; `extra` is what has no place here."""

    dialect: str
    name: str
    nodes: list[dict[str, Any]]
    edges: list[dict[str, Any]]
    attributes: Mapping[str, Any] = field(default_factory=dict)
    nodes_config: Mapping[str, Any] = field(default_factory=dict)
    variables: list[dict[str, Any]] = field(default_factory=list)
    credentials: list[dict[str, Any]] = field(default_factory=list)
    extra: Mapping[str, Any] = field(default_factory=dict)
    dropped: tuple[str, ...] = ()


def read_graph(text: str) -> PlatformGraph:
    """Return the graph of a document in JSON: of the API, exported by names, or a recipe; raise NotAFlow."""
    try:
        document = json.loads(text)
    except json.JSONDecodeError as error:
        raise NotAFlow(f"This is not JSON: {json_fault.explain(error)}. The platform's flows are JSON.") from error
    except (ValueError, RecursionError) as error:
        raise NotAFlow(f"This is not JSON: {error}. The platform's flows are JSON.") from error
    data = _data_of(document)
    attributes = data.get("attributes", data)
    if not isinstance(attributes, dict):
        raise NotAFlow(f"attributes: found {type(attributes).__name__}, allowed: an object with graph")
    if "flow_templates" in attributes or "flow_template" in attributes:
        return _read_recipe(attributes)
    return _read_flow(attributes, data)


def _data_of(document: Any) -> dict[str, Any]:
    data = document.get("data", document) if isinstance(document, dict) else document
    if isinstance(data, list) and len(data) == 1:
        data = data[0]
    if isinstance(data, list):
        names = ", ".join(str(_name_of(item)) for item in data[:20])
        raise NotAFlow(f"The file holds {len(data)} flows ({names}); save one of them in a file of its own.")
    if not isinstance(data, dict):
        raise NotAFlow("The file holds no object; a flow of the platform is one, with graph.nodes and graph.edges.")
    return data


def _name_of(item: Any) -> Any:
    attributes = item.get("attributes") if isinstance(item, dict) else None
    return attributes.get("name", "?") if isinstance(attributes, dict) else "?"


def _read_flow(attributes: dict[str, Any], data: Mapping[str, Any]) -> PlatformGraph:
    nodes, edges = _members_of(attributes.get("graph"), "graph")
    is_hydrated = any(isinstance(node.get("command"), dict) for node in nodes)
    known = ("name", "description", "type", "cron", "graph", "nodes_config", "default_mapper_type", *SET_BY_PLATFORM)
    workspace = _workspace_of(data)
    return PlatformGraph(
        "hydrated" if is_hydrated else "api",
        str(attributes.get("name") or "Flow"),
        nodes,
        edges,
        {name: attributes[name] for name in ("description", "type", "cron") if attributes.get(name) is not None},
        attributes.get("nodes_config") or {},
        extra={
            **{name: value for name, value in attributes.items() if name not in known},
            **({"workspace": workspace} if workspace else {}),
        },
        dropped=tuple(name for name in SET_BY_PLATFORM if name in attributes),
    )


def _workspace_of(data: Mapping[str, Any]) -> Any:
    here: Any = data.get("relationships")
    for name in ("workspace", "data", "id"):
        here = here.get(name) if isinstance(here, dict) else None
    return here


def _read_recipe(attributes: dict[str, Any]) -> PlatformGraph:
    """Read a recipe, also of the older form: activation_config, marketplace_content and one flow_template."""
    templates = attributes.get("flow_templates") or [attributes.get("flow_template")]
    if not isinstance(templates, list) or not isinstance(templates[0], dict):
        raise NotAFlow("flow_templates: only objects are allowed, with title and graph.")
    first = templates[0]
    nodes, edges = _members_of(first.get("graph"), "flow_templates/0/graph")
    declared = attributes.get("declarations") or attributes.get("activation_config") or {}
    info = attributes.get("info") or attributes.get("marketplace_content") or {}
    known = ("flow_templates", "flow_template", "declarations", "activation_config", "info", "marketplace_content")
    extra = {name: value for name, value in attributes.items() if name not in (*known, *SET_BY_PLATFORM)}
    return PlatformGraph(
        "recipe",
        str(first.get("title") or info.get("title") or info.get("name") or "Flow"),
        nodes,
        edges,
        {"cron": first["cron"]} if first.get("cron") else {},
        first.get("nodes_config") or {},
        [_variable_of(each) for each in declared.get("variables") or ()],
        [each for each in declared.get("credentials") or () if isinstance(each, dict)],
        {**extra, **({"info": info} if info else {}), **({"flow_templates": templates[1:]} if templates[1:] else {})},
        tuple(name for name in SET_BY_PLATFORM if name in attributes),
    )


def _variable_of(declared: Any) -> dict[str, Any]:
    named = dict(declared) if isinstance(declared, dict) else {"id": declared}
    return {"id": named.pop("id", None) or named.pop("key", None), **named}


def _members_of(graph: Any, where: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    if not isinstance(graph, dict) or not isinstance(graph.get("nodes"), list):
        raise NotAFlow(f"{where}: nodes and edges are missing; is this a flow of the platform?")
    nodes, edges = graph["nodes"], graph.get("edges") or []
    for number, node in enumerate(nodes):
        if not isinstance(node, dict) or not isinstance(node.get("id"), str):
            raise NotAFlow(f"{where}/nodes/{number}: has no id")
    for number, edge in enumerate(edges):
        if not isinstance(edge, dict) or not isinstance(edge.get("target"), str):
            raise NotAFlow(f"{where}/edges/{number}: has no target")
    if not nodes:
        raise NotAFlow(f"{where}: has no nodes; there is nothing to import")
    return nodes, edges
