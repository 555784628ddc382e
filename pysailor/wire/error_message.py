"""The content of an error message, written and read (platform contract, 2.7 and the end of 3).

The content is plain JSON with two members in it that are base64 ciphertext, whatever the protocol version: `error`
holds `{"name", "message", "stack"}`, `errorInput` the message that failed.
"""

from __future__ import annotations

import traceback
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from pysailor.errors import Defect, SailorError, escape_halves
from pysailor.message import Message

from . import json_text
from .cipher import BASE64, RAW, Cipher, Undecodable, to_content

if TYPE_CHECKING:
    from collections.abc import Mapping

_LONGEST: Final = 64 * 1024
_LARGEST: Final = 1024 * 1024
NOT_AVAILABLE: Final = "Not Available"
_ROOTS: Final = ("lib", "pysailor", "site-packages")


def describe(error: BaseException) -> dict[str, Any]:
    """Return the error as Node writes it, `{"name", "message", "stack"}`, and what an error of ours knows besides."""
    core = {"name": _name(error), "message": _message(error), "stack": _stack(error)}
    return {**error.to_json(), **core} if isinstance(error, SailorError) else core


def write(cipher: Cipher, error: BaseException, original: tuple[bytes, int], size_limit: int) -> tuple[bytes, bytes]:
    """Return the error as ciphertext in base64, which is what a reply carries, and the whole content.

    If the content would exceed the limit, the input is left out and the error says so.
    """
    content, protocol = original
    document = describe(error)
    ciphertext = _encrypt(cipher, document)
    failed = to_content(content, BASE64) if protocol >= RAW else content
    if failed and len(ciphertext) + len(failed) + _FRAME <= size_limit:
        members = {"error": ciphertext.decode(), "errorInput": failed.decode(errors="replace")}
        return ciphertext, json_text.write(members)
    if failed:
        ciphertext = _encrypt(cipher, {**document, "errorInputLeftOut": f"{len(failed)} bytes"})
    return ciphertext, json_text.write({"error": ciphertext.decode()})


_FRAME: Final = len('{"error":"","errorInput":""}')


def read(cipher: Cipher, headers: Mapping[str, Any], content: bytes) -> Message:
    """Return the message that a flow's error handler works on: body `{"error", "errorInput"}`, headers those of AMQP.

    Raise Undecodable if the content is not an error message.
    """
    try:
        document = json_text.read(content)
    except json_text.NotJson as error:
        raise Undecodable(f"The content is not an error message: {error}") from error
    if not isinstance(document, dict):
        raise Undecodable("The content is not an error message: it holds no object.")
    decrypted = {name: _decrypt(cipher, name, document[name]) for name in ("error", "errorInput") if document.get(name)}
    return Message(body={**document, **decrypted}, headers=_plain(headers))


def _decrypt(cipher: Cipher, name: str, ciphertext: Any) -> Any:
    if not isinstance(ciphertext, str):
        raise Undecodable(f"The content is not an error message: its {name} is not text.")
    return cipher.decode(ciphertext.encode(errors="replace"), BASE64)


def _encrypt(cipher: Cipher, document: dict[str, Any]) -> bytes:
    """Encrypt the error; what it knows besides is dropped if that cannot be written or is too much."""
    try:
        plain = json_text.write(document)
    except json_text.NotJson:
        plain = b""
    if not plain or len(plain) > _LARGEST:
        plain = json_text.write({name: document[name] for name in ("name", "message", "stack")})
    return to_content(cipher.encrypt(plain), BASE64)


def _name(error: BaseException) -> str:
    return error.shown_name if isinstance(error, SailorError) else type(error).__name__


def _message(error: BaseException) -> str:
    text = escape_halves(str(error)) or NOT_AVAILABLE
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]} … ({len(text)} characters)"


def _stack(error: BaseException) -> str:
    """Return where the error was raised, the innermost place first, as Node writes it; the log has the traceback."""
    first = error.__cause__ if isinstance(error, Defect) and error.__cause__ else error
    frames = traceback.extract_tb(first.__traceback__)
    if not frames:
        return NOT_AVAILABLE
    places = [f"    at {frame.name} ({_short(frame.filename)}:{frame.lineno})" for frame in reversed(frames)]
    return "\n".join([f"{_name(error)}: {_message(error)}", *places])[:_LONGEST]


def _short(filename: str) -> str:
    """Return a file's path within its component or library."""
    parts = Path(filename).parts
    start = max((place for place, part in enumerate(parts) if part in _ROOTS), default=len(parts) - 2)
    return "/".join(parts[start + (parts[start] == "site-packages") :])


def _plain(value: Any) -> Any:
    """Return a header value as JSON can hold it; AMQP knows bytes, decimals and times besides."""
    if isinstance(value, dict):
        return {name: _plain(member) for name, member in value.items()}
    if isinstance(value, list):
        return [_plain(item) for item in value]
    if isinstance(value, bytes):
        return value.decode(errors="replace")
    if isinstance(value, datetime):
        return value.isoformat()
    return float(value) if isinstance(value, Decimal) else value
