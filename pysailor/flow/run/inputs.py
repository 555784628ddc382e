"""Messages from a file in place of those of the trigger: rows of CSV, lines of JSON, a list in JSON.

Read as they are needed, so that a file of any size takes no room. `-` is standard input, with a JSON text a line.
"""

from __future__ import annotations

import csv
import json
import math
import sys
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pysailor.errors import SailorError, UnreadableFile, escape_halves
from pysailor.wire import json_fault, json_text

from ..document.read import suggest_file
from .encoded import EncodedLines, decode
from .errors import InvalidRow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

_LONGEST_FIELD: Final = 10 << 20
_DELIMITERS: Final = ",;\t|"
_LONGEST_NAME: Final = 100
_EXAMPLE: Final = '{"name": "Ann"}'
_TEXTS: Final = (".csv", ".tsv")


class FlowInput:
    """The bodies that a file holds. `share` is how much of it is read, from 0 to 1, None if that is not known."""

    def __init__(self, file: BinaryIO, name: str, size: int | None) -> None:
        self._file, self.name, self._size = file, name, size
        self._source = EncodedLines(file, name)

    @property
    def share(self) -> float | None:
        """How much of the file is read."""
        return min(1.0, self._source.read / self._size) if self._size else None

    def bodies(self) -> Iterator[Any]:
        """Yield the bodies; raise InvalidRow, with the line, for one that cannot be read."""
        suffix = Path(self.name).suffix.lower()
        if suffix in _TEXTS:
            return self._rows("\t" if suffix == ".tsv" else "")
        if suffix == ".json":
            return self._document()
        return self._lines()

    def close(self) -> None:
        """Close the file."""
        if self._file is not getattr(sys.stdin, "buffer", None):
            self._file.close()

    def _lines(self) -> Iterator[Any]:
        for number, line in enumerate(self._source, 1):
            if not line.strip():
                continue
            try:
                body = json_text.read(line)
            except SailorError as error:
                what = _describe_json(line, f"{self.name}:{number}", "the line is not JSON")
                raise InvalidRow(f"{what}; each line is one JSON text, such as {_EXAMPLE}") from error
            _refuse_losses(line, f"{self.name}:{number}")
            yield body

    def _document(self) -> Iterator[Any]:
        content = b"".join(self._source)
        if not content.strip():  # as with rows and lines: a file without anything holds no message
            return
        try:
            document = json_text.read(content)
        except SailorError as error:
            raise InvalidRow(_describe_json(content, self.name, "this is not JSON")) from error
        _refuse_losses(content, self.name)
        yield from document if isinstance(document, list) else [document]

    def _rows(self, delimiter: str) -> Iterator[dict[str, str]]:
        csv.field_size_limit(_LONGEST_FIELD)
        lines = self._decode_lines()
        first = next(lines, "")
        reader = csv.reader(chain([first], lines), delimiter=delimiter or _guess_delimiter(first), strict=True)
        names: list[str] = []
        line = 1
        try:
            for row in reader:
                if row and not names:
                    names = _names(row, f"{self.name}:{line}")
                elif row:
                    yield self._row(names, row, line)
                line = reader.line_num + 1
        except csv.Error as error:
            raise InvalidRow(f"{self.name}:{line}: {_describe_csv(error)}") from error

    def _row(self, names: list[str], row: list[str], line: int) -> dict[str, str]:
        if len(row) > len(names) and not any(row[len(names) :]):
            row = row[: len(names)]
        if len(row) != len(names):
            values = "1 value" if len(row) == 1 else f"{len(row)} values"
            raise InvalidRow(
                f"{self.name}:{line}: the row has {values}, the first line names {len(names)} columns; a "
                "value that holds the delimiter or a line end stands in double quotes"
            )
        return dict(zip(names, row, strict=True))

    def _decode_lines(self) -> Iterator[str]:
        for number, line in enumerate(self._source, 1):
            yield decode(line, f"{self.name}:{number}")


def _guess_delimiter(first: str) -> str:
    """Return the sign that parts the first line, the most frequent of the usual ones outside of quotes."""
    bare = "".join(first.split('"')[::2])
    return max(_DELIMITERS, key=bare.count)


def _refuse_losses(content: bytes, place: str) -> None:
    """Raise InvalidRow for what would be lost unsaid: a member that an object has twice, a number without bound."""
    try:
        json.loads(content, object_pairs_hook=_check_names, parse_int=str, parse_float=_check_number)
    except _Lossy as error:
        raise InvalidRow(f"{place}: {error}") from None
    except (ValueError, RecursionError):  # what the message's own reader takes is read by it
        return


class _Lossy(Exception):
    """A part of the text that no message would hold; the text says which."""


def _check_names(pairs: list[tuple[str, Any]]) -> None:
    seen = {name for name, _ in pairs}
    if len(seen) < len(pairs):
        names = [name for name, _ in pairs]
        twice = escape_halves(next(name for name in names if names.count(name) > 1)[:_LONGEST_NAME])
        raise _Lossy(f'an object has the member "{twice}" twice; keep one of them')


def _check_number(text: str) -> None:
    if math.isinf(float(text)):
        raise _Lossy(f"{text[:_LONGEST_NAME]} is too large a number; allowed is up to 1.7e308. Write it as text")


def open_input(name: str) -> FlowInput:
    """Open an input; raise UnreadableFile if it cannot be."""
    if name == "-" and sys.stdin is None:
        raise UnreadableFile("standard input is closed; name a file, or send the messages through a pipe")
    if name == "-":
        return FlowInput(sys.stdin.buffer, "standard input", None)
    if Path(name).is_dir():
        raise UnreadableFile(f"{name} is a folder; name a file in it: .csv, .json or .jsonl")
    try:
        file = Path(name).open("rb")  # noqa: SIM115 - whoever opens the input closes it
    except OSError as error:
        raise UnreadableFile(f"{name} cannot be read: {error.strerror}{suggest_file(Path(name))}") from error
    return FlowInput(file, name, _size(name))


def _size(name: str) -> int | None:
    path = Path(name)
    return path.stat().st_size if path.is_file() else None


def _names(row: list[str], place: str) -> list[str]:
    names = [name.strip() for name in row]
    twice = next((name for number, name in enumerate(names) if name in names[:number]), None)
    if twice is not None:
        raise InvalidRow(f'{place}: two columns are called "{twice}"')
    return names


def _describe_json(content: bytes, place: str, what: str) -> str:
    """Return what is wrong with a text of JSON, and where."""
    try:
        json.loads(content.decode())
    except json.JSONDecodeError as error:
        return f"{place}: {what}: {json_fault.explain(error).removeprefix('line 1, ')}"
    except UnicodeDecodeError as error:
        before = content[: error.start]
        lines = before.count(b"\n")
        line = f", line {lines + 1}" if lines else ""
        byte = error.start - before.rfind(b"\n")
        return f"{place}: {what}: it is not text in UTF-8: byte {byte}{line} is 0x{content[error.start]:02X}"
    except (ValueError, RecursionError):
        pass
    return f"{place}: {what} that messages can hold: a number is too large, or it is nested too deep"


def _describe_csv(error: csv.Error) -> str:
    words = str(error)
    if "unexpected end" in words:
        return 'a quote (") is opened in this row and never closed'
    if "field larger" in words:
        most = f"a value is longer than {_LONGEST_FIELD >> 20} MiB"
        return f'{most}; was a quote (") opened in this row and never closed?'
    if "new-line character" in words:
        return "lines end in a carriage return alone, as old Macs wrote them; save the file with other line ends"
    if "expected after" in words:
        return (
            'something stands behind the quote (") that closes a value; a quote inside of a value is written twice ("")'
        )
    return f"the row cannot be read: {words}"
