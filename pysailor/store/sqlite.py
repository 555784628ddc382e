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
from .sqlite_statements import CHECKPOINT_PAGES, FORMAT, GET, LAST, MOST_ROWS, PURGE, SCHEMA, TABLE, WRITES, parts
from .write import Kind, Write

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

_BUSY_SECONDS: Final = 10.0
_PAUSE: Final = 0.02
_PRIMARY: Final = 0xFF  # of an error's code; the rest of it tells more closely what happened
_NEEDED: Final = "Its folder must exist, be writable and have room"
_ADVICE: Final = {
    sqlite3.SQLITE_NOTADB: "Move the file away, or name another one",
    sqlite3.SQLITE_CORRUPT: "Move the file away, or name another one",
    sqlite3.SQLITE_BUSY: "Another program holds it: end that, or name another file",
}
_PURGE_EVERY: Final = 60.0
_PURGE_AT_ONCE: Final = 2000


class _Connection(sqlite3.Connection):
    """A connection that knows which file it has open."""

    file: tuple[int, int] | None


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
        self._reader: _Connection | None = None
        self._connection: _Connection | None = None
        self._purged = time.monotonic()
        self._purged_to = 0

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
        return int(self._submit(Write(Kind.PURGE, "*")).wait() or 0)

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
        found: tuple[bytes] | None = self._open_reader().execute(GET, (key, self.now())).fetchone()
        return found

    def _commit(self, writes: Sequence[Write]) -> None:
        offload(self._commit_here, writes)

    def _commit_here(self, writes: Sequence[Write]) -> None:
        with self._translate_errors():
            connection = self._connection = self._connection or self._open()
            if self._is_replaced(connection):
                self._drop()
                raise self._lost()
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
            if kind is Kind.PURGE:
                self._purge_all(connection, run, now)
                continue
            for part in parts(run):
                WRITES[kind](connection, part, now)
        if time.monotonic() - self._purged > _PURGE_EVERY:
            self._purged = time.monotonic()
            self._purge_next(connection, now)

    def _purge_all(self, connection: sqlite3.Connection, run: Sequence[Write], now: float) -> None:
        self._purged_to, removed, is_more = 0, 0, True
        while is_more:
            count, is_more = self._purge_next(connection, now)
            removed += count
        run[0].result = str(removed).encode()

    def _purge_next(self, connection: sqlite3.Connection, now: float) -> tuple[int, bool]:
        """Remove what has expired of the next rows; return how much that was, and whether more rows follow.

        There is no index by expiry: each write would have to keep it.
        """
        ((last,),) = connection.execute(LAST, (self._purged_to, _PURGE_AT_ONCE)).fetchall()
        removed = connection.execute(PURGE, (now, self._purged_to, _PURGE_AT_ONCE)).rowcount
        self._purged_to = last or 0
        return removed, last is not None

    def _open_reader(self) -> sqlite3.Connection:
        reader = self._reader = self._reader or self._open()
        if self._is_replaced(reader):
            _close(reader)
            self._reader = None
            raise self._lost()
        return reader

    def _is_replaced(self, connection: _Connection) -> bool:
        """Return whether the file was removed or another put in its place: what goes into it nobody finds again."""
        return connection.file != _identify(self._path)

    def _lost(self) -> StoreUnavailable:
        return StoreUnavailable(
            f"The store in {self._path.absolute()} was removed or replaced while it was in use: what it kept is lost. "
            "It begins anew; let nothing clean up its folder."
        )

    def _open(self) -> _Connection:
        if not self._path.exists():
            self._path.touch(mode=0o600)  # the files that SQLite puts beside it get the same mode
        connection: _Connection = sqlite3.connect(
            self._path,
            timeout=_BUSY_SECONDS,
            isolation_level=None,
            check_same_thread=False,
            cached_statements=4 * MOST_ROWS,
            factory=_Connection,
        )
        connection.file = _identify(self._path)
        try:
            self._prepare(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _prepare(self, connection: sqlite3.Connection) -> None:
        connection.execute("BEGIN")  # the version and the tables of one moment: another process may be making them
        (version,) = connection.execute("PRAGMA user_version").fetchone()
        is_store = _is_store(connection, version)
        connection.execute("COMMIT")
        if not is_store:
            raise InvalidSettings(
                f"The file {self._path.absolute()} is a database of another program, or of a newer version of this "
                "one; nothing was changed in it. Name a file of its own for the store."
            )
        if version < FORMAT:
            _to_wal(connection)
            connection.execute("BEGIN IMMEDIATE")
            for statement in SCHEMA:
                connection.execute(statement)
            connection.execute("COMMIT")
        connection.execute(f"PRAGMA wal_autocheckpoint = {CHECKPOINT_PAGES}")
        connection.execute(f"PRAGMA synchronous = {self._sync}")

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        """Raise SQLite's and the file system's errors as ours, in words."""
        try:
            yield
        except (sqlite3.Error, OSError) as error:
            reason = error.strerror if isinstance(error, OSError) else error
            help_ = _ADVICE.get(getattr(error, "sqlite_errorcode", 0) & _PRIMARY, _NEEDED)
            raise StoreUnavailable(
                f"The store in {self._path.absolute()} cannot be used now: {reason}. {help_}."
            ) from error


def _identify(path: Path) -> tuple[int, int] | None:
    """Return what tells the file that is at a path from any that takes its place; None if there is none."""
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_dev, found.st_ino


def _is_store(connection: sqlite3.Connection, version: int) -> bool:
    """Return whether a file is a store, or empty: then it becomes one."""
    tables = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
    return not tables if version == 0 else version == FORMAT and TABLE in tables


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
