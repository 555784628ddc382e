"""What a connection does to make few system calls."""

from __future__ import annotations

import socket

import pytest

from lib.api.adapter import CancellableConnection, CurrentCall
from lib.api.response import set_timeout


class Plain:
    """A connection that sends a head and a body, as urllib3's does."""

    def __init__(self) -> None:
        self.sock = None
        self.sent: list[bytes] = []

    def request(self, body: bytes) -> None:
        """Send both, each by itself."""
        self.send(b"head")
        self.send(body)

    def send(self, data: bytes) -> None:
        """Keep what is sent."""
        self.sent.append(data)


class Connection(CancellableConnection, Plain):
    """The same, made one that can be stopped."""

    current = CurrentCall()


@pytest.mark.parametrize(("size", "pieces"), [(0, 1), (2000, 1), (100_000, 2)])
def test_a_small_request_goes_out_in_one_piece_and_a_large_one_is_not_copied(size: int, pieces: int) -> None:
    connection = Connection()
    connection.request(b"x" * size)
    assert len(connection.sent) == pieces
    assert b"".join(connection.sent) == b"head" + b"x" * size


@pytest.mark.parametrize(
    ("before", "wanted", "after"),
    [(60, 59.97, 60), (60, 59.9, 59.9), (10, 60, 60), (0.01, 0.02, 0.02), (0.02, 0.001, 0.001), (None, 5, 5)],
)
def test_a_time_limit_is_set_where_it_changes_by_more_than_a_moment(
    before: float | None, wanted: float, after: float
) -> None:
    with socket.socket() as socket_:
        socket_.settimeout(before)
        set_timeout(socket_, wanted)
        assert socket_.gettimeout() == after
