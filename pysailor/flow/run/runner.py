"""A whole run: stages started, fed, drained in the order of the flow, and stopped."""

from __future__ import annotations

import logging
import threading
from contextlib import ExitStack, closing
from functools import partial
from typing import TYPE_CHECKING, Any

from pysailor.errors import InvalidConfig, SailorError, describe_unexpected
from pysailor.hooks import Hooks
from pysailor.log import Redaction
from pysailor.step import Step
from pysailor.store import open_store
from pysailor.store.memory import MemoryValues
from pysailor.store.open import store_of_environment

from ..components import find_unusable
from ..document import InvalidFlow
from ..mapper import compile_mapping
from .attempt import RunState
from .drain import drain
from .error_routes import ErrorRoutes
from .errors import FlowStopped
from .folder import CALLS
from .history import History
from .intake import Intake
from .ledger import RunLedger
from .routes import StepRoutes
from .stage import Stage
from .trace import RunTrace

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from ..document import FlowStep
    from .plan import RunPlan, StepPlan
    from .tally import StepTally

LOG = logging.getLogger(__name__)


class FlowRun:
    """One run. `run` returns its outcome: done, failed (some messages), stopped or aborted.

    `stop` lets nothing more in and has what is on its way finished; `abort` ends at once. `say` is given sentences for
    a person.
    """

    def __init__(self, plan: RunPlan, directory: Path, run_id: str, say: Callable[[str], None] = LOG.info) -> None:
        """Make the stages; raise InvalidFlow or InvalidConfig for what is wrong before anything is run."""
        self.plan, self._say = plan, say
        self._directory = directory
        self.history = History(directory, retry_failed=plan.retry_failed)
        self._stack = ExitStack()
        self._open_store = partial(store_of_environment, MemoryValues())  # one for all steps: they may share a budget
        self._ledger = RunLedger(directory)
        calls = self._calls = open_store(f"sqlite:///{(directory / CALLS).resolve()}")
        self._trace = RunTrace(plan.flow.name, run_id, Redaction(plan.secrets()))
        errors = ErrorRoutes(plan.flow, self._ledger, say, self._stop_by)
        self._state = RunState(
            self._ledger, self.history, run_id, plan.variables, errors.take, errors.replay, self._end_broken,
            self._trace, calls,
        )  # fmt: skip
        self._stopping = self._state.stopping
        self._stopped_by: SailorError | None = None
        flow = plan.flow
        self._source = flow.trigger
        self._started: dict[str, Any] = {}
        try:
            self.stages = {step.id: self._stage(step) for step in self._working()}
            self.source = self._stage(self._source) if plan.bodies is None else None
        except BaseException:
            self._close()
            raise
        errors.connect(self.stages)
        channels = {name: stage.channel for name, stage in self.stages.items()}
        for stage in self.stages.values():
            stage.routes.connect(channels)
        routes = StepRoutes([edge for edge in flow.edges if edge.source == self._source.id])
        routes.connect(channels)
        self._intake = Intake(plan, self.source, routes, self._state, self.abort)

    @property
    def tallies(self) -> list[StepTally]:
        """The counts of all steps but the first, in the order of the file."""
        return [stage.tally for stage in self.stages.values()]

    @property
    def came_in(self) -> int:
        """How many messages came in, with those that an earlier part of the run had finished."""
        return self._intake.came_in

    @property
    def passed_over(self) -> int:
        """How many of them an earlier part of the run had finished."""
        return self._intake.passed_over

    @property
    def failures(self) -> int:
        """How many messages failed."""
        return sum(tally.failed for tally in self.tallies)

    @property
    def failed_before(self) -> list[tuple[str, str]]:
        """Messages that failed in an earlier part of the run and are not tried again, each with its step."""
        return [] if self.plan.retry_failed else self.history.failed

    def run(self) -> str:
        """Run to the end, as one trace; raise FlowStopped if the run cannot go on, CannotResume if it is another."""
        with self._trace:
            self._trace.outcome = outcome = self._run()
        return outcome

    def _run(self) -> str:
        try:
            self._call_hooks("startup")
            for stage in self.stages.values():
                stage.start()
            feeding = threading.Thread(target=self._intake.feed, name="pysailor-flow-source", daemon=True)
            feeding.start()
            self._wait_for_source(feeding)
            drain(self.plan.flow, self.stages, self._state.aborted)
            self._call_hooks("shutdown")
        finally:
            self._close()
        if self._ledger.failure is not None:
            reason = self._ledger.failure.strerror or str(self._ledger.failure)
            raise FlowStopped(
                f"the ledger cannot be written in {self._directory}: {reason}; what was answered is kept. Make room, "
                f"then go on with pysailor flow run --resume {self._directory.name}"
            )
        if (failure := self._intake.failure or self._stopped_by) is not None:
            raise failure
        if self._state.aborted.is_set():
            return "aborted"
        if self._stopping.is_set() and not self._is_through:
            return "stopped"
        return "failed" if self.failures or self.failed_before else "done"

    @property
    def _is_through(self) -> bool:
        """Whether all that there is came in, and went through all its steps."""
        return self._intake.is_through and not any(tally.returned for tally in self.tallies)

    def stop(self) -> None:
        """Let nothing more in."""
        self._stopping.set()

    def _stop_by(self, error: SailorError) -> None:
        self._stopped_by = error
        self.stop()

    def abort(self) -> None:
        """End at once: what is in work is neither done nor failed."""
        self._stopping.set()
        self._state.aborted.set()
        for stage in self.stages.values():
            stage.channel.cancel()

    @property
    def on_their_way(self) -> int:
        """How many messages are queued or in work."""
        return sum(len(stage.channel) + stage.tally.in_work for stage in self.stages.values())

    def tick(self) -> None:
        """Do what has to be done now and then: write what waits, and end a run that can no longer be written."""
        self._ledger.flush()
        if self._ledger.failure is not None and not self._state.aborted.is_set():
            self.abort()

    # --- the parts ---------------------------------------------------------------------------------------------------

    def _working(self) -> list[FlowStep]:
        """Return the steps that get messages."""
        return [step for step in self.plan.flow.all_steps if step.id != self._source.id]

    def _stage(self, declared: FlowStep) -> Stage:
        plan = self.plan.steps[declared.id]
        step = self._stack.enter_context(closing(self._make(plan)))
        edges = [edge for edge in self.plan.flow.edges if edge.source == declared.id]
        concurrency = declared.local.concurrency or self.plan.concurrency or declared.concurrency
        return Stage(declared, step, compile_mapping(declared), StepRoutes(edges), self._state, concurrency)

    def _make(self, plan: StepPlan) -> Step:
        try:
            return Step(
                plan.function,
                plan.settings,
                snapshot=self.history.snapshots.get(plan.declared.id),
                flow_variables=dict(self.plan.variables),
                open_store=self._open_store,
            )
        except InvalidConfig as error:
            raise InvalidFlow(find_unusable(self.plan.flow, plan.declared, plan.component, error)) from error

    def _call_hooks(self, name: str) -> None:
        for stage in (*self.stages.values(), *([self.source] if self.source else [])):
            hooks = Hooks(stage.step, lambda _: None)
            if name == "startup":
                self._started[stage.id] = hooks.startup()
                hooks.init()
            elif stage.step.function.hook("shutdown") is not None:
                hooks.shutdown(self._started.get(stage.id))

    def _wait_for_source(self, feeding: threading.Thread) -> None:
        """Return when the source has ended, or is waiting for something that does not matter any more."""
        while feeding.is_alive():
            feeding.join(0.1)
            if self._state.aborted.is_set():
                return
            if self._stopping.is_set():
                feeding.join(2.0)
                return

    # --- the end -----------------------------------------------------------------------------------------------------

    def _close(self) -> None:
        if not self._state.aborted.is_set():
            self._stack.close()
            self._calls.close()
        self._ledger.close()

    def _end_broken(self, error: BaseException) -> None:
        """End the run because a stage cannot go on: what it had in work is neither done nor failed."""
        self._stopped_by = FlowStopped(describe_unexpected(error))
        self.abort()

    def summary(self, seconds: float) -> dict[str, Any]:
        """Return what the run amounts to, for run.json."""
        return {
            "messages": self.came_in,
            "seconds": round(seconds, 3),
            "steps": {tally.step: tally.to_json() for tally in self.tallies},
        }
