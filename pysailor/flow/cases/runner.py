"""Runs cases: each message goes its way through mappers, steps and routers, in this thread."""

from __future__ import annotations

import logging
import threading
import time
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from typing import TYPE_CHECKING, Any, Final, Self

from pysailor.context import Data
from pysailor.errors import SailorError, StepError
from pysailor.message import Message
from pysailor.step import Invocation, Step
from pysailor.wire import json_text
from pysailor.wire.passthrough import Passthrough

from ..document import InvalidFlow
from ..mapper import MapContext, compile_mapping
from ..run.attempt import error_body
from ..run.channel import Item
from ..run.routes import StepRoutes
from .expectation import compare
from .model import NOTHING
from .report import CaseResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from pysailor.context import Event

    from ..document import FlowFile, FlowStep
    from ..run import StepPlan
    from .model import FlowCase

_LONGEST: Final = 120.0
_MOST_MESSAGES: Final = 10_000
_LOGGER: Final = logging.getLogger("component")


class MadeToFail(StepError):
    """What a case has a step fail with."""

    code = "made_to_fail"

    def __init__(self, name: str, message: str) -> None:
        super().__init__(message)
        self._name = name

    @property
    def shown_name(self) -> str:
        """The name that the case gives it."""
        return self._name


class CaseRunner:
    """A flow ready for its cases. Steps are made when a case runs them; steps that nothing follows are not run.

    `plan_of` returns a step with its function and settings. A context manager.
    """

    def __init__(self, flow: FlowFile, variables: Mapping[str, str], plan_of: Callable[[FlowStep], StepPlan]) -> None:
        self.flow = flow
        self.variables = variables
        self._plan_of = plan_of
        self._stack = ExitStack()
        self._steps: dict[str, Step] = {}
        self._lock = threading.Lock()
        self.mappings = {step.id: compile_mapping(step) for step in flow.all_steps}
        self.routes = {
            step.id: StepRoutes([edge for edge in flow.edges if edge.source == step.id]) for step in flow.all_steps
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        """Close what the steps kept."""
        self._stack.close()

    def run(self, cases: Sequence[FlowCase], workers: int = 4) -> Iterator[CaseResult]:
        """Yield the results in the order of the cases, several cases at a time."""
        with ThreadPoolExecutor(workers, thread_name_prefix="case") as pool:
            yield from pool.map(self.run_case, cases)

    def run_case(self, case: FlowCase) -> CaseResult:
        """Run one case and compare what it did with what it expects."""
        began = time.monotonic()
        run = _CaseRun(self, case)
        try:
            run.run()
            differences = list(self._differences(run))
        except InvalidFlow:
            raise
        except SailorError as error:
            differences = [f"the flow cannot be run: {error}"]
        return CaseResult(case, time.monotonic() - began, tuple(differences))

    def step(self, declared: FlowStep) -> Step:
        """Return the step, made once."""
        with self._lock:
            if declared.id not in self._steps:
                plan = self._plan_of(declared)
                step = Step(plan.function, dict(plan.settings), flow_variables=self.variables)
                self._steps[declared.id] = self._stack.enter_context(closing(step))
            return self._steps[declared.id]

    def _differences(self, run: _CaseRun) -> Iterator[str]:
        case = run.case
        told: dict[str, Mapping[str, list[Any]]] = {"expect": run.received, "gives": run.given, "errors": run.errors}
        for member, found in told.items():
            for step, expected in getattr(case, member).items():
                path = ("tests", case.number, member, step)
                wanted = {"name": expected} if member == "errors" and isinstance(expected, str) else expected
                wanted = NOTHING if expected == NOTHING else wanted
                verb = {"expect": "gets", "gives": "gives", "errors": "fails"}[member]
                lines = compare(self.flow, path, wanted, found[step])
                yield from (f"{step} {verb}: {line}" if number == 0 else line for number, line in enumerate(lines))
        for step, errors in run.errors.items():
            if step not in case.errors and step not in case.fails:
                yield from (f"{step} fails: {error['name']}: {error['message']}" for error in errors)


class _CaseRun:
    """One case on its way. What steps got, gave and failed with is kept by step."""

    def __init__(self, runner: CaseRunner, case: FlowCase) -> None:
        self.case = case
        self.received: dict[str, list[Any]] = defaultdict(list)
        self.given: dict[str, list[Any]] = defaultdict(list)
        self.errors: dict[str, list[Any]] = defaultdict(list)
        self._runner = runner
        self._until = time.monotonic() + _LONGEST
        self._waiting: list[tuple[FlowStep, Message]] = []
        self._count = 0

    def run(self) -> None:
        trigger = self._runner.flow.trigger
        if self.case.given is None:
            self._waiting.append((trigger, Message()))
        else:
            for body in self.case.given:
                self._give(trigger, Message(body=body), Message())
        while self._waiting:
            self._count += 1
            if self._count > _MOST_MESSAGES or time.monotonic() > self._until:
                raise StepError(f"The case takes too long: {self._count} messages are done, and more wait.")
            self._take(*self._waiting.pop(0))

    def _take(self, step: FlowStep, message: Message) -> None:
        """Map and process one message; what comes of it waits for the next steps."""
        mapping = self._runner.mappings[step.id]
        received = message
        try:
            if mapping is not None:
                context = MapContext(message.passthrough or {}, self._runner.variables)
                received = message.with_body(mapping.map(message.body, context))
            self.received[step.id].append(received.body)
            for made in self._answer(step, received):
                self._give(step, made, received)
        except InvalidFlow:
            raise
        except SailorError as error:
            self._fail(step, error, received)

    def _answer(self, step: FlowStep, received: Message) -> list[Message]:
        case = self.case
        if step.id in case.fails:
            failure = case.fails[step.id]
            known = failure if isinstance(failure, dict) else {"message": str(failure)}
            raise MadeToFail(str(known.get("name", "StepError")), str(known.get("message", "")))
        if step.id in case.answers:
            answer = case.answers[step.id]
            return [] if answer == NOTHING else [
                Message(body=body) for body in (answer if isinstance(answer, list) else [answer])
            ]  # fmt: skip
        is_last = not self._runner.flow.targets(step.id)
        return [] if is_last and step.id not in {*case.gives, *case.errors} else self._process(step, received)

    def _process(self, step: FlowStep, received: Message) -> list[Message]:
        made: list[Message] = []

        def emit(event: Event) -> None:
            if isinstance(event, Data):
                made.append(event.message)

        name = f"case-{self.case.number}/{step.id}/{self._count}"
        invocation = Invocation(emit, _LOGGER, self._until, name, step=step.id)
        self._runner.step(step).process(received, invocation)
        return made

    def _give(self, step: FlowStep, made: Message, received: Message) -> None:
        self.given[step.id].append(made.body)
        passing = Passthrough(step.id, step.tune.passthrough)
        whole = passing.complete(passing.carry(made, received, None))
        for target in self._runner.routes[step.id].choose(whole, self._runner.variables):
            self._waiting.append((self._runner.flow.step(target), whole))

    def _fail(self, step: FlowStep, error: SailorError, received: Message) -> None:
        item = Item("", json_text.write(received.to_json()))
        body = error_body(step.id, item, error, received)
        self.errors[step.id].append(body)
        flow = self._runner.flow
        handler = flow.step(step.local.route) if step.local.on_error == "route" else flow.on_error
        if handler is not None and step is not handler:
            self._waiting.append((handler, Message(body=body, passthrough=received.passthrough)))
