"""A flow on RabbitMQ, from its first message to its last."""

from __future__ import annotations

import threading
import time
from contextlib import ExitStack
from dataclasses import dataclass, field, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Final

from ..run.errors import FlowStopped
from .environment import Access
from .feed import Feed
from .processes import make_processes
from .secret_values import read_secrets
from .steps_api import StepsApi
from .topology import declare, delete, describe_timeout
from .traffic import Traffic

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from .plan import FlowPlan
    from .processes import StageProcess

USERNAME: Final = "task-flow"
FED: Final = "fed.json"
_TURN: Final = 0.05
_GRACE: Final = 60.0
_LAST: Final = 0.3


@dataclass(frozen=True, slots=True)
class StartSettings:
    """How a flow is started. `goes_on` keeps it up when there is nothing left to do; `stop` ends it early when set.

    `input_name` is what the input is known by at the next start, which goes on after what was put in; "" if it is not.
    """

    broker: str
    folder: Path
    goes_on: bool = False
    host: str = "127.0.0.1"
    port: int = 0
    stop: threading.Event = field(default_factory=threading.Event)
    input_name: str = ""


@dataclass(frozen=True, slots=True)
class Listeners:
    """Who is told: of results, of errors, of how things stand (messages waiting by stage), of input passed over.

    `warning` is told what a person should know of the broker.
    """

    result: Callable[[dict[str, Any]], None]
    error: Callable[[dict[str, Any]], None]
    progress: Callable[[dict[str, int], Traffic], None]
    skipped: Callable[[int], None] = lambda _: None
    warning: Callable[[str], None] = lambda _: None


def start_flow(
    plan: FlowPlan, settings: StartSettings, listeners: Listeners, bodies: Iterator[Any] | None = None
) -> Traffic:
    """Run a flow until all its messages went through, or it is stopped; return what went in and came out.

    Stopped or not, nothing is lost: what did not go through stays in the queues, and the next start goes on with it.
    Raise FlowStopped where an error of a step is set to stop it (local.on_error), StageFailed for a step whose process
    does not stay up, a pika error if the broker cannot be had.
    """
    with ExitStack() as stack:
        access, api, channel = _open(plan, settings, stack)
        if bodies is None and settings.goes_on and (told := describe_timeout(channel.connection)):
            listeners.warning(told)
        traffic = _make_traffic(plan, access, api, channel, stack)
        processes = make_processes(plan, access, settings.folder)
        if bodies is not None:
            processes = [process for process in processes if process.stage is not plan.trigger]
        feed = None if bodies is None else Feed(bodies, settings.folder / FED, settings.input_name)
        if feed is not None and (before := feed.skip()):
            listeners.skipped(before)
        run = _Run(plan, settings, listeners, traffic, processes)
        stack.callback(run.kill)
        run.run(feed)
        traffic.close()
        if run.failure is not None:
            raise run.failure
        if run.is_done:
            delete(channel, plan)
            if feed is not None:
                feed.forget()
        return traffic


def serve_steps(plan: FlowPlan, settings: StartSettings) -> None:
    """Declare the queues and serve the steps' settings to processes elsewhere, until stopped."""
    with ExitStack() as stack:
        access, api, channel = _open(plan, settings, stack)
        traffic = _make_traffic(plan, access, api, channel, stack)
        while not settings.stop.is_set():
            traffic.rest(1.0)


def _open(plan: FlowPlan, settings: StartSettings, stack: ExitStack) -> tuple[Access, StepsApi, Any]:
    import pika  # noqa: PLC0415 - an extra, which other commands need not have

    key, iv, password = read_secrets(settings.folder)
    connection = pika.BlockingConnection(pika.URLParameters(settings.broker))
    stack.callback(lambda: connection.is_open and connection.close())
    channel = connection.channel()
    declare(channel, plan)
    api = stack.enter_context(StepsApi(plan, USERNAME, key, settings.host, settings.port))
    return Access(settings.broker, api.address, USERNAME, key, iv, password), api, channel


def _make_traffic(plan: FlowPlan, access: Access, api: StepsApi, channel: Any, stack: ExitStack) -> Traffic:
    from pysailor.transport.amqp import Amqp, Broker  # noqa: PLC0415 - as above

    way = Amqp(Broker(access.broker, plan.queue(plan.trigger), plan.exchange))
    stack.enter_context(way)
    return Traffic(channel, way, plan, access, api)


class _Run:
    def __init__(
        self,
        plan: FlowPlan,
        settings: StartSettings,
        listeners: Listeners,
        traffic: Traffic,
        processes: list[StageProcess],
    ) -> None:
        self.is_done = False
        self.failure: FlowStopped | None = None
        self._plan, self._settings = plan, settings
        self._listeners = replace(listeners, error=partial(self._take_error, listeners.error))
        self._stopping = {stage.id for stage in plan.stages if stage.stops}
        self._traffic, self._processes = traffic, processes

    def run(self, feed: Feed | None) -> None:
        for process in self._processes:
            process.start()
        if feed is None:
            self._traffic.start_trigger()
        is_fed = feed is None
        while not is_fed and not self._stops:
            is_fed = feed is None or self._traffic.feed(feed)
            self._turn()
        while self._settings.goes_on and not self._stops:
            self._turn()
        self.is_done = all(self._finish(stage.id) for stage in self._plan.stages) and not self._stops
        if self._stops:
            self._end_all()
        listeners = self._listeners
        while self._traffic.collect(listeners.result, listeners.error, _LAST):
            pass  # what the last processes gave may still be on its way here

    @property
    def _stops(self) -> bool:
        return self._settings.stop.is_set() or self.failure is not None

    def _take_error(self, tell: Callable[[dict[str, Any]], None], error: dict[str, Any]) -> None:
        """Hand an error on, and stop where its step is set so."""
        tell(error)
        if error["step"] in self._stopping and self.failure is None:
            told = f"{error['step']} failed, which stops the flow (local.on_error): {error['message']}"
            self.failure = FlowStopped(f"{told}. What is left waits in its queues; the next start goes on with it")

    def _turn(self) -> None:
        """Look after everything once."""
        for process in self._processes:
            process.watch()
        self._traffic.collect(self._listeners.result, self._listeners.error)
        self._listeners.progress({stage.id: self._traffic.waiting(stage) for stage in self._plan.stages}, self._traffic)
        self._traffic.rest(_TURN)

    def _finish(self, identity: str) -> bool:
        """Let a stage do what waits for it and what it has in work, then end it; return whether nothing is left.

        Stages before it have ended, so nothing more can come. A process that is asked to end finishes its messages
        first; what it gives back nevertheless is done by another one.
        """
        stage = next(each for each in self._plan.stages if each.id == identity)
        mine = [process for process in self._processes if process.stage is stage]
        while mine and not self._stops:
            while self._traffic.waiting(stage) and not self._stops:
                self._turn()
            for process in mine:
                self._processes.remove(process)
                process.terminate()
            while not all(process.wait(0) for process in mine) and not self._stops:
                self._turn()
            if self._stops or not self._traffic.waiting(stage):
                break
            for process in mine:
                process.start()
            self._processes += mine
        if self._stops:
            self._processes += [process for process in mine if process not in self._processes]
        return not self._stops

    def _end_all(self) -> None:
        """Ask all processes to end; kill those that take too long: their messages go back to the queues."""
        for process in self._processes:
            process.terminate()
        until = time.monotonic() + _GRACE
        while time.monotonic() < until and not all(process.wait(0) for process in self._processes):
            self._traffic.collect(self._listeners.result, self._listeners.error)
            self._traffic.rest(_TURN)
        self.kill()

    def kill(self) -> None:
        """End what still runs."""
        for process in self._processes:
            process.kill()
