"""`pysailor select`: list the choices of a select field."""

from __future__ import annotations

import argparse
import json
from typing import Any

from pysailor.component import choices
from pysailor.context import Context, Keep
from pysailor.fields import bind

from .desk import Desk, add_settings
from .process import loaded

_EXAMPLE = """\
example:
  pysailor select sendRequest model
"""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "select",
        help="list the choices of a select field",
        description="List what a select field offers, as a JSON object of value and label.",
        epilog=_EXAMPLE,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("function", metavar="FUNCTION", help="an action or trigger of component.json")
    parser.add_argument("field", metavar="FIELD", help="a select field of it")
    add_settings(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run; raise a SailorError if the choices cannot be had."""
    with Desk(args) as desk, Keep() as kept:
        function = loaded(desk, args.function)
        cfg = bind(desk.component.descriptor.credentials, desk.settings({}))
        found = choices(function, args.field, cfg, Context(kept=kept))
    print(json.dumps(dict(found), ensure_ascii=False, indent=2))
    return 0
