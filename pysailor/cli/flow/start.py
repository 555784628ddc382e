"""`pysailor flow start`: run a flow on RabbitMQ."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..extras import EXPRESSIONS, require
from ..run import PACKAGES
from ..usage import add_tape
from .run import setting

if TYPE_CHECKING:
    import argparse

_EXAMPLE = """\
examples:
  pysailor flow start flows/triage.yaml --broker amqp://guest:guest@localhost
  pysailor flow start flows/triage.yaml --broker amqp://… --input tickets.csv --output answers.jsonl
  pysailor flow start flows/triage.yaml --broker amqp://rabbitmq --as compose --image my-steps > compose.yaml

Each step is a process (pysailor run, or the Node sailor for a Node component) with the platform's environment; mappers
and routers are processes of their own. Queues are durable and replicated. Ctrl-C has what is in work finished; whatever
waits stays in its queue, and the next start goes on with it.

exit codes:
  0    every message went through
  1    one failed, or a step does not start
  2    the command was used wrongly
  130  stopped by Ctrl-C
"""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "start",
        help="run a flow on RabbitMQ, each step a process",
        description="Run a flow on RabbitMQ, each step a process; or print what starts it elsewhere.",
        epilog=_EXAMPLE,
    )
    parser.add_argument("file", metavar="FILE", help="the flow file")
    parser.add_argument(
        "--broker", metavar="URL", help="the broker, amqp://user:password@host (default: ELASTICIO_AMQP_URI)"
    )
    parser.add_argument("--input", metavar="FILE", help="messages in place of the first step's, as for flow run")
    parser.add_argument(
        "--set", metavar="NAME=VALUE", action="append", type=setting, dest="sets",
        help="a flow variable, or a field of a step as STEP.FIELD=VALUE. May be given several times",
    )  # fmt: skip
    parser.add_argument(
        "--output", "-o", metavar="FILE", help="what the last steps gave, a line each (default: printed)"
    )
    parser.add_argument("--force", action="store_true", help="start although flow check finds something to correct")
    parser.add_argument("--stay", action="store_true", help="stay up when there is nothing left to do")
    parser.add_argument("--folder", metavar="DIR", help="logs and secrets (default: .pysailor/flows/NAME)")
    parser.add_argument(
        "--as", dest="form", choices=("compose", "kubernetes"), help="print what starts the flow there, start nothing"
    )
    parser.add_argument("--image", metavar="NAME", default="pysailor", help="with --as: the image of the processes")
    parser.add_argument(
        "--serve",
        metavar="HOST:PORT",
        type=_address,
        help="start nothing; serve settings to processes elsewhere",
    )
    add_tape(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run the flow; return the exit code."""
    require("flow", *EXPRESSIONS)
    require("rabbitmq", *PACKAGES)
    from .starter import start  # noqa: PLC0415 - what is heavy, which a help text needs not

    return start(args)


def _address(text: str) -> tuple[str, int]:
    from pysailor.shell import port  # noqa: PLC0415 - as above

    host, _, number = text.rpartition(":")
    return host or "127.0.0.1", port(number)
