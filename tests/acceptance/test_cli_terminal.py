"""The command line at a terminal, and Ctrl-C."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from lib.offline.sandbox import KEY
from tests.support.command_line import HELLO, ROOT

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.fixture
def at_a_terminal() -> Callable[..., str]:
    """Give what runs a command whose standard error is a terminal, and gives what it shows."""

    def run(*arguments: str) -> str:
        ours, its = os.openpty()
        clean = {name: value for name, value in os.environ.items() if not name.startswith("OPENAI_")}
        subprocess.run(
            [sys.executable, "-m", "pysailor", *arguments],
            cwd=ROOT,
            env=clean,
            stdout=subprocess.DEVNULL,
            stderr=its,
            check=False,
        )
        os.close(its)
        with os.fdopen(ours, "rb", buffering=0) as screen:
            return screen.read(10_000).decode()

    return run


def test_ctrl_c_ends_the_sandbox_quietly() -> None:
    command = [sys.executable, "-m", "pysailor", "sandbox"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert json.loads(server.stdout.readline())["baseUrl"].startswith("http://127.0.0.1:")
        server.send_signal(signal.SIGINT)
        _, told = server.communicate(timeout=20)
    assert "Traceback" not in told
    assert server.returncode == 0
    asking = next(line for line in told.splitlines() if line.startswith("# pysailor process"))
    words = shlex.split(asking[2:])
    assert (ROOT / words[3]).is_file()
    assert f"apiKey={KEY}" in words


def test_at_a_terminal_a_missing_setting_comes_with_ways_to_give_it(at_a_terminal: Callable[..., str]) -> None:
    told = at_a_terminal("process", "sendRequest", HELLO, "--cfg", "apiKey=k")
    assert '"Model" is missing: --cfg model=… or OPENAI_MODEL; pysailor select sendRequest model lists what' in told
    assert "the platform sets what this needs" in at_a_terminal("run")
