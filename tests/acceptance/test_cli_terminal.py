"""The command line at a terminal, Ctrl-C, and streams that are closed."""

from __future__ import annotations

import json
import re
import shlex
import signal
import subprocess
import sys
import time

import pytest

from lib.offline.sandbox import KEY, Sandbox
from tests.support.command_line import HELLO, ROOT, at, pysailor
from tests.support.terminal import show

ANSWER = "(sandbox, not a model) You asked: “Why?” A model would answer here."
COLOUR = re.compile(r"\x1b\[\d*m")


def test_the_answer_is_shown_once_as_it_comes(sandbox: Sandbox) -> None:
    screen = show("ask", "Why?", *at(sandbox))
    assert screen.code == 0
    assert screen.text.splitlines()[:1] == [ANSWER]
    assert screen.text.count("Why?") == 1
    assert sandbox.requests[-1].body["stream"] is True
    assert "stream" not in _body_of_a_pipe(sandbox)


def _body_of_a_pipe(sandbox: Sandbox) -> dict[str, object]:
    assert pysailor("ask", "Why?", *at(sandbox)).returncode == 0
    body: dict[str, object] = sandbox.requests[-1].body
    return body


def test_json_is_coloured_at_a_terminal_and_one_line_in_a_pipe(sandbox: Sandbox) -> None:
    words = ("process", "sendRequest", HELLO, "--cfg", "onMisfit=pass", *at(sandbox))
    coloured, plain = show(*words), show(*words, NO_COLOR="1")
    assert f"# {HELLO}\n" in coloured.text
    assert '\x1b[34m"body"\x1b[0m: {\n' in coloured.text
    assert "\x1b" not in plain.text
    (document,) = re.findall(r"^\{.*^\}", plain.text, re.MULTILINE | re.DOTALL)
    assert json.loads(document)["body"]["object"] == "chat.completion"
    assert len(pysailor(*words).stdout.splitlines()) == 1


def test_each_of_several_samples_is_named_and_the_end_sums_up(sandbox: Sandbox) -> None:
    wrong = "samples/sendRequest/wrong-role.json"
    screen = show("process", "sendRequest", HELLO, wrong, "--text", *at(sandbox))
    assert screen.code == 1
    places = [screen.text.index(text) for text in (f"# 1/2 {HELLO}\n", "cat", f"# 2/2 {wrong}\n", "/messages/0/role")]
    assert places == sorted(places)
    assert re.search(r"# 1 of 2 done; 14 tokens in, 22 out; price unknown; [\d.]+ s\n$", screen.text)


@pytest.mark.parametrize("words", [("ask", "Why?"), ("process", "sendRequest", HELLO)])
def test_who_waits_long_sees_that_and_the_line_goes_away(sandbox: Sandbox, words: tuple[str, ...]) -> None:
    screen = show(*words, *at(sandbox, "slow"))
    assert screen.code == 0
    assert re.search(r"\r\x1b\[K# \S.* … \d s\r\x1b\[K", screen.text)


def test_a_line_that_is_waited_with_is_for_terminals_only(sandbox: Sandbox) -> None:
    assert "…" not in pysailor("process", "sendRequest", HELLO, *at(sandbox, "slow")).stderr


@pytest.mark.parametrize("shape", ["--text", "--json"])
def test_an_answer_cannot_steer_the_terminal(shape: str) -> None:
    screen = show("ask", "\x1b]0;owned\x07Why\x1b[2J \x9b2J?", "--sandbox", shape)
    assert screen.code == 0
    assert "\x9b" not in screen.text
    assert "\x1b" not in COLOUR.sub("", screen.text)
    assert "\x07" not in screen.text


def test_at_a_terminal_a_worker_says_what_it_is_not_for() -> None:
    assert "the platform sets what this needs" in show("run").text


AS_MODULE = """
import runpy
print("begun", flush=True)
runpy.run_module("pysailor", run_name="__main__", alter_sys=True)
"""
"""What `python -m pysailor` does, once Python itself has started: a Ctrl-C before that is answered by Python."""


@pytest.mark.parametrize("milliseconds", [10, 40, 90, 130, 180, 240, 320])
def test_ctrl_c_is_no_defect_at_any_moment(sandbox: Sandbox, milliseconds: int) -> None:
    command = [sys.executable, "-c", AS_MODULE, "process", "sendRequest", HELLO, *at(sandbox, "slow")]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as running:
        assert running.stdout is not None
        assert running.stdout.readline() == "begun\n"
        time.sleep(milliseconds / 1000)
        running.send_signal(signal.SIGINT)
        _, told = running.communicate(timeout=60)
    if running.returncode == -signal.SIGINT:
        pytest.skip("pysailor itself had not started yet")
    assert (running.returncode, told) == (130, "\nstopped\n")


def test_ctrl_c_ends_the_sandbox_quietly() -> None:
    command = [sys.executable, "-m", "pysailor", "sandbox"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True) as server:
        assert server.stdout is not None
        assert json.loads(server.stdout.readline())["baseUrl"].startswith("http://127.0.0.1:")
        server.send_signal(signal.SIGINT)
        _, told = server.communicate(timeout=60)
    assert "Traceback" not in told
    assert server.returncode == 0
    asking = next(line for line in told.splitlines() if line.startswith("# pysailor process"))
    words = shlex.split(asking[2:])
    assert (ROOT / words[3]).is_file()
    assert f"apiKey={KEY}" in words


def closed(words: tuple[str, ...], *streams: str) -> subprocess.CompletedProcess[str]:
    """Run a command in a shell with streams closed; what is left goes to standard output."""
    line = shlex.join([sys.executable, "-m", "pysailor", *words])
    return subprocess.run(
        ["sh", "-c", f"{line} {' '.join(streams)}"], cwd=ROOT, capture_output=True, text=True, check=False, timeout=60
    )


def test_nothing_is_sent_where_nobody_can_read_the_answer(sandbox: Sandbox) -> None:
    words = ("process", "sendRequest", HELLO, *at(sandbox))
    done = closed(words, ">&-")
    assert (done.returncode, done.stderr) == (
        141,
        "pysailor process: standard output is closed; nothing was done\n",
    )
    done = subprocess.run(
        ["bash", "-c", f"{shlex.join([sys.executable, '-m', 'pysailor', *words])} | true; exit ${{PIPESTATUS[0]}}"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert "Traceback" not in done.stderr
    assert sandbox.requests == () or done.returncode == 0


def test_closed_streams_are_no_defect(sandbox: Sandbox) -> None:
    words = ("process", "sendRequest", HELLO, *at(sandbox))
    done = closed(words, "2>&-")
    assert done.returncode == 0
    assert json.loads(done.stdout)["body"]["object"] == "chat.completion"
    assert closed(words, "<&-").returncode == 0
    done = closed(("process", "ask", "-", *at(sandbox)), "<&-")
    assert (done.returncode, done.stderr) == (
        2,
        "standard input is closed; name a sample file, or make a message: --body KEY=VALUE\n",
    )
    done = closed(("ask", *at(sandbox)), "<&-")
    assert done.returncode == 2
    assert "what is the question?" in done.stderr
    assert closed(("--help",), "| true").stderr == ""
