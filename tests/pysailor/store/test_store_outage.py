"""A store that is away, full, or no store at all."""

from __future__ import annotations

import sqlite3
import subprocess
import sys
from contextlib import closing, suppress
from typing import TYPE_CHECKING

import pytest

from pysailor.errors import InvalidSettings, StoreUnavailable
from pysailor.store import open_store
from pysailor.store.absence import Absence
from pysailor.store.open import without_secrets
from tests.support.servers import ROOT, find_program, private_postgresql, private_redis
from tests.support.sockets import listening

if TYPE_CHECKING:
    import socket
    from pathlib import Path

    from pysailor.store import Store

_FILL = """
import resource, signal, sys
from pysailor.store import open_store
from pysailor.store.open import without_secrets
from pysailor.errors import StoreUnavailable
signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
with open_store(sys.argv[1]) as store:
    store.put("before", b"x", 60)
    resource.setrlimit(resource.RLIMIT_FSIZE, (2_000_000, resource.RLIM_INFINITY))
    try:
        for number in range(1000):
            store.put(f"big/{number}", bytes(20_000), 60)
    except StoreUnavailable as error:
        print(error)
    assert store.get("before") == b"x"
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
    store.put("after", b"y", 60)
    print(store.get("after"))
"""


def all_fail(store: Store) -> None:
    for attempt in (
        lambda: store.get("key"),
        lambda: store.put("key", b"x", 60),
        lambda: store.update("key", lambda value: value, 60),
        lambda: list(store.scan("")),
    ):
        with pytest.raises(StoreUnavailable, match="cannot be used now"):
            attempt()


def test_a_full_disk_is_said_and_what_was_kept_stays(tmp_path: Path) -> None:
    command = [sys.executable, "-c", _FILL, f"sqlite:///{tmp_path / 'a.sqlite'}"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True)
    assert "cannot be used now" in done.stdout
    assert done.stdout.endswith("b'y'\n")


def test_a_postgresql_that_was_away_is_used_again() -> None:
    programs = find_program("postgres").resolve().parent
    with private_postgresql(programs) as url, open_store(url) as store:
        store.put("key", b"x", 60)
        with open_store("postgresql://tester@127.0.0.1:1/postgres") as away:
            all_fail(away)
        terminate = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid <> pg_backend_pid()"
        subprocess.run([programs / "psql", "-q", "-c", terminate, url], check=True, capture_output=True)
        assert store.get("key") == b"x"
        store.put("key", b"y", 60)
        assert store.get("key") == b"y"


def test_a_redis_that_went_away_is_said() -> None:
    with private_redis(find_program("redis-server")) as url:
        store = open_store(url)
        store.put("key", b"x", 60)
    all_fail(store)
    store.close()


def test_a_redis_that_does_not_answer_is_asked_once_and_then_not_for_a_while() -> None:
    asked: list[socket.socket] = []

    def keep_silent(listener: socket.socket) -> None:
        with suppress(OSError):
            while True:
                asked.append(listener.accept()[0])

    with listening(keep_silent) as port, open_store(f"redis://127.0.0.1:{port}/0?socket_timeout=0.05") as store:
        all_fail(store)
        with pytest.raises(StoreUnavailable, match="did not answer in time, and is asked again in 30 s"):
            store.put("key", b"y", 60)
        count = len(asked)
        for connection in asked:
            connection.close()
    assert count == 1


def test_one_caller_asks_again_after_a_while_and_the_others_when_it_was_answered() -> None:
    now = 0.0
    absence = Absence("It", 30, lambda: now)
    absence.check()
    absence.begin()
    now = 29.0
    with pytest.raises(StoreUnavailable, match="It cannot be used now"):
        absence.check()
    now = 31.0
    absence.check()
    with pytest.raises(StoreUnavailable, match="again in 30 s"):
        absence.check()
    absence.end()
    absence.check()


@pytest.mark.parametrize("path", ["/nowhere/at/all.sqlite", "/proc/no.sqlite"])
def test_a_file_that_cannot_be_made_is_said(path: str) -> None:
    with open_store(f"sqlite:///{path}") as store:
        all_fail(store)


def test_a_file_that_is_something_else_is_said(tmp_path: Path) -> None:
    path = tmp_path / "letter.txt"
    path.write_text("Dear reader, " * 1000)
    with open_store(f"sqlite:///{path}") as store:
        all_fail(store)
    assert path.read_text().startswith("Dear reader")


@pytest.mark.parametrize(
    "made",
    ["CREATE TABLE users (a)", "CREATE TABLE kept (a)", "PRAGMA user_version = 7",
     "PRAGMA user_version = 1; CREATE TABLE t (a)"],
)  # fmt: skip
def test_a_database_of_another_program_is_refused_and_left_as_it_is(tmp_path: Path, made: str) -> None:
    path = tmp_path / "foreign.db"
    with closing(sqlite3.connect(path)) as connection:
        connection.executescript(made)
    before = path.read_bytes()
    with open_store(f"sqlite:///{path}") as store:
        with pytest.raises(InvalidSettings, match="a file of its own"):
            store.get("key")
        with pytest.raises(InvalidSettings, match="a file of its own"):
            store.put("key", b"x", 60)
    assert path.read_bytes() == before


@pytest.mark.parametrize(
    "url",
    ["", "off", "mysql://a:secret@b/c", "sqlite://file", "sqlite:///", "sqlite:///a?b=c", "sqlite:////tmp/",
     "redis://host:port/x", "postgresql://a:secret@b:port/c?nonsense=1", "memory:///file"],
)  # fmt: skip
def test_an_address_of_nothing_is_refused_without_quoting_it(url: str) -> None:
    with pytest.raises(InvalidSettings) as refused:
        open_store(url)
    assert "secret" not in str(refused.value)


def test_a_file_is_readable_by_its_user_only(tmp_path: Path) -> None:
    with open_store(f"sqlite:///{tmp_path / 'a.sqlite'}?sync=full") as store:
        store.put("key", b"x", 60)
        assert {path.stat().st_mode & 0o077 for path in tmp_path.iterdir()} == {0}


@pytest.mark.parametrize(
    ("url", "shown"),
    [
        ("postgresql://a:secret@b:1/c?password=secret", "postgresql://b:1/c"),
        ("redis://:secret@b/0", "redis://b/0"),
        ("sqlite:////var/a.sqlite?sync=full", "sqlite:////var/a.sqlite"),
        ("off", "off"),
        ("secret", "off"),
    ],
)
def test_an_address_is_logged_without_its_secrets(url: str, shown: str) -> None:
    assert without_secrets(url) == shown


@pytest.mark.parametrize("replaced", [False, True])
def test_a_file_that_is_taken_away_in_use_is_told_once_and_begins_anew(tmp_path: Path, replaced: bool) -> None:
    path = tmp_path / "a.sqlite"
    with open_store(f"sqlite:///{path}") as store:
        store.put("key", b"x", 60)
        assert store.get("key") == b"x"
        for file in tmp_path.iterdir():
            file.unlink()
        if replaced:
            with open_store(f"sqlite:///{path}") as other:
                other.put("other", b"y", 60)
        with pytest.raises(StoreUnavailable, match="removed or replaced while it was in use"):
            store.get("key")
        with pytest.raises(StoreUnavailable, match="removed or replaced while it was in use"):
            store.put("key", b"z", 60)
        store.put("key", b"z", 60)
        assert store.get("key") == b"z"
        assert store.get("other") == (b"y" if replaced else None)
    with open_store(f"sqlite:///{path}") as again:
        assert again.get("key") == b"z"
