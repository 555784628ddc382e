"""`pysailor explain`: what an error's code means and what to do."""

from __future__ import annotations

import shutil
import sys
import textwrap
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from .output import say
from .usage import BadUsage
from .workspace import component_of

if TYPE_CHECKING:
    import argparse

    from pysailor.contract import Explanation

_COLUMN, _NARROWEST = 32, 20
_SUGGESTED = 3
_SHORTEST_PART = 3
_AROUND = " \t'\"`():;,."  # what may be copied along with a code
_EXAMPLE = """\
example:
  pysailor explain invalid_input
"""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "explain",
        help="say what an error's code means and what to do",
        description="Say what an error's code means, what to do, and whether trying again can help.",
        epilog=_EXAMPLE,
    )
    parser.add_argument("codes", metavar="CODE", nargs="*", help="codes or names of errors (default: list all)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the explanations; raise BadUsage for a code that nobody knows."""
    known = _explanations(args)
    if not args.codes:
        width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
        for code in sorted({each.code for each in known}):
            print(_line(code, [each.meaning for each in known if each.code == code], width))
        return 0
    found = [each for code in args.codes for each in _find(code, known)]
    print("\n\n".join(_text(each) for each in found))
    return 0


def _line(code: str, meanings: list[str], width: int | None) -> str:
    """Return the line of a list, with all that a code may mean; at a terminal it goes on below itself."""
    line = f"{code:<{_COLUMN}}{' Or: '.join(meanings)}"
    wide = width is not None and width > _COLUMN + _NARROWEST
    return textwrap.fill(line, width, subsequent_indent=" " * _COLUMN) if width and wide else line


def _find(code: str, known: tuple[Explanation, ...]) -> list[Explanation]:
    asked = code.strip(_AROUND).lower()
    found = [each for each in known if asked in (each.code.lower(), each.name.lower())]
    if not found:
        raise BadUsage(f'no error has the code "{code}"{_suggest(asked, known)}')
    return found


def _explanations(args: argparse.Namespace) -> tuple[Explanation, ...]:
    """Return what is known; where the component cannot be loaded, the runtime's errors: that is one of them."""
    from pysailor.errors import BrokenComponent  # noqa: PLC0415 - not needed by the other commands
    from pysailor.explain import explanations  # noqa: PLC0415 - imports the component's own code

    try:
        return explanations(component_of(args))
    except BrokenComponent as error:
        say(f"only the runtime's errors are known here: {error}")
        return explanations(None)


def _text(each: Explanation) -> str:
    lines = [f"{each.name} ({each.code})", each.meaning, each.advice and f"What to do: {each.advice}"]
    return "\n".join([*filter(None, lines), f"Trying again: {each.again}"])


def _suggest(asked: str, known: tuple[Explanation, ...]) -> str:
    """Return a question with the codes that were perhaps meant, "" if none is near."""
    words = {word.lower(): each.code for each in known for word in (each.code, each.name)}
    holding = (word for word in words if len(asked) >= _SHORTEST_PART and asked in word)
    near = [*get_close_matches(asked, words, _SUGGESTED), *holding]
    codes = list(dict.fromkeys(words[word] for word in near))[:_SUGGESTED]
    return f"; did you mean {' or '.join(codes)}?" if codes else "; pysailor explain lists all"
