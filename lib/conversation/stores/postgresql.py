"""Conversations in a PostgreSQL database, shared by any number of workers."""

from __future__ import annotations

import re
import threading
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any, TypeVar

from pysailor import InvalidConfig

from ...extras import how_to_install
from ..errors import StoreUnavailable
from ..store import LEASE_SECONDS
from .pool import StorePool
from .sql import SCHEMA, SCHEMA_VERSION, Run, SqlStore, StatementResult

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    import psycopg

    PgConnection = psycopg.Connection[tuple[Any, ...]]

_CONNECTIONS = 8  # acquired for single statements, never for the length of a turn
_NOW = "extract(epoch FROM statement_timestamp())::float8"  # stable within a statement, so that an index can serve
_NAME = re.compile(r":([a-z]+)")
_TABLES_EXIST = "SELECT 1 FROM pg_catalog.pg_class WHERE relname = 'chatgpt_schema' AND pg_table_is_visible(oid)"
_CREATION_LOCK = 0x63686174  # the advisory lock under which the tables are made
_DEFAULTS = {"connect_timeout": "5", "tcp_user_timeout": "10000", "application_name": "chatgpt-component"}

_HIGHEST_PORT = 65_535
_NUMBER = re.compile(r"-?[0-9]{1,9}")
_NUMBERS = ("connect_timeout", "tcp_user_timeout", "keepalives", "keepalives_idle", "keepalives_interval")
_SSL_MODES = ("disable", "allow", "prefer", "require", "verify-ca", "verify-full")

T = TypeVar("T")


class PostgresqlStore(SqlStore):
    """Conversations in the tables chatgpt_conversation and chatgpt_turn, made when first needed.

    Nothing hangs on a session, so that a connection pooler may stand between.
    """

    def __init__(self, url: str, lease_seconds: float = LEASE_SECONDS) -> None:
        """Connect to nothing yet; raise InvalidConfig if the address or the driver is not."""
        super().__init__(lease_seconds)
        self._conninfo = _conninfo(url)
        self._pool: StorePool[PgConnection] = StorePool(self._open, _CONNECTIONS)
        self._created = False
        self._creating = threading.Lock()

    def close(self) -> None:
        """Close the idle connections."""
        super().close()
        self._pool.close()

    def _run(self, statement: str, values: Mapping[str, Any]) -> StatementResult:
        return self._retry_once(lambda connection: _run_statement(connection, statement, values))

    def _in_transaction(self, work: Callable[[Run], T]) -> T:
        def whole(connection: PgConnection) -> T:
            with connection.transaction():
                return work(lambda statement, values: _run_statement(connection, statement, values))

        return self._retry_once(whole)

    def _retry_once(self, work: Callable[[PgConnection], T]) -> T:
        """Do it, and again on a new connection if the one that had been idle turns out to be dead."""
        import psycopg  # noqa: PLC0415 - an extra, needed by this store only

        with _translate_errors():
            if self._pool.idle:
                try:
                    with self._pool.acquire() as connection:
                        return work(connection)
                except psycopg.OperationalError:
                    self._pool.close()
            with self._pool.acquire() as connection:
                return work(connection)

    def _open(self) -> PgConnection:
        import psycopg  # noqa: PLC0415 - an extra, needed by this store only

        # statements are not prepared on the server: a pooler may send each to another session
        connection = psycopg.connect(self._conninfo, autocommit=True, prepare_threshold=None)
        try:
            with self._creating:
                if not self._created:
                    _create_tables(connection)
                    self._created = True
        except BaseException:
            connection.close()
            raise
        return connection


def _conninfo(url: str) -> str:
    try:
        import psycopg.conninfo  # noqa: PLC0415 - an extra, needed by this store only
    except ImportError as error:
        raise InvalidConfig(
            f"Conversations in PostgreSQL need the package psycopg: {how_to_install('postgresql')}"
        ) from error
    try:
        given = psycopg.conninfo.conninfo_to_dict(url)
        _check_parts(given)
    except (psycopg.ProgrammingError, ValueError) as error:
        raise InvalidConfig(
            "The address of the conversations is not one of PostgreSQL: postgresql://user:password@host:5432/database. "
            "Check the port, the database and the parameters after the question mark."
        ) from error
    return psycopg.conninfo.make_conninfo("", **{**_DEFAULTS, **given})


def _check_parts(given: Mapping[str, Any]) -> None:
    """Raise ValueError for what would be found only when connecting, and then be tried again in vain."""
    ports = [port for port in str(given.get("port") or "").split(",") if port]
    if not all(port.isascii() and port.isdigit() and 0 < int(port[:6]) <= _HIGHEST_PORT for port in ports):
        raise ValueError("not a port")
    if "/" in str(given.get("dbname") or "").partition("?")[0]:
        raise ValueError("not the name of a database")
    for name in _NUMBERS:
        if name in given and not _NUMBER.fullmatch(str(given[name]).strip()):
            raise ValueError("not a number")
    if given.get("sslmode", "prefer") not in _SSL_MODES:
        raise ValueError("not a mode of TLS")


def _create_tables(connection: PgConnection) -> None:
    """Make the tables where there are none yet."""
    if _version(connection) == SCHEMA_VERSION:
        return
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_CREATION_LOCK,))
        if _version(connection) == 0:
            for statement in SCHEMA:
                connection.execute(statement.encode())
            connection.execute("CREATE TABLE chatgpt_schema (version INTEGER NOT NULL)")
            connection.execute("INSERT INTO chatgpt_schema VALUES (%s)", (SCHEMA_VERSION,))


def _version(connection: PgConnection) -> int:
    # not to_regclass: what that found missing, it goes on missing after another worker has made it
    if not connection.execute(_TABLES_EXIST).fetchall():
        return 0
    ((version,),) = connection.execute("SELECT version FROM chatgpt_schema").fetchall()
    if version > SCHEMA_VERSION:
        raise InvalidConfig(
            f"The tables were written by a newer version of this component (format {version}, known here: "
            f"{SCHEMA_VERSION}). Update the component, or name another database."
        )
    return int(version)


@cache
def _translate(statement: str) -> bytes:
    """Return the statement with PostgreSQL's clock and psycopg's placeholders."""
    return _NAME.sub(lambda name: _NOW if name[1] == "now" else f"%({name[1]})s", statement).encode()


def _run_statement(connection: PgConnection, statement: str, values: Mapping[str, Any]) -> StatementResult:
    with connection.execute(_translate(statement), values) as cursor:
        return StatementResult(cursor.fetchall() if cursor.description else [], cursor.rowcount)


@contextmanager
def _translate_errors() -> Iterator[None]:
    """Raise PostgreSQL's errors as ours, in one line, without the address: it holds a password."""
    import psycopg  # noqa: PLC0415 - an extra, needed by this store only

    try:
        yield
    except (psycopg.OperationalError, psycopg.InterfaceError) as error:
        reason = _first_line(error)
        raise StoreUnavailable(f"The conversations in PostgreSQL cannot be reached now: {reason}.") from error
    except psycopg.errors.InsufficientPrivilege as error:
        reason = _first_line(error)
        raise InvalidConfig(
            f"The database user may not keep conversations: {reason}. Allow it to create tables, or create them for it."
        ) from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(". ")
