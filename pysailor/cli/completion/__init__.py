"""`pysailor completion`: the script by which a shell completes commands, options, functions, samples and settings."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

SHELLS = ("bash", "zsh", "fish")
_EXAMPLE = """\
example:
  source <(pysailor completion bash)
  pysailor completion fish | source

The first lines of each script tell where to put it for good.
"""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "completion",
        help="print the script by which a shell completes this command",
        description="Print the script by which a shell completes commands, options, functions, samples and settings.",
        epilog=_EXAMPLE,
    )
    parser.add_argument("shell", metavar="SHELL", choices=SHELLS, help=", ".join(SHELLS))
    # The script's own question: the words so far come on standard input, one a line, the last the one to complete.
    parser.add_argument("--words", action="store_true", help=argparse.SUPPRESS)
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Print the script, or answer it."""
    if not args.words:
        print(Path(__file__).with_name(f"pysailor.{args.shell}").read_text(encoding="utf-8"), end="")
        return 0
    from .candidates import complete  # noqa: PLC0415 - not needed by the other commands

    words = sys.stdin.read().removesuffix("\n").split("\n")
    for word, about in complete(words, args.build_parser, is_split_at_signs=args.shell == "bash"):
        print(f"{word}\t{about}")
    return 0
