"""A command whose output is a terminal."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass

from .command_line import ROOT


@dataclass(frozen=True, slots=True)
class Screen:
    """What a command showed, with its exit code."""

    code: int
    text: str


def show(*arguments: str, **environment: str) -> Screen:
    """Run a command at a terminal, nothing on its standard input, until it ends."""
    ours, its = os.openpty()
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI_", "NO_COLOR", "TERM"))}
    command = subprocess.Popen(
        [sys.executable, "-m", "pysailor", *arguments],
        cwd=ROOT,
        env={**clean, "TERM": "xterm", **environment},
        stdin=subprocess.DEVNULL,
        stdout=its,
        stderr=its,
    )
    os.close(its)
    shown = b""
    while piece := _read(ours):
        shown += piece
    os.close(ours)
    return Screen(command.wait(timeout=60), shown.decode().replace("\r\n", "\n"))


def _read(terminal: int) -> bytes:
    try:
        return os.read(terminal, 65_536)
    except OSError:  # how a terminal ends
        return b""
