"""A process that has loaded the command line, and forks one for each command: loading it takes half a second each time.

Started by tests.support.command_line with the number of a socket. Each line that comes is a command in JSON; the answer
to it is its exit code. Standard input, output and error of a command are the files 0, 1 and 2 of its folder.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import socket
import sys
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
LOADED = ("pysailor/cli", "lib/actions", "lib/commands", "lib/offline/sandbox", "lib/credentials")
_SECONDS = 120


def serve(control: socket.socket) -> None:
    """Run commands until the other side closes."""
    with control, control.makefile("rw") as lines:
        for line in lines:
            lines.write(f"{_run_forked(json.loads(line))}\n")
            lines.flush()


def _run_forked(command: dict[str, Any]) -> int:
    child = os.fork()
    if child:
        return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    signal.alarm(_SECONDS)
    folder = Path(command["folder"])
    for number, flags in enumerate((os.O_RDONLY, os.O_WRONLY | os.O_CREAT, os.O_WRONLY | os.O_CREAT)):
        os.dup2(os.open(folder / str(number), flags), number)
    os.environ.clear()
    os.environ.update(command["environment"])
    os.chdir(command["cwd"])
    sys.path[0] = command["cwd"]
    sys.argv[1:] = command["arguments"]
    sys.exit(importlib.import_module("pysailor.cli").main(command["arguments"]))


def _load() -> None:
    for file in sorted(file for folder in LOADED for file in (ROOT / folder).glob("*.py")):
        importlib.import_module(".".join(file.relative_to(ROOT).with_suffix("").parts))
    assert len(list(Path("/proc/self/task").iterdir())) == 1, "a process with threads must not fork"
    gc.freeze()


if __name__ == "__main__":
    _load()
    serve(socket.socket(fileno=int(sys.argv[1])))
