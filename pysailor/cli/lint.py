"""`pysailor lint`: find what is wrong with the component's declaration."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Any

from .workspace import locate

if TYPE_CHECKING:
    import argparse

_EXAMPLE = """\
example:
  pysailor lint
  pysailor lint --schema > component.schema.json
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
    parser.add_argument("--schema", action="store_true", help="print the JSON Schema of component.json, for editors")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run; return 1 if something was found."""
    from pysailor.component.descriptor import SHAPE  # noqa: PLC0415 - validators, which a help text needs not
    from pysailor.lint import lint  # noqa: PLC0415 - imports the component's own code

    if args.schema:
        print(SHAPE.read_text(encoding="utf-8"), end="")
        return 0
    root = locate(args)
    faults = lint(root)
    for fault in faults:
        print(fault if fault.pointer else f"component.json: {fault}")
    print(f"{root}: {f'{len(faults)} to fix' if faults else 'in order'}", file=sys.stderr)
    return 1 if faults else 0
