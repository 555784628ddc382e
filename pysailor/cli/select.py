"""`pysailor select`: list the choices of a select field."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .usage import add_settings

if TYPE_CHECKING:
    import argparse

_EXAMPLE = """\
example:
  pysailor select greet tone
"""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "select",
        help="list the choices of a select field",
        description="List what a select field offers, as a JSON object of value and label.",
        epilog=_EXAMPLE,
    )
    parser.add_argument("function", metavar="FUNCTION", help="an action or trigger of component.json")
    parser.add_argument("field", metavar="FIELD", help="a select field of it")
    add_settings(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run; raise a SailorError if the choices cannot be had."""
    from .chooser import print_choices  # noqa: PLC0415 - what is heavy, which a help text needs not

    return print_choices(args)
