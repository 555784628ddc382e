"""A chat server for real."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from lib.api.connection import Connection
from lib.chat.conversation import Service
from lib.chat.server.listener import Listener
from lib.chat.server.shared import ChatLimits
from lib.conversation import Store, open_store
from tests.support.played import PLAIN, Played, Serve, routes

if TYPE_CHECKING:
    from collections.abc import Iterator

    from lib.chat.config.hooks import HookFunctions

_SERVICE = Service(Connection("http://127.0.0.1:9/v1", ""))


@pytest.fixture(scope="session")
def store() -> Iterator[Store]:
    with open_store("memory:") as opened:
        yield opened


@pytest.fixture(scope="session")
def lasting(store: Store) -> Iterator[tuple[Played, Listener]]:
    """Return the server of all tests that want nothing special of it; starting and stopping takes a while."""
    talk = Played()
    with Listener(routes(), _SERVICE, talk, store, limits=ChatLimits(messages_a_minute=10_000, stop=10)) as server:
        yield talk, server


@pytest.fixture
def played(lasting: tuple[Played, Listener]) -> Played:
    """Return the API, with everything forgotten that an earlier test did to it."""
    talk = lasting[0]
    vars(talk).update(vars(Played()))
    return talk


@pytest.fixture
def serve(played: Played, lasting: tuple[Played, Listener], store: Store) -> Iterator[Serve]:
    """Return a function that starts a server, whose keywords are Listener's; `text` and `hooks` are the settings."""
    running: list[Listener] = []

    def start(text: str = PLAIN, hooks: HookFunctions | None = None, **settings: Any) -> Listener:
        if text == PLAIN and not settings:
            return lasting[1]
        service = settings.pop("service", _SERVICE)
        kept = settings.pop("own_store", store)
        listener = Listener(routes(text, hooks), service, played, kept, **settings)
        running.append(listener.start())
        return listener

    yield start
    for listener in running:
        listener.close()
