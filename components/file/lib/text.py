"""Text from a file or an address, line by line, each fault told with its place."""

from __future__ import annotations

import codecs
import io
from contextlib import contextmanager
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

import requests

from pysailor import CheckResult, Fault, InvalidConfig, InvalidInput, StepError

if TYPE_CHECKING:
    from collections.abc import Iterator

LONGEST_LINE = 16 * 2**20
_SECONDS = 30.0
_MARKS = (  # UTF-32 first: its mark begins with that of UTF-16
    (codecs.BOM_UTF32_LE, "utf-32-le"),
    (codecs.BOM_UTF32_BE, "utf-32-be"),
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF16_LE, "utf-16-le"),
    (codecs.BOM_UTF16_BE, "utf-16-be"),
)
_WIDE = ("utf-16", "utf-16-le", "utf-16-be", "utf-32-le", "utf-32-be")


class UnreadableFile(StepError):
    """A file cannot be read, or not as what the step expects.

    The message has the file, the line and what was found there. Mend the file, or the step's settings.
    """

    code = "file_unreadable"


@contextmanager
def open_source(url: str) -> Iterator[io.BufferedReader]:
    """Open a path, a file: address or an HTTP address for reading; raise UnreadableFile if that cannot be."""
    scheme = _scheme(url)
    if scheme in ("http", "https"):
        with _request(url) as response:
            response.raw.decode_content = True
            response.raw.auto_close = False
            yield io.BufferedReader(response.raw)
        return
    path = _path(url, scheme)
    try:
        file = path.open("rb")
    except OSError as error:
        raise UnreadableFile(describe_open_error(path, error)) from error
    with file:
        yield file


def _request(url: str) -> requests.Response:
    try:
        response = requests.get(url, stream=True, timeout=_SECONDS)
    except requests.RequestException as error:
        raise UnreadableFile(f"{url}: cannot be reached ({type(error).__name__}). Look at the address.") from error
    if not response.ok:
        response.close()
        raise UnreadableFile(f"{url}: the server answers with status {response.status_code}.")
    return response


def _scheme(url: str) -> str:
    """Return what stands before the colon of an address, "" for a path."""
    try:
        return urlsplit(url).scheme.lower()
    except ValueError:  # brackets that are not of an IPv6 address
        if "://" in url:
            raise InvalidConfig(f"{url!r} is not an address", pointer="/url") from None
        return ""


def _path(url: str, scheme: str) -> Path:
    """Return the path that a file: address or a text without a scheme names."""
    return make_path(unquote(urlsplit(url).path) if scheme == "file" else url, "/url")


def make_path(name: str, pointer: str) -> Path:
    """Return a path that the step's settings name; raise InvalidConfig for one that no system can hold."""
    if "\0" in name:
        raise InvalidConfig("has the character NUL, which no path has; correct it", pointer=pointer)
    return Path(name)


def describe_open_error(path: Path, error: OSError) -> str:
    """Return what is wrong with a path, and what to do."""
    if isinstance(error, FileNotFoundError):
        return f"{path}: there is no such file. {_nearest(path)}"
    if isinstance(error, IsADirectoryError):
        return f"{path}: is a folder, not a file."
    return f"{path}: cannot be opened: {error.strerror}."


def check_source(url: str) -> CheckResult:
    """Return a warning where a path that the step's settings name has no file now; an address is not asked."""
    scheme = _scheme(url)
    path = _path(url, scheme)
    if scheme in ("http", "https") or path.exists():
        return CheckResult()
    return CheckResult(warnings=[Fault("/url", describe_open_error(path, FileNotFoundError()))])


def _nearest(path: Path) -> str:
    if not path.parent.is_dir():
        return f'Paths begin at {Path.cwd()}; there is no folder "{path.parent}" either.'
    alike = get_close_matches(path.name, (entry.name for entry in path.parent.iterdir()), 1)
    return f"Did you mean {path.parent / alike[0]}?" if alike else f"Paths begin at {Path.cwd()}."


def find_below(folder: str, name: str, pointer: str) -> Path:
    """Return the path that a message names, which must lie in the folder; raise InvalidInput if it does not."""
    base = Path(folder or ".").resolve()
    try:
        path = (base / name).resolve()
    except (OSError, ValueError, RuntimeError) as error:
        raise InvalidInput(f"{name!r} is not a path", pointer=pointer) from error
    if path != base and base not in path.parents:
        raise InvalidInput(
            f'"{name}" lies outside of {base}, where messages may name files; change the path, or the field Folder',
            pointer=pointer,
        )
    return path


def read_lines(buffered: io.BufferedReader, name: str, encoding: str = "utf-8") -> Iterator[str]:
    """Yield each line with its ending; a byte order mark decides on the encoding and is left out.

    Raise UnreadableFile where a line is too long, or is not text in this encoding.
    """
    mark, found = next(((m, e) for m, e in _MARKS if buffered.peek(4).startswith(m)), (b"", encoding))
    buffered.read(len(mark))
    read = _read_wide if found in _WIDE else _read_bytes
    try:
        yield from read(buffered, name, found)
    except OSError as error:
        raise UnreadableFile(f"{name}: reading stopped: {error.strerror or error}.") from error


def _read_bytes(file: io.BufferedReader, name: str, encoding: str) -> Iterator[str]:
    number = 0
    while line := file.readline(LONGEST_LINE + 1):
        number += 1
        _check_length(line, name, number)
        try:
            yield line.decode(encoding)
        except UnicodeDecodeError as error:
            byte, column = line[error.start], error.start + 1
            raise UnreadableFile(
                f"{name}:{number}: the byte 0x{byte:02X} at position {column} is not {encoding}. "
                "Set the field Encoding to that of the file; old files of Windows have cp1252."
            ) from error


def _read_wide(file: io.BufferedReader, name: str, encoding: str) -> Iterator[str]:
    text = io.TextIOWrapper(file, encoding, newline="")
    number = 0
    try:
        while line := text.readline(LONGEST_LINE + 1):
            number += 1
            _check_length(line, name, number)
            yield line
    except UnicodeError as error:
        raise UnreadableFile(f"{name}: not {encoding} somewhere after line {number}: {error}.") from error
    finally:
        text.detach()


def _check_length(line: bytes | str, name: str, number: int) -> None:
    if len(line) > LONGEST_LINE:
        raise UnreadableFile(
            f"{name}:{number}: the line is longer than {LONGEST_LINE // 2**20} MiB. Is this the right file?"
        )
