"""Starts a program that ends when its parent does: SIGTERM, so that it finishes what it has in work.

A parent that is killed can stop nothing itself, and processes that went on without it would take messages from those of
the next start.
"""

from __future__ import annotations

import ctypes
import os
import signal
import sys

PR_SET_PDEATHSIG = 1


def main() -> None:
    """Replace this process by the program."""
    parent = int(os.environ.pop("PYSAILOR_FLOW_PARENT", "0"))
    ctypes.CDLL(None, use_errno=True).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if parent and os.getppid() != parent:  # it died before this could hear of it
        return
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 - the program is the caller's


if __name__ == "__main__":
    main()
