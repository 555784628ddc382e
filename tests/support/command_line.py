"""The command line, run as a process of its own."""

from __future__ import annotations

import atexit
import functools
import json
import os
import socket
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, TextIO

from lib.offline.sandbox import KEY

if TYPE_CHECKING:
    from collections.abc import Mapping

    from lib.offline.sandbox import Sandbox

ROOT = Path(__file__).parents[2]
HELLO = "samples/sendRequest/hello.json"
_AT_START = ("PYTHON", "LC_", "LANG", "TZ")
"""Begin the names of variables that Python reads when it starts."""


def pysailor(
    *arguments: str, cwd: Path = ROOT, given: str = "", environment: Mapping[str, str] | None = None, **variables: str
) -> subprocess.CompletedProcess[str]:
    """Run a command until it ends; `given` is its standard input."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
    changes = {**(environment or {}), **variables}
    whole = {**clean, "PYTHONPATH": str(ROOT), **changes}
    if not any(name.startswith(_AT_START) for name in changes):
        return _run_forked(arguments, cwd, given, whole)
    return subprocess.run(
        [sys.executable, "-m", "pysailor", *arguments],
        cwd=cwd,
        env=whole,
        input=given,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


def _run_forked(
    arguments: tuple[str, ...], cwd: Path, given: str, environment: dict[str, str]
) -> subprocess.CompletedProcess[str]:
    with tempfile.TemporaryDirectory() as folder:
        standard = [Path(folder, str(number)) for number in range(3)]
        standard[0].write_text(given)
        command = {"arguments": arguments, "cwd": str(cwd), "environment": environment, "folder": folder}
        control = _loaded()
        control.write(json.dumps(command) + "\n")
        control.flush()
        code = int(control.readline())
        return subprocess.CompletedProcess(arguments, code, *(file.read_text() for file in standard[1:]))


@functools.cache
def _loaded() -> TextIO:
    """Return how to talk to the process that has the command line loaded; it ends with this one."""
    ours, its = socket.socketpair()
    with its:
        command = [sys.executable, "-m", "tests.support.forked_cli", str(its.fileno())]
        whole = {**os.environ, "PYTHONPATH": str(ROOT)}
        process = subprocess.Popen(command, cwd=ROOT, env=whole, stdin=subprocess.DEVNULL, pass_fds=[its.fileno()])
    lines = ours.makefile("rw")
    ours.close()
    atexit.register(process.wait)
    atexit.register(lines.close)  # the last registered is the first called
    return lines


def at(sandbox: Sandbox, scenario: str = "") -> tuple[str, ...]:
    address = sandbox.base_url_of(scenario) if scenario else sandbox.base_url
    return ("--cfg", f"baseUrl={address}", "--cfg", f"apiKey={KEY}", "--cfg", "model=gpt-sandbox-2")
