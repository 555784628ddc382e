"""`pysailor check`: say what is wrong with samples, without sending anything."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .usage import add_samples, add_settings

if TYPE_CHECKING:
    import argparse

_EXAMPLE = """\
example:
  pysailor check greet samples/greet/*.json

Each sample gives one line: {"sample", "ok", "errors": [{"pointer", "message"}], "warnings": [...]}.
Pointers lead into the message's body; those that begin with /cfg lead into the settings.
Where the settings limit the cost and the worst case is known, "cost" has both in a sentence.

exit codes:
  0  every sample is in order
  1  one is not
  2  one could not be read, or the command was used wrongly
"""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "check",
        help="say what is wrong with samples, without sending them",
        description="Check samples as the step would before it sends anything. Needs no key and no network.",
        epilog=_EXAMPLE,
    )
    parser.add_argument("function", metavar="FUNCTION", help="an action or trigger of component.json")
    add_samples(parser)
    add_settings(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run; return 1 if any sample is not in order, 2 if one could not be read."""
    from .checker import check_samples  # noqa: PLC0415 - what is heavy, which a help text needs not

    return check_samples(args)
