"""`pysailor flow`: run, check and draw flows of steps, and report on their runs."""

from __future__ import annotations

from typing import Any

from . import flow_check, flow_draw, flow_export, flow_import, flow_report, flow_run, flow_start, flow_test

_COMMANDS = (flow_run, flow_start, flow_test, flow_check, flow_draw, flow_report, flow_import, flow_export)
_EXAMPLE = """\
example:
  pysailor flow check flows/triage.yaml
  pysailor flow run flows/triage.yaml --input tickets.csv
  pysailor flow report last
"""


def add(commands: Any) -> None:
    """Declare the command and its own commands."""
    parser = commands.add_parser(
        "flow",
        help="run, check and draw a flow of steps; report on a run",
        description="Run, check and draw a flow of steps, and report on a run.",
        epilog=_EXAMPLE,
    )
    own = parser.add_subparsers(dest="what", metavar="WHAT", required=True, parser_class=type(parser))
    for command in _COMMANDS:
        command.add(own)
