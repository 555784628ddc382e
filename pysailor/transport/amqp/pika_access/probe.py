"""Whether the pika that is installed has the internals that are relied on."""

from __future__ import annotations

import inspect
from typing import Any

from pika import BasicProperties, SelectConnection
from pika.frame import Header


def find_differences(connection: type[Any] = SelectConnection) -> list[str]:
    """Return what looks different in this pika from what is relied on."""
    checks = (
        ("_adapter_emit_data", lambda: _takes(connection._adapter_emit_data, ["self", "data"])),  # noqa: SLF001
        ("_transport", lambda: "_transport" in connection._adapter_emit_data.__code__.co_names),  # noqa: SLF001
        ("_read_frame", lambda: _takes(connection._read_frame, ["self"]) and _reads_a_frame(connection)),  # noqa: SLF001
        ("_on_data_available", lambda: _deals_with_data(connection)),
    )
    return [name for name, check in checks if not _holds(check)]


def _holds(check: Any) -> bool:
    try:
        return bool(check())
    except Exception:  # noqa: BLE001 - whatever a pika that is different does, it is different
        return False


def _takes(function: Any, names: list[str]) -> bool:
    return list(inspect.signature(function).parameters) == names


def _reads_a_frame(connection: type[Any]) -> bool:
    probe = object.__new__(connection)
    whole = Header(1, 5, BasicProperties(content_type="a")).marshal()
    probe._frame_buffer = whole + b"rest"
    taken, frame = probe._read_frame()
    probe._frame_buffer = whole[:-1]
    return (taken, frame.channel_number, frame.body_size) == (len(whole), 1, 5) and not probe._read_frame()[1]


def _deals_with_data(connection: type[Any]) -> bool:
    """Return whether data that came goes through the methods that are relied on, and is counted."""
    seen: list[Any] = []

    class Probe(connection):  # type: ignore[misc]  # whatever pika has
        def __init__(self) -> None:
            self._frame_buffer = b""
            self.bytes_received = self.bytes_sent = self.frames_sent = 0

        def _process_frame(self, frame_value: Any) -> None:
            seen.append((frame_value.channel_number, frame_value.body_size))

        def _adapter_emit_data(self, data: bytes) -> None:
            seen.append(data)

    probe = Probe()
    whole = Header(1, 5, BasicProperties(content_type="a")).marshal()
    probe._on_data_available(whole + b"\x03")  # noqa: SLF001 - the package is for this
    probe._output_marshaled_frames([b"abc"])  # noqa: SLF001 - as above
    used = connection._process_frame.__code__.co_names  # noqa: SLF001 - as above
    return (
        seen == [(1, 5), b"abc"]
        and probe._frame_buffer == b"\x03"  # noqa: SLF001 - as above
        and (probe.bytes_received, probe.bytes_sent, probe.frames_sent) == (len(whole), 3, 1)
        and "frames_received" in used
    )
