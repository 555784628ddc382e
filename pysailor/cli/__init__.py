"""The command line: people try, check and describe a component with it.

Exit codes: 0 done, 1 the step failed (or something was found), 2 the command was used wrongly, 130 stopped by Ctrl-C.
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from typing import TYPE_CHECKING

from pysailor.errors import SailorError

from . import check, docs, explain, lint, meta, own, process, run, select, serve, service, verify
from .desk import BadUsage

if TYPE_CHECKING:
    from collections.abc import Sequence

DONE, FAILED, MISUSED, STOPPED = 0, 1, 2, 130
_COMMANDS = (process, check, verify, select, meta, explain, lint, docs, serve, run, service)
_DESCRIPTION = "Run, check and describe the component in this directory."
_EPILOG = """\
exit codes:
  0  done
  1  the step failed, or something was found to mend
  2  the command was used wrongly
  130  stopped by Ctrl-C

example:
  pysailor process sendRequest samples/sendRequest/hello.json --pretty
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and give its exit code. What goes wrong is one clear line each on stderr."""
    arguments = sys.argv[1:] if arguments is None else arguments
    args = _parser(arguments).parse_args(arguments)
    if not getattr(args, "logs", False):  # what runs on the platform logs in its form
        _log_to_stderr(args)
    try:
        return int(args.run(args))
    except BadUsage as error:
        print(f"pysailor {args.command}: {error}", file=sys.stderr)
        return MISUSED
    except SailorError as error:
        print(f"pysailor {args.command}: {error}", file=sys.stderr)
        return FAILED
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return STOPPED
    except BrokenPipeError:  # whoever read our output has gone; nobody is left to tell
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED


def _log_to_stderr(args: argparse.Namespace) -> None:
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.DEBUG if args.verbose else logging.WARNING,
        format="%(levelname)s %(name)s: %(message)s",
    )
    logging.getLogger("urllib3").setLevel(logging.ERROR)


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="pysailor",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    parser.add_argument("--component", metavar="DIR", help="the component's directory (default: this one)")
    parser.add_argument("-v", "--verbose", action="store_true", help="tell on stderr what is going on")
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add(commands)
    own.add(commands, arguments)
    return parser
