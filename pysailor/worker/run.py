"""A worker's life: from the environment to exit code 0 (platform contract, 1.3 and 1.4).

Exit codes: 0 after SIGTERM or SIGINT, or at the end of a shutdown hook; 1 if the worker could not begin.
"""

from __future__ import annotations

import gc
import logging
import sys
import threading
import time
from contextlib import ExitStack
from dataclasses import field
from typing import TYPE_CHECKING, Any

from .. import pool
from ..component.component import component_at
from ..component.fields import secrets_in, texts
from ..context import open_in_memory
from ..errors import InvalidSettings
from ..hooks import Hooks
from ..log import BunyanFormatter, LogTo, Redaction, level, silence_libraries
from ..platform.api import PlatformApi, StepData
from ..platform.environment import log_context
from ..platform.object_storage import ObjectStorage
from ..platform.settings import WorkerSettings
from ..step import Step
from ..store.open import open_named_store, without_secrets
from ..values import frozen
from ..wire.passthrough import Passthrough
from . import assembly
from .assembly import identity
from .background import InBackground, attempt
from .bodies import Bodies
from .delivery import Worker, id_of
from .emitter import Output
from .pool_choice import PoolChoice, choose
from .refusal import explain, is_unexpected, report
from .signals import StopRequested, StopSignal, leave, limit_end

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from ..component.component import Loaded
    from ..monitoring.monitor import Monitor
    from ..store import Store
    from ..transport.base import Transport
    from ..wire.codec import Codec

LOG = logging.getLogger(__name__)

DONE, FAILED = 0, 1
_TIME_TO_CLOSE = 0.5
"""Seconds after the deadline in which a broker that takes nothing may still answer."""
_YOUNG_OBJECTS = 5_000
"""So many more dicts and the like before the collector looks for circles. A hundred messages in work have that many,
and no circles: with Python's 700 it looked through all of them again and again, for a tenth of a message's CPU."""


def run(environ: Mapping[str, str], directory: str | Path | None = None) -> int:
    """Run; return the exit code."""
    try:
        settings = WorkerSettings.from_environment(environ)
    except InvalidSettings as error:
        with LogTo(sys.stdout, BunyanFormatter(log_context(environ), Redaction())):
            LOG.critical("%s", error)
        return FAILED
    redaction = Redaction(settings.secrets())
    at_least = level(settings.behaviour.log_level)
    with ExitStack() as end:
        end.enter_context(LogTo(sys.stdout, BunyanFormatter(log_context(environ), redaction), at_least, buffered=True))
        silence_libraries()
        for remark in settings.remarks:
            LOG.warning("%s", remark)
        code = WorkerProcess(settings, redaction, directory, choice=choose(environ, directory)).run()
        with limit_end():
            end.close()
        return code


@frozen
class WorkerProcess:
    """One worker, or one run of the shutdown hook."""

    settings: WorkerSettings
    redaction: Redaction
    directory: str | Path | None = None
    transport: Callable[[WorkerSettings], Transport] = assembly.amqp
    choice: PoolChoice = field(default_factory=PoolChoice)

    def run(self) -> int:
        """Run; return the exit code."""
        step = self.settings.step
        LOG.info("pysailor %s is starting: step %s, function %s", version(), step.step_id, step.function)
        if self.choice.refusal:
            LOG.critical("the worker cannot go on: %s", self.choice.refusal)
            return FAILED
        if self.choice.warning:
            LOG.warning("%s", self.choice.warning)
        if pool.current().name == "greenlets":
            LOG.info("one thread works on all messages, each on a greenlet")
        with StopSignal(self.settings.limits.shutdown_deadline) as stop:
            try:
                self._end_flow() if self.settings.behaviour.hook_shutdown else self._work(stop)
            except StopRequested:
                LOG.info("stopped during the start, with nothing in work")
            except Exception as error:
                # The top of the process: whatever it was, the platform reads the log and the exit code.
                LOG.critical("the worker cannot go on: %s", explain(error), exc_info=is_unexpected(error))
                return FAILED
        return DONE

    def _end_flow(self) -> None:
        with ExitStack() as stack:
            api = self._api(stack)
            _, hooks = self._step(stack, api, api.retrieve_step(), self._function())
            hooks.shutdown(api.load_startup_data())
            api.delete_startup_data()
        LOG.info("the flow's shutdown hook is done")

    def _work(self, stop: StopSignal) -> None:
        codec = assembly.codec(self.settings)
        transport = self.transport(self.settings)
        with ExitStack() as stack:
            stack.enter_context(assembly.placement(self.settings))
            monitor = stack.enter_context(assembly.monitor(self.settings, version()))
            api = self._api(stack)
            stack.callback(transport.close, None)
            with stop.interrupting():
                connecting = InBackground(transport.connect)
                loading = attempt(self._function)  # on this thread: what a component imports may want the main one
                connecting.wait()
            monitor.attach(transport)
            stack.callback(monitor.detach)
            try:
                with stop.interrupting():
                    worker = self._begin(stack, api, transport, codec, monitor, loading)
                stack.enter_context(pool.current().watch_loop(monitor.observer.hold))
                consume_until(stop, transport, worker)
            except Exception as error:
                LOG.error("%s", explain(error))  # noqa: TRY400 - first: telling the flow may take long, and lines
                report(error, transport, codec, self.settings)
                raise
            monitor.detach()
            self._stop(worker, transport)

    def _begin(
        self,
        stack: ExitStack,
        api: PlatformApi,
        transport: Transport,
        codec: Codec,
        monitor: Monitor,
        loading: Callable[[], Loaded],
    ) -> Worker:
        """Return the worker, ready for messages."""
        settings = self.settings
        data = api.retrieve_step()
        function = loading()
        storage = stack.enter_context(
            ObjectStorage(
                settings.storage,
                codec.cipher,
                settings.step.flow_id,
                settings.step.step_id,
                connections=settings.amqp.prefetch,
            )
        )
        store = stack.enter_context(open_named_store(settings.journal.url))
        step, hooks = self._step(stack, api, data, function, storage, lambda: store)
        output = Output(
            transport,
            codec,
            assembly.throttle(settings),
            Passthrough(settings.step.step_id, data.is_passthrough, not settings.behaviour.self_passthrough_off),
            Bodies(
                storage,
                settings.storage.threshold if settings.storage.lightweight else None,
                function.declared.resolves_references,
            ),
            self._store_keys(api, data),
        )
        if settings.behaviour.startup_required:
            api.store_startup_data(hooks.startup())
        hooks.init()
        own = identity(settings.step, settings.additional_headers)
        deadline = settings.limits.message_deadline
        LOG.info("journal of paid calls: %s", without_secrets(settings.journal.url))
        assembly.try_store(store, settings.journal.on_failure)
        journal = assembly.journal(settings, store, codec.cipher, output.stopping)
        telemetry = assembly.telemetry(settings, version(), self.redaction.mask)
        if telemetry is not None:
            stack.enter_context(telemetry)
        return stack.enter_context(
            Worker(step, output, own, deadline, monitor.observer, journal, telemetry, assembly.bounds(settings))
        )

    def _stop(self, worker: Worker, transport: Transport) -> None:
        """Finish what is in work, in the time there is; the rest goes back to the queue."""
        seconds = self.settings.limits.shutdown_deadline
        LOG.info("stopping: finishing what is in work, at most %g s", seconds)
        until = time.monotonic() + seconds
        transport.stop_consuming()
        worker.stop(until)
        is_empty = transport.drain(until)
        if not is_empty:
            worker.secure_answers(_TIME_TO_CLOSE)
        transport.close(max(until, time.monotonic() + _TIME_TO_CLOSE))
        if is_empty:
            LOG.info("stopped")
            return
        LOG.warning("stopped before all messages in work were finished: they will be delivered again")
        leave(DONE)

    def _api(self, stack: ExitStack) -> PlatformApi:
        settings = self.settings
        return stack.enter_context(PlatformApi(settings.api, settings.step.flow_id, settings.step.step_id))

    def _function(self) -> Loaded:
        component = component_at(self.settings.behaviour.component_path, self.directory)
        function = component.function(self.settings.step.function)
        # What is loaded by now stays: the garbage collector, which the command stopped, need never look at it.
        gc.freeze()
        gc.set_threshold(_YOUNG_OBJECTS)
        gc.enable()
        return function

    def _step(
        self,
        stack: ExitStack,
        api: PlatformApi,
        data: StepData,
        function: Loaded,
        storage: ObjectStorage | None = None,
        open_store: Callable[[], Store] = open_in_memory,
    ) -> tuple[Step, Hooks]:
        self.redaction.hide(secrets_in(function.fields, data.config))
        read = storage.read if storage else None
        step = Step(
            function,
            data.config,
            snapshot=data.snapshot,
            flow_variables=data.variables,
            storage=read,
            open_store=open_store,
        )
        stack.callback(step.close)
        return step, Hooks(step, self._store_keys(api, data))

    def _store_keys(self, api: PlatformApi, data: StepData) -> Callable[[Mapping[str, Any]], None]:
        def store(keys: Mapping[str, Any]) -> None:
            self.redaction.hide(texts(dict(keys)), instead_of="keys")
            api.update_account_keys(data.account_id, keys)

        return store


def consume_until(stop: StopSignal, transport: Transport, worker: Worker) -> None:
    """Have the worker get messages until the signal; raise InputMissing if there is nothing to get them from.

    The signal also ends the wait for a broker that went away just now.
    """
    errors: list[Exception] = []

    def consume() -> None:
        try:
            transport.consume(worker, id_of)
            LOG.info("Fully initialized and waiting for messages")
        except Exception as error:  # noqa: BLE001 - the top of a thread: it is raised in the one that waits
            errors.append(error)
            stop.wake()

    if not stop.received:
        threading.Thread(target=consume, name="pysailor-begin", daemon=True).start()
        stop.wait()
    if errors:
        raise errors[0]


def version() -> str:
    """Return the version of the runtime."""
    from pysailor import __version__  # noqa: PLC0415 - read from the installation when it is asked for

    return __version__
