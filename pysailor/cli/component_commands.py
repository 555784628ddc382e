"""Commands that a component brings along, from the COMMANDS and SERVERS of its lib/cli.py.

Each of COMMANDS is a module, or what looks like one: HELP, EPILOG, declare(parser), run(args) -> exit code.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from pysailor.component.component import Component
from pysailor.errors import BrokenComponent

from . import serve
from .usage import add_everywhere
from .workspace import component_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


def add(commands: Any, arguments: Sequence[str]) -> None:
    """Declare the component's commands, unless a command of the runtime is asked for: those need none loaded."""
    asked, _ = _peek().parse_known_args(arguments)
    if asked.command in commands.choices:
        return
    try:
        offered = Component.find(asked.component).cli
    except BrokenComponent:  # the command that is asked for, if there is one, will say so
        return
    serve.add(commands, getattr(offered, "SERVERS", {}))
    for name, command in getattr(offered, "COMMANDS", {}).items():
        parser = commands.add_parser(
            name,
            help=command.HELP,
            description=f"{command.HELP[0].upper()}{command.HELP[1:]}.",
            epilog=command.EPILOG,
        )
        command.declare(parser)
        parser.set_defaults(run=_announce(command.run))


def _announce(run: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    """Return the command, so that it says whose it is where that is not plain."""

    def announce_and_run(args: argparse.Namespace) -> int:
        component_of(args)
        return run(args)

    return announce_and_run


def _peek() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    add_everywhere(parser)
    parser.add_argument("command", nargs="?")
    return parser
