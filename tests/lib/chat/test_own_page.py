"""The operator's own page is served beside the socket, and nothing outside its folder."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
import requests

from lib.api.connection import Connection
from lib.chat.config.hooks import HookFunctions
from lib.chat.config.load import load
from lib.chat.conversation import Service
from lib.chat.server.listener import Listener
from pysailor import InvalidConfig
from tests.support.chat_client import socket, turn

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from lib.conversation import Store
    from tests.support.played import Played

TEXT = "url: {{a: {{pattern: /chat, handler: ChatGPTHandler, kwargs: {{key: k, page: {page}}}}}}}"


@pytest.fixture
def settings(tmp_path: Path) -> Path:
    """Return a settings file with a page in a folder, another beside it, and what nobody may read."""
    (tmp_path / "site").mkdir()
    for name, text in (("one.html", "<p>one</p>"), ("site/index.html", "<p>site</p>"), ("site/a.css", "p {}")):
        (tmp_path / name).write_text(text)
    (tmp_path / "site" / ".secret").write_text("secret")
    (tmp_path / "site" / "out").symlink_to(tmp_path / "chat.yaml")
    return tmp_path / "chat.yaml"


@pytest.fixture
def server(settings: Path, page: str, store: Store, played: Played) -> Iterator[Listener]:
    settings.write_text(TEXT.format(page=page))
    routes = load(settings, environment={}, hooks=HookFunctions()).routes
    with Listener(routes, Service(Connection("http://127.0.0.1:9/v1", "")), played, store) as running:
        yield running


@pytest.mark.parametrize(("page", "text"), [("one.html", "<p>one</p>"), ("site", "<p>site</p>")])
def test_the_page_is_served_beside_its_socket(server: Listener, text: str) -> None:
    answer = requests.get(server.url("/chat"), timeout=60)
    assert (answer.status_code, answer.text) == (200, text)
    assert "Content-Security-Policy" not in answer.headers
    with socket(server) as ws:
        assert turn(ws, "Hi") == ["Hello"]


@pytest.mark.parametrize("page", ["site"])
def test_files_of_its_folder_are_served_and_no_others(server: Listener, page: str) -> None:
    assert requests.get(server.url("/a.css"), timeout=60).text == "p {}"
    for path in (
        "/.secret",
        "/out",
        "/..%2fone.html",
        "/%2e%2e/chat.yaml",
        "/one.html",
        "/chat.yaml",
        f"/{page}/a.css",
    ):
        assert requests.get(server.url(path), timeout=60).status_code == 404, path


@pytest.mark.parametrize("page", ["none.html", '"{function: handler.path}"', "/etc"])
def test_a_page_that_is_not_there_is_told_at_the_start(settings: Path, page: str) -> None:
    settings.write_text(TEXT.format(page=page))
    with pytest.raises(InvalidConfig, match="there is no such page"):
        load(settings, environment={}, hooks=HookFunctions())
