"""A flow file in the platform's forms."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from pysailor.flow.document import FlowFinding, InvalidFlow

from .nodes import ExportSettings, GraphWriter, find_written
from .notes import Note

if TYPE_CHECKING:
    from pysailor.flow.document import FlowFile

DIALECTS: Final = ("api", "recipe", "hydrated")
_FLOW_OWN: Final = ("workspace", "edges", "info", "flow_templates", "credentials", "declarations")


class NotExportable(InvalidFlow):
    """The flow has something that the platform has no place for, and that cannot be left out.

    Each finding says what, where, and what to do instead.
    """

    code = "flow_not_exportable"


def export_flow(
    flow: FlowFile, dialect: str, settings: ExportSettings | None = None
) -> tuple[dict[str, Any], list[Note]]:
    """Return the flow as the API takes it, by names, or as a recipe, and what it loses; raise NotExportable."""
    export = _Export(flow, dialect, settings or ExportSettings())
    document = export.document()
    if export.findings:
        raise NotExportable(export.findings)
    return document, export.notes


class _Export:
    def __init__(self, flow: FlowFile, dialect: str, settings: ExportSettings) -> None:
        self._graph = GraphWriter(flow, dialect, settings)
        self.notes = self._graph.notes
        self.findings = self._graph.findings
        self._flow = flow
        self._dialect = dialect
        self._settings = settings

    def document(self) -> dict[str, Any]:
        graph = self._graph.write()
        self._tell_losses()
        return self._recipe(graph) if self._dialect == "recipe" else self._plain(graph)

    def _plain(self, graph: dict[str, Any]) -> dict[str, Any]:
        """Return the flow for the API, or its attributes by names."""
        flow = self._flow
        for variable in flow.variables.values():
            message = "a plain flow has no variables; export it --as recipe, or write the value into the steps"
            self.findings.append(FlowFinding(variable.place, message, f"variables.{variable.id}"))
        is_hydrated = self._dialect == "hydrated"
        attributes: dict[str, Any] = {
            "name": flow.name,
            **({"description": flow.description or None} if is_hydrated or flow.description else {}),
            "type": flow.type,
            "default_mapper_type": "jsonata",
            **({"cron": flow.cron} if flow.cron else {}),
            "graph": graph,
            "nodes_config": self._graph.nodes_config(),
            **{name: value for name, value in flow.platform.items() if name not in _FLOW_OWN},
        }
        if is_hydrated:
            return attributes
        workspace = self._settings.workspace or flow.platform.get("workspace", "")
        if not workspace:
            self._note("", "the workspace's id is missing; give it with --workspace, the API wants it")
        related = {"workspace": {"data": {"type": "workspace", "id": workspace}}} if workspace else {}
        return {"data": {"type": "flow", "attributes": attributes, "relationships": related}}

    def _recipe(self, graph: dict[str, Any]) -> dict[str, Any]:
        flow = self._flow
        known = {each.get("id"): each for each in flow.platform.get("credentials", [])}
        used = {step.credential for step in flow.all_steps if step.credential}
        declarations = {
            "variables": [
                {"id": each.id, "title": each.title or each.id, **({"help": each.help} if each.help else {})}
                for each in flow.variables.values()
            ],
            "credentials": [{"id": name, **known.get(name, {})} for name in flow.credentials if name in used],
        }
        for variable in flow.variables.values():
            if variable.value is not None:
                self._note(f"variables.{variable.id}", "its value is given when the recipe is activated")
        info = flow.platform.get("info") or {
            "title": flow.name,
            "description": flow.description or flow.name,
            "short_description": flow.description or flow.name,
        }
        template = {"title": flow.name, **({"cron": flow.cron} if flow.cron else {}), "graph": graph}
        if config := self._graph.nodes_config():
            template["nodes_config"] = config
        rest = {name: value for name, value in flow.platform.items() if name not in _FLOW_OWN}
        attributes = {
            "declarations": declarations,
            "info": info,
            "flow_templates": [template, *flow.platform.get("flow_templates", [])],
            **rest,
        }
        return {"data": {"type": "recipe", "attributes": attributes}}

    def _tell_losses(self) -> None:
        flow = self._flow
        if flow.tests:
            self._note("tests", "stay here; the platform has none")
        for step in flow.all_steps:
            document = find_written(flow, step)
            if document.get("local"):
                self._note(f"{'.'.join(map(str, step.path))}.local", "holds on this machine only")
            reference = flow.components.get(step.component)
            if reference is not None and (reference.builtin == "file" or "path" in step.fields):
                self._note(
                    f"{'.'.join(map(str, step.path))}.fields", "name files of this machine; the platform has others"
                )

    def _note(self, path: str, message: str) -> None:
        self.notes.append(Note(path, message))
