"""`pysailor verify`: test a credential."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysailor.component.component import require_verified
from pysailor.component.fields import bind
from pysailor.context import Context, Keep
from pysailor.errors import InvalidCredentials
from pysailor.masking import mask

from .usage import BadUsage, add_settings
from .workspace import Workspace

if TYPE_CHECKING:
    import argparse

_EXAMPLE = """\
example:
  pysailor verify --cfg apiKey=...
"""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "verify",
        help="test the credential and say what is wrong with it",
        description="Test the credential with one cheap call; say what is wrong with it and what to do.",
        epilog=_EXAMPLE,
    )
    add_settings(parser)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run; raise InvalidCredentials if the credential cannot be used."""
    with Workspace(args) as workspace, Keep() as kept:
        verify = workspace.component.verifier()
        if verify is None:
            raise BadUsage("this component has nothing to verify a credential with")
        descriptor = workspace.component.descriptor
        workspace.demand_known(descriptor.fields)
        chosen = workspace.chosen({})
        for field in descriptor.credentials:
            if field.required and field.default is None and not chosen.get(field.name):
                raise BadUsage(f"no {field.label} is set; nothing to verify. Give one: {workspace.ways(field)}")
        cfg = bind(descriptor.credentials, chosen)
        try:
            require_verified(verify(cfg, Context(kept=kept)))
        except InvalidCredentials as error:
            raise InvalidCredentials(mask(str(error), workspace.secrets(cfg))) from error
    print("The credential works.")
    return 0
