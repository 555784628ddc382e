"""Files that are read again later: whole at every moment, whenever the process that writes them is killed."""

from __future__ import annotations

import os
from contextlib import suppress
from secrets import token_hex
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

EVERYBODY, OWNER = 0o666, 0o600


def write_whole(file: Path, content: bytes, mode: int = EVERYBODY) -> None:
    """Put the content in the file's place; raise OSError, and leave what was there, if that cannot be."""
    place = file.resolve() if file.is_symlink() else file
    beside = _write_beside(place, content, mode)
    try:
        beside.replace(place)
    except OSError:
        beside.unlink(missing_ok=True)
        raise


def make_whole(file: Path, content: bytes, mode: int = EVERYBODY) -> None:
    """Make the file, on the disk itself, unless there is one already: of several writers the first one has its way."""
    beside = _write_beside(file, content, mode, is_synced=True)
    try:
        with suppress(FileExistsError):
            file.hardlink_to(beside)
    finally:
        beside.unlink(missing_ok=True)


def _write_beside(file: Path, content: bytes, mode: int, *, is_synced: bool = False) -> Path:
    """Write a file of its own in the same directory and return its path; leave none of it if that cannot be."""
    beside = file.with_name(f".{file.name[:100]}.{token_hex(4)}.part")
    try:
        with os.fdopen(os.open(beside, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode), "wb") as written:
            written.write(content)
            if is_synced:
                written.flush()
                os.fsync(written.fileno())
    except OSError:
        with suppress(OSError):
            beside.unlink(missing_ok=True)
        raise
    return beside
