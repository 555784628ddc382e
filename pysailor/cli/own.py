"""Commands that a component brings along, from the COMMANDS of its lib/desk.py.

Each is a module, or what looks like one: HELP, EPILOG, declare(parser), run(args) -> exit code.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from pysailor.component import Component
from pysailor.errors import BrokenComponent

if TYPE_CHECKING:
    from collections.abc import Sequence


def add(commands: Any, arguments: Sequence[str]) -> None:
    """Declare the component's commands, unless a command of the runtime is asked for: those need none loaded."""
    asked, _ = _PEEK.parse_known_args(arguments)
    if asked.command in commands.choices:
        return
    try:
        desk = Component.find(asked.component).desk
    except BrokenComponent:  # the command that is asked for, if there is one, will say so
        return
    for name, command in getattr(desk, "COMMANDS", {}).items():
        parser = commands.add_parser(
            name,
            help=command.HELP,
            description=f"{command.HELP[0].upper()}{command.HELP[1:]}.",
            epilog=command.EPILOG,
            formatter_class=argparse.RawDescriptionHelpFormatter,
        )
        command.declare(parser)
        parser.set_defaults(run=command.run)


_PEEK = argparse.ArgumentParser(add_help=False, exit_on_error=False)
_PEEK.add_argument("--component")
_PEEK.add_argument("-v", "--verbose", action="store_true")
_PEEK.add_argument("command", nargs="?")
