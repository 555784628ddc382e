"""`pysailor man`: the manual page, made from the same parser as the commands' help."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from pysailor.errors import BrokenComponent
from pysailor.version import installed_version

if TYPE_CHECKING:
    from collections.abc import Iterator

_MORE = {"?": "", "*": "..."}  # what follows the name of an argument that may be left out
_EXAMPLE = """\
example:
  pysailor man > pysailor.1 && man ./pysailor.1
"""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "man",
        help="print the manual page",
        description="Print the manual page: all commands and their options, those of the component too.",
        epilog=_EXAMPLE,
    )
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the page."""
    directory = ["--component", args.component] if args.component else []
    print("\n".join(_page(args.build_parser(directory), _environment(args.component))))
    return 0


def _environment(directory: str | None) -> dict[str, str]:
    """Return the variables that fill a field off the platform, each with the field's label."""
    from pysailor.component.component import Component  # noqa: PLC0415 - not needed by the other commands

    try:
        component = Component.find(directory)
        filled = getattr(component.cli, "ENVIRONMENT", {})
    except BrokenComponent:
        return {}
    fields = [*component.descriptor.credentials, *(each for f in component.descriptor.functions for each in f.fields)]
    labels = {field.name: field.label for field in reversed(fields)}
    return {variable: labels.get(name, name) for variable, name in filled.items()}


def _page(parser: argparse.ArgumentParser, environment: dict[str, str]) -> Iterator[str]:
    (commands,) = (each for each in parser._actions if isinstance(each, argparse._SubParsersAction))  # noqa: SLF001
    yield f'.TH PYSAILOR 1 "" "pysailor {installed_version()}"'
    yield from (".SH NAME", f"pysailor \\- {_text(_lower_first(parser.description))}")
    yield from (".SH SYNOPSIS", ".B pysailor", "[\\fIOPTION\\fR...] \\fICOMMAND\\fR [\\fIARGUMENT\\fR...]")
    yield from (".SH OPTIONS", "These may stand before or after the command.")
    yield from _arguments(parser)
    yield ".SH COMMANDS"
    for name, command in _commands(commands):
        yield f".SS pysailor {_text(name)} {_synopsis(command)}".rstrip()
        yield _text(command.description)
        yield from _arguments(command, besides=parser)
        yield from _verbatim(command.epilog)
    if environment:
        yield ".SH ENVIRONMENT"
        yield "They fill fields where no platform does, and may also stand in a file .env in the working directory."
        for variable, label in environment.items():
            yield from (".TP", f".B {_text(variable)}", _text(label))
    yield ".SH NOTES"
    yield from _verbatim(parser.epilog)


def _commands(action: Any, before: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Yield each command, and each command of a command, by its words."""
    for name, command in action.choices.items():
        yield f"{before}{name}", command
        for each in command._actions:  # noqa: SLF001 - argparse tells it in no other way
            if isinstance(each, argparse._SubParsersAction):  # noqa: SLF001 - as above
                yield from _commands(each, f"{before}{name} ")


def _arguments(parser: argparse.ArgumentParser, besides: argparse.ArgumentParser | None = None) -> Iterator[str]:
    """Describe each argument; options that another parser has, too, are left out."""
    known = set(besides._option_string_actions) if besides else set()  # noqa: SLF001 - argparse has no other way
    for action in parser._actions:  # noqa: SLF001 - as above
        is_shown = action.help != argparse.SUPPRESS and not isinstance(action, argparse._SubParsersAction)  # noqa: SLF001
        if is_shown and not known & set(action.option_strings):
            yield ".TP"
            yield _name(action)
            yield _text((action.help or "") % {"default": action.default, "prog": parser.prog})


def _name(action: argparse.Action) -> str:
    value = f" \\fI{_text(_value(action))}\\fR" if action.nargs != 0 else ""
    if not action.option_strings:
        return value.strip()
    return ", ".join(f"\\fB{_text(name)}\\fR{value}" for name in action.option_strings)


def _value(action: argparse.Action) -> str:
    if action.metavar:
        return str(action.metavar)
    return "{" + ",".join(map(str, action.choices)) + "}" if action.choices else action.dest.upper()


def _synopsis(command: argparse.ArgumentParser) -> str:
    """Return the arguments that are no options, as the command takes them."""
    places = [action for action in command._actions if not action.option_strings]  # noqa: SLF001 - as above
    return " ".join(
        f"[{_text(_value(place))}{_MORE[place.nargs]}]" if place.nargs in _MORE else _text(_value(place))
        for place in places
    )


def _verbatim(text: str | None) -> Iterator[str]:
    if text:
        yield from (".PP", ".nf", *map(_text, text.rstrip().splitlines()), ".fi")


def _text(text: str | None) -> str:
    """Return the text so that no letter of it is a command of the page's language."""
    safe = (text or "").replace("\\", "\\e").replace("-", "\\-")
    return f"\\&{safe}" if safe.startswith((".", "'")) else safe


def _lower_first(text: str | None) -> str:
    return f"{text[0].lower()}{text[1:].rstrip('.')}" if text else ""
