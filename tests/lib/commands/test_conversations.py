"""`pysailor conversations`: what Ask remembers, listed, shown and deleted."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

import pytest

from lib.conversation import LOCAL_ACCOUNT, open_store, owner_of
from lib.conversation.stores.open import without_password
from lib.offline.servers import SERVERS
from pysailor.cli import main

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def store(tmp_path: Path) -> str:
    url = f"sqlite:///{tmp_path}/memory.sqlite"
    with open_store(url) as opened, opened.conversation(owner_of("key"), "c") as talk:
        talk.append([{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}])
    return url


def test_a_conversation_is_listed_shown_and_deleted(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    mine = ("--store", store, "--key", "key")
    assert main(["conversations", "list", *mine]) == 0
    assert json.loads(capsys.readouterr().out)["conversationId"] == "c"
    assert main(["conversations", "show", "c", *mine]) == 0
    assert json.loads(capsys.readouterr().out)["turns"][0]["messages"][1]["content"] == "Hello"
    assert main(["conversations", "delete", "c", *mine]) == 0
    assert main(["conversations", "show", "c", *mine]) == 1


def test_another_credential_s_conversations_are_not_seen(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["conversations", "list", "--store", store, "--key", "another"]) == 0
    assert main(["conversations", "show", "c", "--store", store, "--account", "another"]) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert "there is no conversation c" in told.err


def test_looking_for_conversations_makes_no_file(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    store = f"sqlite:///{tmp_path}/none.sqlite"
    assert main(["conversations", "list", "--store", store]) == 0
    assert capsys.readouterr().err == f"no conversations of this credential in {store}\n"
    assert main(["conversations", "delete", "c", "--store", store]) == 1
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("address", "shown"),
    [
        ("postgresql://me:secret@host/kept", "postgresql://host/kept"),
        ("postgresql://host/kept?password=secret", "postgresql://host/kept"),
        ("me:secret@host/kept", "(an address without scheme)"),
        ("sqlite:///a@b.sqlite", "sqlite:///a@b.sqlite"),
        ("memory:", "memory:"),
    ],
)
def test_an_address_is_shown_without_its_password(address: str, shown: str) -> None:
    assert without_password(address) == shown


@pytest.mark.parametrize("name", SERVERS)
def test_servers_off_the_platform_use_the_account_local_however_often_it_starts(name: str) -> None:
    server = SERVERS[name]()
    assert server.cfg()["_account"] == LOCAL_ACCOUNT
    server.close()


@pytest.mark.parametrize("account", ["local", "desk"])
def test_what_was_kept_under_the_former_account_desk_is_still_found(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], account: str
) -> None:
    url = f"sqlite:///{tmp_path}/memory.sqlite"
    kept_by_an_older_version = hashlib.sha256(b'["desk"]').hexdigest()[:40]
    with open_store(url) as opened, opened.conversation(kept_by_an_older_version, "c") as talk:
        talk.append([{"role": "user", "content": "Hi"}])
    assert main(["conversations", "list", "--store", url, "--account", account]) == 0
    assert json.loads(capsys.readouterr().out)["conversationId"] == "c"


def test_which_conversation_must_be_said(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["conversations", "delete", "--store", store]) == 2
    assert "which one to delete? Name its id" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (
            ("show", "kept"),
            "there is no conversation kept of this credential in {store}; it is there with --account local",
        ),
        (("delete", "kept"), "; it is there with --account local"),
        (("list",), "no conversations of this credential in {store}; there are some with --account local"),
    ],
)
def test_what_was_held_without_a_key_is_pointed_to_where_a_key_is_set_meanwhile(
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str],
    told: str,
) -> None:
    store = f"sqlite:///{tmp_path}/memory.sqlite"
    with open_store(store) as opened, opened.conversation(owner_of(LOCAL_ACCOUNT), "kept") as talk:
        talk.append([{"role": "user", "content": "Hi"}])
    monkeypatch.setenv("OPENAI_API_KEY", "sk-set-later")
    main(["conversations", *arguments, "--store", store])
    assert told.format(store=store) in capsys.readouterr().err


@pytest.mark.parametrize("days", ["x", "nan", "-1"])
def test_what_is_no_number_of_days_is_told(capsys: pytest.CaptureFixture[str], days: str) -> None:
    with pytest.raises(SystemExit):
        main(["conversations", "list", f"--older={days}"])
    assert f'argument --older: "{days}" is not a number of days' in capsys.readouterr().err


def test_a_command_that_is_nearly_one_is_asked_for(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["conversations", "lst"])
    assert capsys.readouterr().err.endswith("did you mean list?\n")


def test_a_conversation_is_shown_over_several_lines_at_a_terminal(
    store: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sys.stdout.isatty", lambda: True)
    assert main(["conversations", "show", "c", "--store", store, "--key", "key"]) == 0
    shown = capsys.readouterr().out
    assert shown.startswith("{\n  ")
    assert json.loads(shown)["conversationId"] == "c"
