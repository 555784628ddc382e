"""`pysailor meta`: print what a step takes and gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .output import print_json
from .usage import add_settings
from .workspace import open_workspace

if TYPE_CHECKING:
    import argparse

_EXAMPLE = """\
example:
  pysailor meta greet
"""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "meta",
        help="print what a step takes and gives",
        description="Print the schemas that the mapper shows: what the step takes (in) and gives (out).",
        epilog=_EXAMPLE,
    )
    parser.add_argument("function", metavar="FUNCTION", help="an action or trigger of component.json")
    add_settings(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run; raise a SailorError if the metadata cannot be had."""
    from pysailor.component.component import metadata  # noqa: PLC0415 - what is heavy, which a help text needs not
    from pysailor.component.fields import bind  # noqa: PLC0415 - as above
    from pysailor.context import Context, Keep  # noqa: PLC0415 - as above

    from .defects import component_code  # noqa: PLC0415 - as above

    with open_workspace(args) as workspace, Keep() as kept:
        function = workspace.function(args.function)
        cfg = {**workspace.environment, **workspace.given}
        bound = bind([field for field in function.fields if field.name in cfg], cfg)
        with component_code():
            found = metadata(function, bound, Context(kept=kept))
        print_json(found, workspace.results, is_pretty=True)
    return 0
