"""The command line: people try, check and describe a component with it.

Exit codes: 0 done, 1 the step failed (or something was found), 2 the command was used wrongly, 130 stopped by Ctrl-C,
141 whoever read the output has gone (128 and the signal's number, as shells count).
"""

from __future__ import annotations

import argparse
import logging
import os
import sys
from typing import TYPE_CHECKING, Any

from pysailor.errors import SailorError
from pysailor.version import installed_version

from . import check, completion, docs, explain, lint, man, meta, new, process, run, select, service, verify
from . import component_commands as own
from .output import describe
from .usage import BadUsage, add_everywhere

if TYPE_CHECKING:
    from collections.abc import Sequence

DONE, FAILED, MISUSED, STOPPED, UNREAD = 0, 1, 2, 130, 141
_COMMANDS = (process, check, verify, select, meta, explain, lint, docs, new, run, service, completion, man)
_DESCRIPTION = "Run, check and describe the component in this directory."
_EPILOG = """\
exit codes:
  0  done
  1  the step failed, or something was found to mend
  2  the command was used wrongly, or a file could not be read
  130  stopped by Ctrl-C (what runs until Ctrl-C ends with 0)
  141  whoever read the output has gone

example:
  pysailor process greet samples/greet/hello.json --pretty
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. What goes wrong is one clear line each on stderr."""
    arguments = sys.argv[1:] if arguments is None else arguments
    args = _parser(arguments).parse_args(arguments)
    if not getattr(args, "logs", False):  # what runs on the platform logs in its form
        _log_to_stderr(args)
    try:
        code = int(args.run(args))
        sys.stdout.flush()
    except BadUsage as error:
        return _fail(args, describe(error), MISUSED)
    except SailorError as error:
        return _fail(args, describe(error), FAILED)
    except KeyboardInterrupt:
        print("\nstopped", file=sys.stderr)
        return STOPPED
    except BrokenPipeError:  # nobody is left to tell
        _discard_output()
        return UNREAD
    except OSError as error:  # a full disk, for example
        _discard_output()
        return _fail(args, ": ".join(filter(None, [error.filename, error.strerror or str(error)])), FAILED)
    return code


def _fail(args: argparse.Namespace, text: str, code: int) -> int:
    print(f"pysailor {args.command}: {text}", file=sys.stderr)
    return code


def _discard_output() -> None:
    """Send the rest of the output nowhere: at the exit it would fail once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _log_to_stderr(args: argparse.Namespace) -> None:
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.DEBUG if args.verbose else logging.WARNING,
        format="%(levelname)s %(name)s: %(message)s",
    )
    logging.getLogger("urllib3").setLevel(logging.ERROR)


class _Parser(argparse.ArgumentParser):
    """A parser, and the parsers of its commands, whose texts stand as they are written."""

    def __init__(self, **more: Any) -> None:
        super().__init__(formatter_class=argparse.RawDescriptionHelpFormatter, **more)


class _Version(argparse.Action):
    """Prints the version; it is looked up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        parser.exit(message=f"pysailor {installed_version()}\n")


def _parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    parser = _Parser(
        prog="pysailor",
        description=_DESCRIPTION,
        epilog=_EPILOG,
        allow_abbrev=False,
    )
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version of pysailor")
    add_everywhere(parser)
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    for command in _COMMANDS:
        command.add(commands)
    own.add(commands, arguments)
    for subparser in commands.choices.values():
        add_everywhere(subparser, default=argparse.SUPPRESS)  # what stands before the command is kept
    return parser
