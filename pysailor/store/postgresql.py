"""Values in a table of a PostgreSQL database, shared by any number of workers."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from ..errors import InvalidSettings, StoreUnavailable
from .connections import Connections
from .group import GroupCommit, runs
from .write import Kind

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    import psycopg

    from .write import Write

    Connection = psycopg.Connection[tuple[Any, ...]]

T = TypeVar("T")

_CONNECTIONS: Final = 8
_WAITING: Final = {"connect_timeout": "5", "tcp_user_timeout": "10000", "application_name": "pysailor"}
_LOCK: Final = 0x7361696C
"""The advisory lock under which the table is made, so that workers that start together do not collide."""
_NOW: Final = b"extract(epoch FROM statement_timestamp())::float8"
_EXISTS: Final = b"SELECT 1 FROM pg_class WHERE relname = 'pysailor_kept' AND pg_table_is_visible(oid)"
_SCHEMA: Final = (
    b'CREATE TABLE pysailor_kept (key TEXT COLLATE "C" PRIMARY KEY, value BYTEA NOT NULL, expires FLOAT8 NOT NULL)',
    b"CREATE INDEX pysailor_kept_expires ON pysailor_kept (expires)",
)
_ROWS: Final = b"SELECT * FROM unnest(%s::text[], %s::bytea[], %s::float8[]) AS given (key, value, seconds)"
_INSERT: Final = b"""
    INSERT INTO pysailor_kept AS kept (key, value, expires)
    SELECT key, value, %(now)s + seconds FROM (%(rows)s) AS rows ORDER BY key
    ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires = excluded.expires"""
_PUT: Final = _INSERT.replace(b"%(now)s", _NOW).replace(b"%(rows)s", _ROWS)
_ADD: Final = _PUT + b" WHERE kept.expires <= " + _NOW + b" RETURNING key"
_PUT_AND_ADD: Final = b"WITH given AS (" + _PUT + b"), added AS (" + _ADD + b") SELECT key FROM added"
"""One round trip, and safe as one, without a transaction around it."""
_GET: Final = b"SELECT value FROM pysailor_kept WHERE key = %s AND expires > " + _NOW
_GET_MANY: Final = b"SELECT key, value FROM pysailor_kept WHERE key = ANY(%s)"
_DELETE: Final = b"DELETE FROM pysailor_kept WHERE key = ANY(%s)"
_TOUCH: Final = b"UPDATE pysailor_kept AS kept SET expires = " + _NOW + b" + seconds FROM (" + _ROWS
_TOUCH_ALL: Final = _TOUCH + b") AS rows WHERE kept.key = rows.key"
_SCAN: Final = b"SELECT key, value FROM pysailor_kept WHERE key >= %s AND starts_with(key, %s) AND expires > " + _NOW
_PURGE: Final = b"DELETE FROM pysailor_kept WHERE expires <= " + _NOW


class PostgresqlValues(GroupCommit):
    """Values in the table pysailor_kept, made when it is first needed; a committed write survives as the server's do.

    Nothing hangs on a session, so a connection pooler may stand between.
    """

    def __init__(self, url: str) -> None:
        """Connect to nothing yet; raise InvalidSettings if the address or the driver is not one."""
        super().__init__()
        self._conninfo = _conninfo(url)
        self._connections: Connections[Connection] = Connections(self._connect, _CONNECTIONS)
        self._is_laid = False

    def get(self, key: str) -> bytes | None:
        """Return the value, None if there is none or it has expired."""
        rows = self._try(lambda connection: connection.execute(_GET, (key,)).fetchall())
        return bytes(rows[0][0]) if rows else None

    def update(self, key: str, change: Callable[[bytes | None], bytes | None], seconds: float) -> bytes | None:
        """Replace the value by `change` of it, under a lock on the key that holds over all sessions."""

        def replace(connection: Connection) -> bytes | None:
            with connection.transaction():
                connection.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", (key,))
                rows = connection.execute(_GET, (key,)).fetchall()
                new = change(bytes(rows[0][0]) if rows else None)
                if new is None:
                    connection.execute(_DELETE, ([key],))
                else:
                    connection.execute(_PUT, ([key], [new], [seconds]))
                return new

        return self._try(replace)

    def scan(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """Yield what begins with the prefix."""
        rows = self._try(lambda connection: connection.execute(_SCAN, (prefix, prefix)).fetchall())
        return ((key, bytes(value)) for key, value in rows)

    def purge(self) -> int:
        """Remove what has expired; return how much that was."""
        return self._try(lambda connection: connection.execute(_PURGE).rowcount)

    def now(self) -> float:
        """Return the server's time."""
        ((now,),) = self._try(lambda connection: connection.execute(b"SELECT " + _NOW).fetchall())
        return float(now)

    def close(self) -> None:
        """Commit what was begun, and close the connections."""
        super().close()
        self._connections.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _commit(self, writes: Sequence[Write]) -> None:
        groups = list(runs(writes))
        kinds = [kind for kind, _ in groups]

        def write(connection: Connection) -> None:
            if kinds in _PUTS_AND_ADDS:
                _put_and_add(connection, dict(groups))
                return
            with connection.transaction():
                for kind, run in groups:
                    _WRITES[kind](connection, run)

        self._try(write)

    def _try(self, work: Callable[[Connection], T]) -> T:
        """Do the work; once more on a new connection if the server has closed the old one meanwhile."""
        import psycopg  # noqa: PLC0415 - an extra, needed by this store only

        with _translate_errors():
            if self._connections.are_old:
                try:
                    with self._connections.use() as connection:
                        return work(connection)
                except psycopg.OperationalError as error:
                    if error.sqlstate is not None and not error.sqlstate.startswith(("08", "57")):
                        raise  # the server answered, and will answer the same again
            with self._connections.use(fresh=True) as connection:
                return work(connection)

    def _connect(self) -> Connection:
        import psycopg  # noqa: PLC0415 - an extra, needed by this store only

        connection = psycopg.connect(self._conninfo, autocommit=True, prepare_threshold=None)
        if not self._is_laid:
            try:
                _lay(connection)
            except BaseException:
                connection.close()
                raise
            self._is_laid = True
        return connection


def _put(connection: Connection, run: Sequence[Write]) -> None:
    connection.execute(_PUT, _columns(run))


def _add(connection: Connection, run: Sequence[Write]) -> None:
    _find(connection, run, connection.execute(_ADD, _columns(run)))


def _put_and_add(connection: Connection, runs: Mapping[Kind, Sequence[Write]]) -> None:
    put, add = runs.get(Kind.PUT, ()), runs.get(Kind.ADD, ())
    _find(connection, add, connection.execute(_PUT_AND_ADD, (*_columns(put), *_columns(add))))


def _find(connection: Connection, run: Sequence[Write], new: Iterable[tuple[str]]) -> None:
    """Get what is there of those that were not added."""
    added = {key for (key,) in new}
    there = [each for each in run if each.key not in added]
    if there:
        found: dict[str, bytes] = dict(connection.execute(_GET_MANY, ([each.key for each in there],)).fetchall())
        for each in there:
            each.result = bytes(found[each.key])


def _delete(connection: Connection, run: Sequence[Write]) -> None:
    connection.execute(_DELETE, ([each.key for each in run],))


def _touch(connection: Connection, run: Sequence[Write]) -> None:
    connection.execute(_TOUCH_ALL, _columns(run))


_PUTS_AND_ADDS: Final = ([Kind.PUT, Kind.ADD], [Kind.ADD, Kind.PUT], [Kind.PUT], [Kind.ADD])
_WRITES: Final = {Kind.PUT: _put, Kind.ADD: _add, Kind.DELETE: _delete, Kind.TOUCH: _touch}


def _columns(run: Sequence[Write]) -> tuple[list[str], list[bytes], list[float]]:
    return [each.key for each in run], [each.value for each in run], [each.seconds for each in run]


def _lay(connection: Connection) -> None:
    """Make the table where there is none."""
    if connection.execute(_EXISTS).fetchall():
        return
    with connection.transaction():
        connection.execute("SELECT pg_advisory_xact_lock(%s)", (_LOCK,))
        if not connection.execute(_EXISTS).fetchall():
            for statement in _SCHEMA:
                connection.execute(statement)


def _conninfo(url: str) -> str:
    try:
        import psycopg.conninfo  # noqa: PLC0415 - an extra, needed by this store only
    except ImportError as error:
        raise InvalidSettings("A store in PostgreSQL needs the package psycopg: the extra [postgresql].") from error
    try:
        return psycopg.conninfo.make_conninfo("", **{**_WAITING, **psycopg.conninfo.conninfo_to_dict(url)})
    except psycopg.ProgrammingError as error:
        raise InvalidSettings(
            "The address of the store is not one of PostgreSQL: postgresql://user:password@host:5432/database."
        ) from error


@contextmanager
def _translate_errors() -> Iterator[None]:
    """Raise PostgreSQL's errors as ours, in one line; the address is not in it, for it may hold a password."""
    import psycopg  # noqa: PLC0415 - an extra, needed by this store only

    try:
        yield
    except psycopg.Error as error:
        reason = next(iter(str(error).splitlines()), type(error).__name__).rstrip(". ")
        raise StoreUnavailable(f"The store in PostgreSQL cannot be used now: {reason}.") from error
