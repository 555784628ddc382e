"""Prints what a flow's check found."""

from __future__ import annotations

from contextlib import ExitStack, redirect_stdout
from sys import stderr
from typing import TYPE_CHECKING, Any, TextIO

from pysailor.flow.cases import read_cases
from pysailor.flow.check import FlowReport, check_flow
from pysailor.flow.document import InvalidFlow, read_flow
from pysailor.flow.run import open_input

from ..curl import without_secrets
from ..output import print_json, printable, say
from ..usage import BadUsage
from .settings import FlowWorkspace

if TYPE_CHECKING:
    import argparse

    from pysailor.flow.document import FlowFile, FlowFinding
    from pysailor.message import HttpRequest


def print_report(args: argparse.Namespace, results: TextIO, messages: int) -> int:
    """Check the flow that the command names, and print what was found; return the exit code.

    The cost is that of so many messages, unless the command says how many.
    """
    if not args.file:
        raise BadUsage("which flow? Name its file")
    secrets: dict[str, str] = {}
    with ExitStack() as stack, redirect_stdout(stderr):
        try:
            report, secrets = _check(args, results, stack)
        except InvalidFlow as error:
            report = FlowReport(list(error.findings))
    if args.json:
        print_json([finding.to_json() for finding in report.findings], results)
        return int(report.has_errors)
    for finding in report.findings:
        print(printable(str(finding), results), file=results)
    _summarize(args, report, messages)
    if args.dry_run:
        for step, request in report.requests:
            print_json(_document(step, request, secrets), results)
    return int(report.has_errors)


def _check(args: argparse.Namespace, results: TextIO, stack: ExitStack) -> tuple[FlowReport, dict[str, str]]:
    flow = read_flow(args.file)
    workspace = FlowWorkspace(flow, getattr(args, "server", None), results, stack)
    variables = {name: variable.value or name for name, variable in flow.variables.items()}
    report = check_flow(
        flow,
        workspace.merge_settings,
        sample=_first(args.input),
        is_replaced=args.input is not None,
        answers=workspace.server_answers,
        variables=variables,
    )
    report.findings += _faults_of_cases(flow)
    secrets = workspace.secrets() if args.dry_run and not report.has_errors else []
    return report, dict.fromkeys(secrets, "")


def _faults_of_cases(flow: FlowFile) -> list[FlowFinding]:
    try:
        read_cases(flow)
    except InvalidFlow as error:
        return list(error.findings)
    return []


def _first(name: str | None) -> Any:
    if name is None:
        return None
    source = open_input(name)
    try:
        return next(source.bodies(), None)
    finally:
        source.close()


def _summarize(args: argparse.Namespace, report: FlowReport, messages: int) -> None:
    errors = sum(finding.severity == "error" for finding in report.findings)
    warnings = len(report.findings) - errors
    also = f", {warnings} to look at" if warnings else ""
    say(f"{args.file}: {f'{errors} to correct' if errors else 'in order'}{also}")
    for estimate in report.estimates:
        say(printable(estimate.describe(messages if args.messages is None else args.messages)))
    if args.messages is not None and not report.estimates and not errors:
        say("the cost is not known: no sample leads to a step that has a price; give --input FILE, or a step a sample")
    if args.dry_run and not report.requests and not errors:
        say("no request can be shown: no sample leads to a step that has one; give --input FILE, or a step a sample")


def _document(step: str, request: HttpRequest, secrets: dict[str, str]) -> dict[str, Any]:
    headers = {name: without_secrets(value, secrets) for name, value in request.headers.items()}
    return {"step": step, "method": request.method, "url": request.url, "headers": headers, "body": request.body}
