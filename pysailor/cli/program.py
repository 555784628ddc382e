"""Runs one command: reads what was typed, and tells what went wrong in one clear line each."""

from __future__ import annotations

import logging
import os
import sys
from typing import TYPE_CHECKING

from pysailor.errors import SailorError, UnreadableFile

from .output import describe
from .parser import build_parser, to_front
from .progress import CLEAR_LINE, shows_progress
from .usage import BadUsage

if TYPE_CHECKING:
    import argparse
    from collections.abc import Sequence

FAILED, MISUSED, UNREAD = 1, 2, 141


def run_command(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    is_readable = _replace_closed_streams()
    command = "pysailor"
    try:
        parser = build_parser(arguments)
        ordered = to_front(parser, arguments)
        if {"-h", "--help"} & set(ordered):
            _name_own_functions(parser, ordered)
        args = parser.parse_args(ordered)
        command = f"pysailor {args.command}"
        logs = getattr(args, "logs", False)  # what runs on the platform logs in its form
        if is_readable or logs:
            code = _run(args, logs=logs)
        else:
            code = _fail(command, "standard output is closed; nothing was done", UNREAD)
    except SystemExit:  # of argparse: a help text, or a wrong command
        if _can_flush():
            raise
        code = UNREAD
    except (BadUsage, UnreadableFile) as error:
        code = _fail(command, describe(error), MISUSED)
    except SailorError as error:
        code = _fail(command, describe(error), FAILED)
    except BrokenPipeError:  # nobody is left to tell
        _discard_output()
        code = UNREAD
    except OSError as error:  # a full disk, for example
        _discard_output()
        code = _fail(command, _describe(error), FAILED)
    return code


def _name_own_functions(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> None:
    from .component_commands import named_directory  # noqa: PLC0415 - for help only
    from .examples import name_own_functions  # noqa: PLC0415 - as above

    name_own_functions(parser, named_directory(arguments))


def _run(args: argparse.Namespace, *, logs: bool) -> int:
    if not logs:
        _log_to_stderr(args)
    code = int(args.run(args))
    sys.stdout.flush()
    return code


def _can_flush() -> bool:
    """Return whether what was printed is read by somebody; else the rest goes nowhere."""
    try:
        sys.stdout.flush()
    except OSError:
        _discard_output()
        return False
    return True


def _describe(error: OSError) -> str:
    """Return what the system says, with what it says it of."""
    if error.filename is None and isinstance(error, FileNotFoundError):  # only the working directory has no name
        return "the folder that this command was called in is gone; go to another one"
    return ": ".join(filter(None, [error.filename, error.strerror or str(error)]))


def _fail(command: str, text: str, code: int) -> int:
    print("\n".join(f"{command}: {line}" for line in text.splitlines()), file=sys.stderr)
    return code


def _replace_closed_streams() -> bool:
    """Open what was closed to nowhere, so that no connection takes its place; return whether results can be read."""
    is_readable = sys.stdout is not None
    for number, name in enumerate(("stdin", "stdout", "stderr")):
        if getattr(sys, name) is None:
            nowhere = os.open(os.devnull, os.O_RDWR)
            if nowhere != number:
                os.dup2(nowhere, number)
                os.close(nowhere)
            if name != "stdin":  # that it is closed is told to whoever reads it
                setattr(sys, name, os.fdopen(number, "w", closefd=False))
    return is_readable


def _discard_output() -> None:
    """Send the rest of the output nowhere: at the exit it would fail once more."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _log_to_stderr(args: argparse.Namespace) -> None:
    logging.basicConfig(
        stream=sys.stderr,
        level=logging.DEBUG if args.verbose else logging.WARNING,
        format=f"{CLEAR_LINE if shows_progress() else ''}%(levelname)s %(name)s: %(message)s",
    )
    for library in ("urllib3", "charset_normalizer"):
        logging.getLogger(library).setLevel(logging.ERROR)
