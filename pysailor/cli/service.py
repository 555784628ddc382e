"""`pysailor service`: answer one question of the platform's forms."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any, Final

from .usage import BadUsage, suggest

if TYPE_CHECKING:
    import argparse

METHODS: Final = ("verifyCredentials", "selectModel", "getMetaModel")
_NOTE = """\
example, as the platform does it:
  ELASTICIO_CFG='{"apiKey": "..."}' ELASTICIO_POST_RESULT_URL=https://... ... pysailor service verifyCredentials

The methods are verifyCredentials, selectModel and getMetaModel. What they work on stands in the environment, as the
platform sets it: ELASTICIO_CFG and the rest. The answer is posted to ELASTICIO_POST_RESULT_URL.

Off the platform, `pysailor verify`, `pysailor select` and `pysailor meta` ask the same and print the answer.

exit codes:
  0  the answer was taken, be it good or an error
  1  nobody took it, or nobody was named to take it
  2  there is no such method, and nobody was named to be told so
"""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "service",
        help="answer one question of the platform's forms, and post the answer",
        description="Answer one question of the platform's forms, and post the answer.",
        epilog=_NOTE,
    )
    parser.add_argument("method", metavar="METHOD", help="verifyCredentials, selectModel or getMetaModel")
    parser.set_defaults(run=run, logs=True)


def run(args: argparse.Namespace) -> int:
    """Answer; return the exit code."""
    if args.method not in METHODS and "ELASTICIO_POST_RESULT_URL" not in os.environ:  # there, the platform is told
        known = f"choose from {', '.join(METHODS)}{suggest(args.method, METHODS)}"
        raise BadUsage(f'"{args.method}" is not a method; {known}')
    from pysailor.service import serve  # noqa: PLC0415 - what it needs, the other commands do not
    from pysailor.worker.signals import leave  # noqa: PLC0415 - as above

    leave(serve(args.method, os.environ, args.component))
