"""Runs a flow at the command line: the plan from file and options, the display, Ctrl-C, and what is left behind."""

from __future__ import annotations

import json
import os
import signal
import sys
import threading
import time
from contextlib import ExitStack, contextmanager, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pysailor.errors import SailorError, escape_halves
from pysailor.flow.document import read_flow
from pysailor.flow.run import CannotResume, FlowRun, RunFolder, RunPlan, find_run, open_input
from pysailor.flow.run.folder import RESULTS, fingerprint
from pysailor.masking import mask

from ..output import printable, say
from ..tape import open_given_tape, tell_tape
from ..usage import BadUsage
from .advice import advise
from .display import Display, count_messages, summarize
from .gate import require_order, tell_addresses
from .settings import FlowWorkspace, apply_sets

if TYPE_CHECKING:
    import argparse
    from collections.abc import Iterator
    from types import FrameType
    from typing import TextIO

    from pysailor.flow.run.inputs import FlowInput

_EXIT: Final = {"done": 0, "failed": 1, "stopped": 130, "aborted": 130}
_EVERY: Final = 0.2


def run_flow(args: argparse.Namespace) -> int:
    """Run the flow that a command names; return the exit code."""
    results = sys.stdout
    with redirect_stdout(sys.stderr), ExitStack() as stack:
        folder = _earlier(args)
        if not args.file:
            raise BadUsage("which flow? Name its file; flow run --resume last goes on with the newest run")
        _require_writable(args.output)
        flow, variables = apply_sets(read_flow(args.file), args.sets or ())
        source = stack.enter_context(_open(args.input)) if args.input else None
        tape = stack.enter_context(open_given_tape(args))
        workspace = FlowWorkspace(flow, getattr(args, "server", None), results, stack, tape)
        besides = [flow.trigger.id] if source else []
        if folder is None:
            require_order(workspace, variables, args)
        plan = RunPlan(
            flow,
            workspace.plans(besides),
            variables,
            bodies=None if source is None else source.bodies,
            concurrency=args.concurrency,
            retry_failed=args.retry_failed,
        )
        secrets = workspace.secrets() if not besides else []
        if folder is None:
            folder = RunFolder.create(flow.name, _about(args, flow.name), args.runs)
        else:
            folder.hold()
        tell_addresses(plan.steps.values())
        args.is_begun = True
        with folder:
            outcome = _run(plan, folder, source, lambda text: say(printable(mask(text, secrets))))
        code = max(_EXIT[outcome], tell_tape(tape)) if tape else _EXIT[outcome]
    _write_output(args.output, folder.path, results)
    return code


def _run(plan: RunPlan, folder: RunFolder, source: FlowInput | None, tell: Any) -> str:
    """Run to the end, shown; return the outcome, which the folder knows, too."""
    try:
        run = FlowRun(plan, folder.path, str(folder.about["run"]), tell)
    except (SailorError, KeyboardInterrupt):
        folder.discard()
        raise
    if run.history.count:
        tell(f"{folder.path.name} goes on: {count_messages(run.history.count)} had come in")
    began = time.monotonic()
    outcome, failure = "failed", None
    try:
        with Display(run, source, str(folder.path)) as display, _signals(run, tell):
            outcome = _attend(run, display)
    except BaseException as error:
        failure = error
        raise
    finally:
        if source is not None and outcome == "done" and not run.came_in:
            tell(f"warning: {source.name} holds no message, so nothing was done")
        for line in summarize(run, outcome, time.monotonic() - began, folder.path):
            tell(line)
        for line in advise(run, outcome, folder.path.name, failure, is_gone=folder.about.get("input") == "-"):
            tell(line)
        failure = None  # its traceback leads to this frame
        folder.end(outcome, run.summary(time.monotonic() - began))
    return outcome


def _attend(run: FlowRun, display: Display) -> str:
    """Let the run go on in a thread of its own, so that this one can hear signals; return its outcome."""
    ended: list[str | BaseException] = []

    def work() -> None:
        try:
            ended.append(run.run())
        except BaseException as error:  # noqa: BLE001 - raised where the command waits
            ended.append(error)

    thread = threading.Thread(target=work, name="pysailor-flow", daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(_EVERY)
        run.tick()
        display.show()
    (outcome,) = ended
    if isinstance(outcome, BaseException):
        raise outcome
    return outcome


def _name_again(source: str) -> str:
    """Return what an input is found by once more: "-" for standard input, pipes and devices, which are gone by then."""
    return str(Path(source).resolve()) if Path(source).is_file() else "-"


@contextmanager
def _signals(run: FlowRun, tell: Any) -> Iterator[None]:
    """Stop on Ctrl-C and SIGTERM, at once on the second."""
    count = 0

    def on_signal(number: int, _: FrameType | None) -> None:
        nonlocal count
        count += 1
        if count == 1:
            run.stop()
            who = "Ctrl-C again ends" if number == signal.SIGINT else "another signal ends"
            text = f"nothing more is let in; {run.on_their_way} on their way are finished. {who} at once"
            threading.Thread(target=tell, args=(text,), daemon=True).start()  # a handler must not print
        else:
            run.abort()

    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, on_signal) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _about(args: argparse.Namespace, name: str) -> dict[str, Any]:
    """Return what a run must be given again to go on."""
    source = args.input
    return {
        "name": name,
        "flow": str(Path(args.file).resolve()),
        "flow_content": fingerprint(Path(args.file)),
        "input": source if source is None else _name_again(source),
        "sets": [list(pair) for pair in args.sets or ()],
        "server": getattr(args, "server", None),
        "concurrency": args.concurrency,
    }


def _earlier(args: argparse.Namespace) -> RunFolder | None:
    """Return the run to go on with, None for a new one; what the command leaves out is as it was then."""
    if args.resume is None:
        if args.retry_failed:
            raise BadUsage("--retry-failed goes with --resume RUN")
        return None
    folder = RunFolder.open(find_run(args.resume, args.runs))
    about = folder.about
    if about.get("outcome") == "done":
        raise CannotResume(f"the run {folder.path.name} is done; there is nothing left to go on with")
    if about.get("input") == "-":
        raise CannotResume(
            f"the run {folder.path.name} read standard input or a pipe, which is gone; start a new one from a file"
        )
    args.file = args.file or about["flow"]
    if not Path(args.file).is_file() or fingerprint(Path(args.file)) != about["flow_content"]:
        raise CannotResume(
            f"{args.file} is not the flow of the run {folder.path.name} any more: put the file back, or start a new run"
        )
    args.input = args.input or about.get("input")
    args.sets = args.sets or [tuple(pair) for pair in about.get("sets", ())]
    args.server = getattr(args, "server", None) or about.get("server")
    args.concurrency = args.concurrency or about.get("concurrency")
    return folder


@contextmanager
def _open(name: str) -> Iterator[FlowInput]:
    source = open_input(name)
    try:
        yield source
    finally:
        source.close()


def _require_writable(name: str | None) -> None:
    """Raise BadUsage for an output that cannot be written: better before something is paid for."""
    if name in (None, "-"):
        return
    path = Path(str(name))
    if path.is_dir():
        raise BadUsage(f"--output {name} is a folder; name a file")
    if not path.parent.is_dir():
        raise BadUsage(f"--output {name}: there is no folder {path.parent}; make it first")
    if not os.access(path if path.exists() else path.parent, os.W_OK):
        raise BadUsage(f"--output {name} cannot be written: Permission denied")


def _write_output(name: str | None, directory: Path, results: TextIO) -> None:
    """Write the bodies that the last steps gave, one a line."""
    if name is None:
        return
    place = directory / RESULTS
    if name == "-":
        try:
            _print_bodies(directory, results)
        except BrokenPipeError:
            raise
        except OSError as error:
            text = f"standard output cannot be written: {error.strerror}; the results are in {place}"
            raise SailorError(text) from error
        return
    try:
        with Path(name).open("w", encoding="utf-8") as target:
            _print_bodies(directory, target)
    except OSError as error:
        raise SailorError(f"{name} cannot be written: {error.strerror}; the results are in {place}") from error


def _print_bodies(directory: Path, target: TextIO) -> None:
    with (directory / RESULTS).open(encoding="utf-8") as file:
        for line in file:
            print(escape_halves(json.dumps(json.loads(line)["result"]["body"], ensure_ascii=False)), file=target)
    target.flush()
