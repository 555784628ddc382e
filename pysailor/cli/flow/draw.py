"""`pysailor flow draw`: a flow as a picture."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from ..output import printable
from .import_ import write_text

if TYPE_CHECKING:
    import argparse

_EXAMPLE = """\
example:
  pysailor flow draw flows/triage.yaml
  pysailor flow draw flows/triage.yaml --svg triage.svg
"""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "draw",
        help="draw a flow: as text, or as SVG",
        description="Draw a flow: its steps, the ways between them and their conditions.",
        epilog=_EXAMPLE,
    )
    parser.add_argument("file", metavar="FILE", help="the flow file")
    parser.add_argument("--svg", metavar="FILE", help="write SVG to this file; - prints it")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print or write the picture."""
    from pysailor.flow.document import read_flow  # noqa: PLC0415 - not needed by the other commands
    from pysailor.flow.draw import draw_svg, draw_text  # noqa: PLC0415 - as above

    flow = read_flow(args.file)
    if args.svg:
        write_text(draw_svg(flow), None if args.svg == "-" else args.svg)
        return 0
    text = draw_text(flow)
    try:
        text.encode(sys.stdout.encoding or "utf-8")
    except UnicodeEncodeError:
        text = draw_text(flow, is_ascii=True)
    print("\n".join(map(printable, text.splitlines())))
    return 0
