"""What stands between components and their services while something is recorded or replayed."""

from __future__ import annotations

import socket
import threading
from collections import Counter
from contextlib import ExitStack
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, Self
from urllib.parse import urlsplit

from pysailor.component.fields import secrets_in
from pysailor.errors import SailorError

from .folder import Reader, UnreadableCassette, Writer
from .recorded_settings import RecordedSettings
from .server import Recording, Replaying, TapeServer

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from pysailor.component.component import Component
    from pysailor.component.descriptor import Field

PLACEHOLDER: Final = "replayed"
"""What a missing secret is while answers are replayed; nobody checks it."""


class CassetteMismatch(SailorError):
    """A request is not the one that was recorded; the message shows what is different.

    Undo the change, or record again with --record.
    """

    code = "cassette_mismatch"


class Tape:
    """Leads components to a server of its own that records, or replays. A context manager; threads share it."""

    def __init__(self, folder: Path, *, is_recording: bool, pace: float = 1.0) -> None:
        self.folder = folder
        self.is_recording = is_recording
        self.unknown: list[str] = []
        """Requests that were not recorded, each with how it differs from the nearest that was."""
        self._unreached: list[str] = []
        self._pace = pace
        self._secrets: set[str] = set()
        self._servers: dict[str, TapeServer] = {}
        self._stack = ExitStack()
        self._lock = threading.Lock()
        self._writer = Writer(folder, self._secrets) if is_recording else None
        self._reader = None if is_recording else Reader(folder)
        self._settings = RecordedSettings({} if self._reader is None else self._reader.settings)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()
        if self._writer is not None:
            self._writer.write_settings(self._settings.kept)

    def settings(self, component: Component, fields: Iterable[Field], cfg: Mapping[str, Any]) -> dict[str, Any]:
        """Return cfg with each address of a service led here.

        While replaying, missing secrets have a placeholder, and other required fields that are missing the value that
        they had while recording.

        Addresses are in the fields that the component's lib/cli.py names in ADDRESS_FIELDS; where it names none, in
        every field whose value, or default, is one.
        """
        known = tuple(fields)
        led = dict(cfg)
        self._secrets |= {secret for secret in secrets_in(known, cfg) if secret.strip()}
        if self.is_recording:
            self._settings.keep(component.descriptor.title, known, cfg)
        else:
            led |= self._settings.find_missing(component.descriptor.title, known, cfg)
            led |= {
                field.name: PLACEHOLDER
                for field in known
                if field.secret and field.required and not cfg.get(field.name)
            }
        named = getattr(component.cli, "ADDRESS_FIELDS", None)
        for field in known:
            address = cfg.get(field.name) or field.default
            if (named is None or field.name in named) and _is_address(address):
                led[field.name] = self._lead(address)
        return led

    def _lead(self, address: str) -> str:
        parts = urlsplit(address)
        origin = f"{parts.scheme}://{parts.netloc}"
        if self._reader is not None and self._reader.is_away(origin):
            self._unreached.append(origin)
            return self._closed + address.removeprefix(origin)
        return self._server(origin).address + address.removeprefix(origin)

    def _server(self, origin: str) -> TapeServer:
        with self._lock:
            if origin not in self._servers:
                self._servers[origin] = self._stack.enter_context(TapeServer(self._choose_answers(origin)))
            return self._servers[origin]

    @cached_property
    def _closed(self) -> str:
        """An address where nobody listens, and nobody else can while the tape is open."""
        taken = self._stack.enter_context(socket.socket())
        taken.bind(("127.0.0.1", 0))
        return f"http://127.0.0.1:{taken.getsockname()[1]}"

    def _choose_answers(self, origin: str) -> Recording | Replaying:
        if self._writer is not None:
            return Recording(self._writer, origin, self._secrets, self._unreached)
        if self._reader is None:
            raise UnreadableCassette(f"{self.folder} is neither recorded to nor replayed")
        return Replaying(self._reader, self._pace, self.unknown, self._secrets, origin, self._unreached)

    @property
    def summary(self) -> str:
        """What happened, in a line."""
        lost = ", ".join(dict.fromkeys(self._unreached))
        if self._writer is not None:
            told = f"; {lost} could not be reached" if lost else ""
            count = self._writer.count
            recorded = "1 exchange is recorded" if count == 1 else f"{count} exchanges are recorded"
            return f"{recorded} in {self.folder}{told}"
        unused = self._reader.unused if self._reader else []
        told = f"; {lost} could not be reached when this was recorded" if lost else ""
        return f"replayed from {self.folder}{told}" + _tell_unused(unused)

    @property
    def unwritten(self) -> list[str]:
        """Why exchanges are missing from what was recorded, one line each."""
        return [] if self._writer is None else list(self._writer.failures)

    def check(self) -> None:
        """Raise CassetteMismatch if something was asked that is not recorded."""
        if self.unknown:
            raise CassetteMismatch("\n\n".join(dict.fromkeys(self.unknown)))


def open_tape(record: str | Path | None, replay: str | Path | None, *, pace: float = 1.0) -> Tape | None:
    """Return the tape for what a command was given, None for neither; raise UnreadableCassette for both."""
    if record and replay:
        raise UnreadableCassette("Choose one of --record and --replay.")
    if record:
        return Tape(Path(record), is_recording=True)
    return Tape(Path(replay), is_recording=False, pace=pace) if replay else None


def _tell_unused(unused: list[str]) -> str:
    """Return which recorded requests were not asked for, those that read alike once, with their number."""
    counts = Counter(unused)
    told = [call if count == 1 else f"{call} ({count} times)" for call, count in counts.most_common(5)]
    return f"; not asked for: {', '.join(told)}" if told else ""


def _is_address(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("http://", "https://")) and bool(urlsplit(value).netloc)
