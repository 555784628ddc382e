"""`pysailor flow run`: run a flow in this process."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from ..extras import EXPRESSIONS, require
from ..output import say
from ..usage import add_tape

_EXAMPLE = """\
examples:
  pysailor flow run flows/triage.yaml
  pysailor flow run flows/triage.yaml --input tickets.csv --concurrency 8 --output answers.jsonl
  pysailor flow run flows/triage.yaml --set boss=ada@example.com --set judge.model=gpt-5-mini
  pysailor flow run --resume last

Ctrl-C lets nothing more in and has what is on its way finished; a second one ends at once. --resume goes on where a
run ended, whatever ended it: what was answered is not asked again. What failed is told, and asked again only with
--retry-failed.

A run is kept in .pysailor/runs/NAME: ledger.jsonl (a line for each message and step), results.jsonl (what the last
steps gave), errors.jsonl (what failed, with its input) and run.json. pysailor flow report NAME makes a page of it.

exit codes:
  0    every message went through
  1    one failed, now or before, or the run could not go on
  2    the command was used wrongly
  130  stopped by Ctrl-C
"""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "run",
        help="run a flow in this process",
        description="Run a flow in this process: every step as on the platform, several messages at a time.",
        epilog=_EXAMPLE,
    )
    parser.add_argument("file", metavar="FILE", nargs="?", help="the flow file; a run that goes on knows its own")
    parser.add_argument(
        "--input",
        metavar="FILE",
        help="messages in place of the first step's: .csv (a row each), .json (a list), .jsonl (a line each), or - for "
        "lines on standard input",
    )
    parser.add_argument(
        "--set",
        metavar="NAME=VALUE",
        action="append",
        type=setting,
        dest="sets",
        help="a flow variable, or a field of a step as STEP.FIELD=VALUE. May be given several times",
    )
    parser.add_argument(
        "--concurrency", metavar="N", type=_count, help="messages at a time in each step (default: its prefetch, or 1)"
    )
    parser.add_argument("--force", action="store_true", help="run although flow check finds something to correct")
    parser.add_argument("--output", "-o", metavar="FILE", help="what the last steps gave, a body a line; - prints it")
    add_tape(parser)
    parser.add_argument("--resume", metavar="RUN", help="go on with a run: its name, its directory, or last")
    parser.add_argument("--retry-failed", action="store_true", help="with --resume: ask again for what failed")
    parser.add_argument("--runs", metavar="DIR", type=Path, help="where runs are kept (default: .pysailor/runs)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the flow; return the exit code."""
    args.is_begun = False
    try:
        require("flow", *EXPRESSIONS)
        from .runner import run_flow  # noqa: PLC0415 - what is heavy, which a help text needs not

        return run_flow(args)
    except KeyboardInterrupt:
        if not args.is_begun:
            say("nothing was begun, and nothing is to be resumed: start it anew")
        raise


def setting(text: str) -> tuple[str, str]:
    """Return the name and the value that --set was given; for argparse."""
    name, equals, value = text.partition("=")
    if not equals or not name:
        raise argparse.ArgumentTypeError(f'"{text}" is not NAME=VALUE')
    return name, value


def _count(text: str) -> int:
    most = 1000
    if text.isascii() and text.isdecimal() and 1 <= int(text[:6]) <= most:
        return int(text)
    raise argparse.ArgumentTypeError(f'"{text}" is not a number from 1 to {most}')
