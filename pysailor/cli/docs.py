"""`pysailor docs`: write the tables of the documentation from what is declared."""

from __future__ import annotations

import argparse
import sys
from typing import TYPE_CHECKING, Any, Final

from pysailor.component import Component

from .desk import BadUsage

if TYPE_CHECKING:
    from pathlib import Path

_README: Final = "README.md"
_IF_THERE: Final = ("docs/settings.md",)
_EXAMPLE = """\
example:
  pysailor docs --check
"""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "docs",
        help="write the documentation's tables from what is declared",
        description="Write the parts of README.md and docs/settings.md that stand between <!-- pysailor:… --> marks "
        "from component.json and the settings.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--check", action="store_true", help="write nothing; fail if something is out of date")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run; give 1 if --check found something out of date."""
    from pysailor.docs import told  # noqa: PLC0415 - not needed by the other commands

    component = Component.find(args.component)
    stale = 0
    for name in (_README, *(name for name in _IF_THERE if component.has(name))):
        stands = _read(component.root / name)
        should = told(component, stands)
        if stands == should:
            continue
        stale += 1
        if args.check:
            print(f"{name} is out of date; run pysailor docs", file=sys.stderr)
        else:
            (component.root / name).write_text(should, encoding="utf-8")
            print(f"{name} is written anew", file=sys.stderr)
    return int(args.check and stale > 0)


def _read(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except OSError as error:
        raise BadUsage(f"{file} cannot be read: {error.strerror}") from error
