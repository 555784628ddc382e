"""Conversations in one SQLite file, shared by the threads and processes of one machine."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing, contextmanager, suppress
from typing import TYPE_CHECKING, Any, TypeVar

from pysailor import InvalidConfig, offload

from ..errors import StoreUnavailable
from ..store import LEASE_SECONDS
from .pool import StorePool
from .sql import SCHEMA, SCHEMA_VERSION, Run, SqlStore, StatementResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping
    from pathlib import Path

_CONNECTIONS = 4  # readers side by side; SQLite has one writer at a time anyway
_BUSY_SECONDS = 10.0
_PAUSE = 0.02
_ELSEWHERE = "CHATGPT_CONVERSATIONS names the place."

T = TypeVar("T")


class SqliteStore(SqlStore):
    """Conversations in one file, in WAL mode.

    After a power cut the newest turns may be gone; the file is whole. It must not lie on a network drive.
    """

    def __init__(self, path: Path, lease_seconds: float = LEASE_SECONDS) -> None:
        """Make no file yet: it is made when it is first needed, readable by this user only."""
        super().__init__(lease_seconds)
        self._path = path
        self._creating = threading.Lock()
        self._pool = StorePool(lambda: offload(self._open), _CONNECTIONS)

    def close(self) -> None:
        super().close()
        self._pool.close()

    def _run(self, statement: str, values: Mapping[str, Any]) -> StatementResult:
        with self._translate_errors(), self._pool.acquire() as connection:
            result: StatementResult = offload(_run_statement, connection, statement, values)
            return result

    def _in_transaction(self, work: Callable[[Run], T]) -> T:
        with self._translate_errors(), self._pool.acquire() as connection:
            result: T = offload(_transact, connection, work)
            return result

    def _open(self) -> sqlite3.Connection:
        # closing a file takes back every lock that this process has on it: no thread may touch what another one opened
        with self._creating:
            if not self._path.exists():
                self._path.touch(mode=0o600)  # the files that SQLite puts beside it get the same mode
        connection = sqlite3.connect(self._path, timeout=_BUSY_SECONDS, isolation_level=None, check_same_thread=False)
        try:
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute("PRAGMA foreign_keys = ON")
            self._create_tables(connection)
        except BaseException:
            connection.close()
            raise
        return connection

    def _create_tables(self, connection: sqlite3.Connection) -> None:
        """Make the tables where there are none yet."""
        if self._version(connection) == SCHEMA_VERSION:
            return
        _to_wal(connection)
        connection.execute("BEGIN IMMEDIATE")
        if self._version(connection) == 0:
            for statement in SCHEMA:
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")
        connection.commit()

    def _version(self, connection: sqlite3.Connection) -> int:
        with closing(connection.execute("PRAGMA user_version")) as cursor:
            version = int(cursor.fetchone()[0])
        if version > SCHEMA_VERSION:
            raise InvalidConfig(
                f"The file {self._path} was written by a newer version of this component (format {version}, "
                f"known here: {SCHEMA_VERSION}). Update the component, or name another file."
            )
        return version

    @contextmanager
    def _translate_errors(self) -> Iterator[None]:
        """Raise SQLite's and the file system's errors as ours, in words."""
        try:
            yield
        except (sqlite3.OperationalError, sqlite3.InterfaceError) as error:
            raise StoreUnavailable(
                f"The conversations in {self._path.absolute()} cannot be reached now: {error}. {_ELSEWHERE}"
            ) from error
        except sqlite3.DatabaseError as error:
            raise InvalidConfig(
                f"The file {self._path} cannot hold conversations: {error}. Name another file, or a new one."
            ) from error
        except OSError as error:
            raise InvalidConfig(
                f"The file {self._path.absolute()} cannot be made: {error.strerror}. "
                f"The folder must exist and be writable. {_ELSEWHERE}"
            ) from error


def _transact(connection: sqlite3.Connection, work: Callable[[Run], T]) -> T:
    connection.execute("BEGIN IMMEDIATE")  # a reader that turns writer halfway could be refused at once
    try:
        result = work(lambda statement, values: _run_statement(connection, statement, values))
    except BaseException:
        connection.rollback()
        raise
    connection.commit()
    return result


def _run_statement(connection: sqlite3.Connection, statement: str, values: Mapping[str, Any]) -> StatementResult:
    with closing(connection.execute(statement, {**values, "now": time.time()})) as cursor:
        return StatementResult(cursor.fetchall(), cursor.rowcount)


def _to_wal(connection: sqlite3.Connection) -> None:
    """Switch the file to WAL; SQLite does not wait by itself where two connections do so at once."""
    ends = time.monotonic() + _BUSY_SECONDS
    while True:
        with suppress(sqlite3.OperationalError):
            connection.execute("PRAGMA journal_mode = WAL").close()
            return
        if time.monotonic() > ends:
            raise StoreUnavailable("The file of conversations is held by another program.")
        time.sleep(_PAUSE)
