"""From an address to a store."""

from __future__ import annotations

from pathlib import Path

from pysailor import InvalidConfig

from ..store import LEASE_SECONDS, Store
from .memory import MemoryStore

_KNOWN = "sqlite:///file.sqlite, postgresql://user@host/database, redis://host:6379/0, memory:"


def open_store(url: str, *, lease_seconds: float = LEASE_SECONDS) -> Store:
    """Return the store at this address; raise InvalidConfig if the address or its driver cannot be used.

    `sqlite:///a.sqlite` is beside the working directory, `sqlite:////var/a.sqlite` (four slashes) is absolute.
    Nothing is connected before it is needed. `lease_seconds` is for how long a killed worker can block a conversation;
    all workers should give the same.
    """
    scheme, colon, rest = url.strip().partition(":")
    scheme = scheme.lower()
    url = f"{scheme}{colon}{rest}"
    if scheme == "memory" and not rest.strip("/"):
        return MemoryStore(lease_seconds)
    if scheme == "sqlite":
        return _sqlite(rest, lease_seconds)
    if scheme in ("postgresql", "postgres"):
        from .postgresql import PostgresqlStore  # noqa: PLC0415 - its driver is an extra

        return PostgresqlStore(url, lease_seconds)
    if scheme in ("redis", "rediss", "unix"):
        from .redis import RedisStore  # noqa: PLC0415 - its driver is an extra

        return RedisStore(url, lease_seconds)
    # the address is not quoted, as it may hold a password; without :// the part before the colon may be a part of one
    kind = f"begins with {scheme[:20]}://" if rest.startswith("//") and scheme.isalnum() else "names no kind of store"
    raise InvalidConfig(f"Conversations cannot be kept at an address that {kind}. Known are: {_KNOWN}.")


def is_empty(url: str) -> bool:
    """Return whether certainly nothing is kept at this address: its file is not there. Looking does not make it."""
    scheme, _, rest = url.partition(":")
    return scheme == "sqlite" and rest.startswith("///") and not Path(rest.removeprefix("///")).exists()


def without_password(url: str) -> str:
    """Return the address without its user, its password and its parameters; of one without scheme, nothing."""
    scheme, is_whole, rest = url.partition("://")
    if not is_whole:
        return url if url in ("memory:", "memory:/") else "(an address without scheme)"
    return url if scheme == "sqlite" else f"{scheme}://{rest.rpartition('@')[2].partition('?')[0]}"


def _sqlite(rest: str, lease_seconds: float) -> Store:
    from .sqlite import SqliteStore  # noqa: PLC0415 - 5 ms that not everybody needs

    path = rest.removeprefix("///")
    is_plain = path.isprintable() and not any(sign in path for sign in "?#")
    if not rest.startswith("///") or not path or path == ":memory:" or not is_plain:
        raise InvalidConfig(
            "The address of a file of conversations is sqlite:///file.sqlite, or sqlite:////folder/file.sqlite for an "
            "absolute path, without parameters; conversations that need not outlive the process are at memory:."
        )
    if path.endswith("/") or Path(path).is_dir():
        raise InvalidConfig(f"{path} is a folder; the address of a file of conversations ends with the file's name.")
    return SqliteStore(Path(path), lease_seconds)
