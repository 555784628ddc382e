"""`pysailor conversations --chat` reaches what visitors said, by route, owner, age and text."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from lib.api.connection import Connection
from lib.chat.config.handler import handler_of
from lib.chat.config.hooks import HookFunctions
from lib.chat.config.load import parse
from lib.chat.conversation import Service, open_chat
from lib.conversation import open_store
from pysailor.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SETTINGS = """url:
  help: {pattern: /help, handler: ChatGPTHandler, kwargs: {key: sk-one, open: hooks.begin}}
  sales: {pattern: /sales, handler: ChatGPTHandler, kwargs: {key: sk-one, owner: sales-team, keep: 2}}
  open: {pattern: /open, handler: ChatGPTHandler, kwargs: {key: {function: "handler.get_arg('key')"}}}
"""


def say(url: str, text: str, question: str, *, query: str = "", route: int = 0) -> str:
    """Keep a turn as the chat does; return where."""
    routes = parse(text, "c", environment={}, hooks=HookFunctions(), needs_key=True).routes
    handler = handler_of("/", query, [], "")
    name = f"conversation-about-{question}"
    chat = open_chat(routes[route], handler, Service(Connection()), name, streams=False)
    with open_store(url) as store, store.conversation(*chat.place) as talk:
        talk.append([{"role": "user", "content": question}, {"role": "assistant", "content": "Hello"}])
    return name


@pytest.fixture
def run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., list[str]]:
    monkeypatch.chdir(tmp_path)
    file, url = tmp_path / "chat.yaml", f"sqlite:///{tmp_path}/chat.sqlite"
    file.write_text(SETTINGS)
    plain = SETTINGS.replace(", open: hooks.begin", "")
    say(url, plain, "apples")
    say(url, plain, "Pears", route=1)
    say(url, plain, "plums", query="key=sk-of-a-visitor", route=2)

    def call(what: str, *options: str) -> list[str]:
        capsys.readouterr()
        main(["conversations", what, "--chat", str(file), "--store", url, *options])
        lines = capsys.readouterr().out.splitlines()
        return [json.loads(line)["conversationId"].removeprefix("conversation-about-") for line in lines]

    return call


def test_every_route_s_conversations_are_listed(run: Callable[..., list[str]]) -> None:
    assert run("list") == ["apples", "Pears"]
    assert run("list", "--route", "sales") == ["Pears"]
    assert run("list", "--route", "open", "--key", "sk-of-a-visitor") == ["plums"]
    assert run("list", "--text", "pEARs") == ["Pears"]
    assert run("list", "--older", "1") == []
    assert run("export", "--route", "help") == ["apples"]


def test_those_that_are_chosen_are_deleted_and_no_others(run: Callable[..., list[str]]) -> None:
    run("delete")
    assert run("list") == ["apples", "Pears"]
    run("delete", "--text", "apples")
    assert run("list") == ["Pears"]
    run("delete", "conversation-about-Pears", "--route", "sales")
    assert run("list") == []


def test_a_renewed_key_orphans_nothing_where_the_owner_has_a_name() -> None:
    text = "url: {{a: {{pattern: /a, handler: ChatGPTHandler, kwargs: {{key: {key}, owner: us, keep: 2}}}}}}"
    opened = []
    for key in ("sk-old", "sk-new"):
        route = parse(text.format(key=key), "c", environment={}, hooks=HookFunctions(), needs_key=True).routes[0]
        handler = handler_of("/", "", [], "")
        opened.append(open_chat(route, handler, Service(Connection()), "a-conversation-of-ours", streams=False))
    assert opened[0].place == opened[1].place
    assert opened[0].keep_seconds == 7200
    assert "owner" not in opened[0].body
