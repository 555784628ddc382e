"""`pysailor flow`: run, check and draw flows of steps, and report on their runs."""

from __future__ import annotations

from typing import Any

from . import check, draw, export, import_, report, run, start, test

_COMMANDS = (run, start, test, check, draw, report, import_, export)
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
