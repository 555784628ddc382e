"""`pysailor flow test`: run a flow's own cases."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..extras import EXPRESSIONS, require
from ..usage import add_tape
from .run import setting

if TYPE_CHECKING:
    import argparse

_EXAMPLE = """\
examples:
  pysailor flow test flows/triage.yaml
  pysailor flow test flows/triage.yaml --case outage --replay cassettes/triage --junit report.xml

A case in the file's tests:

  - name: an outage alarms
    given: {Subject: Site down}              # in place of what the first step gives
    answers: {judge: {data: {category: outage, urgent: true}}}   # steps that are not run
    fails: {bill: The service is away}       # steps that fail
    expect: {alarm: {textBody: Site down}, bill: nothing}        # what steps get, after their mappers
    gives: {judge: data.urgent = true}       # what steps give
    errors: {bill: StepError}                # how steps fail

What is expected is an object (the message has at least these members), a list of them, a text (a JSONata predicate), a
JSON Schema ({$schema: {...}}), or nothing. A step that nothing follows is not run, unless gives or errors asks for it.
The component's sandbox answers, unless --api or a cassette is named.

exit codes:
  0  every case passed
  1  one did not
  2  the command was used wrongly
"""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "test", help="run a flow's own cases", description="Run the cases that a flow file has under tests.",
        epilog=_EXAMPLE,
    )  # fmt: skip
    parser.add_argument("file", metavar="FILE", nargs="+", help="a flow file")
    parser.add_argument("--case", metavar="TEXT", help="only cases whose name has this text")
    parser.add_argument(
        "--set", metavar="NAME=VALUE", action="append", type=setting, dest="sets", help="as for flow run"
    )  # fmt: skip
    parser.add_argument("--junit", metavar="FILE", help="write the results there, as JUnit does")
    add_tape(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the cases; return the exit code."""
    require("flow", *EXPRESSIONS)
    from .tester import test_flows  # noqa: PLC0415 - what is heavy, which a help text needs not

    return test_flows(args)
