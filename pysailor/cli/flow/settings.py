"""The components of a flow file at the command line: their functions, and settings with servers of their own."""

from __future__ import annotations

import argparse
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from pysailor.flow.components import FlowComponents, credential_values, find_misplaced
from pysailor.flow.document import InvalidFlow
from pysailor.flow.run import StepPlan

from ..usage import BadUsage, suggest
from ..workspace import Workspace

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from contextlib import ExitStack

    from pysailor.cassette import Tape
    from pysailor.flow.document import FlowFile, FlowFinding, FlowStep


class FlowWorkspace:
    """A flow with its components; servers that they start are stopped when the stack is closed."""

    def __init__(
        self, flow: FlowFile, server: str | None, results: Any, stack: ExitStack, tape: Tape | None = None
    ) -> None:
        self.flow = flow
        self.components = FlowComponents(flow)
        self._server, self._results, self._stack, self._tape = server, results, stack, tape
        self._workspaces: dict[str, Workspace] = {}

    def plans(self, besides: Iterable[str] = ()) -> dict[str, StepPlan]:
        """Return every step, ready to be made, but for those besides; raise InvalidFlow with all that is wrong."""
        findings: list[FlowFinding] = []
        plans = {}
        for step in self.flow.all_steps:
            if step.id in besides:
                continue
            try:
                plans[step.id] = self.plan(step)
            except InvalidFlow as error:
                findings += [finding for finding in error.findings if finding not in findings]
        if findings:
            raise InvalidFlow(findings)
        return plans

    def plan(self, step: FlowStep) -> StepPlan:
        """Return one step with its function and settings."""
        component = self.components.component(step.component)
        function = self.components.function(step)
        if misplaced := find_misplaced(self.flow, step, function):
            raise InvalidFlow(misplaced)
        given = {**step.fields, **credential_values(self.flow, step, component)}
        return StepPlan(step, component, function, self._workspace(step).settings(given))

    def settings(self, step: FlowStep) -> dict[str, Any]:
        """Return what the step's process is told; a component of Node's gets what the flow file and .env have."""
        component = self.components.component(step.component)
        given = {**step.fields, **credential_values(self.flow, step, component)}
        if not component.descriptor.function(step.function).main.endswith(".py"):
            return given
        return self._workspace(step).settings(given)

    def merge_settings(self, step: FlowStep) -> dict[str, Any]:
        """Return what somebody has set for a step; no server is started for it."""
        component = self.components.component(step.component)
        given = {**step.fields, **credential_values(self.flow, step, component)}
        return self._workspace(step).merge_settings(given)

    def server_answers(self, step: FlowStep) -> bool:
        """Return whether a server of the component's would answer in place of the real service."""
        component = self.components.component(step.component)
        given = {**step.fields, **credential_values(self.flow, step, component)}
        return self._workspace(step).server_answers(given)

    def secrets(self) -> list[str]:
        """Return the values that must not be shown."""
        return [
            secret
            for step in self.flow.all_steps
            for secret in self._workspace(step).secrets(self.merge_settings(step))
        ]

    def _workspace(self, step: FlowStep) -> Workspace:
        name = step.component
        if name not in self._workspaces:
            root = str(self.components.component(name).root)
            offers = getattr(self.components.component(name).cli, "SERVERS", {})
            server = self._server if self._server in ("", *offers) else None
            args = argparse.Namespace(component=root, cfg=None, server=server, tape=self._tape)
            self._workspaces[name] = Workspace(args, self._results, self._stack)
        workspace = self._workspaces[name]
        workspace.function(step.function)
        return workspace


def apply_sets(flow: FlowFile, sets: Iterable[tuple[str, str]]) -> tuple[FlowFile, dict[str, str]]:
    """Return the flow with the fields that --set names, and the values of its variables.

    Raise BadUsage for a name that leads nowhere, and for a variable without a value.
    """
    variables = {name: variable.value for name, variable in flow.variables.items()}
    fields: dict[str, dict[str, str]] = {}
    for name, value in sets:
        step, dot, field = name.partition(".")
        if dot:
            fields.setdefault(step, {})[field] = value
        elif name in variables:
            variables[name] = value
        else:
            known = [*variables, *(f"{step.id}.FIELD" for step in flow.all_steps)]
            raise BadUsage(f'--set: there is no variable "{name}"{suggest(name, known)} (there is: {", ".join(known)})')
    steps = [step.id for step in flow.all_steps]
    wrong = next((step for step in fields if step not in steps), None)
    if wrong is not None:
        raise BadUsage(f'--set: there is no step "{wrong}"{suggest(wrong, steps)} (there is: {", ".join(steps)})')
    missing = [name for name, value in variables.items() if value is None]
    if missing:
        raise BadUsage(f"the flow variable {missing[0]} has no value; give it: --set {missing[0]}=…")
    return _with_fields(flow, fields), {name: str(value) for name, value in variables.items()}


def _with_fields(flow: FlowFile, fields: Mapping[str, Mapping[str, str]]) -> FlowFile:
    def change(step: FlowStep) -> FlowStep:
        return replace(step, fields={**step.fields, **fields[step.id]}) if step.id in fields else step

    handler = None if flow.on_error is None else change(flow.on_error)
    return replace(flow, steps=tuple(change(step) for step in flow.steps), on_error=handler)
