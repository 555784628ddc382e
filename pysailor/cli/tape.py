"""What --record and --replay open, and what is told of it at the end."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING

from .output import printable, say
from .usage import BadUsage

if TYPE_CHECKING:
    import argparse
    from contextlib import AbstractContextManager

    from pysailor.cassette import Tape


def open_given_tape(args: argparse.Namespace) -> AbstractContextManager[Tape | None]:
    """Return what records or replays as a command was given, which yields None for neither."""
    record, replay = getattr(args, "record", None), getattr(args, "replay", None)
    if not (record or replay):
        return nullcontext()
    if record and replay:
        raise BadUsage("--record and --replay exclude each other; give one of the two")
    if replay and not Path(replay).is_dir():
        raise BadUsage(f"--replay {replay}: there is no such folder; record one with --record {replay}")
    from pysailor.cassette import open_tape  # noqa: PLC0415 - few runs record

    return open_tape(record, replay) or nullcontext()


def tell_tape(tape: Tape) -> int:
    """Write what was recorded or replayed, what is missing, and what was asked beyond it; return the exit code."""
    say(tape.summary)
    if lost := tape.unwritten:
        number = "1 exchange is" if len(lost) == 1 else f"{len(lost)} exchanges are"
        print(printable(f"{number} not recorded: {lost[0]}"), file=sys.stderr)
    for told in dict.fromkeys(tape.unknown):
        print(printable(told), file=sys.stderr)
    return 1 if tape.unknown or tape.unwritten else 0
