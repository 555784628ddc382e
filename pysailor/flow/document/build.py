"""The values of a flow, made from a document whose shape is right."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any, Final

from .finding import FlowFinding
from .model import (
    OTHERWISE,
    ComponentReference,
    CredentialReference,
    Edge,
    FlowFile,
    FlowStep,
    FlowVariable,
    LocalSettings,
    RetryPolicy,
    TuneSettings,
)
from .source import write_path

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from .source import FlowExpression, FlowText, Path

ERROR_HANDLER: Final = "error_handler"
_ID: Final = re.compile(r"[A-Za-z][A-Za-z0-9_]{0,29}\Z")
_UNITS: Final = {"ms": 0.001, "s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION: Final = re.compile(r"([0-9]+(?:\.[0-9]+)?)(ms|s|m|h)\Z")
_LONGEST: Final = 30 * 86400.0
_CRON_FIELDS: Final = 5


def build(source: FlowText) -> tuple[FlowFile, list[FlowFinding]]:
    """Return the flow and what is wrong within it."""
    builder = _Builder(source)
    return builder.flow(), builder.findings


def suggest(name: str, known: Iterable[str]) -> str:
    """Return what there is to choose from, with the one that is probably meant."""
    names = list(known)
    close = get_close_matches(name, names, 1)
    meant = f"did you mean {close[0]}? " if close else ""
    return f"{meant}There is: {', '.join(names) or 'none'}"


class _Builder:
    """Makes values of the document's members and collects what is wrong."""

    def __init__(self, source: FlowText) -> None:
        self.findings: list[FlowFinding] = []
        self._source = source
        self._document: dict[str, Any] = source.value

    def flow(self) -> FlowFile:
        document = self._document
        steps = tuple(self._step(name, member) for name, member in document["steps"].items())
        handler = document.get("on_error")
        flow = FlowFile(
            name=document["name"],
            steps=steps,
            source=self._source,
            description=document.get("description", ""),
            type=document.get("type", "ordinary"),
            cron=self._cron(),
            variables={name: self._variable(name, member) for name, member in self._members("variables")},
            components={name: self._component(name, member) for name, member in self._members("components")},
            credentials={name: self._credential(name, member) for name, member in self._members("credentials")},
            on_error=None if handler is None else self._handler(handler),
            tests=tuple(document.get("tests", ())),
            platform=document.get("platform", {}),
        )
        self._check_names(flow)
        return flow

    def _members(self, name: str) -> list[tuple[str, Any]]:
        return list(self._document.get(name, {}).items())

    def _cron(self) -> str | None:
        cron: str | None = self._document.get("cron")
        if cron is not None and len(cron.split()) != _CRON_FIELDS:
            self._note(("cron",), f'"{cron}" has {len(cron.split())} fields; it takes five, such as "*/10 * * * *"')
        return cron

    def _variable(self, name: str, member: Any) -> FlowVariable:
        place = self._source.place(("variables", name))
        if not isinstance(member, dict):
            return FlowVariable(name, member, place=place)
        return FlowVariable(name, member.get("value"), member.get("title", ""), member.get("help", ""), place)

    def _component(self, name: str, member: Mapping[str, Any]) -> ComponentReference:
        path = ("components", name)
        self._check_id(name, path)
        if "path" in member and "builtin" in member:
            self._note(path, "has both path and builtin; keep the one that is meant")
        place = self._source.place(path)
        return ComponentReference(name, member.get("path"), member.get("builtin"), member.get("as"), place)

    def _credential(self, name: str, member: Mapping[str, Any]) -> CredentialReference:
        path = ("credentials", name)
        self._check_id(name, path)
        return CredentialReference(name, member["component"], member.get("from", {}), self._source.place(path))

    def _step(self, name: str, member: Mapping[str, Any]) -> FlowStep:
        path: Path = ("steps", name)
        self._check_id(name, path)
        return self._build_step(name, member, path, self._edge(name, member.get("after"), (*path, "after")))

    def _handler(self, member: Mapping[str, Any]) -> FlowStep:
        return self._build_step(member.get("id", ERROR_HANDLER), member, ("on_error",), None)

    def _build_step(self, name: str, member: Mapping[str, Any], path: Path, edge: Edge | None) -> FlowStep:
        component, _, function = member["run"].partition(":")
        return FlowStep(
            id=name,
            component=component,
            function=function,
            path=path,
            place=self._source.place(path),
            fields=member.get("fields", {}),
            credential=member.get("credential"),
            after=edge,
            map=self._map(member, path),
            set=member.get("set", {}),
            sample=member.get("sample"),
            tune=TuneSettings(**member.get("tune", {})),
            local=self._local(member.get("local", {}), (*path, "local")),
            platform=member.get("platform", {}),
            title=member.get("title", ""),
            description=member.get("description", ""),
        )

    def _edge(self, name: str, after: Any, path: Path) -> Edge | None:
        if after is None:
            return None
        if isinstance(after, str):
            return Edge(after, name, place=self._source.value_place(path))
        if len(after) > 1:
            self._note(path, f"names {len(after)} steps; a step stands behind one. What should come together has to "
                       "be gathered by a step of its own")  # fmt: skip
        source, condition = next(iter(after.items()))
        here = (*path, source)
        place = self._source.place(here)
        if condition == OTHERWISE:
            return Edge(source, name, is_otherwise=True, place=place)
        return Edge(source, name, self._source.expression(here, condition), place=place)

    def _map(self, member: Mapping[str, Any], path: Path) -> Any:
        mapped, literals = member.get("map"), member.get("set", {})
        here = (*path, "map")
        if isinstance(mapped, str):
            if literals:
                self._note(here, "makes the whole body, and set adds to it; write one of them")
            return self._source.expression(here, mapped)
        for name in mapped or ():
            if name in literals:
                self._note((*here, name), f'"{name}" stands under set, too; keep one of them')
        return None if mapped is None else self._map_tree(mapped, here)

    def _map_tree(self, mapped: Mapping[str, Any], path: Path) -> dict[str, Any]:
        return {
            name: self._map_tree(value, (*path, name)) if isinstance(value, dict) else self._leaf(value, (*path, name))
            for name, value in mapped.items()
        }

    def _leaf(self, value: Any, path: Path) -> FlowExpression:
        return self._source.expression(path, value)

    def _local(self, member: Mapping[str, Any], path: Path) -> LocalSettings:
        retry, on_error = member.get("retry"), member.get("on_error", "continue")
        is_route = isinstance(on_error, dict)
        pause = 1.0 if retry is None else self._seconds(retry.get("wait", 1.0), (*path, "retry", "wait"))
        return LocalSettings(
            retry=None if retry is None else RetryPolicy(retry["times"], pause),
            timeout=self._seconds(member["timeout"], (*path, "timeout")) if "timeout" in member else None,
            concurrency=member.get("concurrency"),
            on_error="route" if is_route else on_error,
            route=on_error["route"] if is_route else "",
        )

    def _seconds(self, value: Any, path: Path) -> float:
        if not isinstance(value, str):
            return self._limit(float(value), path)
        found = _DURATION.match(value)
        if found is None:
            self._note(path, f'"{value}" is not a duration; write seconds, or 500ms, 2s, 1m, 1h')
            return 1.0
        return self._limit(float(found[1]) * _UNITS[found[2]], path)

    def _limit(self, seconds: float, path: Path) -> float:
        if seconds > _LONGEST:
            self._note(path, f"{seconds:g} seconds are too long; at most 30 days are allowed ({_LONGEST:.0f} seconds)")
        return min(seconds, _LONGEST)

    def _check_id(self, name: str, path: Path) -> None:
        if not _ID.match(name):
            self._note(path, f'"{name}" cannot be an id: it is a letter, then letters, digits and _, 30 at most; '
                       "expressions use it without quotes")  # fmt: skip

    def _check_names(self, flow: FlowFile) -> None:
        """Note names that lead nowhere."""
        steps = [step.id for step in flow.steps]
        for step in flow.all_steps:
            self._demand(step.component, flow.components, (*step.path, "run"), "component", "components")
            if step.credential is not None:
                self._demand(step.credential, flow.credentials, (*step.path, "credential"), "credential", "credentials")
            if step.after is not None:
                self._demand(step.after.source, steps, (*step.path, "after"), "step", "steps")
            if step.local.on_error == "route":
                self._demand(step.local.route, steps, (*step.path, "local", "on_error", "route"), "step", "steps")
        for name, credential in flow.credentials.items():
            path = ("credentials", name, "component")
            self._demand(credential.component, flow.components, path, "component", "components")

    def _demand(self, name: str, known: Iterable[str], path: Path, kind: str, member: str) -> None:
        names = list(known)
        if name not in names:
            self._note(path, f'there is no {kind} "{name}" under {member}; {suggest(name, names)}', is_value=True)

    def _note(self, path: Path, message: str, *, is_value: bool = False) -> None:
        place = self._source.value_place(path) if is_value else self._source.place(path)
        self.findings.append(FlowFinding(place, message, write_path(path)))
