"""A real RabbitMQ for the tests: the one that AMQP_URI names, else a private node that ends with the tests."""

from __future__ import annotations

import os
import random
import socket
import subprocess
import tempfile
import threading
import time
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import quote, urlsplit

import pytest

from tests.support.broker_program import find_or_install
from tests.support.certificate import write_certificate

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator


def eventually(claim: Callable[[], Any], within: float = 60.0) -> Any:
    """Return the claim's value as soon as it is true; fail when it does not become so."""
    until = time.monotonic() + within
    while time.monotonic() < until:
        value = claim()
        if value:
            return value
        threading.Event().wait(0.01)
    return pytest.fail(f"did not come true within {within} s: {claim}")


def free_port() -> int:
    """Return a port that nobody listens on, and that no connection gets as its own: the system gives higher ones."""
    while True:
        port = random.randrange(10_000, 32_000)  # noqa: S311 - no secret
        with suppress(OSError), socket.create_server(("127.0.0.1", port)):
            return port


@dataclass
class Rabbit:
    """A running broker. `node` is ours to control, or None when it is somebody else's."""

    uri: str
    node: Node | None = None

    def ctl(self, *args: str) -> str:
        """Run rabbitmqctl on our own node; skip when the broker is not ours."""
        if self.node is None:
            pytest.skip("this test stops and breaks the broker, and AMQP_URI names one that is not ours")
        return self.node.ctl(*args)

    @contextmanager
    def channel(self) -> Iterator[Any]:
        """Return a blocking channel, for what the platform would do."""
        import pika  # noqa: PLC0415 - collecting tests must not need it

        connection = pika.BlockingConnection(pika.URLParameters(self.uri))
        try:
            yield connection.channel()
        finally:
            if connection.is_open:
                connection.close()


class Node:
    """A RabbitMQ node of our own: its own ports, folders and port mapper; leaves nothing behind."""

    def __init__(self, sbin: Path) -> None:
        self._sbin = sbin
        self._stack = ExitStack()
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="rabbitmq-")))
        self.port = free_port()
        self.tls_port = free_port()
        self.certificate, self._key = write_certificate(self._folder)
        self._environment = self._make_environment()

    @property
    def uri(self) -> str:
        """Where it listens."""
        return f"amqp://guest:guest@127.0.0.1:{self.port}/%2F"

    @property
    def tls_uri(self) -> str:
        """Where it listens with TLS, and whom to trust."""
        options = quote(repr({"cafile": str(self.certificate), "server_hostname": "127.0.0.1"}))
        return f"amqps://guest:guest@127.0.0.1:{self.tls_port}/%2F?ssl_options={options}"

    def start(self) -> None:
        """Return when it takes connections."""
        try:
            self._epmd = self._run("epmd", "-address", "127.0.0.1", "-port", self._environment["ERL_EPMD_PORT"])
            self._server = self._run(str(self._sbin / "rabbitmq-server"))
            eventually(self._listens, within=120)
        except BaseException:
            self.stop()
            raise

    def stop(self) -> None:
        """End the node and its port mapper."""
        self._stack.close()

    def ctl(self, *args: str) -> str:
        """Run rabbitmqctl; return what it prints."""
        command = [str(self._sbin / "rabbitmqctl"), "--quiet", *args]
        done = subprocess.run(command, env=self._environment, capture_output=True, text=True, timeout=120, check=False)
        if done.returncode:
            pytest.fail(f"rabbitmqctl {' '.join(args)}: {done.stdout}{done.stderr}")
        return done.stdout

    def _make_environment(self) -> dict[str, str]:
        folder = self._folder
        (folder / "home").mkdir()
        (folder / "enabled_plugins").write_text("[].")
        (folder / "rabbitmq.conf").write_text(
            f"listeners.ssl.1 = 127.0.0.1:{self.tls_port}\n"
            f"ssl_options.certfile = {self.certificate}\n"
            f"ssl_options.keyfile = {self._key}\n"
        )
        return os.environ | {
            "RABBITMQ_NODENAME": f"pysailor{self.port}@localhost",
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_NODE_IP_ADDRESS": "127.0.0.1",
            "RABBITMQ_DIST_PORT": str(free_port()),
            "ERL_EPMD_PORT": str(free_port()),
            "ERL_EPMD_ADDRESS": "127.0.0.1",
            "RABBITMQ_MNESIA_BASE": str(folder / "mnesia"),
            "RABBITMQ_LOG_BASE": str(folder / "log"),
            "RABBITMQ_CONFIG_FILE": str(folder / "rabbitmq"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(folder / "enabled_plugins"),
            "RABBITMQ_PID_FILE": str(folder / "pid"),
            # One scheduler that does not spin: the tests share two cores with it.
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": "+S 1:1 +sbwt none +sbwtdcpu none +sbwtdio none",
            "HOME": str(folder / "home"),
        }

    def _run(self, *command: str) -> subprocess.Popen[bytes]:
        log = self._stack.enter_context((self._folder / f"{Path(command[0]).name}.out").open("wb"))
        process = subprocess.Popen(command, env=self._environment, stdout=log, stderr=log)
        self._stack.callback(_end, process)
        return process

    def _listens(self) -> bool:
        if self._server.poll() is not None:
            pytest.fail((self._folder / "rabbitmq-server.out").read_text())
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=10) as probe:
                probe.sendall(b"AMQP\x00\x00\x09\x01")
                return bool(probe.recv(1))
        except OSError:
            return False


def _end(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(60)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _start_node(sbin: Path) -> Node:
    """Start a node; one whose port somebody else took meanwhile is started again with other ports."""
    for _ in range(2):
        with suppress(pytest.fail.Exception):
            node = Node(sbin)
            node.start()
            return node
    node = Node(sbin)
    node.start()
    return node


@contextmanager
def running_rabbit() -> Iterator[Rabbit]:
    """Return a broker; skip when there is none and none may be installed, fail instead when CI=true."""
    if uri := os.environ.get("AMQP_URI"):
        yield Rabbit(uri)
        return
    node = _start_node(find_or_install())
    try:
        yield Rabbit(node.uri, node)
    finally:
        node.stop()


@dataclass
class Cable:
    """The wire between a client and the broker, to be cut: a port that passes everything on."""

    uri_behind: str
    _pairs: list[tuple[socket.socket, socket.socket]] = field(default_factory=list)
    _plugged: bool = True
    _silent: bool = False
    _swallows: bool = False
    _changes: threading.Lock = field(default_factory=threading.Lock)
    """Held to cut, to close, and to note a connection: none slips through a cut, none is shut that was closed."""

    def __enter__(self) -> Self:
        behind = urlsplit(self.uri_behind)
        self._behind = (behind.hostname or "127.0.0.1", behind.port or 5672)
        self._server = socket.create_server(("127.0.0.1", 0))
        port = self._server.getsockname()[1]
        self.uri = behind._replace(netloc=f"{behind.username}:{behind.password}@127.0.0.1:{port}").geturl()
        self._listening = threading.Thread(target=self._accept, daemon=True)
        self._listening.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop listening and cut.

        The thread ends before its socket is closed: else it may go on with the number of a socket that is opened later.
        """
        self._server.shutdown(socket.SHUT_RDWR)
        self._listening.join()
        self._server.close()
        self.cut()

    def cut(self) -> int:
        """Drop all connections; return how many there were."""
        with self._changes:
            pairs, self._pairs = self._pairs, []
            for pair in pairs:
                for end in pair:
                    _shut(end)
                if pair[0] is pair[1]:  # nobody reads from it, who would close it
                    pair[0].close()
            self._swallows = False  # not before: what is on its way must not slip through
        return len(pairs)

    def unplug(self) -> None:
        """Cut, and let nobody connect until `plug`."""
        self._plugged = False
        self.cut()

    def plug(self) -> None:
        """Let clients connect again."""
        self._plugged, self._silent = True, False

    def fall_silent(self) -> None:
        """Cut, and take connections without ever answering them, those that came before `plug` also afterwards."""
        self._silent = True
        self.cut()

    def swallow(self) -> None:
        """Have nothing that clients send arrive any more, without their noticing, until the next cut."""
        self._swallows = True

    def _pass_on(self, source: socket.socket, target: socket.socket) -> None:
        with suppress(OSError):
            while data := source.recv(65536):
                if not self._swallows:
                    target.sendall(data)
        for end in (source, target):
            _shut(end)

    def _connect(self, near: socket.socket, far: socket.socket) -> None:
        back = threading.Thread(target=self._pass_on, args=(far, near), daemon=True)
        back.start()
        self._pass_on(near, far)
        back.join()
        with self._changes:
            near.close()
            far.close()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                near, _ = self._server.accept()
                far = self._reach()
                with self._changes:
                    if self._plugged and self._silent:
                        self._pairs.append((near, near))
                    elif self._plugged and far is not None:
                        self._pairs.append((near, far))
                        threading.Thread(target=self._connect, args=(near, far), daemon=True).start()
                        continue
                    else:
                        near.close()
                if far is not None:
                    far.close()

    def _reach(self) -> socket.socket | None:
        if self._silent or not self._plugged:
            return None
        with suppress(OSError):  # the broker is away
            return socket.create_connection(self._behind)
        return None


def _shut(end: socket.socket) -> None:
    with suppress(OSError):
        end.shutdown(socket.SHUT_RDWR)
