"""`pysailor explain`: what an error means and what to do, by its code or by whatever else of it is known."""

from __future__ import annotations

import json
import shutil
import sys
import textwrap
from typing import TYPE_CHECKING, Any

from .output import say
from .usage import BadUsage
from .workspace import component_of

if TYPE_CHECKING:
    import argparse
    from collections.abc import Callable, Mapping, Sequence

    from pysailor.contract import Explanation

    Families = Mapping[str, Sequence[Explanation]]

_COLUMN, _NARROWEST = 32, 20
_EXAMPLE = """\
example:
  pysailor explain invalid_input
  pysailor explain 429
  pysailor explain "context length"

exit codes:
  0  something fits
  2  nothing does
"""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "explain",
        help="say what an error means and what to do",
        description="Say what an error means, what to do, and whether trying again can help.",
        epilog=_EXAMPLE,
    )
    parser.add_argument(
        "error",
        metavar="ERROR",
        nargs="*",
        help="codes or names of errors, an HTTP status, a part of a message or a few words (default: list all)",
    )
    parser.add_argument("--json", action="store_true", help="print a JSON list, for programs")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the explanations; raise BadUsage where nothing fits."""
    families, recognize = _families(args)
    known = [each for family in families.values() for each in family]
    found = _find(args.error, known, recognize) if args.error else known
    if args.json:
        print(json.dumps(_documents(families, found), ensure_ascii=False, indent=2))
    elif args.error:
        print("\n\n".join(_text(each) for each in found))
    else:
        _print_all(families)
    return 0


def _find(
    asked: Sequence[str], known: Sequence[Explanation], recognize: Callable[[str], Sequence[str]]
) -> list[Explanation]:
    """Return what fits: each argument is a code, or all together are words."""
    from .lookup import find_by_code, find_by_words  # noqa: PLC0415 - not needed by the other commands

    by_code = [find_by_code(code, known) for code in asked]
    if all(by_code):
        return [each for found in by_code for each in found]
    if any("_" in code for code, found in zip(asked, by_code, strict=True) if found):  # meant as codes, not as words
        raise BadUsage(_describe_unknown(asked[by_code.index([])], known))
    text = " ".join(asked)
    found = find_by_code(text, known) or find_by_words(text, known, recognize)
    if not found:
        raise BadUsage(_describe_unknown(text, known))
    if len({each.code for each in found}) > 1:
        say(f'"{text}" can mean several things, the likeliest first')
    return found


def _describe_unknown(text: str, known: Sequence[Explanation]) -> str:
    from .lookup import suggest_codes  # noqa: PLC0415 - needed where nothing fits only

    near = suggest_codes(text, known)
    hint = f"did you mean {' or '.join(near)}?" if near else "give a code, an HTTP status or a few words of the message"
    return f'no error fits "{text}"; {hint}{"" if near else "; pysailor explain lists all"}'


def _families(args: argparse.Namespace) -> tuple[Families, Callable[[str], Sequence[str]]]:
    """Return what is known; where the component cannot be loaded, the runtime's errors: that is one of them."""
    from pysailor.errors import BrokenComponent  # noqa: PLC0415 - not needed by the other commands
    from pysailor.explain import families  # noqa: PLC0415 - imports the component's own code

    try:
        component = component_of(args)
        return families(component), getattr(component and component.cli, "recognize", _recognize_nothing)
    except BrokenComponent as error:
        say(f"only the runtime's errors are known here: {error}")
        return families(None), _recognize_nothing


def _recognize_nothing(_text: str) -> tuple[str, ...]:
    return ()


def _print_all(families: Families) -> None:
    width = shutil.get_terminal_size().columns if sys.stdout.isatty() else None
    for number, (title, family) in enumerate(families.items()):
        print(f"{chr(10) if number else ''}{title}:")
        for each in sorted(family, key=lambda each: each.code):
            print(_line(each, width))


def _line(each: Explanation, width: int | None) -> str:
    """Return the line of a list; at a terminal it goes on below itself."""
    line = f"  {each.code:<{_COLUMN}}{each.meaning}"
    wide = width is not None and width > _COLUMN + _NARROWEST
    return textwrap.fill(line, width, subsequent_indent=" " * (_COLUMN + 2)) if width and wide else line


def _documents(families: Families, found: Sequence[Explanation]) -> list[dict[str, str]]:
    family_of = {id(each): title for title, family in families.items() for each in family}
    names = ("code", "name", "meaning", "advice", "again")
    return [{"family": family_of[id(each)], **{name: getattr(each, name) for name in names}} for each in found]


def _text(each: Explanation) -> str:
    lines = [f"{each.name} ({each.code})", each.meaning, each.advice and f"What to do: {each.advice}"]
    return "\n".join([*filter(None, lines), f"Trying again: {each.again}"])
