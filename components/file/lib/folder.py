"""Reads a folder, a message a file."""

from __future__ import annotations

import os
from base64 import b64encode
from datetime import UTC, datetime
from fnmatch import fnmatch
from mimetypes import guess_type
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pysailor import Context, InvalidConfig, Message

from .text import UnreadableFile, describe_open_error, make_path

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Iterator[Message]:
    """Yield the files in the order of their paths; a file that is too large ends it, unless the step skips such."""
    folder = make_path(cfg["path"], "/path")
    if not folder.is_dir():
        raise InvalidConfig(f'"{folder}" is not a folder; paths begin at {Path.cwd()}', pointer="/path")
    for path in find_files(folder, cfg["pattern"], is_deep=cfg["recursive"]):
        yield Message(body=read_file(path, cfg["content"], int(cfg["largest"] * 2**20), cfg["encoding"]))


def find_files(folder: Path, pattern: str, *, is_deep: bool) -> Iterator[Path]:
    """Yield the regular files whose name fits the pattern, sorted; links to folders are not followed."""
    for directory, folders, names in os.walk(folder):
        folders[:] = sorted(folders) if is_deep else []
        for name in sorted(names):
            path = Path(directory, name)
            if fnmatch(name, pattern) and path.is_file():
                yield path


def read_file(path: Path, content: str, largest: int, encoding: str) -> dict[str, Any]:
    """Return name, path, size in bytes, time of change and, as the step wants it, what the file holds."""
    try:
        status = path.stat()
        if content != "nothing" and status.st_size > largest:
            raise UnreadableFile(
                f"{path}: has {status.st_size} bytes, more than the {largest} that the step takes. "
                "Raise the field Largest file, or leave the file out by the field Pattern."
            )
        held = b"" if content == "nothing" else path.read_bytes()
    except OSError as error:
        raise UnreadableFile(describe_open_error(path, error)) from error
    kind = guess_type(path.name)[0] or "application/octet-stream"
    changed = datetime.fromtimestamp(status.st_mtime, UTC).isoformat().replace("+00:00", "Z")
    about = {"name": path.name, "path": str(path), "size": status.st_size, "type": kind, "modified": changed}
    return {**about, **_hold(held, content, kind, path, encoding)}


def _hold(held: bytes, content: str, kind: str, path: Path, encoding: str) -> dict[str, str]:
    if content == "nothing":
        return {}
    if content == "dataUrl":
        return {"dataUrl": f"data:{kind};base64,{b64encode(held).decode()}"}
    try:
        return {"text": held.decode("utf-8-sig" if encoding == "utf-8" else encoding)}
    except UnicodeDecodeError as error:
        line = held.count(b"\n", 0, error.start) + 1
        raise UnreadableFile(
            f"{path}:{line}: the byte 0x{held[error.start]:02X} is not {encoding}. "
            "Set the field Encoding to that of the file, or Content to data URL for pictures and PDFs."
        ) from error
