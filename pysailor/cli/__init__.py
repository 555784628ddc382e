"""The command line: people try, check and describe a component with it.

Exit codes: 0 done, 1 the step failed (or something was found), 2 the command was used wrongly, 130 stopped by Ctrl-C,
141 whoever read the output has gone (128 and the signal's number, as shells count).
"""

from __future__ import annotations

import gc
import itertools
import os
import signal
import sys
from typing import TYPE_CHECKING

from .interrupt import wait_for_imports

if TYPE_CHECKING:
    from collections.abc import Sequence

STOPPED = 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return its exit code. What goes wrong is one clear line each on stderr."""
    try:  # Ctrl-C may come while what follows is being loaded
        wait_for_imports()
        typed = list(sys.argv[1:] if arguments is None else arguments)
        if "run" in typed and os.environ.get("PYSAILOR_POOL"):
            _begin_pool(typed)
        if typed == ["run"] and None not in (sys.stdin, sys.stdout, sys.stderr):
            from .extras import find_missing  # noqa: PLC0415 - a worker begins without what reads commands
            from .run import PACKAGES, run_here  # noqa: PLC0415 - as above

            if not find_missing(*PACKAGES):
                run_here()
        from .program import run_command  # noqa: PLC0415 - see above

        return run_command(typed)
    except BaseException as error:
        if not _comes_of_ctrl_c(error):
            raise
    signal.signal(signal.SIGINT, signal.SIG_DFL)  # a second one ends it at once
    if sys.stderr is not None:
        print("\nstopped", file=sys.stderr)
    return STOPPED


def _begin_pool(arguments: Sequence[str]) -> None:
    """Begin with the worker's pool, before what waits is loaded. What is wrong with the arguments is told later."""
    named = [value for name, value in itertools.pairwise(arguments) if name == "--component"]
    named += [argument.partition("=")[2] for argument in arguments if argument.startswith("--component=")]
    gc.disable()  # as run_here does, and for the same reason
    try:
        from pysailor.worker.pool_choice import begin  # noqa: PLC0415 - for one command

        begin(os.environ, named[-1] if named else None)
    finally:
        gc.enable()


def _comes_of_ctrl_c(error: BaseException | None) -> bool:
    """Return whether a KeyboardInterrupt is what happened first: what was cleaning up may have failed for it."""
    while error is not None and not isinstance(error, KeyboardInterrupt):
        error = error.__cause__ or error.__context__
    return error is not None
