"""`pysailor verify`: test a credential."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .usage import add_settings

if TYPE_CHECKING:
    import argparse

_EXAMPLE = """\
example:
  pysailor verify --cfg apiKey=...

exit codes:
  0  the credential works
  1  it does not; standard error says why, and what to do
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
    from .verifier import verify_credential  # noqa: PLC0415 - what is heavy, which a help text needs not

    return verify_credential(args)
