"""`pysailor chat`, with the sandbox behind it, as people start it."""

from __future__ import annotations

import argparse
import contextlib
import re
import signal
import subprocess
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from websockets.exceptions import ConnectionClosed
from websockets.sync.client import connect

from lib.api.connection import Connection
from lib.chat import command
from lib.chat.backend import ApiBackend
from lib.chat.config.hooks import HookFunctions
from lib.chat.config.load import load
from lib.chat.conversation import Service
from lib.chat.server.listener import Listener
from lib.conversation import open_store
from lib.offline.sandbox import KEY, Sandbox
from lib.offline.servers import SERVERS

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).parents[3]
SAMPLES = ROOT / "samples" / "chat"
MAIN = "import sys; from lib import cli; from lib.chat.command import main; sys.exit(main(servers=cli.SERVERS))"
WAIT = 20


@contextmanager
def asked(sandbox: Sandbox, sample: str, address: str, scenario: str | None = None) -> Iterator[Any]:
    """Return a socket to a sample's chat, which the sandbox answers."""
    hooks = HookFunctions.load(SAMPLES / "hooks.py")
    config = load(SAMPLES / sample, environment={}, hooks=hooks, offline=True)
    base = sandbox.base_url_of(scenario) if scenario else sandbox.base_url
    service = Service(Connection(base, KEY), "gpt-sandbox-2", "sandbox")
    with (
        open_store("memory:") as store,
        Listener(config.routes, service, ApiBackend(), store) as server,
        connect(server.url(address, "ws")) as ws,
    ):
        yield ws


def turn(ws: Any, question: str) -> str:
    ws.send(question)
    text = ""
    while frame := ws.recv(WAIT):
        text += frame
    return text


@pytest.fixture(scope="module")
def sandbox() -> Iterator[Sandbox]:
    with Sandbox() as running:
        yield running


ADDRESSES = {
    "hello.yaml": "/chat",
    "from-the-address.yaml": "/chat?key=sk-1&stream",
    "short-memory.yaml": "/chat",
    "every-setting.yaml": "/chat",
    "hooks.yaml": "/help/billing",
    "attachments.yaml": "/chat",
    "beside-others.yaml": "/chat",
}


@pytest.mark.parametrize("sample", sorted(path.name for path in SAMPLES.glob("*.yaml")))
def test_every_sample_talks(sandbox: Sandbox, sample: str) -> None:
    with asked(sandbox, sample, ADDRESSES[sample]) as ws:
        assert "You asked: “Grüße 👋”" in turn(ws, "Grüße 👋")
    sent = sandbox.requests[-1].body
    assert sent["messages"][-1]["content"] == "Grüße 👋"


@pytest.mark.parametrize(
    ("scenario", "words"),
    [
        ("bad_key", "The assistant cannot answer at the moment"),
        ("truncated", "cut off"),
        ("refusal", "refuses"),
        ("tool_call", "look_up"),
        ("stream_cut", "broke off"),
        ("stream_error", "[ERROR]"),
        ("stream_no_done", "You asked"),
        ("stream_ignored", "You asked"),
        ("html", "[ERROR]"),
    ],
)
def test_what_goes_wrong_at_the_api_is_a_sentence_and_the_socket_lives_on(
    sandbox: Sandbox, scenario: str, words: str
) -> None:
    with asked(sandbox, "short-memory.yaml", "/chat", scenario) as ws:
        assert words in turn(ws, "Hi")
        assert turn(ws, "Again")


def run(*arguments: str, environment: dict[str, str] | None = None) -> int:
    parser = argparse.ArgumentParser()
    command.declare(parser)
    return command.run(parser.parse_args(list(arguments)), environment or {}, SERVERS)


def test_what_is_wrong_in_the_file_is_told_line_by_line_and_ends_with_2(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    file = tmp_path / "chat.yaml"
    file.write_text("url:\n  a:\n    pattern: a\n    handler: ChatGPTHandler\n    kwargs: {temprature: 1}\n", "utf-8")
    assert run(str(file)) == 2
    told = capsys.readouterr().err.splitlines()
    assert [line.split(": ")[1] for line in told] == [f"{file}:3", f"{file}:5", f"{file}:5"]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["none.yaml"], "cannot be read"),
        ([str(SAMPLES / "hello.yaml")], "$OPENAI_API_KEY is not set"),
        ([str(SAMPLES / "hello.yaml")], "to try it without a key: --local or --sandbox"),
        ([str(SAMPLES / "hooks.yaml"), "--sandbox"], "--hooks"),
        ([str(SAMPLES / "hooks.yaml"), "--sandbox", "--hooks", "none.py"], "no file"),
        ([str(SAMPLES / "hello.yaml"), "--sandbox", "--turns", "0"], "above 0"),
        ([str(SAMPLES / "hello.yaml"), "--sandbox", "--store", "ftp://x"], "cannot be kept"),
    ],
)
def test_what_cannot_be_started_is_told_and_ends_with_2(
    arguments: list[str], words: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(*arguments) == 2
    told = capsys.readouterr().err.strip()
    assert words in told
    assert all(line.startswith("pysailor chat: ") for line in told.splitlines())


def test_a_port_that_is_taken_is_told(sandbox: Sandbox, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(str(SAMPLES / "hello.yaml"), "--sandbox", "--port", str(sandbox.port)) == 1
    assert "cannot be taken: Address already in use; choose another" in capsys.readouterr().err


def test_a_host_that_has_no_address_is_told_by_the_system_s_words(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(str(SAMPLES / "hello.yaml"), "--sandbox", "--host", "no..such") == 1
    told = capsys.readouterr().err
    assert "of no..such cannot be taken" in told
    assert "Unknown error" not in told


def test_a_missing_extra_is_one_line_that_says_what_to_install() -> None:
    told = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.modules['uvicorn'] = None; {MAIN}", str(SAMPLES / "hello.yaml")],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (told.returncode, told.stderr) == (2, f"pysailor chat: {command.MISSING}\n")


def test_declaring_the_command_loads_nothing_heavy() -> None:
    heavy = ["yaml", "starlette", "uvicorn", "websockets", "requests", "jsonschema"]
    code = f"import sys; import lib.chat.command; sys.exit(bool(set({heavy}) & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], cwd=ROOT, check=False).returncode == 0


@pytest.mark.parametrize("sign", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_ends_the_command_in_order(sign: signal.Signals) -> None:
    arguments = [str(SAMPLES / "hello.yaml"), "--sandbox", "--port", "0"]
    with subprocess.Popen(
        [sys.executable, "-c", MAIN, *arguments],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout
        assert process.stderr
        found = re.fullmatch(r"hello: (http://127.0.0.1:\d+/chat)\n", process.stdout.readline())
        assert found
        with connect(found[1].replace("http", "ws", 1)) as ws:
            assert "You asked" in turn(ws, "Hi")
            process.send_signal(sign)
            with contextlib.suppress(ConnectionClosed):
                ws.recv(WAIT)
            assert ws.close_code == 1001
        assert process.wait(WAIT) == 0
        assert "Traceback" not in process.stderr.read()
