"""Real shells, in which a test types; what is not installed is installed in CI, and skipped elsewhere."""

from __future__ import annotations

import os
import pty
import select
import shutil
import subprocess
import time
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

ROOT = Path(__file__).parents[2]
INSTALL = ROOT / "tools" / "install-shells"
_LONGEST = 120.0


def program(name: str) -> str:
    """Return where the program is; skip the test, or fail it in CI, if it is nowhere."""
    found = shutil.which(name)
    if found is None and os.environ.get("CI") == "true":
        done = subprocess.run([INSTALL], check=False, capture_output=True, text=True)
        found = shutil.which(name)
        if found is None:
            pytest.fail(f"{name} is not there, and {INSTALL.name} could not install it:\n{done.stderr[-2000:]}")
    if found is None:
        pytest.skip(f"{name} is not installed; {INSTALL.relative_to(ROOT)} does that")
    return found


class Terminal:
    """A program on a terminal of its own."""

    def __init__(self, command: Sequence[str], cwd: Path, environment: Mapping[str, str]) -> None:
        """Start it."""
        self._ours, theirs = pty.openpty()
        self._seen = ""
        self._process = subprocess.Popen(
            command, cwd=cwd, env=dict(environment), stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True
        )
        os.close(theirs)

    def __enter__(self) -> Self:
        """Return itself; it ends with the context."""
        return self

    def __exit__(self, *_: object) -> None:
        """End the program."""
        self._process.kill()
        self._process.wait()
        os.close(self._ours)

    def type(self, keys: str) -> None:
        """Type, as a person would."""
        os.write(self._ours, keys.encode())

    def wait_for(self, text: str) -> str:
        """Return what was shown since the last time, up to and with the text."""
        end = time.monotonic() + _LONGEST
        while text not in self._seen:
            ready, _, _ = select.select([self._ours], [], [], max(0.0, end - time.monotonic()))
            assert ready, f"{text!r} was not shown; shown was {self._seen!r}"
            self._seen += os.read(self._ours, 4096).decode(errors="replace")
        shown, _, self._seen = self._seen.partition(text)
        return shown + text
