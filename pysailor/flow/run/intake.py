"""What comes into a run: the messages of its trigger, or those given in their place, each under its number."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Final

from pysailor.context import Data
from pysailor.errors import SailorError, Stopped
from pysailor.message import Message
from pysailor.step import Invocation
from pysailor.wire import json_text

from ..mapper import MapContext, compile_mapping
from .attempt import RunState, digest_of
from .channel import Item
from .errors import Aborted, CannotResume, FlowStopped

if TYPE_CHECKING:
    from collections.abc import Callable

    from pysailor.context import Event

    from .plan import RunPlan
    from .routes import StepRoutes
    from .stage import Stage

LOG = logging.getLogger(__name__)
_COMPONENT: Final = logging.getLogger("component")


class Intake:
    """Lets messages in. `stage` is the trigger's, None where the plan has bodies in place of its messages."""

    def __init__(
        self,
        plan: RunPlan,
        stage: Stage | None,
        routes: StepRoutes,
        state: RunState,
        abort: Callable[[], None],
    ) -> None:
        self.came_in = 0
        self.passed_over = 0
        self.is_through = False
        """Whether the source has ended by itself: no more would have come."""
        self.failure: SailorError | None = None
        self._plan, self._stage, self._routes, self._state = plan, stage, routes, state
        self._stopping, self._abort = state.stopping, abort
        self._name = plan.flow.trigger.id

    def feed(self) -> None:
        """Let in what the source gives, until it ends or the run stops; what went wrong is `failure`."""
        try:
            self.is_through = self._feed_bodies() if self._stage is None else self._feed_trigger(self._stage)
        except (Aborted, Stopped):
            pass
        except SailorError as error:
            self.failure = error
        except Exception as error:
            LOG.exception("the source of the flow failed")
            self.failure = FlowStopped(f"the source of the flow failed: {type(error).__name__}: {error}")

    def _feed_bodies(self) -> bool:
        bodies = self._plan.bodies() if self._plan.bodies is not None else iter(())
        for body in bodies:
            if self._stopping.is_set():
                return False
            self._take_in(Message(body=body))
        return True

    def _feed_trigger(self, stage: Stage) -> bool:
        """Run the trigger; what it yields comes in as fast as the flow takes it."""

        def emit(event: Event) -> None:
            if isinstance(event, Data):
                if self._stopping.is_set():
                    raise Aborted
                self._take_in(event.message)

        received = Message()
        mapping = compile_mapping(stage.declared)
        if mapping is not None:
            received = received.with_body(mapping.map(received.body, MapContext({}, self._plan.variables)))
        run_id = self._state.run_id
        stage.step.process(
            received,
            Invocation(
                emit, _COMPONENT, None, f"{run_id}/{stage.id}", run_id=run_id, step=stage.id, stopping=self._stopping
            ),
        )
        return True

    def _take_in(self, message: Message) -> None:
        """Let a message in under its number, unless it has been through before."""
        if self._state.ledger.failure is not None:  # what comes in from now on could not be gone on with
            self._abort()
            raise Aborted
        number = self.came_in + 1
        entry = {**message.to_json(), "passthrough": {self._name: message.to_json()}}
        content = json_text.write(entry)
        digest = digest_of(content)
        known = self._state.history.digest(number)
        if known is not None and known != digest:
            raise CannotResume(
                f"message {number} of the source is not the one that it was: the input has changed since this run "
                "began; start a new one"
            )
        self.came_in = number
        if self._state.history.is_complete(number):
            self.passed_over += 1
            return
        whole = Message.from_json(entry)
        targets = self._routes.targets(whole, self._plan.variables)
        if known is None:
            self._state.ledger.begin(str(number), self._name, len(targets), digest)
        for target in targets:
            target.put(Item(str(number), content))
