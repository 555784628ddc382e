"""Lines added to a file, each whole, by as many threads and processes as like."""

from __future__ import annotations

import errno
import fcntl
import os
import stat
from contextlib import contextmanager
from typing import TYPE_CHECKING

from pysailor import StepError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FULL = (errno.ENOSPC, errno.EDQUOT)


class UnwritableFile(StepError):
    """A file cannot be written. What it held before is still there.

    Look at the path and at the permissions; for a pipe, at the program that should read it.
    """

    code = "file_unwritable"


class DiskFull(StepError):
    """There is no room for the file. Nothing of this message was written; what the file held before is still there.

    Make room, then send the message again.
    """

    code = "disk_full"
    retryable = True


class LockedFile:
    """A file open for appending, that no other step writes to meanwhile."""

    def __init__(self, descriptor: int) -> None:
        self._descriptor = descriptor
        status = os.fstat(descriptor)
        self._is_regular = stat.S_ISREG(status.st_mode)
        self.size = status.st_size if self._is_regular else 0

    def first_bytes(self, most: int) -> bytes:
        """Return how the file begins."""
        return os.pread(self._descriptor, most, 0) if self.size else b""

    def append(self, content: bytes, *, is_durable: bool = False) -> None:
        """Write at the end, on a line of its own; a write that fails halfway is taken back."""
        if self.size and os.pread(self._descriptor, 1, self.size - 1) != b"\n":
            content = b"\n" + content  # a line that a killed process began, or a file without an end of line
        try:
            _write(self._descriptor, content)
            if is_durable and self._is_regular:
                os.fsync(self._descriptor)
        except OSError:
            if self._is_regular:
                os.ftruncate(self._descriptor, self.size)
            raise


@contextmanager
def lock(path: Path) -> Iterator[LockedFile]:
    """Open a file, made with its folders if it is not there; raise UnwritableFile or DiskFull for what then fails."""
    with translate_errors(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        mode = os.O_WRONLY if path.is_fifo() else os.O_RDWR
        descriptor = os.open(path, mode | os.O_APPEND | os.O_CREAT | os.O_CLOEXEC, 0o666)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield LockedFile(descriptor)
        finally:
            os.close(descriptor)


@contextmanager
def translate_errors(path: Path) -> Iterator[None]:
    """Raise UnwritableFile or DiskFull, with the path, for an error of the file system."""
    try:
        yield
    except BrokenPipeError as error:
        raise UnwritableFile(f"{path}: the program that read this pipe is gone.") from error
    except OSError as error:
        if error.errno in _FULL:
            raise DiskFull(f"{path}: there is no room left on its disk. Make room, then send it again.") from error
        raise UnwritableFile(f"{path}: cannot be written: {error.strerror}.") from error


def _write(descriptor: int, content: bytes) -> None:
    rest = memoryview(content)
    while rest:
        rest = rest[os.write(descriptor, rest) :]
