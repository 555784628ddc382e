"""Ctrl-C while a module is being loaded."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

SLOW = """
import os, signal, time
os.kill(os.getpid(), signal.SIGINT)
time.sleep(0.05)
IS_LOADED = True
"""
PROGRAM = """
import sys, time
from pysailor.cli.interrupt import wait_for_imports
wait_for_imports()
try:
    import slow
    time.sleep(10)
except KeyboardInterrupt:
    print(sys.modules['slow'].IS_LOADED)
"""


def run(program: str, at: Path) -> subprocess.CompletedProcess[str]:
    (at / "slow.py").write_text(SLOW)
    (at / "program.py").write_text(program)
    command = [sys.executable, "program.py"]
    return subprocess.run(command, cwd=at, capture_output=True, text=True, timeout=60, check=False)


def test_a_module_is_loaded_to_its_end_and_then_the_program_stops(tmp_path: Path) -> None:
    done = run(PROGRAM, tmp_path)
    assert (done.stdout, done.stderr) == ("True\n", "")


def test_who_ignores_ctrl_c_goes_on_doing_so(tmp_path: Path) -> None:
    done = run(
        f"import signal\nsignal.signal(signal.SIGINT, signal.SIG_IGN)\n{PROGRAM.replace('10', '0')}print(1)", tmp_path
    )
    assert (done.stdout, done.stderr) == ("1\n", "")
