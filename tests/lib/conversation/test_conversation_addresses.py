"""From an address to a store, and what is said when that does not work."""

from __future__ import annotations

import sqlite3
import stat
import sys
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from lib.conversation import StoreUnavailable, open_store, owner_of
from pysailor import InvalidConfig

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


def make_a_turn(url: str, owner: str = "o", chat: str = "chat") -> None:
    with open_store(url) as store, store.conversation(owner, chat) as conversation:
        conversation.append([{"role": "assistant", "content": "hello"}])


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mysql://secret@h/d",
        "secret:word@h/d",
        "secretuser",
        "conversations.sqlite",
        "memory:x",
        "sqlite:/a",
        "sqlite://",
    ],
)
def test_an_unknown_address_is_refused_with_what_is_known_and_without_its_password(url: str) -> None:
    with pytest.raises(InvalidConfig, match="memory:") as refused:
        open_store(url)
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    "url",
    [
        "postgresql://secret:x@h:notaport:1/x?y",
        "redis://:secret@h:notaport/0",
        "redis://:secret@h/0?nonsense=1",
        "redis://:secret@h/abc",
        "redis://:secret@h/0/1",
        "unix:///secret/redis.sock?nonsense=1",
        "redis://:secret@h:99999/0",
        "redis://:secret@h:0/0",
        "redis://:secret@h/-1",
        "redis://:secret@h/99999999999999999999",
        "redis://:secret@h/0#1",
        "redis://:secret@h/0?db=abc",
        "redis://:secret@h/0?protocol=9",
        "redis://:secret@h?socket_timeout=abc",
        "rediss://:secret@h/0?ssl_cert_reqs=nonsense",
        "redis://:secret@[::1/0",
        "redis:/secret",
        "redis:secret@h",
        "unix://",
        "postgresql:secret@h/d",
        "postgresql://u:secret@h:99999/d",
        "postgresql://u:secret@h:0/d",
        "postgresql://u:secret@h:5432:1/d",
        "postgresql://u:secret@/d?port=x",
        "postgresql://u:secret@h/d?nonsense=1",
        "postgresql://u:secret@h/d?connect_timeout=abc",
        "postgresql://u:secret@h/d?sslmode=nonsense",
        "postgresql://u:secret@h/d/e",
        "postgresql://u:secret@h/%zz",
        "sqlite:///a.sqlite?password=secret",
        "sqlite:///a.sqlite#secret",
        "sqlite:///a\0b",
        "sqlite:///a\nb",
        "sqlite:////",
    ],
)
def test_an_address_with_a_mistake_is_refused_without_its_password(url: str) -> None:
    with pytest.raises(InvalidConfig) as refused:
        open_store(url)
    assert "secret" not in str(refused.value)


def test_a_folder_is_not_a_file_of_conversations(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match="is a folder"):
        open_store(f"sqlite:///{tmp_path}")


@pytest.mark.parametrize("url", [" memory: ", "MEMORY:", "Redis://h/0", "SQLITE:///a.sqlite", "postgres://h/d\n"])
def test_blanks_around_an_address_and_the_case_of_its_scheme_do_not_matter(url: str) -> None:
    open_store(url).close()


@pytest.mark.parametrize(("url", "package"), [("postgresql://h/d", "psycopg"), ("redis://h", "redis")])
def test_a_missing_driver_is_named_with_its_extra(monkeypatch: pytest.MonkeyPatch, url: str, package: str) -> None:
    for name in [name for name in sys.modules if name.partition(".")[0] == package]:
        monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, package, None)
    with pytest.raises(InvalidConfig, match=r"pip install -e '.*\[(postgresql|redis)\]'"):
        open_store(url)


@pytest.mark.parametrize("url", ["postgresql://u:secret@127.0.0.1:1/d", "redis://:secret@127.0.0.1:1/0"])
def test_a_server_that_is_down_is_told_in_one_line_and_may_be_tried_again(url: str) -> None:
    with pytest.raises(StoreUnavailable) as down:
        make_a_turn(url)
    assert down.value.retryable
    assert "\n" not in str(down.value)
    assert "secret" not in str(down.value)
    assert "127.0.0.1" in str(down.value)


def test_a_file_path_is_relative_with_three_slashes_and_absolute_with_four(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    make_a_turn("sqlite:///near.sqlite")
    make_a_turn(f"sqlite:///{tmp_path / 'far.sqlite'}")
    assert (tmp_path / "near.sqlite").is_file()
    assert (tmp_path / "far.sqlite").is_file()


def test_a_file_of_conversations_is_read_by_its_user_only(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'a.sqlite'}"
    with open_store(url) as store, store.conversation("o", "chat") as conversation:
        conversation.append([{"role": "assistant", "content": "hello"}])
        assert {stat.S_IMODE(path.stat().st_mode) for path in tmp_path.iterdir()} == {0o600}


def test_a_file_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    with pytest.raises(InvalidConfig, match=r"missing/a\.sqlite.*folder must exist.*CHATGPT_CONVERSATIONS"):
        make_a_turn(f"sqlite:///{tmp_path / 'missing' / 'a.sqlite'}")


def test_a_file_that_is_something_else_is_named_and_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("These are my notes. " * 100)
    with pytest.raises(InvalidConfig, match=r"notes\.txt cannot hold conversations"):
        make_a_turn(f"sqlite:///{path}")
    assert path.read_text() == "These are my notes. " * 100


def test_a_file_of_a_newer_version_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "new.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA user_version = 99")
    with pytest.raises(InvalidConfig, match="newer version"):
        make_a_turn(f"sqlite:///{path}")


def test_many_may_open_a_new_file_at_once(tmp_path: Path) -> None:
    all_at_once(lambda number: make_a_turn(f"sqlite:///{tmp_path / 'a.sqlite'}", chat=f"chat-{number}"))
    with open_store(f"sqlite:///{tmp_path / 'a.sqlite'}") as store:
        assert len(store.conversations("o")) == 8


def test_many_may_open_a_new_database_at_once(postgresql_url: str, owner: str) -> None:
    import psycopg  # noqa: PLC0415 - an extra

    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute(f'CREATE SCHEMA "{owner}"'.encode())
    join = "&" if "?" in postgresql_url else "?"
    url = f"{postgresql_url}{join}options=-csearch_path%3D{owner}"
    all_at_once(lambda number: make_a_turn(url, owner, chat=f"chat-{number}"))
    with open_store(url) as store:
        assert len(store.conversations(owner)) == 8
    with psycopg.connect(postgresql_url, autocommit=True) as connection:
        connection.execute(f'DROP SCHEMA "{owner}" CASCADE'.encode())


def test_a_store_goes_on_after_the_server_has_closed_its_connections(postgresql_url: str, owner: str) -> None:
    import psycopg  # noqa: PLC0415 - an extra

    join = "&" if "?" in postgresql_url else "?"
    with open_store(f"{postgresql_url}{join}application_name={owner}") as store:
        with store.conversation(owner, "chat") as conversation:
            conversation.append([{"role": "assistant", "content": "before"}])
        with psycopg.connect(postgresql_url, autocommit=True) as connection:
            found = connection.execute(
                "SELECT pg_terminate_backend(pid, 5000) FROM pg_stat_activity WHERE application_name = %s", (owner,)
            )
            assert found.fetchall() == [(True,)]
        with store.conversation(owner, "chat") as conversation:
            conversation.append([{"role": "assistant", "content": "after"}])
        assert [turn.messages[0]["content"] for turn in store.turns(owner, "chat")] == ["before", "after"]


def test_an_owner_is_known_by_all_of_the_credential_and_cannot_be_read_back() -> None:
    assert owner_of("sk-1", "org") == owner_of("sk-1", "org")
    assert len({owner_of("sk-1", "org"), owner_of("sk-1org"), owner_of("sk-1", "", "org"), owner_of("sk-1")}) == 4
    assert "sk-1" not in owner_of("sk-1")


def all_at_once(work: Callable[[int], None]) -> None:
    with ThreadPoolExecutor(8) as threads:
        list(threads.map(work, range(8)))
