"""Starts a flow on RabbitMQ at the command line: options to a plan, progress, results, Ctrl-C."""

from __future__ import annotations

import json
import logging
import os
import signal
import sys
import threading
import time
from contextlib import ExitStack, contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import urlsplit

from pysailor.errors import SailorError
from pysailor.flow.document import InvalidFlow, read_flow
from pysailor.flow.run import open_input
from pysailor.flow.start import (
    Listeners,
    StartSettings,
    find_unapplied,
    make_plan,
    print_manifests,
    serve_steps,
    start_flow,
)

from ..output import printable, say
from ..tape import open_given_tape, tell_tape
from ..usage import BadUsage
from .gate import require_order, tell_addresses
from .settings import FlowWorkspace, apply_sets

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from typing import TextIO

    from pysailor.flow.document import FlowFile
    from pysailor.flow.start import FlowPlan, Traffic

_EVERY: Final = 5.0


class BrokerUnavailable(SailorError):
    """The broker cannot be reached, or does not let this program in.

    Look whether it is up, and whether address, user and password are right.
    """

    code = "broker_unavailable"


def start(args: argparse.Namespace) -> int:
    """Start the flow that a command names, or print what does; return the exit code."""
    results = sys.stdout
    with redirect_stdout(sys.stderr), ExitStack() as stack:
        flow, variables = apply_sets(read_flow(args.file), args.sets or ())
        text = Path(args.file).read_text(encoding="utf-8-sig")
        if args.input:
            _require_readable(args.input)
        workspace = FlowWorkspace(flow, getattr(args, "server", None), results, stack)
        require_order(workspace, variables, args)
        if args.form:
            configs: dict[str, Any] = {step.id: step.fields for step in flow.all_steps}
            plan = make_plan(flow, text, variables, configs)
            _refuse_unapplied(flow, plan, is_watched=False)
            print(print_manifests(plan, args.form, args.image, args.file), file=results)
            return 0
        tape = stack.enter_context(open_given_tape(args))
        workspace = FlowWorkspace(flow, getattr(args, "server", None), results, stack, tape)
        configs = {step.id: workspace.settings(step) for step in flow.all_steps}
        plan = make_plan(flow, text, variables, configs)
        _refuse_unapplied(flow, plan, is_watched=not args.serve)
        folder = Path(args.folder or Path(".pysailor", "flows", plan.flow_id)).resolve()
        host, port = args.serve or ("127.0.0.1", 0)
        stop = stack.enter_context(_signals())
        stays = args.stay or flow.type == "long_running"
        settings = StartSettings(_broker(args), folder, stays, host, port, stop, _name_input(args.input))
        if not (args.input or args.serve or plan.trigger.is_node):
            tell_addresses([workspace.plan(flow.trigger)])
        code = _serve(plan, settings) if args.serve else _start(plan, settings, args, results)
        return max(code, tell_tape(tape)) if tape else code


def _require_readable(name: str) -> None:
    """Raise UnreadableFile before anything begins, if the input cannot be opened; a pipe is left as it is.

    Who writes into a pipe would take its being closed for the end.
    """
    if name != "-" and not Path(name).is_fifo():
        open_input(name).close()


def _refuse_unapplied(flow: FlowFile, plan: FlowPlan, *, is_watched: bool) -> None:
    """Raise InvalidFlow for what would silently be otherwise than in one process."""
    findings = find_unapplied(flow, plan, is_watched=is_watched)
    if findings:
        raise InvalidFlow(findings)


def _serve(plan: FlowPlan, settings: StartSettings) -> int:
    with _translate_errors(settings.broker):
        say(f"{plan.flow_id}: the steps' settings are served on {settings.host}:{settings.port}; Ctrl-C ends")
        serve_steps(plan, settings)
    return 0


def _start(plan: FlowPlan, settings: StartSettings, args: argparse.Namespace, results: TextIO) -> int:
    say(f"{plan.flow_id}: {len(plan.stages)} stages; logs in {settings.folder}")
    began = time.monotonic()
    with ExitStack() as stack:
        stack.enter_context(_translate_errors(settings.broker))
        out = stack.enter_context(_open_output(args.output, results))
        source = open_input(args.input) if args.input else None
        if source is not None:
            stack.callback(source.close)
        shown = _Progress()
        listeners = Listeners(lambda result: _write(out, result["body"]), _tell_error, shown.show, _tell_skipped, say)
        traffic = start_flow(plan, settings, listeners, source.bodies() if source else None)
    shown.end()
    told = f"{traffic.results} results, {traffic.failures} errors; {time.monotonic() - began:.1f} s"
    if settings.stop.is_set():
        gone = args.input and not settings.input_name
        begun = f"; start again with what came after the first {traffic.fed} messages of the input" if gone else ""
        how = begun or "; the same command goes on with it"
        say(f"stopped: {told}. What is left waits in its queues{how}")
        return 130
    say(told)
    return 1 if traffic.failures else 0


def _name_input(given: str | None) -> str:
    """Return what an input is known by at the next start; what comes by a pipe is known by nothing."""
    return str(Path(given).resolve()) if given and Path(given).is_file() else ""


def _tell_skipped(count: int) -> None:
    first = "first message" if count == 1 else f"first {count} messages"
    say(f"the {first} of the input went in before; going on from there")


def _broker(args: argparse.Namespace) -> str:
    broker = args.broker or os.environ.get("ELASTICIO_AMQP_URI", "")
    if not broker:
        raise BadUsage("which broker? Give it: --broker amqp://user:password@host")
    if not broker.startswith(("amqp://", "amqps://")):
        raise BadUsage("the broker's address begins with amqp:// or amqps://, as in amqp://user:password@host")
    return broker


@contextmanager
def _translate_errors(broker: str) -> Iterator[None]:
    """Raise BrokerUnavailable for what pika raises; its own log, of pages, says no more."""
    from pika.exceptions import AMQPError  # noqa: PLC0415 - an extra, which other commands need not have

    logging.getLogger("pika").setLevel(logging.CRITICAL)
    try:
        yield
    except AMQPError as error:
        reason = str(error) or f"nothing answers at {urlsplit(broker).netloc.rpartition('@')[2]}"
        raise BrokerUnavailable(
            f"The broker cannot be used: {reason}. Look at its address, user and password."
        ) from error


@contextmanager
def _open_output(name: str | None, results: TextIO) -> Iterator[TextIO]:
    if name is None or name == "-":
        yield results
        return
    with ExitStack() as stack:
        try:
            file = stack.enter_context(Path(name).open("a", encoding="utf-8"))
        except OSError as error:
            raise BadUsage(f"{name} cannot be written: {error.strerror}") from error
        yield file


def _write(out: TextIO, body: Any) -> None:
    print(json.dumps(body, ensure_ascii=False), file=out, flush=True)


def _tell_error(error: dict[str, Any]) -> None:
    print(printable(f"{error['step']}: {error['name']}: {error['message']}"), file=sys.stderr)


class _Progress:
    """How things stand: a line that changes at a terminal, else a line now and then."""

    def __init__(self) -> None:
        self._is_terminal = sys.stderr.isatty()
        self._next = time.monotonic() + (0.2 if self._is_terminal else _EVERY)

    def show(self, waiting: dict[str, int], traffic: Traffic) -> None:
        now = time.monotonic()
        if now < self._next:
            return
        self._next = now + (0.2 if self._is_terminal else _EVERY)
        queues = ", ".join(f"{stage} {count}" for stage, count in waiting.items() if count) or "nothing"
        line = f"{traffic.results} results, {traffic.failures} errors; waiting: {queues}"
        if self._is_terminal:
            print(f"\r\x1b[K# {line[:150]}", end="", file=sys.stderr, flush=True)
        else:
            say(line)

    def end(self) -> None:
        if self._is_terminal:
            print("\r\x1b[K", end="", file=sys.stderr, flush=True)


@contextmanager
def _signals() -> Iterator[threading.Event]:
    """Yield what Ctrl-C and SIGTERM set."""
    stop = threading.Event()
    if threading.current_thread() is not threading.main_thread():
        yield stop
        return
    before = {number: signal.signal(number, lambda *_: stop.set()) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield stop
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
