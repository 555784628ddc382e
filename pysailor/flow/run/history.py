"""What an earlier part of a run left: read again so that it can go on."""

from __future__ import annotations

import re
import time
from array import array
from typing import TYPE_CHECKING, Any, Final

import orjson

from pysailor.wire import json_text

from .folder import ERRORS, LEDGER, RESULTS, SNAPSHOTS, SPOOL

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_RESULT: Final = re.compile(rb'\{"message":"([^"]+)","step":"([^"]+)","result":')


class History:
    """What an earlier part of a run did: which messages are done with all that followed, and what steps gave.

    Only what is between is held in memory; of what came in, a number each.
    """

    def __init__(self, directory: Path | None = None, *, retry_failed: bool = False) -> None:
        self._done: set[tuple[str, str]] = set()
        self._gave: dict[tuple[str, str], list[tuple[str, int]]] = {}
        self._failed: set[tuple[str, str]] = set()
        self._results: set[tuple[str, str]] = set()
        self.snapshots: dict[str, Any] = {}
        """What each step was to remember."""
        self._digests = array("Q", [0])  # by number, 0 for none: eight bytes a message
        self._open: set[int] = set()
        self._spool = None if directory is None else directory / SPOOL
        self.began = f"-{time.time_ns():x}"
        """What tells this part of the run from earlier ones."""
        self.count = 0
        """How many messages had come in."""
        self.failed: list[tuple[str, str]] = []
        """Messages that a step failed with, and did not succeed with later; each with the step."""
        if directory is not None and self._spool is not None and self._spool.exists():
            self._read(directory, retry_failed=retry_failed)

    def is_complete(self, number: int) -> bool:
        """Return whether a message that came in has been through all its steps."""
        return self.digest(number) is not None and number not in self._open

    def digest(self, number: int) -> str | None:
        """Return what told the content of a message that came in, None if none came in with this number."""
        found = self._digests[number] if number < len(self._digests) else 0
        return f"{found:016x}" if found else None

    def is_done(self, message: str, step: str) -> bool:
        """Return whether a step has finished a message."""
        return (message, step) in self._done

    def has_failed(self, message: str, step: str) -> bool:
        """Return whether a step had failed with a message that is tried again."""
        return (message, step) in self._failed

    def has_result(self, number: str, step: str) -> bool:
        """Return whether a last step's result is kept already, of a message that the step had not finished."""
        return (number, step) in self._results

    def contents(self, message: str, step: str) -> Iterator[tuple[str, bytes]]:
        """Yield what a step gave for a message: the id and the content of each."""
        if self._spool is None:
            return
        with self._spool.open("rb") as file:
            for number, offset in self._gave.get((message, step), ()):
                file.seek(offset)
                yield number, json_text.write(json_text.read(file.readline())["content"])

    def _read(self, directory: Path, *, retry_failed: bool) -> None:
        pending = array("q", [0])
        for entry, _ in _lines(directory / SPOOL):
            root = _root(entry["message"])
            _add(pending, root, entry["ways"])
            if "digest" in entry:
                _add(self._digests, root, int(entry["digest"], 16) or 1)
        failed: dict[tuple[str, str], None] = {}
        for entry, _ in _lines(directory / LEDGER):
            key = (entry["message"], entry["step"])
            if entry.get("outcome") == "failed":
                failed[key] = None
            elif failed:
                failed.pop(key, None)
            if _counts(entry, retry_failed=retry_failed):
                _add(pending, _root(entry["message"]), -1)
        self.failed = list(failed)
        self._open = {root for root, left in enumerate(pending) if left}
        self.count = len(self._digests) - 1
        self._read_open(directory, retry_failed=retry_failed)
        self._read_results(directory)
        self._read_snapshots(directory)

    def _read_open(self, directory: Path, *, retry_failed: bool) -> None:
        """Keep what is known of the messages that are between."""
        for entry, _ in _lines(directory / LEDGER):
            key = (entry["message"], entry["step"])
            if entry.get("outcome") == "failed":
                self._failed.add(key)
            if _root(entry["message"]) in self._open and _counts(entry, retry_failed=retry_failed):
                self._done.add(key)
        seen: set[tuple[str, str, str]] = set()
        for entry, offset in _lines(directory / SPOOL):
            key = (entry["message"], entry["step"])
            if key in self._done and "gave" in entry and (*key, entry["gave"]) not in seen:
                seen.add((*key, entry["gave"]))
                self._gave.setdefault(key, []).append((entry["gave"], offset))

    def _read_results(self, directory: Path) -> None:
        """Keep which results were written before their lines of the ledger could be."""
        path = directory / RESULTS
        if not self._open or not path.exists():
            return
        with path.open("rb") as file:
            for line in file:
                begin = _RESULT.match(line)
                if begin is None or not line.endswith(b"\n"):
                    continue
                number, step = begin[1].decode(), begin[2].decode()
                key = (number.rpartition(".")[0], step)
                if _root(number) in self._open and key not in self._done and key not in self._failed:
                    self._results.add((number, step))

    def _read_snapshots(self, directory: Path) -> None:
        for entry, _ in _lines(directory / SNAPSHOTS):
            step = entry["step"]
            known = self.snapshots.get(step)
            is_whole = "snapshot" in entry
            kept = {} if is_whole or not isinstance(known, dict) else known
            self.snapshots[step] = entry["snapshot"] if is_whole else {**kept, **entry["update"]}


def _add(numbers: array[int], place: int, amount: int) -> None:
    if place >= len(numbers):
        numbers.extend([0] * (place + 1 - len(numbers)))
    numbers[place] += amount


def _counts(entry: dict[str, Any], *, retry_failed: bool) -> bool:
    """Return whether a line ends a message at a step; what failed before and was tried again has two."""
    return entry.get("outcome") != "failed" if retry_failed else not entry.get("again")


def _root(message: str) -> int:
    return int(message.partition(".")[0].partition("!")[0])


def _lines(path: Path) -> Iterator[tuple[dict[str, Any], int]]:
    """Yield each whole line with where it begins; what was cut off by an end is left out."""
    if not path.exists():
        return
    offset = 0
    with path.open("rb") as file:
        for line in file:
            entry = _read_line(line)
            if isinstance(entry, dict):
                yield entry, offset
            offset += len(line)


def _read_line(line: bytes) -> Any:
    """Return what a line holds, None for one that was cut off."""
    if not line.endswith(b"\n"):
        return None
    try:
        return orjson.loads(line)
    except ValueError:  # half a surrogate pair, which orjson refuses
        try:
            return json_text.read(line)
        except json_text.NotJson:
            return None


def read_ledger(directory: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of a run's ledger."""
    for entry, _ in _lines(directory / LEDGER):
        yield entry


def read_errors(directory: Path) -> Iterator[dict[str, Any]]:
    """Yield what failed in a run."""
    for entry, _ in _lines(directory / ERRORS):
        yield entry
