"""From an address to a store."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from ..errors import InvalidSettings
from ..shell import environment

if TYPE_CHECKING:
    from .base import Store

VARIABLE: Final = "PYSAILOR_JOURNAL"
OFF: Final = "off"
_KNOWN: Final = "sqlite:///file.sqlite, postgresql://user@host/database, redis://host:6379/0, memory:"
_SYNC: Final = "?sync=full"


def open_store(url: str) -> Store:
    """Return the store at this address; raise InvalidSettings if the address or its driver cannot be used.

    `sqlite:///a.sqlite` is beside the working directory, `sqlite:////var/a.sqlite` (four slashes) is absolute; with
    `?sync=full` each write waits for the disk. Nothing is connected before it is needed.
    """
    scheme, _, rest = url.strip().partition(":")
    match scheme.lower():
        case "memory" if not rest.strip("/"):
            from .memory import MemoryValues  # noqa: PLC0415 - one kind is needed, the others are not loaded

            return MemoryValues()
        case "sqlite":
            from .sqlite import SqliteValues  # noqa: PLC0415 - as above

            return SqliteValues(_path(rest), sync=rest.endswith(_SYNC))
        case "postgresql" | "postgres":
            from .postgresql import PostgresqlValues  # noqa: PLC0415 - its driver is an extra

            return PostgresqlValues(url.strip())
        case "redis" | "rediss" | "unix":
            from .redis import RedisValues  # noqa: PLC0415 - its driver is an extra

            return RedisValues(url.strip())
    # the address is not quoted, as it may hold a password
    raise InvalidSettings(f"This is not the address of a store. Known are: {_KNOWN}.")


def open_named_store(url: str | None) -> Store:
    """Return the store at this address, one in memory where it is missing, empty or `off`."""
    return open_store("memory:" if (url or OFF).strip().lower() == OFF else str(url))


def store_of_environment(otherwise: Store | None = None) -> Store:
    """Return the store that PYSAILOR_JOURNAL names, off the platform; else `otherwise`, or a new one in memory."""
    url = environment().get(VARIABLE)
    if otherwise is not None and (url or OFF).strip().lower() == OFF:
        return otherwise
    return open_named_store(url)


def without_secrets(url: str) -> str:
    """Return the address for a log: without user, password and parameters."""
    scheme, is_whole, rest = url.strip().partition("://")
    return f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}" if is_whole else OFF


def _path(rest: str) -> Path:
    name = rest.removesuffix(_SYNC).removeprefix("///")
    if not rest.startswith("///") or not name.isprintable() or not name or any(sign in name for sign in "?#"):
        raise InvalidSettings(
            "The address of a file is sqlite:///file.sqlite, or sqlite:////folder/file.sqlite for an absolute path; "
            "?sync=full is all that may follow."
        )
    if name.endswith("/") or Path(name).is_dir():
        raise InvalidSettings(f"{name} is a folder; the address of a store ends with the name of a file.")
    return Path(name)
