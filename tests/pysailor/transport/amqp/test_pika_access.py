"""What is relied on inside pika, and what happens when it is not there."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

pytest.importorskip("pika")
from pika import SelectConnection

from pysailor.transport.amqp.pika_access import FastAccess, PublicAccess, access, choose, find_differences
from pysailor.transport.amqp.pika_access.public import read_properties, write_properties
from pysailor.transport.amqp.properties import Properties

if TYPE_CHECKING:
    from collections.abc import Callable


class OtherConnection:
    """A connection whose internals are those of no pika that is known."""

    def send(self, data: bytes) -> None: ...


class RenamedBuffer(SelectConnection):  # type: ignore[misc]  # pika has no types
    def _read_frame(self) -> Any:
        return self._buffer.take()


class UncountedBytes(SelectConnection):  # type: ignore[misc]  # pika has no types
    def _trim_frame_buffer(self, byte_count: int) -> None:
        self._frame_buffer: bytes = self._frame_buffer[byte_count:]


def test_the_pika_that_is_installed_has_what_is_relied_on() -> None:
    assert find_differences() == []
    assert isinstance(access(), FastAccess)


@pytest.mark.parametrize(
    ("find", "differences"),
    [
        (
            lambda: find_differences(OtherConnection),
            ["_adapter_emit_data", "_transport", "_read_frame", "_on_data_available"],
        ),
        (lambda: find_differences(RenamedBuffer), ["_read_frame", "_on_data_available"]),
        (lambda: find_differences(UncountedBytes), ["_on_data_available"]),
    ],
)
def test_a_pika_that_looks_different_is_used_by_its_public_interface_and_that_is_logged(
    find: Callable[[], list[str]], differences: list[str], caplog: pytest.LogCaptureFixture
) -> None:
    assert find() == differences
    assert isinstance(choose(find()), PublicAccess)
    (record,) = caplog.records
    assert record.levelname == "WARNING"
    assert f"differs from those known in {', '.join(differences)}" in record.getMessage()


def test_properties_are_the_same_either_way() -> None:
    headers = {"text": "é", "number": 7, "table": {"yes": True}}
    others = {"content_type": "application/json", "delivery_mode": 2, "priority": 3}
    written = Properties(headers, others)
    public = write_properties(written)
    assert b"".join(public.encode()) == written.written
    received = read_properties(public)
    assert (received.headers, received.others) == (headers, others)
