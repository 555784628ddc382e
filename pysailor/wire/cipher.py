"""A value to content and back: JSON, AES-256-CBC, base64 (platform contract, 3).

The platform gives one key and one initialisation vector for all messages of a flow and no signature. That hides
bodies from the broker's operators and does not more: equal messages look equal, and nobody notices a forgery.
"""

from __future__ import annotations

import binascii
import hashlib
from typing import Any, Final

from pysailor.errors import SailorError

from . import json_text

_BLOCK: Final = 16
_PADDING: Final = tuple(bytes([n]) * n for n in range(_BLOCK + 1))
_URL_SAFE: Final = bytes.maketrans(b"-_", b"+/")

BASE64: Final = 1
"""The protocol version whose content is base64 text."""
RAW: Final = 2
"""The protocol version whose content is the ciphertext itself."""


class Undecodable(SailorError):
    """Content that is not a message of this flow. No step can work on it, and it says nothing about why."""

    code = "undecodable"


class InvalidCipher(SailorError):
    """The crypto settings cannot make a cipher; the process cannot start."""

    code = "invalid_cipher"


class Cipher:
    """Encrypts and decrypts with one password and vector. Threads may share it: each call has its own state."""

    def __init__(self, password: str, iv: str) -> None:
        """Derive the key, once; raise InvalidCipher if the vector is not 16 bytes or there is no password."""
        from cryptography.hazmat.primitives.ciphers import (  # noqa: PLC0415 - only a worker needs it, not the CLI
            Cipher as Engine,
        )
        from cryptography.hazmat.primitives.ciphers import algorithms, modes  # noqa: PLC0415 - as above

        vector = iv.encode()
        if not password:
            raise InvalidCipher("ELASTICIO_MESSAGE_CRYPTO_PASSWORD is empty: messages cannot be encrypted.")
        if len(vector) != _BLOCK:
            raise InvalidCipher(
                f"Invalid IV length: ELASTICIO_MESSAGE_CRYPTO_IV has {len(vector)} bytes, it must have {_BLOCK}."
            )
        key = hashlib.sha256(password.encode()).digest()
        self._engine = Engine(algorithms.AES(key), modes.CBC(vector))

    def encrypt(self, plain: bytes) -> bytes:
        return self._engine.encryptor().update(plain + _PADDING[_BLOCK - len(plain) % _BLOCK])

    def decrypt(self, secret: bytes) -> bytes:
        """Return the plain bytes; raise Undecodable if this key did not make the ciphertext."""
        if not secret or len(secret) % _BLOCK:
            raise Undecodable(
                f"Failed to decrypt message: {len(secret)} bytes are not a ciphertext (blocks of {_BLOCK})."
            )
        padded = self._engine.decryptor().update(secret)
        padding = padded[-1]
        if not 0 < padding <= _BLOCK or not padded.endswith(_PADDING[padding]):
            raise Undecodable("Failed to decrypt message: it was encrypted with another password or vector.")
        return padded[:-padding]

    def encode(self, value: Any, protocol: int = BASE64) -> bytes:
        """Return the content for a value; raise NotJson if it has no form in JSON."""
        return to_content(self.encrypt(json_text.write(value)), protocol)

    def decode(self, content: bytes, protocol: int = BASE64) -> Any:
        """Return the value that the content holds; raise Undecodable if that cannot be done."""
        plain = self.decrypt(from_base64(content) if protocol < RAW else content)
        try:
            return json_text.read(plain)
        except json_text.NotJson as error:
            raise Undecodable(f"Failed to decrypt message: {error}") from error


def to_content(secret: bytes, protocol: int = BASE64) -> bytes:
    """Return a ciphertext as this protocol version carries it."""
    return binascii.b2a_base64(secret, newline=False) if protocol < RAW else secret


def content_length(plain_length: int, protocol: int = BASE64) -> int:
    """Return how many bytes of content a plain text of this length makes, without making it."""
    secret = plain_length + _BLOCK - plain_length % _BLOCK
    return -(-secret // 3) * 4 if protocol < RAW else secret


def from_base64(content: bytes) -> bytes:
    """Read base64 as leniently as Node does: line breaks, the URL-safe alphabet and missing padding are all right."""
    if b"-" in content or b"_" in content:
        content = content.translate(_URL_SAFE)
    try:
        return binascii.a2b_base64(content)
    except binascii.Error:
        pass  # most likely the padding is missing
    try:
        return binascii.a2b_base64(content + b"==")
    except binascii.Error as error:
        raise Undecodable("Failed to decrypt message: the content is not base64.") from error
