"""`pysailor flow import`: a flow of the platform as a flow file."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..output import printable, say
from ..usage import BadUsage, near_file

if TYPE_CHECKING:
    import argparse

_EXAMPLE = """\
example:
  pysailor flow import exported.json -o flow.yaml

exit codes:
  0  done
  1  the file is no flow, or what is written has to be corrected before it can be run
"""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "import",
        help="turn a flow of the platform into a flow file",
        description="Turn a flow of the platform (JSON: of its API, exported by names, or a recipe) into a flow file. "
        "What a flow file has no place for is kept under platform; each thing that is lost is told.",
        epilog=_EXAMPLE,
    )
    parser.add_argument("file", metavar="FILE", help="the platform's JSON; - reads standard input")
    parser.add_argument("-o", "--output", metavar="FLOW", help="write here, instead of to standard output")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print or write the flow file, and what is lost to standard error."""
    from pysailor.flow.document import InvalidFlow, parse_flow  # noqa: PLC0415 - not needed by the other commands
    from pysailor.flow.platform import import_flow  # noqa: PLC0415 - as above

    text, notes = import_flow(read_text(args.file))
    for note in notes:
        say(printable(str(note)))
    write_text(text, args.output)
    try:
        parse_flow(text, args.output or "flow.yaml")
    except InvalidFlow as error:
        say(printable(f"to correct before it can be run:\n{error}"))
        return 1
    return 0


def read_text(file: str) -> str:
    """Return a file's text, or what standard input holds for "-"; raise BadUsage if it cannot be read."""
    try:
        if file == "-":
            if sys.stdin is None:
                raise BadUsage("standard input is closed; name a file")
            return sys.stdin.read()
        return Path(file).read_text(encoding="utf-8-sig")
    except OSError as error:
        raise BadUsage(f"{file} cannot be read: {error.strerror}{near_file(file)}") from error
    except UnicodeDecodeError as error:
        raise BadUsage(f"{file} cannot be read: it is not text in UTF-8") from error


def write_text(text: str, file: str | None) -> None:
    """Write a text to a file, or to standard output; raise BadUsage if the file cannot be written."""
    if file is None:
        print(text, end="")
        return
    try:
        Path(file).write_text(text, encoding="utf-8")
    except OSError as error:
        raise BadUsage(f"{file} cannot be written: {error.strerror}") from error
    say(f"{file} is written")
