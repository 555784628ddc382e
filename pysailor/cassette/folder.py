"""A cassette: a folder with a file for each exchange, named after its request."""

from __future__ import annotations

import json
import re
import threading
from collections import defaultdict
from difflib import SequenceMatcher, unified_diff
from itertools import islice
from typing import TYPE_CHECKING, Any, Final

from pysailor.errors import SailorError
from pysailor.whole_file import write_whole

from .exchange import RecordedAnswer, RecordedCall, mask_query

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from pathlib import Path

SETTINGS: Final = "settings"
_MOST_LINES: Final = 60
_LONGEST_NAME: Final = 60


class UnreadableCassette(SailorError):
    """A cassette cannot be read or written.

    Name the folder that --record wrote; record again if a file in it is broken.
    """

    code = "unreadable_cassette"


class Writer:
    """Puts exchanges into a folder. The same request again has the next number; threads share it."""

    def __init__(self, folder: Path, secrets: Collection[str]) -> None:
        """Make the folder; raise UnreadableCassette if that cannot be."""
        self.folder = folder
        self.count = 0
        self.failures: list[str] = []
        """Why exchanges were not kept; the answers themselves were passed on."""
        self._secrets = secrets
        self._lock = threading.Lock()
        self._numbers: dict[str, int] = defaultdict(int)
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise UnreadableCassette(f"{folder} cannot be made: {error.strerror}") from error

    def write(self, call: RecordedCall, answer: RecordedAnswer, origin: str) -> None:
        """Keep one exchange, or why that cannot be, in `failures`."""
        with self._lock:
            self._numbers[call.digest] += 1
            number = self._numbers[call.digest]
        document = {
            "service": _without_login(origin),
            "request": call.to_json(),
            "response": answer.to_json(self._secrets),
        }
        text = json.dumps(document, ensure_ascii=False, indent=2).encode("utf-8", "backslashreplace")
        file = self.folder / f"{_name(call)}-{number}.json"
        try:
            write_whole(file, text + b"\n")
        except OSError as error:
            with self._lock:
                self.failures.append(f"{file} cannot be written: {error.strerror}")
        else:
            with self._lock:
                self.count += 1

    def write_settings(self, settings: Mapping[str, Any]) -> None:
        """Keep what steps were set to, beside the exchanges."""
        if not any(settings.values()):
            return
        try:
            write_whole(self.folder / SETTINGS, json.dumps(settings, indent=2).encode() + b"\n")
        except OSError as error:
            self.failures.append(f"{self.folder / SETTINGS} cannot be written: {error.strerror}")


def _without_login(origin: str) -> str:
    """Return an address without the user and the password that it may have."""
    scheme, _, place = origin.partition("://")
    return f"{scheme}://{place.rpartition('@')[2]}"


class Reader:
    """Finds answers in a folder: the first time the first one, and the last one from then on. Threads share it."""

    def __init__(self, folder: Path) -> None:
        """Read the folder; raise UnreadableCassette if there is none, or a file in it is broken."""
        self._lock = threading.Lock()
        self._calls: dict[str, RecordedCall] = {}
        self._answers: dict[str, list[RecordedAnswer]] = defaultdict(list)
        self._asked: dict[str, int] = defaultdict(int)
        self._services: dict[str, set[bool]] = defaultdict(set)
        files = sorted(folder.glob("*.json"), key=_order)
        if not files:
            raise UnreadableCassette(f"{folder} holds no recorded exchange; record some with --record {folder}")
        for file in files:
            self._read(file)
        self.settings = _read_settings(folder / SETTINGS)

    def _read(self, file: Path) -> None:
        try:
            document = json.loads(file.read_text(encoding="utf-8-sig"))  # some editors put a mark before it
            asked = document["request"]
            path = mask_query(asked["path"])
            call = RecordedCall(asked["method"], path, asked.get("body"), asked.get("headers", {}))
            answer = RecordedAnswer.from_json(document["response"])
        except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
            reason = f"{file} is not a recorded exchange: {_explain(error)}"
            raise UnreadableCassette(f"{reason}; put a copy of it back, or record again") from error
        self._services[str(document.get("service"))].add(answer.unreachable)
        self._calls[call.digest] = call
        self._answers[call.digest].append(answer)

    def find(self, call: RecordedCall) -> RecordedAnswer | None:
        """Return the next answer to a request, None if it was never recorded."""
        with self._lock:
            answers = self._answers.get(call.digest)
            if answers is None:
                return None
            number = self._asked[call.digest]
            self._asked[call.digest] += 1
            return answers[min(number, len(answers) - 1)]

    def is_away(self, origin: str) -> bool:
        """Return whether no connection to a service could be made, whenever it was asked."""
        return self._services.get(_without_login(origin)) == {True}

    @property
    def unused(self) -> list[str]:
        """The requests that were recorded and not asked for."""
        return [
            f"{call.method} {call.path}"
            for digest, call in self._calls.items()
            if not self._asked.get(digest) and not all(answer.unreachable for answer in self._answers[digest])
        ]

    def explain(self, call: RecordedCall) -> str:
        """Return how a request differs from the nearest recorded one, as a diff."""
        near = max(self._calls.values(), key=lambda known: _likeness(known, call))
        recorded, asked = _lines(near), _lines(call)
        diff = list(islice(unified_diff(recorded, asked, "recorded", "asked", lineterm="", n=2), _MOST_LINES + 1))
        more = ["…"] if len(diff) > _MOST_LINES else []
        return "\n".join(
            [
                f"{call.method} {call.path} was not recorded; the nearest that was differs so:",
                *diff[:_MOST_LINES],
                *more,
            ]
        )


def _read_settings(file: Path) -> dict[str, dict[str, Any]]:
    """Return what steps were set to, by component; nothing where an older recording has none."""
    if not file.exists():
        return {}
    try:
        document = json.loads(file.read_text(encoding="utf-8-sig"))
        return {component: dict(fields) for component, fields in document.items()}
    except (OSError, ValueError, TypeError, AttributeError) as error:
        reason = f"{file} does not hold recorded settings: {_explain(error)}"
        raise UnreadableCassette(f"{reason}; put a copy of it back, or record again") from error


def _explain(error: Exception) -> str:
    """Return in words why a file cannot be used."""
    match error:
        case json.JSONDecodeError():
            return f"it is not JSON, at line {error.lineno}, column {error.colno} ({error.msg})"
        case UnicodeDecodeError():
            return "it is not text in UTF-8"
        case OSError():
            return f"it cannot be read ({error.strerror})"
        case KeyError():
            return f"it has no {error.args[0]}"
        case ValueError():
            return str(error)
    return "its members are not those that --record writes"


def _likeness(known: RecordedCall, asked: RecordedCall) -> tuple[bool, float]:
    one, other = (json.dumps(call.body, sort_keys=True)[:5000] for call in (known, asked))
    same_place = (known.method, known.path) == (asked.method, asked.path)
    return same_place, SequenceMatcher(None, one, other, autojunk=False).quick_ratio()


def _lines(call: RecordedCall) -> list[str]:
    body: Any = call.body
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False, indent=2, sort_keys=True)
    return [f"{call.method} {call.path}", *text.splitlines()]


def _name(call: RecordedCall) -> str:
    words = re.sub(r"[^A-Za-z0-9]+", "-", f"{call.method.lower()}{call.path.partition('?')[0]}").strip("-")
    return f"{words[:_LONGEST_NAME]}-{call.digest}"


def _order(file: Path) -> tuple[str, int]:
    name, _, number = file.stem.rpartition("-")
    return name, int(number) if number.isdecimal() else 0
