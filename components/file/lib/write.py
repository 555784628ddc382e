"""Writes a whole file, so that a reader sees the old one or the new one, never half of it."""

from __future__ import annotations

import binascii
import json
import os
from base64 import b64decode
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import TYPE_CHECKING, Any

from pysailor import Context, InvalidInput, Message

from .appending import UnwritableFile, translate_errors
from .destination import find_destination

if TYPE_CHECKING:
    from collections.abc import Mapping


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Message:
    """Return the path and the size in bytes; a file that is there is replaced, kept, or an error, as the step says."""
    path = find_destination(cfg, msg.body)
    content = read_content(msg.body["content"])
    if cfg["ifExists"] == "keep" and path.exists():
        return Message(body={"path": str(path), "size": path.stat().st_size, "written": False})
    with translate_errors(path):
        _put(path, content, may_replace=cfg["ifExists"] != "fail")
    return Message(body={"path": str(path), "size": len(content), "written": True})


def read_content(value: Any) -> bytes:
    """Return the bytes: of a text, of a data URL in base64, or of any other value as JSON."""
    if not isinstance(value, str):
        return json.dumps(value, ensure_ascii=False, indent=2).encode("utf-8", "backslashreplace") + b"\n"
    head, comma, data = value.partition(",")
    if not (comma and head.startswith("data:") and head.endswith(";base64")):
        return value.encode("utf-8", "backslashreplace")
    try:
        return b64decode(data, validate=True)
    except binascii.Error as error:
        raise InvalidInput(f"is a data URL, but its base64 is broken: {error}", pointer="/content") from error


def _put(path: Path, content: bytes, *, may_replace: bool) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with NamedTemporaryFile(dir=path.parent, prefix=f".{path.name[:100]}.", delete=False) as file:
        made = Path(file.name)
        try:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
            made.chmod(0o666 & ~_umask())
            _move(made, path, may_replace=may_replace)
        finally:
            made.unlink(missing_ok=True)


def _move(made: Path, path: Path, *, may_replace: bool) -> None:
    if may_replace:
        made.replace(path)
        return
    try:
        path.hardlink_to(made)
    except FileExistsError as error:
        raise UnwritableFile(
            f"{path}: is already there. Choose another path, or set the field If the file exists."
        ) from error


def _umask() -> int:
    mask = os.umask(0o077)
    os.umask(mask)
    return mask
