"""What the component's tests stand on: the sandbox in place of the API, over a real socket."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

import pytest

from lib.api.client import Client
from lib.api.connection import Connection
from lib.offline.sandbox import KEY

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from lib.offline.sandbox import Sandbox

LOGGER = logging.getLogger("component")
HELLO = {"model": "gpt-sandbox-2", "messages": [{"role": "user", "content": "Hello"}]}


@pytest.fixture
def client_of(sandbox: Sandbox) -> Iterator[Callable[[str], Client]]:
    """Return a client whose server plays the scenario."""
    made: list[Client] = []

    def make(scenario: str = "") -> Client:
        address = sandbox.base_url_of(scenario) if scenario else sandbox.base_url
        made.append(Client(Connection(address, KEY)))
        return made[-1]

    yield make
    for client in made:
        client.close()
