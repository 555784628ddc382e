"""All checks of a flow, in the order in which they build on each other."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from contextlib import closing
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final

from pysailor.component.component import schemas
from pysailor.component.fields import bind
from pysailor.context import Context, Keep
from pysailor.errors import InvalidConfig, InvalidInput, SailorError
from pysailor.message import HttpRequest, Message
from pysailor.step import Invocation, Step

from ..components import FlowComponents, find_misplaced, find_unusable
from ..document import FlowFinding, InvalidFlow
from ..mapper import UNDEFINED, MapContext, MappingFailed, compile_expression, compile_mapping
from .bodies import find_faults
from .estimate import CostEstimate, read_worst
from .knowledge import Known, from_sample, from_schema, made_by
from .references import ReferenceCheck

if TYPE_CHECKING:
    from pysailor.component.component import Loaded
    from pysailor.metadata import Schema

    from ..document import FlowFile, FlowStep
    from ..mapper import Mapping as StepMapping

SettingsOf = Callable[["FlowStep"], Mapping[str, Any]]
"""Returns what is set for a step: its fields, and what the environment has for its credential."""
_SAMPLED: Final = "with the sample: "
_LOGGER = logging.getLogger("component")


@dataclass(slots=True)
class FlowReport:
    """What a check found: in the order of the file; the first request of each step that can show it; the costs."""

    findings: list[FlowFinding] = field(default_factory=list)
    requests: list[tuple[str, HttpRequest]] = field(default_factory=list)
    estimates: list[CostEstimate] = field(default_factory=list)

    @property
    def has_errors(self) -> bool:
        """Whether the flow cannot be run as it is."""
        return any(finding.severity == "error" for finding in self.findings)


def check_flow(
    flow: FlowFile,
    settings_of: SettingsOf,
    *,
    sample: Any = None,
    is_replaced: bool = False,
    answers: Callable[[FlowStep], bool] = lambda _: False,
    variables: Mapping[str, str] | None = None,
) -> FlowReport:
    """Return all that is wrong with a flow.

    `sample` is an example of what comes in, `is_replaced` says that it comes in place of the trigger's messages.
    `answers` says whether a server of the component's own answers for a step: then it needs no credential.
    """
    return _Checker(flow, settings_of, answers, dict(variables or {})).check(sample, is_replaced=is_replaced)


class _Checker:
    def __init__(
        self, flow: FlowFile, settings_of: SettingsOf, answers: Callable[[FlowStep], bool], variables: Mapping[str, str]
    ) -> None:
        self.flow, self._settings_of, self._answers, self._variables = flow, settings_of, answers, variables
        self.components = FlowComponents(flow)
        self.report = FlowReport()
        self._functions: dict[str, Loaded] = {}
        self._takes: dict[str, Schema | None] = {}
        self._gives: dict[str, Known] = {}
        self._samples: dict[str, Any] = {}
        self._mappings: dict[str, StepMapping | None] = {}

    def check(self, sample: Any, *, is_replaced: bool) -> FlowReport:
        trigger = self.flow.trigger
        self._samples[trigger.id] = trigger.sample if sample is None else sample
        for step in self.flow.all_steps:
            if not (is_replaced and step.id == trigger.id):
                self._load(step)
            self._gives.setdefault(step.id, Known())
        if self._samples[trigger.id] is not None and (is_replaced or self._gives[trigger.id].is_empty):
            self._gives[trigger.id] = from_sample(self._samples[trigger.id])
        self._pass_on()
        for step in self.flow.all_steps:
            self._check_wiring(step)
        for step in self.flow.all_steps:
            if step.id in self._functions and not (is_replaced and step.id == trigger.id):
                self._try_sample(step)
        unique = dict.fromkeys(self.report.findings)
        self.report.findings = sorted(unique, key=lambda finding: (finding.place, finding.path))
        return self.report

    # --- what each step is -------------------------------------------------------------------------------------------

    def _load(self, step: FlowStep) -> None:
        try:
            component = self.components.component(step.component)
            if self.components.is_node(step):  # what is written in JavaScript is not loaded here
                return
            function = self._functions[step.id] = self.components.function(step)
            self.report.findings += find_misplaced(self.flow, step, function)
            cfg = self._bound(step, function)
        except InvalidFlow as error:
            self.report.findings += error.findings
            return
        except InvalidConfig as error:
            self.report.findings += find_unusable(self.flow, step, component, error)
            cfg = {}
        except SailorError as error:
            self._add(step, str(error), "run")
            return
        try:
            with Keep() as kept:
                takes, gives = schemas(function, cfg, Context(kept=kept))
        except (SailorError, KeyError) as error:
            if cfg:
                self._add(step, f"its metadata cannot be had: {error}", "run")
            return
        self._takes[step.id] = takes
        known = from_schema(None if gives is None else gives.document)
        example = from_sample(step.sample)
        is_open = known.is_open and example.is_empty
        self._gives[step.id] = replace(known, members={**example.members, **known.members}, is_open=is_open)

    def _bound(self, step: FlowStep, function: Loaded) -> Mapping[str, Any]:
        """Return the settings as the step sees them; a server of the component's own needs no credential."""
        given = dict(self._settings_of(step))
        if self._answers(step):
            words = {each.name: each.name.upper() for each in function.fields if each.required}
            given = {**words, **given}
        return bind(function.fields, given)

    def _pass_on(self) -> None:
        """Take what routers give for what they get, or what their mapper makes: they hand messages on as they are."""
        for step in self.flow.steps:
            if step.after and step.id in self._functions and self._is_router(step):
                self._gives[step.id] = made_by(step) if step.is_mapped else self._gives[step.after.source]

    def _is_router(self, step: FlowStep) -> bool:
        try:
            return self.components.is_router(step)
        except SailorError:
            return False

    # --- how they are wired ------------------------------------------------------------------------------------------

    def _check_wiring(self, step: FlowStep) -> None:
        before = step.after.source if step.after else None
        check = ReferenceCheck(self.flow, self._gives)
        if step.after is not None and step.after.condition is not None:
            self._check_condition(step, check)
        try:
            mapping = self._mappings[step.id] = compile_mapping(step)
        except InvalidFlow as error:
            self.report.findings += error.findings
            return
        for members, expression in () if mapping is None else mapping.members():
            path = ".".join(map(str, (*step.path, "map", *members)))
            self.report.findings += check.find(step, expression, path, before)
        known = self._gives[before] if before else Known()
        if step.after is not None:
            self.report.findings += find_faults(self.flow, step, mapping, self._takes.get(step.id), known)

    def _check_condition(self, step: FlowStep, check: ReferenceCheck) -> None:
        edge = step.after
        if edge is None or edge.condition is None:
            return
        path = ".".join(map(str, (*step.path, "after", edge.source)))
        try:
            condition = compile_expression(edge.condition, path)
        except InvalidFlow as error:
            self.report.findings += error.findings
            return
        self.report.findings += check.find(step, condition, path, edge.source)
        if edge.source in self._functions and not self._is_router(self.flow.step(edge.source)):
            text = f"{edge.source} is not a router: on the platform its conditions do not count; put a router between"
            self.report.findings.append(FlowFinding(edge.place, text, path, "warning"))

    # --- a sample taken along ----------------------------------------------------------------------------------------

    def _try_sample(self, step: FlowStep) -> None:
        """Take the sample through the mapper to the component's own check, as far as samples lead."""
        body = self._body(step)
        if step.sample is not None:
            self._samples.setdefault(step.id, step.sample)
        if body is UNDEFINED or step.id not in self._takes:
            return
        if self._is_router(step):
            self._samples.setdefault(step.id, body)
        if self._is_faulty(step):  # the component would find the same once more
            return
        try:
            self._ask_component(step, Message(body=body))
        except InvalidInput as error:
            for fault in error.faults:
                self._add(step, f"{_SAMPLED}{fault}", "map")
        except SailorError as error:
            self._add(step, f"{_SAMPLED}{error}", "run", "warning")

    def _is_faulty(self, step: FlowStep) -> bool:
        begin = ".".join(map(str, step.path))
        return any(
            each.severity == "error" and f"{each.path}.".startswith(f"{begin}.") for each in self.report.findings
        )

    def _body(self, step: FlowStep) -> Any:
        """Return what the step gets from the sample, UNDEFINED where there is none, or the mapper is at fault."""
        mapping = self._mappings.get(step.id)
        if step.after is None:
            return {**step.set} if step.id == self.flow.trigger.id and mapping is None else UNDEFINED
        sample = self._samples.get(step.after.source)
        if sample is None or (mapping is None and step.is_mapped):
            return UNDEFINED
        if mapping is None:
            return sample
        earlier = {name: {"body": body} for name, body in self._samples.items()}
        try:
            return mapping.map(sample, MapContext(earlier, self._variables))
        except MappingFailed as error:
            self._add(step, f"{_SAMPLED}{error}", "map")
            return UNDEFINED

    def _ask_component(self, step: FlowStep, message: Message) -> None:
        function = self._functions[step.id]
        check, preview = function.hook("check"), function.hook("preview")
        settings, required = self._settings_of(step), [each for each in function.fields if each.required]
        words = {each.name: each.name.upper() for each in required}
        unset = {words[each.name]: each.label for each in required if not settings.get(each.name)}
        with closing(Step(function, {**words, **settings})) as made:
            context = made.context(Invocation(lambda _: None, _LOGGER))
            accepted = made.accept(message)
            if check is not None:
                self._read_check(step, check(accepted, made.cfg, {}, context), unset)
            if preview is not None and not self.report.has_errors:
                self.report.requests.append((step.id, preview(accepted, made.cfg, context)))

    def _read_check(self, step: FlowStep, found: Any, unset: Mapping[str, str]) -> None:
        prefix, member = (_SAMPLED, "map") if step.after else ("", "fields")  # the first step gets no sample
        for fault in found.errors:
            self._add(step, f"{prefix}{fault}", member)
        for fault in found.warnings:
            self._add(step, f"{prefix}{fault}", member, "warning")
        estimate = read_worst(step.id, found)
        if estimate is not None:
            self.report.estimates.append(estimate.without(unset))

    def _add(self, step: FlowStep, message: str, member: str, severity: Any = "error") -> None:
        path = (*step.path, member)
        place = self.flow.source.place(path)
        by_sample = message.startswith(_SAMPLED)
        self.report.findings.append(FlowFinding(place, message, ".".join(map(str, path)), severity, by_sample))
