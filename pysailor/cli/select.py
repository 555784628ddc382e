"""`pysailor select`: list the choices of a select field."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pysailor.component.component import choices
from pysailor.component.fields import bind
from pysailor.context import Context, Keep

from .output import as_json
from .usage import BadUsage, add_settings, suggest
from .workspace import Workspace

if TYPE_CHECKING:
    import argparse

    from pysailor.component.component import Loaded

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
    with Workspace(args) as workspace, Keep() as kept:
        function = workspace.function(args.function)
        cfg = (
            bind(workspace.component.descriptor.credentials, workspace.settings({}))
            if _must_ask(function, args.field)
            else {}
        )
        found = choices(function, args.field, cfg, Context(kept=kept))
    print(as_json(dict(found), indent=2))
    return 0


def _must_ask(function: Loaded, name: str) -> bool:
    """Return whether the service knows the choices, not the declaration; raise BadUsage if there are none."""
    models = {field.name: field.model for field in function.fields if field.model is not None}
    known = models | {model: model for model in models.values() if isinstance(model, str)}
    if name not in known:
        listed = ", ".join(models) or "none"
        raise BadUsage(
            f'"{name}" is no select field of {function.declared.name}; there is: {listed}{suggest(name, models)}'
        )
    return not isinstance(known[name], Mapping)
