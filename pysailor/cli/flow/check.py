"""`pysailor flow check`: find what is wrong with a flow without running it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from ..extras import EXPRESSIONS, require

if TYPE_CHECKING:
    import argparse

MESSAGES = 1000
"""So many are priced unless the command says otherwise."""
_EXAMPLE = """\
example:
  pysailor flow check flows/triage.yaml
  pysailor flow check flows/triage.yaml --input tickets.csv --dry-run

Each line is FILE:LINE:COLUMN, the member, what was found and what is allowed. Nothing is sent. The most that the
messages can cost is told where a component knows it; --messages says for how many.

exit codes:
  0  in order; warnings may be told
  1  something is to be corrected
"""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "check",
        help="find what is wrong with a flow without running it",
        description="Check a flow file: its wiring, its steps' settings and credentials, its expressions, and whether "
        "what one step gives fits what the next one takes.",
        epilog=_EXAMPLE,
    )
    parser.add_argument("file", metavar="FILE", nargs="?", help="the flow file")
    parser.add_argument("--input", metavar="FILE", help="its first message is the sample, in place of the first step's")
    parser.add_argument("--messages", metavar="N", type=int, help=f"for the cost (default: {MESSAGES})")
    parser.add_argument("--dry-run", action="store_true", help="print the request that each step would send first")
    parser.add_argument("--json", action="store_true", help="print what was found as JSON")
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema of flow files, for editors")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Check; return 1 if something is to be corrected."""
    if args.schema:
        from pysailor.flow.document import SCHEMA  # noqa: PLC0415 - not needed otherwise

        print(SCHEMA.read_text(encoding="utf-8"), end="")
        return 0
    require("flow", *EXPRESSIONS)
    from .checker import print_report  # noqa: PLC0415 - what is heavy, which a help text needs not

    return print_report(args, sys.stdout, MESSAGES)
