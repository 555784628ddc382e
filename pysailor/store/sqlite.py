"""Values in one SQLite file, shared by the threads and processes of one machine. Not for network drives."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final, Self

from ..errors import InvalidSettings, StoreUnavailable
from ..pool import offload
from .base import with_prefix
from .group import GroupCommit, runs
from .write import Kind, Write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

_BUSY_SECONDS: Final = 10.0
_PAUSE: Final = 0.02
_PURGE_EVERY: Final = 60.0
_PURGE_AT_ONCE: Final = 2000
_FORMAT: Final = 1
_CHECKPOINT_PAGES: Final = 4000
"""16 MB: each checkpoint waits for the disk."""
_SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY, value BLOB NOT NULL, expires REAL NOT NULL)",
    "CREATE INDEX IF NOT EXISTS kept_expires ON kept (expires)",
    f"PRAGMA user_version = {_FORMAT}",
)
_GET: Final = "SELECT value FROM kept WHERE key = ? AND expires > ?"
_PUT: Final = "INSERT OR REPLACE INTO kept (key, value, expires) VALUES (?, ?, ?)"
_ADD: Final = """
    INSERT INTO kept (key, value, expires) VALUES (?1, ?2, ?3)
    ON CONFLICT (key) DO UPDATE SET value = ?2, expires = ?3 WHERE expires <= ?4"""
_DELETE: Final = "DELETE FROM kept WHERE key = ?"
_TOUCH: Final = "UPDATE kept SET expires = ? WHERE key = ?"
_PURGE: Final = "DELETE FROM kept WHERE rowid IN (SELECT rowid FROM kept WHERE expires <= ? LIMIT ?)"


class SqliteValues(GroupCommit):
    """Values in one file, in WAL mode, readable by this user only; made when it is first needed.

    What was committed is in the hands of the operating system: no death of a process loses it. With `sync` it is on the
    disk, and survives a power cut too; without, a power cut may lose the last moments, and the file stays whole.
    """

    def __init__(self, path: Path, *, sync: bool = False) -> None:
        super().__init__()
        self.now = time.time
        self._path = path
        self._sync = "FULL" if sync else "NORMAL"
        self._reading = threading.Lock()
        self._reader: sqlite3.Connection | None = None
        self._connection: sqlite3.Connection | None = None
        self._purged = time.monotonic()

    def get(self, key: str) -> bytes | None:
        """Return the value, None if there is none or it has expired."""
        with self._translate_errors(), self._reading:
            row = offload(self._read, key)
        return None if row is None else row[0]

    def update(self, key: str, change: Callable[[bytes | None], bytes | None], seconds: float) -> bytes | None:
        """Replace the value by `change` of it; the writing thread calls that, with the file locked."""
        return self._submit(Write(Kind.UPDATE, key, seconds=seconds, change=change)).wait()

    def scan(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """Yield what begins with the prefix."""
        statement = "SELECT key, value FROM kept WHERE key >= ? AND expires > ?"
        with self._translate_errors(), self._reading:
            rows = offload(lambda: self._open_reader().execute(statement, (prefix, self.now())).fetchall())
        return with_prefix(rows, prefix)

    def purge(self) -> int:
        """Remove what has expired."""
        removed = 0
        while True:
            found = int(self._submit(Write(Kind.PURGE, "*")).wait() or 0)
            removed += found
            if found < _PURGE_AT_ONCE:
                return removed

    def close(self) -> None:
        """Commit what was begun, and close the file."""
        super().close()
        with self._reading:
            _close(self._reader)
            self._reader = None
        self._drop()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _read(self, key: str) -> tuple[bytes] | None:
        found: tuple[bytes] | None = self._open_reader().execute(_GET, (key, self.now())).fetchone()
        return found

    def _commit(self, writes: Sequence[Write]) -> None:
        offload(self._commit_here, writes)

    def _commit_here(self, writes: Sequence[Write]) -> None:
        with self._translate_errors():
            connection = self._connection = self._connection or self._open()
            try:
                connection.execute("BEGIN IMMEDIATE")  # a reader that turns writer halfway could be refused at once
                self._write(connection, writes)
                connection.execute("COMMIT")
            except BaseException:
                # SQLite rolls back when the connection closes; what is wrong with this one is not found out
                self._drop()
                raise

    def _drop(self) -> None:
        _close(self._connection)
        self._connection = None

    def _write(self, connection: sqlite3.Connection, writes: Sequence[Write]) -> None:
        now = self.now()
        for kind, run in runs(writes):
            match kind:
                case Kind.PUT:
                    connection.executemany(_PUT, [(each.key, each.value, now + each.seconds) for each in run])
                case Kind.DELETE:
                    connection.executemany(_DELETE, [(each.key,) for each in run])
                case Kind.TOUCH:
                    connection.executemany(_TOUCH, [(now + each.seconds, each.key) for each in run])
                case Kind.ADD:
                    _add(connection, run, now)
                case Kind.UPDATE:
                    _update(connection, run, now)
                case Kind.PURGE:
                    _purge(connection, run, now)
        if time.monotonic() - self._purged > _PURGE_EVERY:
            self._purged = time.monotonic()
            connection.execute(_PURGE, (now, _PURGE_AT_ONCE))

    def _open_reader(self) -> sqlite3.Connection:
        self._reader = self._reader or self._open()
        return self._reader

    def _open(self) -> sqlite3.Connection:
        if not self._path.exists():
            self._path.touch(mode=0o600)  # the files that SQLite puts beside it get the same mode
        connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        if version > _FORMAT:
            raise InvalidSettings(f"The store in {self._path} was written by a newer version; name another file.")
        if version < _FORMAT:
            _to_wal(connection)
            connection.execute("BEGIN IMMEDIATE")
            for statement in _SCHEMA:
                connection.execute(statement)
            connection.execute("COMMIT")
        connection.execute(f"PRAGMA wal_autocheckpoint = {_CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA synchronous = {self._sync}")

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        """Raise SQLite's and the file system's errors as ours, in words."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            raise StoreUnavailable(
                f"The store in {self._path.absolute()} cannot be used now: {reason}. Its folder must exist, be "
                "writable and have room."
            ) from error


def _add(connection: sqlite3.Connection, run: Sequence[Write], now: float) -> None:
    for each in run:
        if connection.execute(_ADD, (each.key, each.value, now + each.seconds, now)).rowcount == 0:
            (each.result,) = connection.execute(_GET, (each.key, now)).fetchone()


def _update(connection: sqlite3.Connection, run: Sequence[Write], now: float) -> None:
    """Make the changes one by one; one that raises is its caller's alone."""
    for each in run:
        row = connection.execute(_GET, (each.key, now)).fetchone()
        try:
            each.apply(None if row is None else row[0])
        except Exception as error:  # noqa: BLE001 - it is raised where the change came from
            each.error = error
            continue
        if each.result is None:
            connection.execute(_DELETE, (each.key,))
        else:
            connection.execute(_PUT, (each.key, each.result, now + each.seconds))


def _purge(connection: sqlite3.Connection, run: Sequence[Write], now: float) -> None:
    for each in run:
        each.result = str(connection.execute(_PURGE, (now, _PURGE_AT_ONCE)).rowcount).encode()


def _to_wal(connection: sqlite3.Connection) -> None:
    """Switch the file to WAL; where several processes do so at once, SQLite does not wait by itself."""
    ends = time.monotonic() + _BUSY_SECONDS
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if time.monotonic() > ends:
                raise
            time.sleep(_PAUSE)
        else:
            return


def _close(connection: sqlite3.Connection | None) -> None:
    if connection is not None:
        connection.close()
