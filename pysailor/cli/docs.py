"""`pysailor docs`: write the README's tables from the declaration."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from pysailor.component import Component

from .desk import BadUsage

_EXAMPLE = """\
example:
  pysailor docs --check
"""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "docs",
        help="write the README's tables from the declaration",
        description="Write the parts of README.md that stand between <!-- pysailor:… --> marks from component.json and "
        "the schemas.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail if something is out of date")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run; give 1 if --check found something out of date."""
    from pysailor.docs import told  # noqa: PLC0415 - not needed by the other commands

    component = Component.find(args.component)
    file = component.root / "README.md"
    try:
        stands = file.read_text(encoding="utf-8")
    except OSError as error:
        raise BadUsage(f"{file} cannot be read: {error.strerror}") from error
    should = told(component, stands)
    if stands == should:
        return 0
    if args.check:
        print("README.md is out of date; run pysailor docs", file=sys.stderr)
        return 1
    Path(file).write_text(should, encoding="utf-8")
    print("README.md is written anew", file=sys.stderr)
    return 0
