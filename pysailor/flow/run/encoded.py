"""Lines of a file in UTF-8, or in what its byte order mark says, as lines in UTF-8."""

from __future__ import annotations

import codecs
from typing import TYPE_CHECKING, Final

from .errors import InvalidRow

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import BinaryIO

LONGEST_LINE: Final = 64 << 20
_CHUNK: Final = 1 << 20
_MARKS: Final = (  # UTF-32 first: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)


class EncodedLines:
    """The lines of a file, each with its ending. `read` counts the bytes that were read so far.

    Raise InvalidRow, with line and byte, for what is no text, and for a line of more than 64 MiB. What has no mark is
    handed on as it is, and checked by `decode`.
    """

    def __init__(self, file: BinaryIO, name: str) -> None:
        self._file, self._name = file, name
        self.read = 0

    def __iter__(self) -> Iterator[bytes]:
        first = self._line()
        encoding = next((each for mark, each in _MARKS if first.startswith(mark)), None)
        if encoding is not None:
            yield from self._wide(first, encoding)
            return
        if b"\0" in first[:4]:
            raise InvalidRow(
                f"{self._name}:1: this looks like UTF-16 without a byte order mark; save the file as UTF-8"
            )
        number, line = 1, first.removeprefix(codecs.BOM_UTF8)
        while line:
            if len(line) > LONGEST_LINE:
                raise InvalidRow(f"{self._name}:{number}: the line is longer than {LONGEST_LINE >> 20} MiB")
            yield line
            number, line = number + 1, self._line()

    def _line(self) -> bytes:
        line = self._file.readline(LONGEST_LINE + 1)
        self.read += len(line)
        return line

    def _wide(self, first: bytes, encoding: str) -> Iterator[bytes]:
        decoder = codecs.getincrementaldecoder(encoding)()
        rest, number, chunk = "", 0, first
        while True:
            begin = self.read - len(chunk) - len(decoder.getstate()[0])
            try:
                text = rest + decoder.decode(chunk, final=not chunk)
            except UnicodeDecodeError as error:
                line = number + 1 + (rest + error.object[: error.start].decode(encoding, "replace")).count("\n")
                raise InvalidRow(
                    f"{self._name}:{line}: byte {begin + error.start + 1} of the file is not {encoding.upper()}: "
                    f"{error.reason}; is the file cut off? Save it as UTF-8"
                ) from error
            *whole, rest = text.removeprefix("\ufeff").split("\n") if not number else text.split("\n")
            for line_text in whole:
                number += 1
                yield f"{line_text}\n".encode()
            if not chunk:
                break
            if len(rest) > LONGEST_LINE:
                raise InvalidRow(f"{self._name}:{number + 1}: the line is longer than {LONGEST_LINE >> 20} MiB")
            chunk = self._file.read(_CHUNK)
            self.read += len(chunk)
        if rest:
            yield rest.encode()


def decode(line: bytes, place: str) -> str:
    """Return a line as text; raise InvalidRow, with the byte, for what is not UTF-8."""
    try:
        return line.decode()
    except UnicodeDecodeError as error:
        raise InvalidRow(describe_bytes(error, place)) from error


def describe_bytes(error: UnicodeDecodeError, place: str) -> str:
    """Return where a text is not UTF-8, and what to do."""
    byte = error.object[error.start]
    return (
        f"{place}: the line is not text in UTF-8: byte {error.start + 1} is 0x{byte:02X}, as in Latin-1 or cp1252; "
        "save the file as UTF-8 (or UTF-16 with a byte order mark), or read it with a first step and its Encoding"
    )
