"""What is wrong with the value of a variable, in words that follow its name; "" if nothing is."""

from __future__ import annotations

from difflib import get_close_matches
from typing import Final
from urllib.parse import urlsplit

from .. import pool
from ..errors import InvalidSettings
from ..log import level
from ..store.open import open_named_store

VECTOR_SIZE: Final = 16
_LONGEST_NAME: Final = 255


def check_web_address(found: str) -> str:
    """Return what is wrong with an address of HTTP."""
    return _check_address(found, ("http", "https"), "https://host/path")


def check_broker_address(found: str) -> str:
    """Return what is wrong with the address of a broker."""
    return _check_address(found, ("amqp", "amqps"), "amqps://user:password@host/vhost")


def _check_address(found: str, schemes: tuple[str, ...], example: str) -> str:
    try:
        parts = urlsplit(found)
        usable = parts.scheme in schemes and _is_host(parts.hostname or "") and parts.port != 0
    except ValueError:
        usable = False
    return "" if usable else f"is not an address like {example}"


def _is_host(host: str) -> bool:
    """Return whether a text can be a host's name or address; raise UnicodeError, a ValueError, for a label too long."""
    return bool(host) and not any(map(str.isspace, host)) and bool(host.encode("idna"))


def check_name(found: str) -> str:
    """Return what is wrong with the name of a queue or an exchange, or with a routing key."""
    size = len(found.encode(errors="replace"))
    return f"has {size} bytes; RabbitMQ takes at most {_LONGEST_NAME}" if size > _LONGEST_NAME else ""


def check_token(found: str) -> str:
    """Return what is wrong with a text that goes into a header of HTTP."""
    is_plain = found.isprintable() and found.isascii() and found == found.strip()
    return "" if is_plain else "holds a blank, a line end or another character that no HTTP header can carry"


def check_level(found: str) -> str:
    """Return what is wrong with a level of the log."""
    try:
        level(found)
    except InvalidSettings as error:
        return str(error).removeprefix("LOG_LEVEL ").removesuffix(".")
    return ""


def check_vector(found: str) -> str:
    """Return what is wrong with an initialisation vector."""
    size = len(found.encode(errors="replace"))
    return "" if size == VECTOR_SIZE else f"has {size} bytes; it must have {VECTOR_SIZE}"


def check_store(found: str) -> str:
    """Return what is wrong with the address of a store; it is not connected to."""
    try:
        open_named_store(found).close()
    except InvalidSettings as error:
        return f"cannot be used: {str(error).removesuffix('.')}"
    return ""


def check_pool(found: str) -> str:
    """Return what is wrong with the name of a pool."""
    if found in pool.NAMES:
        return ""
    close = get_close_matches(found.lower(), pool.NAMES, 1)
    meant = f"; did you mean {close[0]}?" if close else "."
    return f"is {found[:40]!r}, which is not known{meant} It can be {' or '.join(pool.NAMES)}"
