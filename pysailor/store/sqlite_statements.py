"""What an SQLite store says to its file: the schema, and writes of one kind in one statement."""

from __future__ import annotations

from functools import cache
from itertools import groupby
from typing import TYPE_CHECKING, Final

from .write import Kind

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Sequence

    from .write import Write

FORMAT: Final = 1
CHECKPOINT_PAGES: Final = 4000
"""16 MB: each checkpoint waits for the disk."""
TABLE: Final = "kept"
SCHEMA: Final = (
    "CREATE TABLE IF NOT EXISTS kept (key TEXT PRIMARY KEY, value BLOB NOT NULL, expires REAL NOT NULL)",
    f"PRAGMA user_version = {FORMAT}",
)
GET: Final = "SELECT value FROM kept WHERE key = ? AND expires > ?"
PURGE: Final = """
    DELETE FROM kept WHERE expires <= ?1
    AND rowid IN (SELECT rowid FROM kept WHERE rowid > ?2 ORDER BY rowid LIMIT ?3)"""
LAST: Final = "SELECT max(rowid) FROM (SELECT rowid FROM kept WHERE rowid > ? ORDER BY rowid LIMIT ?)"
MOST_ROWS: Final = 128
"""In one statement. Each one lets other threads run Python, and getting the turn back costs more than a row."""


@cache
def _put_rows(rows: int) -> str:
    update = "ON CONFLICT (key) DO UPDATE SET value = excluded.value, expires = excluded.expires"
    return f"INSERT INTO kept (key, value, expires) VALUES {_values(rows)} {update}"  # noqa: S608 - nothing from outside


@cache
def _new_rows(rows: int) -> str:
    """Return a statement that leaves the rows alone whose keys are there, also those that have expired."""
    return f"INSERT OR IGNORE INTO kept (key, value, expires) VALUES {_values(rows)}"  # noqa: S608 - as above


def _values(rows: int) -> str:
    return ", ".join(["(?, ?, ?)"] * rows)


@cache
def _with_keys(statement: str, rows: int) -> str:
    return f"{statement} WHERE key IN ({', '.join('?' * rows)})"


def parts(run: Sequence[Write]) -> Iterator[Sequence[Write]]:
    """Yield them in parts that fit into one statement."""
    for begin in range(0, len(run), MOST_ROWS):
        yield run[begin : begin + MOST_ROWS]


def _put(connection: sqlite3.Connection, run: Sequence[Write], now: float) -> None:
    _insert(connection, _put_rows(len(run)), run, now)


def _insert(connection: sqlite3.Connection, statement: str, run: Sequence[Write], now: float) -> int:
    """Return how many rows were changed or made."""
    values = [value for each in run for value in (each.key, each.value, now + each.seconds)]
    return connection.execute(statement, values).rowcount


def _add(connection: sqlite3.Connection, run: Sequence[Write], now: float) -> None:
    added = _insert(connection, _new_rows(len(run)), run, now)
    if added == len(run):
        return
    statement = _with_keys("SELECT rowid, key, value, expires FROM kept", len(run))
    rows = sorted(connection.execute(statement, [each.key for each in run]))
    there = {key: (value, expires) for _, key, value, expires in rows[: len(run) - added]}  # new rows come last
    for each in run:
        value, expires = there.get(each.key, (None, now))
        each.result = value if expires > now else None
    for part in parts([each for each in run if each.key in there and each.result is None]):
        _put(connection, part, now)


def _delete(connection: sqlite3.Connection, run: Sequence[Write], _: float) -> None:
    connection.execute(_with_keys("DELETE FROM kept", len(run)), [each.key for each in run])


def _touch(connection: sqlite3.Connection, run: Sequence[Write], now: float) -> None:
    for seconds, same in groupby(run, lambda each: each.seconds):
        keys = [each.key for each in same]
        connection.execute(_with_keys("UPDATE kept SET expires = ?", len(keys)), [now + seconds, *keys])


def _update(connection: sqlite3.Connection, run: Sequence[Write], now: float) -> None:
    """Make the changes one by one; one that raises is its caller's alone."""
    for each in run:
        row = connection.execute(GET, (each.key, now)).fetchone()
        try:
            each.apply(None if row is None else row[0])
        except Exception as error:  # noqa: BLE001 - it is raised where the change came from
            each.error = error
            continue
        if each.result is None:
            _delete(connection, [each], now)
        else:
            connection.execute(_put_rows(1), (each.key, each.result, now + each.seconds))


WRITES: Final = {
    Kind.PUT: _put,
    Kind.ADD: _add,
    Kind.DELETE: _delete,
    Kind.TOUCH: _touch,
    Kind.UPDATE: _update,
}
