"""Conversations in two tables: the statements that SQLite and PostgreSQL share.

The time is the store's, `:now` in the statements; the lease, the fence and the turn are of one transaction.
"""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, TypeVar

from ..errors import TurnLost
from ..lease import Lease, new_name
from ..store import Draft, Store, turn_lost_text
from ..turn import Place, Summary, Turn

SCHEMA_VERSION = 1
SCHEMA = (
    """CREATE TABLE chatgpt_conversation (
        owner TEXT NOT NULL, id TEXT NOT NULL,
        holder TEXT NOT NULL, held_until DOUBLE PRECISION NOT NULL, queue TEXT NOT NULL, stamp TEXT NOT NULL,
        turns INTEGER NOT NULL DEFAULT 0,
        begun_at DOUBLE PRECISION, changed_at DOUBLE PRECISION, expires_at DOUBLE PRECISION,
        PRIMARY KEY (owner, id)
    )""",
    "CREATE INDEX chatgpt_conversation_changed ON chatgpt_conversation (owner, changed_at)",
    "CREATE INDEX chatgpt_conversation_expires ON chatgpt_conversation (expires_at)",
    """CREATE TABLE chatgpt_turn (
        owner TEXT NOT NULL, id TEXT NOT NULL, number INTEGER NOT NULL,
        key TEXT NOT NULL, at DOUBLE PRECISION NOT NULL, document TEXT NOT NULL,
        PRIMARY KEY (owner, id, number),
        UNIQUE (owner, id, key),
        FOREIGN KEY (owner, id) REFERENCES chatgpt_conversation (owner, id) ON DELETE CASCADE
    )""",
)

_LOOK = """
    SELECT moment.now, c.holder, c.held_until, c.queue, c.stamp
    FROM (SELECT :now AS now) AS moment LEFT JOIN chatgpt_conversation AS c
    ON c.owner = :owner AND c.id = :id AND (c.expires_at IS NULL OR c.expires_at > moment.now)"""
_SWAP = """
    UPDATE chatgpt_conversation SET holder = :holder, held_until = :until, queue = :queue, stamp = :stamp,
        expires_at = CASE WHEN expires_at < :until THEN :until ELSE expires_at END
    WHERE owner = :owner AND id = :id AND stamp = :old"""
_CLEAR = "DELETE FROM chatgpt_conversation WHERE owner = :owner AND id = :id AND expires_at <= :now"
_BEGIN = """
    INSERT INTO chatgpt_conversation (owner, id, holder, held_until, queue, stamp, expires_at)
    VALUES (:owner, :id, :holder, :until, :queue, :stamp, :until) ON CONFLICT DO NOTHING"""
_FREE = """
    UPDATE chatgpt_conversation SET holder = '', held_until = 0, stamp = :stamp
    WHERE owner = :owner AND id = :id AND holder = :token"""
_DROP_EMPTY = """
    DELETE FROM chatgpt_conversation
    WHERE owner = :owner AND id = :id AND turns = 0 AND holder = '' AND queue = '[]'"""
_CURRENT = """
    SELECT moment.now, c.turns, t.number, t.key, t.at, t.document
    FROM (SELECT :now AS now) AS moment
    LEFT JOIN chatgpt_conversation AS c
    ON c.owner = :owner AND c.id = :id AND (c.expires_at IS NULL OR c.expires_at > moment.now)
    LEFT JOIN chatgpt_turn AS t ON t.owner = c.owner AND t.id = c.id AND t.key = :key"""
_CLAIM = """
    UPDATE chatgpt_conversation SET turns = :number, begun_at = COALESCE(begun_at, :at), changed_at = :at,
        expires_at = :expires, holder = '', held_until = 0, stamp = :stamp
    WHERE owner = :owner AND id = :id AND holder = :token AND turns = :number - 1"""
_INSERT = """
    INSERT INTO chatgpt_turn (owner, id, number, key, at, document)
    VALUES (:owner, :id, :number, :key, :at, :document)"""
_TURNS = """
    SELECT t.number, t.key, t.at, t.document FROM chatgpt_turn AS t
    JOIN chatgpt_conversation AS c ON c.owner = t.owner AND c.id = t.id
    WHERE t.owner = :owner AND t.id = :id AND (c.expires_at IS NULL OR c.expires_at > :now)
    ORDER BY t.number DESC LIMIT :newest"""
_FIND = """
    SELECT t.number, t.key, t.at, t.document FROM chatgpt_turn AS t
    JOIN chatgpt_conversation AS c ON c.owner = t.owner AND c.id = t.id
    WHERE t.owner = :owner AND t.id = :id AND t.key = :key AND (c.expires_at IS NULL OR c.expires_at > :now)"""
_SUMMARY = """
    SELECT id, turns, begun_at, changed_at, expires_at FROM chatgpt_conversation
    WHERE owner = :owner AND id = :id AND turns > 0 AND (expires_at IS NULL OR expires_at > :now)"""
_LIST = """
    SELECT id, turns, begun_at, changed_at, expires_at FROM chatgpt_conversation
    WHERE owner = :owner AND turns > 0 AND (expires_at IS NULL OR expires_at > :now)
    ORDER BY changed_at DESC LIMIT :limit"""
_COUNT = """
    SELECT turns FROM chatgpt_conversation
    WHERE owner = :owner AND id = :id AND (expires_at IS NULL OR expires_at > :now)"""
_DELETE = "DELETE FROM chatgpt_conversation WHERE owner = :owner AND id = :id"
_PURGE = "DELETE FROM chatgpt_conversation WHERE expires_at <= :now"
_ALL = 2**31 - 1


class StatementResult(NamedTuple):
    """What a statement gave, and how many rows it changed."""

    rows: list[tuple[Any, ...]]
    changed: int


Run = Callable[[str, Mapping[str, Any]], StatementResult]
T = TypeVar("T")


class SqlStore(Store):
    """Conversations in two tables."""

    @abstractmethod
    def _run(self, statement: str, values: Mapping[str, Any]) -> StatementResult:
        """Run one statement by itself."""

    @abstractmethod
    def _in_transaction(self, work: Callable[[Run], T]) -> T:
        """Run what `work` runs in one transaction; it may be called twice, so each work must stand that."""

    def _turns(self, place: Place, newest: int | None) -> Sequence[Turn]:
        limit = _ALL if newest is None else max(0, newest)
        rows = self._run(_TURNS, {**_of(place), "newest": limit}).rows
        return [Turn.read(*row) for row in reversed(rows)]

    def _find(self, place: Place, key: str) -> Turn | None:
        rows = self._run(_FIND, {**_of(place), "key": key}).rows
        return Turn.read(*rows[0]) if rows else None

    def _summary(self, place: Place) -> Summary | None:
        rows = self._run(_SUMMARY, _of(place)).rows
        return Summary(*rows[0]) if rows else None

    def _list(self, owner: str, limit: int) -> Sequence[Summary]:
        return [Summary(*row) for row in self._run(_LIST, {"owner": owner, "limit": limit}).rows]

    def _delete(self, place: Place) -> bool:
        def work(run: Run) -> bool:
            rows = run(_COUNT, _of(place)).rows
            run(_DELETE, _of(place))
            return bool(rows and rows[0][0])

        return self._in_transaction(work)

    def purge(self) -> int:
        """Remove what has expired."""
        return self._run(_PURGE, {}).changed

    def _look(self, place: Place) -> tuple[Lease | None, float]:
        now, holder, until, queue, stamp = self._run(_LOOK, _of(place)).rows[0]
        return (None if holder is None else Lease.read(holder, until, queue, stamp)), now

    def _swap(self, place: Place, old: Lease | None, new: Lease) -> bool:
        values = _of(place) | {"holder": new.holder, "until": new.until, "queue": new.queue_text, "stamp": new.stamp}
        if old is not None:
            return self._run(_SWAP, {**values, "old": old.stamp}).changed == 1

        def work(run: Run) -> bool:
            run(_CLEAR, values)
            return run(_BEGIN, values).changed == 1

        return self._in_transaction(work)

    def _free(self, place: Place, token: str) -> None:
        self._in_transaction(lambda run: _release(run, place, token))

    def _append(self, place: Place, token: str, draft: Draft, ttl_seconds: float | None) -> Turn:
        return self._in_transaction(lambda run: _keep(run, place, token, draft, ttl_seconds))


def _of(place: Place) -> dict[str, Any]:
    return {"owner": place.owner, "id": place.id}


def _release(run: Run, place: Place, token: str) -> None:
    if run(_FREE, {**_of(place), "token": token, "stamp": new_name()}).changed:
        run(_DROP_EMPTY, _of(place))


def _keep(run: Run, place: Place, token: str, draft: Draft, ttl_seconds: float | None) -> Turn:
    now, turns, *stored = run(_CURRENT, {**_of(place), "key": draft.key}).rows[0]
    if stored[0] is not None:
        _release(run, place, token)
        return Turn.read(*stored)
    values = _of(place) | {"number": (turns or 0) + 1, "key": draft.key, "at": now, "document": draft.document}
    expires = None if ttl_seconds is None else now + ttl_seconds
    claim = {**values, "token": token, "expires": expires, "stamp": new_name()}
    if turns is None or run(_CLAIM, claim).changed != 1:
        raise TurnLost(turn_lost_text(place))
    run(_INSERT, values)
    return Turn.read(values["number"], draft.key, now, draft.document)
