"""`pysailor lint`: find what is wrong with the component's declaration."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from pysailor.component.component import Component

if TYPE_CHECKING:
    import argparse

_EXAMPLE = """\
example:
  pysailor lint
"""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "lint",
        help="find what is wrong with the component's declaration",
        description="Check component.json, the files it names and the schemas, as the platform and its designers "
        "need them.",
        epilog=_EXAMPLE,
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run; give 1 if something was found."""
    from pysailor.lint import lint  # noqa: PLC0415 - imports the component's own code

    faults = lint(Component.locate(args.component))
    for fault in faults:
        print(fault)
    print(f"{len(faults)} to mend" if faults else "in order", file=sys.stderr)
    return 1 if faults else 0
