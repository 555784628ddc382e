"""`pysailor conversations`: what Ask remembers, listed, shown and deleted."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lib.conversation import open_store, owner_of
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


def test_which_conversation_must_be_said(store: str, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["conversations", "delete", "--store", store]) == 1
    assert "needs the id of one" in capsys.readouterr().err
