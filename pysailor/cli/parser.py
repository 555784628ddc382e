"""The parser of the command line: the one place where commands and options are put together.

Help, completion and the manual page are made from it. Loading it loads nothing heavy: commands import what they need
when they run.
"""

from __future__ import annotations

import argparse
import re
from itertools import groupby
from typing import TYPE_CHECKING, Any, NoReturn

from . import check, completion, docs, explain, flow, lint, man, meta, new, process, run, select, service, top, verify
from . import component_commands as own
from .usage import add_everywhere, add_servers, suggest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_COMMANDS = (process, check, verify, select, meta, flow, explain, lint, docs, new, run, top, service, completion, man)
_ASKING = ("process", "check", "verify", "select", "flow run", "flow start", "flow test", "flow check")
"""Commands that a server of the component's may answer."""
_CHOICE = re.compile(r"invalid choice: '(?P<given>.*)' \(choose from (?P<known>.*)\)$")
_NUMBER = re.compile(r"invalid (?:int|float) value: '(?P<given>.*)'$")
_LISTED = re.compile(r" +\S+ {2,}")
_DESCRIPTION = "Run, check and describe the component in this directory."
_EPILOG = """\
exit codes:
  0  done
  1  the step failed, or something was found to mend
  2  the command was used wrongly, or a file could not be read
  130  stopped by Ctrl-C (what runs until Ctrl-C ends with 0)
  141  whoever read the output has gone

example:
  pysailor process greet samples/greet/hello.json --pretty
"""


def build_parser(arguments: Sequence[str]) -> argparse.ArgumentParser:
    """Return the parser, with the commands of the component that the arguments lead to."""
    parser = _Parser(prog="pysailor", description=_DESCRIPTION, epilog=_EPILOG, allow_abbrev=False)
    parser.add_argument("--version", action=_Version, nargs=0, help="print the version of pysailor")
    add_everywhere(parser)
    parser.set_defaults(build_parser=build_parser)  # completion and the manual page are made from it
    commands = parser.add_subparsers(dest="command", metavar="COMMAND", required=True, parser_class=_CommandParser)
    for command in _COMMANDS:
        command.add(commands)
    offered = own.load(arguments)
    if offered is not None:
        own.add(commands, offered)
        servers = getattr(offered, "SERVERS", {})
        for name, subparser in _parsers(commands):
            if servers and (name in _ASKING or subparser.get_default("function")):
                add_servers(subparser, servers)
    for _, subparser in _parsers(commands):
        add_everywhere(subparser, default=argparse.SUPPRESS)  # what stands before the command is kept
    return parser


def to_front(parser: argparse.ArgumentParser, arguments: Sequence[str]) -> list[str]:
    """Return the arguments with the command first, so that its options may stand before it, too.

    A command that there is not ends the program, with the one that is probably meant.
    """
    commands = _commands(parser)
    with_value = {
        option
        for each in (parser, *commands.values())
        for option, action in each._option_string_actions.items()  # noqa: SLF001 - argparse tells it in no other way
        if action.nargs != 0
    }
    is_value = False
    for place, word in enumerate(arguments):
        if is_value or (word.startswith("-") and word != "-"):
            is_value = not is_value and word in with_value
            continue
        if word == "help" and word not in commands:
            return to_front(parser, [*arguments[:place], *arguments[place + 1 :], "--help"])
        if word not in commands:
            parser.error(_explain_unknown(word, commands))
        return [word, *arguments[:place], *arguments[place + 1 :]]
    if not {"-h", "--help", "--version"} & set(arguments):
        parser.error("COMMAND is missing; pysailor --help lists the commands")
    return list(arguments)


def _explain_unknown(word: str, commands: Iterable[str]) -> str:
    """Return what to do about a command that is not known here; components add commands, each its own."""
    near = suggest(word, commands)
    elsewhere = "" if near else "; a component may add its own: name its directory with --component DIR"
    return f"invalid choice: '{word}' is not a command{near} (choose from {', '.join(commands)}){elsewhere}"


def _parsers(commands: Any, before: str = "") -> Iterator[tuple[str, argparse.ArgumentParser]]:
    """Yield the parser of each command, and of each command of a command, by its words."""
    for name, parser in commands.choices.items():
        yield f"{before}{name}", parser
        for action in parser._actions:  # noqa: SLF001 - as above
            if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - as above
                yield from _parsers(action, f"{before}{name} ")


def _commands(parser: argparse.ArgumentParser) -> dict[str, argparse.ArgumentParser]:
    for action in parser._actions:  # noqa: SLF001 - as above
        if isinstance(action, argparse._SubParsersAction):  # noqa: SLF001 - as above
            return dict(action.choices)
    return {}


class _Parser(argparse.ArgumentParser):
    """A parser whose texts fit the terminal, and keep their examples as they are written."""

    def __init__(self, **more: Any) -> None:
        super().__init__(formatter_class=_HelpFormatter, **more)


class _HelpFormatter(argparse.RawDescriptionHelpFormatter):
    """Breaks paragraphs anew, and leaves what is indented; a long line of a list goes on below its second column."""

    def _fill_text(self, text: str, width: int, indent: str) -> str:
        import textwrap  # noqa: PLC0415 - for help only, as argparse does it

        filled: list[str] = []
        for is_prose, lines in groupby(text.splitlines(), lambda line: bool(line) and not line.startswith(" ")):
            if is_prose:
                filled += textwrap.wrap(" ".join(lines), width, initial_indent=indent, subsequent_indent=indent)
                continue
            for line in lines:
                listed = _LISTED.match(line)
                column = " " * listed.end() if listed else ""
                filled += textwrap.wrap(line, width, subsequent_indent=column) if listed else [indent + line]
        return "\n".join(filled)


class _CommandParser(_Parser):
    """A command's parser: options may stand before, between and after what they are about."""

    _is_mixing = False

    def parse_known_args(self, args: Any = None, namespace: Any = None) -> Any:
        """Parse; an option that there is not ends the program, with the one that is probably meant."""
        if (
            self._is_mixing or "--" in (args or ()) or self._subparsers is not None
        ):  # parse_known_intermixed_args asks for this, and knows no --
            return super().parse_known_args(args, namespace)
        self._is_mixing = True
        try:
            found, rest = self.parse_known_intermixed_args(args, namespace)
        finally:
            self._is_mixing = False
        for word in rest:
            if word.startswith("-") and word != "-":
                name = word.partition("=")[0]
                self.error(f"unrecognized option {name}{self._meant(name)}")
        if rest:
            self.error(f"unrecognized argument {rest[0]}")
        return found, rest

    def _meant(self, name: str) -> str:
        known = [option[2:] for option in self._option_string_actions if option.startswith("--")]
        near = suggest(name.lstrip("-"), known).replace("did you mean ", "did you mean --")
        return near or (f"; a setting is given as --cfg {name.lstrip('-')}=…" if "cfg" in known else "")

    def error(self, message: str) -> NoReturn:
        """End the program with what is wrong; what may be left out is not asked for, as argparse does while mixing."""
        if found := _CHOICE.search(message):
            message += suggest(found["given"], re.findall(r"[^\s',]+", found["known"]))
        if "not allowed with argument" in message:
            message += "; give one of the two"
        message = _NUMBER.sub(lambda found: f'"{found["given"]}" is not a number', message)
        before, colon, names = message.partition("are required: ")
        optional = {action.metavar for action in self._actions if action.nargs in ("?", "*")}
        required = [self._with_choices(name) for name in names.split(", ") if name not in optional]
        super().error(f"{before}{colon}{', '.join(required)}")

    def _with_choices(self, name: str) -> str:
        """Return an argument's name, and in brackets what it can be, if that is a list."""
        found = next((action.choices for action in self._actions if name and action.metavar == name), None)
        return f"{name} ({', '.join(map(str, found))})" if found else name


class _Version(argparse.Action):
    """Prints the version; it is looked up only when it is asked for."""

    def __call__(self, parser: argparse.ArgumentParser, *_: object) -> None:
        from pysailor.version import installed_version  # noqa: PLC0415 - see above

        print(f"pysailor {installed_version()}")
        parser.exit()
