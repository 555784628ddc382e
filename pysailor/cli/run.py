"""`pysailor run`: work on messages as a step of a flow, until SIGTERM."""

from __future__ import annotations

import gc
import os
import sys
from typing import TYPE_CHECKING, Any, Final, NoReturn

from .extras import require
from .output import say

if TYPE_CHECKING:
    import argparse

PACKAGES: Final = ("pika", "cryptography")
"""What a worker needs beyond the plain installation, as the extra [rabbitmq] has it."""
_NOTE = """\
example, as the image does it:
  ELASTICIO_AMQP_URI=amqp://... ELASTICIO_STEP_ID=step_1 ELASTICIO_FUNCTION=greet ... pysailor run

Everything that it must know stands in the environment, as the platform sets it: ELASTICIO_AMQP_URI and the rest
(docs/settings.md lists them). Off the platform, `pysailor process` takes samples through a step without any of it.
Log lines are JSON on standard output.

exit codes:
  0  stopped by SIGTERM or SIGINT, after what was in work; or the shutdown hook is done
  1  it could not begin: a setting, the component, the platform or the broker; the log says which
"""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "run",
        help="work on messages as a step of a flow, over RabbitMQ",
        description="Work on messages as a step of a flow, over RabbitMQ, until SIGTERM.",
        epilog=_NOTE,
    )
    parser.set_defaults(run=run, logs=True)


def run(args: argparse.Namespace) -> int:
    """Run; return the exit code."""
    require("rabbitmq", *PACKAGES)
    run_here(args.component)


def run_here(directory: str | None = None) -> NoReturn:
    """Run the component of this directory, and end the process."""
    gc.disable()  # until everything is loaded: nothing of it is garbage, and looking takes a twentieth of the start
    from pysailor.worker.run import run as live  # noqa: PLC0415 - what a worker needs, the other commands do not
    from pysailor.worker.signals import leave  # noqa: PLC0415 - as above

    if sys.stderr.isatty() and "ELASTICIO_AMQP_URI" not in os.environ:
        say("the platform sets what this needs (docs/settings.md; docs/rabbitmq.md has an example)")
        say("pysailor process tries a step without it")
    leave(live(os.environ, directory))
