"""Where a run's errors go: into its file, to a person, and to the steps that are set to get them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from pysailor.message import Message
from pysailor.wire import json_text

from .attempt import error_body
from .channel import Item
from .drain import MOST_ROUNDS, count_rounds, find_circles
from .errors import FlowStopped

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from pysailor.errors import SailorError

    from ..document import FlowFile, FlowStep
    from .ledger import RunLedger
    from .stage import Stage

_ERRORS_TOLD: Final = 5


class ErrorRoutes:
    """Takes each error of a run. `say` is given sentences; `stop` the error of a step that is set to stop the flow."""

    def __init__(
        self, flow: FlowFile, ledger: RunLedger, say: Callable[[str], None], stop: Callable[[SailorError], None]
    ) -> None:
        self._flow, self._ledger, self._say, self._stop = flow, ledger, say, stop
        self._circles = find_circles(flow)
        self._stages: Mapping[str, Stage] = {}
        self._told = 0

    def connect(self, stages: Mapping[str, Stage]) -> None:
        """Have errors routed to these stages from now on."""
        self._stages = stages

    def take(self, step: FlowStep, item: Item, error: SailorError, received: Message | None) -> None:
        """Keep the error, tell of the first few, and hand it to whoever is set to get it."""
        body = error_body(step.id, item, error, received)
        self._ledger.error({"id": item.id, **{name: value for name, value in body.items() if name != "errorInput"}})
        self._told += 1
        if self._told <= _ERRORS_TOLD:
            more = "; further errors are in errors.jsonl" if self._told == _ERRORS_TOLD else ""
            self._say(f"message {item.id} failed at {body['step']}: {error}{more}")
        if step.local.on_error == "stop":
            stops = f"message {item.id} failed at {body['step']}, which stops the flow: {error}"
            self._stop(FlowStopped(stops))
        target = self._target(step)
        if target is None:
            return
        if step.id in self._circles and count_rounds(item.id, step.id) >= MOST_ROUNDS:
            self._say(f"message {item.id[:40]}… failed at {step.id} {MOST_ROUNDS} times, and goes round no more")
            return
        identity = f"{item.id}!{step.id}"
        passthrough = (received.passthrough if received is not None else None) or {}
        content = json_text.write(Message(body=body, passthrough=passthrough).to_json())
        self._ledger.emission(item.id, step.id, identity, 1, content)
        target.channel.put(Item(identity, content, item.trace), waits=step.id not in self._circles)

    def replay(self, step: FlowStep, item: Item) -> None:
        """Hand on what an earlier part of the run made of an error."""
        if (target := self._target(step)) is not None:
            target.channel.put(item, waits=step.id not in self._circles)

    def _target(self, step: FlowStep) -> Stage | None:
        """Return where a step's errors go, None for nowhere."""
        handler = self._flow.on_error
        name = step.local.route or ("" if handler is None else handler.id)
        return None if name == step.id else self._stages.get(name)
