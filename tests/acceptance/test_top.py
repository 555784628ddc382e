"""`pysailor top` shows a running worker, at a terminal and elsewhere, and tells when there is none."""

from __future__ import annotations

import os
import pty
import signal
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.support.broker import eventually, free_port
from tests.support.monitoring import Probed
from tests.support.stage import PYSAILOR

if TYPE_CHECKING:
    from tests.support.stage import Stage


def top(*arguments: str) -> subprocess.CompletedProcess[str]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYSAILOR")}
    return subprocess.run(
        [PYSAILOR, "top", *arguments], env=env, capture_output=True, text=True, timeout=120, check=False
    )


def test_one_look_elsewhere_than_at_a_terminal_is_one_line(stage: Stage) -> None:
    with stage.worker(PYSAILOR_METRICS_PORT="0") as worker:
        probed = Probed(worker)
        stage.put({"body": {}})
        probed.until(1, "pysailor_messages_total", outcome="done")
        probed.until(1, "pysailor_consuming")
        done = top(str(probed.port), "--once")
    assert (done.returncode, done.stderr) == (0, "")
    (line,) = done.stdout.splitlines()
    assert "consuming in_flight=0/20 done=1 rebound=0 failed=0" in line
    assert "\x1b" not in line


def test_at_a_terminal_it_is_a_table_until_ctrl_c_which_is_a_good_end(stage: Stage) -> None:
    with stage.worker(PYSAILOR_METRICS_PORT="0") as worker:
        main, terminal = pty.openpty()
        shown = subprocess.Popen(
            [PYSAILOR, "top", str(Probed(worker).port), "--every", "0.1"],
            stdout=terminal,
            stderr=terminal,
            env={**os.environ, "TERM": "xterm"},
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.default_int_handler),  # noqa: PLW1509 - one thread
        )
        os.close(terminal)
        text = b""
        while text.count(b"in flight 0 of 20") < 2:
            text += os.read(main, 4096)
        shown.send_signal(signal.SIGINT)
        assert shown.wait(60) == 0
        os.close(main)
    assert b"function obey" in text
    assert b"Traceback" not in text


def test_nothing_that_listens_is_a_sentence() -> None:
    port = free_port()
    done = top(str(port))
    assert done.returncode == 1
    assert done.stdout == ""
    assert done.stderr.startswith(
        f"pysailor top: nothing tells metrics at http://127.0.0.1:{port}/metrics (Connection refused). "
    )
    assert done.stderr.count("\n") == 1


def test_a_worker_that_ends_meanwhile_is_a_sentence(stage: Stage) -> None:
    with stage.worker(PYSAILOR_METRICS_PORT="0") as worker:
        command = [str(PYSAILOR), "top", str(Probed(worker).port), "--every", "0.1"]
        shown = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        assert shown.stdout is not None
        eventually(shown.stdout.readline)
    _, errors = shown.communicate(timeout=60)
    assert shown.returncode == 1
    assert "nothing tells metrics" in errors
    assert "Traceback" not in errors


def test_what_is_no_worker_is_told_as_such(stage: Stage) -> None:
    done = top(f"{stage.platform.uri}/metrics", "--once")
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
    assert "metrics" in done.stderr


@pytest.mark.parametrize("arguments", [(), ("nonsense",), ("70000",), ("1", "--every", "0"), ("1", "--every", "x")])
def test_a_wrong_command_is_told(arguments: tuple[str, ...]) -> None:
    done = top(*arguments)
    assert done.returncode == 2
    assert "Traceback" not in done.stderr
