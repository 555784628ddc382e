"""The page on RabbitMQ does what it says, command by command."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
from contextlib import ExitStack, contextmanager
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pysailor.platform.variables import variables
from tests.support.broker import eventually, free_port

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.support.broker import Rabbit

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/rabbitmq.md").read_text(encoding="utf-8")
BLOCKS = [block.splitlines() for block in re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)]
INSTALLS = re.compile(r"^(make demo|\.venv/bin/pip|tools/install-rabbitmq|sudo rabbitmq-server|docker run)")
FIRST = [line for block in BLOCKS for line in block if line.startswith(". ")]
COMMANDS = [line for block in BLOCKS for line in block if not INSTALLS.match(line) and line not in FIRST]
STAYS = {"pysailor sandbox": "sandbox", "serve ": "laptop:messages", "pysailor run": "Fully initialized"}
"""What runs until Ctrl-C, and what tells that it is ready: in what it prints, or for the silent one a queue."""


def environment(broker: Rabbit) -> dict[str, str]:
    """Return what a reader's shell has, with the ports of this test."""
    clean = {name: value for name, value in os.environ.items() if not name.startswith(("ELASTICIO_", "OPENAI_"))}
    api, sandbox = free_port(), free_port()
    here = {"ELASTICIO_AMQP_URI": broker.uri, "ELASTICIO_API_URI": f"http://127.0.0.1:{api}"}
    path = f"{Path(sys.executable).parent}:{clean['PATH']}"
    return clean | here | {"OPENAI_BASE_URL": f"http://127.0.0.1:{sandbox}/v1", "PATH": path}


def shell(line: str, given: dict[str, str]) -> list[str]:
    """Return the command line of a shell that read the first commands of the page; the environment is there already."""
    port = given["OPENAI_BASE_URL"].removesuffix("/v1").rpartition(":")[2]
    first = "; ".join(each for each in FIRST if "activate" not in each)
    return ["sh", "-eu", "-c", f"{first}; exec {line.replace('8080', port)}"]


@contextmanager
def running(line: str, given: dict[str, str], log: Path) -> Iterator[subprocess.Popen[bytes]]:
    with log.open("wb") as out:
        process = subprocess.Popen(shell(line, given), cwd=ROOT, env=given, stdout=out, stderr=out)
        try:
            yield process
        finally:
            process.kill()
            process.wait()


@pytest.fixture
def page_broker(broker: Rabbit) -> Iterator[Rabbit]:
    """Return the broker, and remove what the page's commands leave in it."""
    yield broker
    with broker.channel() as channel:
        channel.exchange_delete("laptop")
        for name in ("laptop:messages", "laptop.message", "laptop.error", "laptop.rebound", "laptop.snapshot"):
            channel.queue_delete(name)


def test_every_command_of_the_page_does_what_it_says(page_broker: Rabbit, tmp_path: Path) -> None:
    given = environment(page_broker)
    worker = None
    with ExitStack() as stack:
        for number, line in enumerate(COMMANDS):
            ready = next((ready for start, ready in STAYS.items() if start in line), None)
            if ready is None:
                run(line, given, page_broker)
                continue
            log = tmp_path / str(number)
            worker = stack.enter_context(running(line, given, log))
            eventually(partial(is_ready, ready, log, page_broker))
            assert worker.poll() is None, log.read_text()
        assert worker is not None
        worker.send_signal(signal.SIGTERM)
        assert worker.wait(120) == 0


def run(line: str, given: dict[str, str], broker: Rabbit) -> None:
    if line.startswith("sudo rabbitmqctl "):
        listed = broker.ctl(*line.split()[2:])
        assert re.search(r"^laptop:messages\s+0\s+1$", listed, re.MULTILINE), listed
        return
    done = subprocess.run(
        shell(line, given), cwd=ROOT, env=given, capture_output=True, text=True, check=False, timeout=240
    )
    is_refused = "wrong-" in line
    assert done.returncode == int(is_refused), done.stderr
    assert is_refused == ("error" in json.loads(done.stdout))


def is_ready(ready: str, log: Path, broker: Rabbit) -> bool:
    return ready in log.read_text() or ready in queues(broker)


def queues(broker: Rabbit) -> str:
    """Return the name of the step's queue if it is there."""
    import pika  # noqa: PLC0415 - collecting tests must not need it

    with broker.channel() as channel:
        try:
            channel.queue_declare("laptop:messages", passive=True)
        except pika.exceptions.ChannelClosedByBroker:
            return ""
    return "laptop:messages"


def test_the_page_sets_what_a_worker_must_have_and_no_more() -> None:
    said = set(re.findall(r"^(ELASTICIO_\w+)=", (ROOT / "deploy/step.env").read_text(), re.MULTILINE))
    assert said == {variable.name for variable in variables() if variable.mandatory}


def test_commands_are_found() -> None:
    assert len(COMMANDS) >= 7
    assert len(FIRST) == 2
