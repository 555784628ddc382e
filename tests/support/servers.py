"""The real servers that some tests need: the one named in the environment, or a private one started for the session.

POSTGRESQL_URL and REDIS_URL name servers that already run. Without them the installed programs are started in a
temporary folder; what is not installed is installed in CI (tools/install-test-servers), and skipped elsewhere.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.support.broker import free_port

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

ROOT = Path(__file__).parents[2]
_INSTALL = ROOT / "tools" / "install-test-servers"
_SECONDS_TO_START = 120.0
_PAUSE = 0.02
SHARED = ("sqlite", "postgresql", "redis")
"""The kinds of store that several processes can share."""


def store_address(kind: str, request: pytest.FixtureRequest, place: Path) -> str:
    """Return the address of a store of this kind; a file is in `place`."""
    if kind == "memory":
        return "memory:"
    return f"sqlite:///{place / 'kept.sqlite'}" if kind == "sqlite" else str(request.getfixturevalue(f"{kind}_url"))


@pytest.fixture(scope="session")
def postgresql_url() -> Iterator[str]:
    """Return the address of a PostgreSQL server."""
    given = os.environ.get("POSTGRESQL_URL")
    if given:
        yield given
        return
    with private_postgresql(find_program("postgres").resolve().parent) as url:
        yield url


@pytest.fixture(scope="session")
def redis_url() -> Iterator[str]:
    """Return the address of a Redis server."""
    given = os.environ.get("REDIS_URL")
    if given:
        yield given
        return
    with private_redis(find_program("redis-server")) as url:
        yield url


@contextmanager
def private_postgresql(programs: Path) -> Iterator[str]:
    """Run a PostgreSQL server that is reached through a socket file, and remove all of it afterwards."""
    with _folder() as folder:
        before: tuple[str | Path, ...] = ()
        if os.geteuid() == 0:  # PostgreSQL refuses to run as root
            shutil.chown(folder, "postgres", "postgres")
            before = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups")
        data = folder / "data"
        laid = [*before, programs / "initdb", "-D", data, "-U", "tester", "-A", "trust", "-E", "UTF8", "--no-sync"]
        subprocess.run(laid, check=True, capture_output=True, cwd=folder)
        options = ("fsync=off", "listen_addresses=", f"unix_socket_directories={folder}", "shared_buffers=16MB")
        command = [*before, programs / "postgres", "-D", data, *(part for option in options for part in ("-c", option))]
        with _running(command, folder, signal.SIGINT) as process:
            ready: list[str | Path] = [programs / "pg_isready", "-q", "-h", folder, "-U", "tester"]
            _await(process, lambda: subprocess.run(ready, check=False).returncode == 0)
            yield f"postgresql://tester@/postgres?host={folder}"


@contextmanager
def restartable_postgresql() -> Iterator[tuple[str, Callable[[], None]]]:
    """Run a PostgreSQL server; return its address, and what kills it and starts it again."""
    programs = find_program("postgres").resolve().parent
    with private_postgresql(programs) as url:
        folder = Path(url.partition("host=")[2])
        before = ("setpriv", "--reuid=postgres", "--regid=postgres", "--clear-groups") if os.geteuid() == 0 else ()
        control = [*before, programs / "pg_ctl", "-D", folder / "data", "-s", "-w", "-m", "immediate"]
        options = f"-c listen_addresses= -c unix_socket_directories={folder} -c fsync=off"

        def restart() -> None:
            with (folder / "log").open("ab") as log:  # the server keeps it open
                command = [*control, "-o", options, "restart"]
                subprocess.run(command, check=True, cwd=folder, stdout=log, stderr=log)

        try:
            yield url, restart
        finally:
            subprocess.run([*control, "stop"], check=False, cwd=folder, capture_output=True)


@contextmanager
def private_redis(program: Path) -> Iterator[str]:
    """Run a Redis server on a free port of this machine, and remove all of it afterwards."""
    with _folder() as folder:
        port = free_port()
        settings = (
            "--bind",
            "127.0.0.1",
            "--port",
            str(port),
            "--save",
            "",
            "--appendonly",
            "no",
            "--dir",
            str(folder),
        )
        with _running([program, *settings], folder, signal.SIGTERM) as process:
            _await(process, lambda: _answers(port))
            yield f"redis://127.0.0.1:{port}/0"


def find_program(name: str) -> Path:
    """Find the server's program; install it in CI, skip the test at a desk."""
    found = _find(name)
    if found is None and os.environ.get("CI") == "true":
        done = subprocess.run([_INSTALL], check=False, capture_output=True, text=True)
        found = _find(name)
        if found is None:
            pytest.fail(f"{name} is not there, and {_INSTALL.name} could not install it:\n{done.stderr[-2000:]}")
    if found is None:
        pytest.skip(f"{name} is not installed; {_INSTALL.relative_to(ROOT)} does that")
    return found


def _find(name: str) -> Path | None:
    # Debian keeps PostgreSQL's programs off the path, one folder a version
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{name}"), key=lambda path: float(path.parts[-3]))
    found = shutil.which(name)
    return versions[-1] if versions else Path(found) if found else None


@contextmanager
def _folder() -> Iterator[Path]:
    with tempfile.TemporaryDirectory(prefix="test-server-", ignore_cleanup_errors=True) as name:
        yield Path(name)


@contextmanager
def _running(command: Sequence[str | Path], folder: Path, stop: signal.Signals) -> Iterator[subprocess.Popen[bytes]]:
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(command, cwd=folder, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
    try:
        yield process
    finally:
        process.send_signal(stop)
        try:
            process.wait(timeout=60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _await(process: subprocess.Popen[bytes], ready: Callable[[], bool]) -> None:
    ends = time.monotonic() + _SECONDS_TO_START
    while not ready():
        if process.poll() is not None or time.monotonic() > ends:
            pytest.fail(f"{process.args!r} did not start (exit code {process.poll()})")
        time.sleep(_PAUSE)


def _answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=10) as connection:
            connection.sendall(b"PING\r\n")
            return connection.recv(16).startswith(b"+PONG")
    except OSError:
        return False
