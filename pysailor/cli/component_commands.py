"""Commands that a component brings along, from the COMMANDS and SERVERS of its lib/cli.py.

Each of COMMANDS is a module, or what looks like one: HELP, EPILOG, declare(parser), and either run(args) -> exit code,
or FUNCTION and body(args): then the runtime takes that body through the function, and prints the answer's text.
"""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from pysailor.component.code import ComponentCode, locate
from pysailor.errors import BrokenComponent

from . import serve
from .usage import add_body, add_everywhere, add_settings
from .workspace import component_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from types import ModuleType


def load(arguments: Sequence[str]) -> ModuleType | None:
    """Return lib/cli.py of the component that the arguments lead to; None if there is none, or it cannot be had."""
    try:
        root = locate(named_directory(arguments))
        return ComponentCode(root).cli if (root / "component.json").is_file() else None
    except (BrokenComponent, argparse.ArgumentError):  # the command that is asked for will say so
        return None


def named_directory(arguments: Sequence[str]) -> str | None:
    """Return the directory that --component names; raise argparse.ArgumentError if it names none."""
    named, _ = _peek().parse_known_args(arguments)
    directory: str | None = named.component
    return directory


def add(commands: Any, offered: ModuleType) -> None:
    """Declare the component's commands."""
    serve.add(commands, getattr(offered, "SERVERS", {}))
    for name, command in getattr(offered, "COMMANDS", {}).items():
        parser = commands.add_parser(
            name,
            help=command.HELP,
            description=f"{command.HELP[0].upper()}{command.HELP[1:]}.",
            epilog=command.EPILOG,
        )
        command.declare(parser)
        if hasattr(command, "FUNCTION"):
            _add_asking(parser, command)
        else:
            parser.set_defaults(run=_announce(command.run))


def _add_asking(parser: argparse.ArgumentParser, command: Any) -> None:
    """Make a command of a function: its body is made from the command's own arguments."""
    add_body(parser)
    add_settings(parser)
    shape = parser.add_mutually_exclusive_group()
    shape.add_argument("--text", action="store_true", default=True, help="print the answer's text alone (the default)")
    shape.add_argument("--json", dest="text", action="store_false", help="print the whole message as JSON")
    parser.add_argument("--dry-run", action="store_true", help="send nothing; print the exact request and a curl line")
    parser.set_defaults(run=_ask, function=command.FUNCTION, make_body=command.body, pretty=False, samples=[])


def _ask(args: argparse.Namespace) -> int:
    from .runner import run_samples  # noqa: PLC0415 - what is heavy, which a help text needs not

    return run_samples(args)


def _announce(run: Callable[[argparse.Namespace], int]) -> Callable[[argparse.Namespace], int]:
    """Return the command, so that it says whose it is where that is not plain."""

    def announce_and_run(args: argparse.Namespace) -> int:
        component_of(args)
        return run(args)

    return announce_and_run


def _peek() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(add_help=False, exit_on_error=False)
    add_everywhere(parser)
    return parser
