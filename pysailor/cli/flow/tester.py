"""Runs the cases of flows at the command line, and shows what is not as expected."""

from __future__ import annotations

import sys
from contextlib import ExitStack, redirect_stdout
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pysailor.flow.cases import CaseRunner, read_cases, write_junit
from pysailor.flow.document import read_flow

from ..output import printable, say
from ..tape import open_given_tape, tell_tape
from ..usage import BadUsage
from .settings import FlowWorkspace, apply_sets

if TYPE_CHECKING:
    import argparse
    from typing import TextIO

    from pysailor.cassette import Tape
    from pysailor.flow.cases import CaseResult

_SANDBOX = "sandbox"


def test_flows(args: argparse.Namespace) -> int:
    """Run the cases of all files; return the exit code."""
    results: list[CaseResult] = []
    out = sys.stdout
    with redirect_stdout(sys.stderr), ExitStack() as stack:
        tape = stack.enter_context(open_given_tape(args))
        for file in args.file:
            results += _test_flow(file, args, tape, out)
        code = tell_tape(tape) if tape else 0
    failed = [result for result in results if not result.passed]
    if not results:
        raise BadUsage("there is no case to run; write some under tests: in the flow file")
    if args.junit:
        _write(args.junit, write_junit(results, ", ".join(args.file)))
    seconds = sum(result.seconds for result in results)
    say(f"{len(results) - len(failed)} of {len(results)} passed; {seconds:.1f} s")
    return 1 if failed else code


def _test_flow(file: str, args: argparse.Namespace, tape: Tape | None, out: TextIO) -> list[CaseResult]:
    flow, variables = apply_sets(read_flow(file), args.sets or ())
    cases = [case for case in read_cases(flow) if not args.case or args.case in case.name]
    server = getattr(args, "server", None)
    results = []
    with ExitStack() as stack:
        workspace = FlowWorkspace(flow, _SANDBOX if server is None else server, out, stack, tape)
        runner = stack.enter_context(CaseRunner(flow, variables, workspace.plan))
        for result in runner.run(cases):
            _show(result, out)
            results.append(result)
    return results


def _show(result: CaseResult, out: TextIO) -> None:
    mark = "ok  " if result.passed else "FAIL"
    print(printable(f"{mark} {result.case.name} ({result.case.place}, {result.seconds:.2f} s)"), file=out)
    for line in result.differences:
        print(printable(f"     {line}"), file=out)
    out.flush()


def _write(file: str, text: str) -> Any:
    try:
        Path(file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadUsage(f"{file} cannot be written: {error.strerror}") from error
