"""A guard opens connections to public addresses only, and all that it refuses looks alike."""

from __future__ import annotations

import socket
from typing import TYPE_CHECKING

import pytest

from lib.attachments import Guard

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator


@pytest.fixture
def port() -> Iterator[int]:
    """Return a port of this machine that somebody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        yield int(listening.getsockname()[1])


@pytest.mark.parametrize(
    "host",
    [
        "127.0.0.1",
        "localhost",
        "2130706433",
        "0x7f000001",
        "0x7f.1",
        "0177.0.0.1",
        "127.1",
        "0",
        "0.0.0.0",  # noqa: S104 - an address that is refused
        "::1",
        "[::1]",
        "::ffff:127.0.0.1",
        "::ffff:7f00:1",
        "64:ff9b::7f00:1",
        "2002:7f00:1::",
        "169.254.169.254",
        "2852039166",
        "::ffff:169.254.169.254",
        "fd00:ec2::254",
        "10.0.0.1",
        "192.168.0.1",
        "172.16.0.1",
        "100.64.0.1",
        "fe80::1",
        "fc00::1",
        "127.0.0.1.",
        "a-name-that-is-not-there.invalid",
    ],
)
def test_no_way_of_writing_an_address_leads_inside(host: str, port: int) -> None:
    with pytest.raises(ConnectionRefusedError, match=r"^no connection to this address$"):
        Guard().connect(host, port, 1)


def test_a_name_that_changes_its_address_is_looked_up_once(port: int) -> None:
    found = iter([["192.0.2.1", "127.0.0.1"], ["127.0.0.1"]])
    guard = Guard(resolve=lambda _host, _port: next(found))
    with pytest.raises(ConnectionRefusedError):
        guard.connect("changes.example", port, 1)
    assert next(found) == ["127.0.0.1"]


def test_what_was_checked_is_what_is_connected_to(port: int) -> None:
    asked: list[str] = []

    def resolve(host: str, _port: int) -> Iterable[str]:
        asked.append(host)
        return ["127.0.0.1"]

    with Guard(allow_private=True, resolve=resolve).connect("name.example", port, 5) as connection:
        assert connection.getpeername() == ("127.0.0.1", port)
    assert asked == ["name.example"]


def test_a_proxy_is_not_asked_for_names_of_inside() -> None:
    guard = Guard(resolve=lambda _host, _port: ["93.184.216.34"])
    guard.check_proxied("name.example", 443)
    for host in ("localhost", "metadata.internal", "10.0.0.1", "2130706433"):
        with pytest.raises(ConnectionRefusedError):
            guard.check_proxied(host, 80)
