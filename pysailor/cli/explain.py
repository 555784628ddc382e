"""`pysailor explain`: say what an error's code means and what to do."""

from __future__ import annotations

from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from .usage import BadUsage
from .workspace import component_of

if TYPE_CHECKING:
    import argparse

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
    parser.add_argument("code", metavar="CODE", nargs="?", help="the code or name of an error (default: list all)")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run; raise BadUsage for a code that nobody knows."""
    from pysailor.explain import explanations  # noqa: PLC0415 - imports the component's own code

    known = explanations(component_of(args))
    if args.code is None:
        for code, told in sorted(known.items()):
            print(f"{code:<32}{told.meaning}")
        return 0
    words = {**known} | {told.name.lower(): told for told in known.values()}
    found = words.get(args.code) or words.get(args.code.lower())
    if found is None:
        close = dict.fromkeys(words[word].code for word in get_close_matches(args.code.lower(), words, 3))
        raise BadUsage(f'no error has the code "{args.code}"' + (f"; near: {', '.join(close)}" if close else ""))
    print("\n".join(filter(None, [f"{found.name} ({found.code})", found.meaning, found.advice])))
    print(f"Trying again: {found.again}")
    return 0
