"""`pysailor meta`: print what a step takes and gives."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysailor.component.component import metadata
from pysailor.component.fields import bind
from pysailor.context import Context, Keep

from .output import as_json
from .usage import add_settings
from .workspace import Workspace

if TYPE_CHECKING:
    import argparse
    from collections.abc import Mapping

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
    with Workspace(args) as workspace, Keep() as kept:
        function = workspace.function(args.function)
        cfg: Mapping[str, Any] = {**workspace.environment, **workspace.given}
        cfg = bind([field for field in function.fields if field.name in cfg], cfg)
        found = metadata(function, cfg, Context(kept=kept))
    print(as_json(found, indent=2))
    return 0
