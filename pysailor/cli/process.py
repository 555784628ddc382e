"""`pysailor process`: take samples through a step."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .usage import add_samples, add_settings, add_tape

if TYPE_CHECKING:
    import argparse

_EXAMPLE = """\
examples:
  pysailor process greet samples/greet/hello.json --cfg tone=Hello
  pysailor process greet --body name=Ada --text
  echo '{"name": "Ada"}' | pysailor process greet

Where nothing leads to the real service, a server of the component's may answer; it says so.
Each emitted message is one line of JSON on standard output, at a terminal several and in colours (NO_COLOR=1 takes them
away); everything else goes to standard error.

exit codes:
  0  every message went through
  1  one failed
  2  one could not be read, or the command was used wrongly
"""


def add(commands: Any) -> None:
    """Declare the command."""
    parser = commands.add_parser(
        "process",
        help="take samples through a step and print what it emits",
        description="Take samples through a step and print each emitted message as JSON.",
        epilog=_EXAMPLE,
    )
    parser.add_argument("function", metavar="FUNCTION", help="an action or trigger of component.json")
    add_samples(parser)
    add_settings(parser)
    parser.add_argument("--text", action="store_true", help="print the answer's text alone")
    parser.add_argument("--dry-run", action="store_true", help="send nothing; print the exact request and a curl line")
    add_tape(parser)
    parser.add_argument("--pretty", action="store_true", help="print JSON over several lines")
    parser.set_defaults(run=run)


def run(args: argparse.Namespace) -> int:
    """Run; return 1 if a sample failed, 2 if one could not be read. The others are tried all the same."""
    from .runner import run_samples  # noqa: PLC0415 - what is heavy, which a help text needs not

    return run_samples(args)
