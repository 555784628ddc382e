"""`pysailor flow report`: one page about a run."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from .import_ import write_text

if TYPE_CHECKING:
    import argparse

_EXAMPLE = """\
example:
  pysailor flow report last
  pysailor flow report ticket-triage-20260131-101500 -o triage.html
"""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "report",
        help="make a page about a run: times, cost, outcomes",
        description="Make a page about a run: times, cost and outcomes of each step, and what failed. It needs nothing "
        "from elsewhere.",
        epilog=_EXAMPLE,
    )
    parser.add_argument("run_name", metavar="RUN", nargs="?", default="last", help="its name, its directory, or last")
    parser.add_argument(
        "-o", "--output", metavar="FILE", help="write here (default: report.html in the run's directory)"
    )
    parser.add_argument("--runs", metavar="DIR", type=Path, help="where runs are kept (default: .pysailor/runs)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Write the page."""
    from pysailor.errors import SailorError  # noqa: PLC0415 - as above
    from pysailor.flow.document import read_flow  # noqa: PLC0415 - not needed by the other commands
    from pysailor.flow.draw import draw_svg  # noqa: PLC0415 - as above
    from pysailor.flow.report import gather, write_page  # noqa: PLC0415 - as above
    from pysailor.flow.run import RunFolder, find_run  # noqa: PLC0415 - as above

    folder = RunFolder.open(find_run(args.run_name, args.runs))
    try:
        drawing = draw_svg(read_flow(folder.about["flow"]))
    except (SailorError, KeyError):
        drawing = ""
    page = write_page(gather(folder.path, folder.about), drawing)
    target = args.output or str(folder.path / "report.html")
    write_text(page, None if target == "-" else target)
    return 0
