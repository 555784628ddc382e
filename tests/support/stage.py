"""A step of a flow on a real broker: what the platform would have declared for it, and the worker as a process."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from uuid import uuid4

import pytest

from pysailor.wire.cipher import Cipher
from tests.support.broker import Rabbit, eventually
from tests.support.platform import FLOW_ID, KEY, STEP_ID, TOKEN, USERNAME, Platform

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

PYSAILOR = Path(sys.executable).with_name("pysailor")
TINY = Path(__file__).parents[1] / "components" / "tiny"
PASSWORD, IV = "testCryptoPassword", "iv=any16_symbols"
CIPHER = Cipher(PASSWORD, IV)
FIXED = {
    "execId": "some-exec-id",
    "taskId": FLOW_ID,
    "workspaceId": "some-workspace",
    "containerId": "some-container",
    "userId": "some-user",
    "stepId": STEP_ID,
    "compId": "some-component",
    "function": "obey",
}
ROUTES = ("data", "error", "rebound", "snapshot", "reply")


@dataclass(frozen=True)
class Taken:
    """A message that came out."""

    content: bytes
    headers: dict[str, Any]
    properties: Any

    def message(self) -> dict[str, Any]:
        """Return what the content holds, read as its protocolVersion says."""
        return dict(CIPHER.decode(self.content, self.headers.get("protocolVersion", 1)))

    @property
    def body(self) -> Any:
        """Return the body of the message."""
        return self.message()["body"]

    def error(self) -> dict[str, Any]:
        """Return the error that an error message holds."""
        return dict(CIPHER.decode(json.loads(self.content)["error"].encode()))

    def error_input(self) -> Any:
        """Return the input that an error message holds."""
        return CIPHER.decode(json.loads(self.content)["errorInput"].encode())


class StartedWorker:
    """The process, ours unless another is given; `lines` are what it logs."""

    def __init__(self, env: dict[str, str], command: Sequence[str | Path], cwd: Path) -> None:
        self.process = subprocess.Popen(command, env=env, cwd=cwd, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.lines: list[dict[str, Any]] = []
        self._text: list[str] = []
        self.errors = ""
        self._readers = [threading.Thread(target=read, daemon=True) for read in (self._read, self._read_errors)]
        for reader in self._readers:
            reader.start()

    def __enter__(self) -> Self:
        """Wait until it consumes."""
        try:
            eventually(lambda: self.said("Fully initialized") or self.process.poll() is not None)
            assert self.process.poll() is None, self.text + self.errors
        except BaseException:
            self.kill()
            raise
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        """Stop it; it must end well."""
        if self.process.poll() is None:
            self.process.terminate()
        try:
            code = self.end()
        except subprocess.TimeoutExpired:
            self.process.kill()
            raise
        assert kind is not None or code in (0, -signal.SIGKILL), self.text + self.errors

    def end(self, within: float = 60) -> int:
        """Wait for its end; return the exit code."""
        code = self.process.wait(within)
        for reader in self._readers:
            reader.join()
        for stream in (self.process.stdout, self.process.stderr):
            if stream is not None:
                stream.close()
        # Only a kill may cut the last line off.
        assert code == -signal.SIGKILL or not self._text or self._text[-1].endswith("\n"), self._text[-1]
        return code

    def kill(self) -> None:
        """End it at once, whatever it does."""
        self.process.kill()
        self.end()

    @property
    def text(self) -> str:
        """What it logged, as it stands; kept by the line, since a hundred thousand of them are many to add up."""
        return "".join(list(self._text))

    def said(self, text: str) -> list[dict[str, Any]]:
        """Return the log lines with this text."""
        return [line for line in list(self.lines) if text in line["msg"]]

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self._text.append(line.decode(errors="replace"))
            if line.endswith(b"\n"):
                self.lines.append(json.loads(line))

    def _read_errors(self) -> None:
        assert self.process.stderr is not None
        self.errors = self.process.stderr.read().decode(errors="replace")


@dataclass
class Stage:
    """The step's place: queue, exchange, a queue for each route, and the platform."""

    rabbit: Rabbit
    platform: Platform
    folder: Path
    name: str = field(default_factory=lambda: f"stage.{uuid4().hex[:8]}")
    workers: list[StartedWorker] = field(default_factory=list)

    @property
    def queue(self) -> str:
        """Where its input waits."""
        return f"{self.name}.in"

    def __enter__(self) -> Self:
        """Declare."""
        self._context = self.rabbit.channel()
        self.channel = self._context.__enter__()
        self.channel.exchange_declare(self.name, "direct", durable=True)
        self.channel.queue_declare(self.queue, durable=True)
        for route in ROUTES:
            self.declare(route)
        return self

    def __exit__(self, *_: object) -> None:
        """Remove all of it, and the workers that a test which failed has left."""
        for worker in self.workers:
            if worker.process.poll() is None:
                worker.kill()
        if not self.channel.is_open:
            self.reconnect()
        for route in (*ROUTES, "in"):
            self.channel.queue_delete(f"{self.name}.{route}")
        self.channel.exchange_delete(self.name)
        self._context.__exit__(None, None, None)

    def reconnect(self) -> None:
        """Come back after the broker was away, or dropped everybody."""
        from pika.exceptions import AMQPError  # noqa: PLC0415 - collecting tests must not need it

        with suppress(AMQPError):
            self._context.__exit__(None, None, None)
        self._context = self.rabbit.channel()
        self.channel = self._context.__enter__()

    def declare(self, route: str, **arguments: Any) -> None:
        """Have a queue for what goes out by this route."""
        self.channel.queue_declare(f"{self.name}.{route}", durable=True, arguments=arguments)
        self.channel.queue_bind(f"{self.name}.{route}", self.name, self.route(route))

    def route(self, kind: str) -> str:
        """Return a routing key."""
        return f"{self.name}.{kind}"

    def env(self, **changes: str | None) -> dict[str, str]:
        """Return the environment of a worker; a change to None takes a variable out."""
        defaults = {
            "FLOW_ID": FLOW_ID,
            "STEP_ID": STEP_ID,
            "EXEC_ID": FIXED["execId"],
            "CONTAINER_ID": FIXED["containerId"],
            "WORKSPACE_ID": FIXED["workspaceId"],
            "USER_ID": FIXED["userId"],
            "COMP_ID": FIXED["compId"],
            "FUNCTION": "obey",
            "API_URI": self.platform.uri,
            "API_USERNAME": USERNAME,
            "API_KEY": KEY,
            "API_REQUEST_RETRY_DELAY": "10",
            "AMQP_URI": self.rabbit.uri,
            "LISTEN_MESSAGES_ON": self.queue,
            "PUBLISH_MESSAGES_TO": self.name,
            "DATA_ROUTING_KEY": self.route("data"),
            "ERROR_ROUTING_KEY": self.route("error"),
            "REBOUND_ROUTING_KEY": self.route("rebound"),
            "SNAPSHOT_ROUTING_KEY": self.route("snapshot"),
            "MESSAGE_CRYPTO_IV": IV,
            "MESSAGE_CRYPTO_PASSWORD": PASSWORD,
            "OBJECT_STORAGE_URI": self.platform.uri,
            "OBJECT_STORAGE_TOKEN": TOKEN,
            "AMQP_PUBLISH_RETRY_DELAY": "20",
        }
        given = {name if name.startswith("PYSAILOR") else f"ELASTICIO_{name}": value for name, value in changes.items()}
        whole = {f"ELASTICIO_{name}": value for name, value in defaults.items()} | {
            "PYSAILOR_RECONNECT_MAX_DELAY": "200"
        }
        if pool := os.environ.get("TEST_POOL"):
            whole["PYSAILOR_POOL"] = pool
        kept = {name: value for name, value in os.environ.items() if not name.startswith(("ELASTICIO", "PYSAILOR"))}
        return {name: value for name, value in {**kept, **whole, **given}.items() if value is not None}

    def worker(self, **changes: str | None) -> StartedWorker:
        """Start a worker."""
        return self.start(self.env(**changes))

    def start(
        self, env: dict[str, str], command: Sequence[str | Path] = (PYSAILOR, "run"), cwd: Path = TINY
    ) -> StartedWorker:
        """Start a worker of any kind."""
        worker = StartedWorker(env, command, cwd)
        self.workers.append(worker)
        return worker

    def put(self, document: Any, headers: dict[str, Any] | None = None, *, protocol: int = 1, **properties: Any) -> str:
        """Put a message into the input queue, or bytes as they are; return its id."""
        import pika  # noqa: PLC0415 - collecting tests must not need it

        message_id = str(uuid4())
        content = document if isinstance(document, bytes) else CIPHER.encode(document, protocol)
        merged = {"messageId": message_id, "threadId": "the-thread", "protocolVersion": protocol, **(headers or {})}
        known = pika.BasicProperties(headers=merged, delivery_mode=2, **properties)
        self.channel.basic_publish("", self.queue, content, known)
        return message_id

    def order(self, do: str, **body: Any) -> str:
        """Have the tiny component do something; return the message's id."""
        return self.put({"body": {"do": do, **body}})

    def take(self, route: str = "data", count: int = 1, within: float = 60) -> list[Taken]:
        """Return what came out by this route, as soon as it is that many."""
        taken: list[Taken] = []

        def enough() -> bool:
            method, properties, content = self.channel.basic_get(f"{self.name}.{route}", auto_ack=True)
            if method is not None:
                taken.append(Taken(content, properties.headers, properties))
            return len(taken) == count

        while len(taken) < count:
            before = len(taken)
            eventually(lambda: enough() or len(taken) > before, within)  # noqa: B023 - called at once
        return taken

    def one(self, route: str = "data") -> Taken:
        """Return the next message that comes out."""
        return self.take(route)[0]

    def count(self, route: str = "in") -> int:
        """Return how many messages wait; those that a worker has got do not."""
        return int(self.channel.queue_declare(f"{self.name}.{route}", passive=True).method.message_count)

    def nothing_left(self) -> bool:
        """Return whether everything that came out was taken, and nothing waits for a worker."""
        return not any(self.count(route) for route in (*ROUTES, "in"))

    def file(self, name: str) -> Path:
        """Return a file by which test and component tell each other things."""
        return self.folder / name


@contextmanager
def staged(rabbit: Rabbit, folder: Path) -> Iterator[Stage]:
    """Return a stage with a platform."""
    pytest.importorskip("pika")
    with Platform() as platform, Stage(rabbit, platform, folder) as stage:
        yield stage
