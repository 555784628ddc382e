"""Conversations in Redis, shared by any number of workers.

A conversation is three keys: `state` (the lease and the totals), `turns` (a list of JSON) and `keys` (turn by key). An
owner has two more, `index` by last change and `expiry`. The braces make all of an owner's keys live on one node.
Each change is one script, so that the lease, the fence and the turn are looked at and written in one piece.
"""

from __future__ import annotations

import json
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from pysailor import InvalidConfig

from ...extras import how_to_install
from ..errors import StoreUnavailable, TurnLost
from ..lease import Lease, new_name
from ..store import LEASE_SECONDS, Draft, Store, turn_lost_text
from ..turn import Place, Summary, Turn

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_LONGEST_NUMBER = 9
_CONNECT_SECONDS, _ANSWER_SECONDS = 5.0, 10.0

_LOOK = """
local time = redis.call('TIME')
local lease = redis.call('HMGET', KEYS[1], 'holder', 'until', 'queue', 'stamp')
return {time[1] .. '.' .. string.format('%06d', time[2]), lease[1], lease[2], lease[3], lease[4]}
"""

_SWAP = """
local state, turns, keys = KEYS[1], KEYS[2], KEYS[3]
local old, ends = ARGV[1], math.ceil(tonumber(ARGV[3]) * 1000)
if (redis.call('HGET', state, 'stamp') or '') ~= old then return 0 end
redis.call('HSET', state, 'holder', ARGV[2], 'until', ARGV[3], 'queue', ARGV[4], 'stamp', ARGV[5])
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local left = redis.call('PTTL', state)
if old == '' or (left >= 0 and now + left < ends) then
    for _, key in ipairs({state, turns, keys}) do redis.call('PEXPIREAT', key, ends) end
end
return 1
"""

_FREE = """
local state = KEYS[1]
if redis.call('HGET', state, 'holder') ~= ARGV[1] then return 0 end
redis.call('HSET', state, 'holder', '', 'until', '0', 'stamp', ARGV[2])
if not redis.call('HGET', state, 'count') and redis.call('HGET', state, 'queue') == '[]' then
    redis.call('DEL', state)
end
return 1
"""

_APPEND = """
local state, turns, keys, index, expiry = KEYS[1], KEYS[2], KEYS[3], KEYS[4], KEYS[5]
local id, token, stamp, key, ttl, document = ARGV[1], ARGV[2], ARGV[3], ARGV[4], ARGV[5], ARGV[6]
local holds = redis.call('HGET', state, 'holder') == token
local stored = redis.call('HGET', keys, key)
if holds then redis.call('HSET', state, 'holder', '', 'until', '0', 'stamp', stamp) end
if stored then return redis.call('LINDEX', turns, stored - 1) end
if not holds then return false end
local time = redis.call('TIME')
local at = time[1] .. '.' .. string.format('%06d', time[2])
local number = redis.call('HINCRBY', state, 'count', 1)
local turn = '{"number":' .. number .. ',"at":' .. at .. ',' .. string.sub(document, 2)
redis.call('RPUSH', turns, turn)
redis.call('HSET', keys, key, number)
redis.call('HSETNX', state, 'begun', at)
redis.call('HSET', state, 'changed', at)
redis.call('ZADD', index, at, id)
if ttl == '' then
    for _, kept in ipairs({state, turns, keys}) do redis.call('PERSIST', kept) end
    redis.call('ZREM', expiry, id)
else
    local ends = time[1] * 1000 + math.floor(time[2] / 1000) + math.floor(tonumber(ttl) * 1000)
    for _, kept in ipairs({state, turns, keys}) do redis.call('PEXPIREAT', kept, ends) end
    redis.call('ZADD', expiry, ends / 1000, id)
end
return turn
"""

_DELETE = """
local had = redis.call('LLEN', KEYS[2])
redis.call('DEL', KEYS[1], KEYS[2], KEYS[3])
redis.call('ZREM', KEYS[4], ARGV[1])
redis.call('ZREM', KEYS[5], ARGV[1])
return had
"""

_FIND = """
local number = redis.call('HGET', KEYS[2], ARGV[1])
return number and redis.call('LINDEX', KEYS[1], number - 1)
"""

_SUMMARIES = """
local prefix, limit, asked = ARGV[1], tonumber(ARGV[2]), ARGV[3]
local found, at = {}, 0
local time = redis.call('TIME')
local now = time[1] * 1000 + math.floor(time[2] / 1000)
local function glance(id)
    local totals = redis.call('HMGET', prefix .. id, 'count', 'begun', 'changed')
    if not totals[1] or #found >= limit then return end
    local left = redis.call('PTTL', prefix .. id)
    found[#found + 1] = {id, totals[1], totals[2], totals[3], left < 0 and '' or string.format('%d', now + left)}
end
if asked ~= '' then
    glance(asked)
    return found
end
repeat
    local ids = redis.call('ZREVRANGE', KEYS[1], at, at + limit - 1)
    for _, id in ipairs(ids) do glance(id) end
    at = at + limit
until #ids == 0 or #found >= limit
return found
"""

# the conversations themselves Redis removes; what is left is to forget their names
_PURGE = """
local gone = redis.call('ZRANGEBYSCORE', KEYS[2], '-inf', redis.call('TIME')[1], 'LIMIT', 0, 1000)
local removed = 0
for _, id in ipairs(gone) do
    if redis.call('EXISTS', ARGV[1] .. id) == 0 then
        redis.call('ZREM', KEYS[1], id)
        redis.call('ZREM', KEYS[2], id)
        removed = removed + 1
    end
end
return removed
"""


class RedisStore(Store):
    """Conversations in Redis, which must not evict them (maxmemory-policy noeviction) nor forget them (appendonly)."""

    def __init__(self, url: str, lease_seconds: float = LEASE_SECONDS) -> None:
        """Connect to nothing yet; raise InvalidConfig if the address or the driver is not."""
        super().__init__(lease_seconds)
        self._client = _client(url)

    def close(self) -> None:
        super().close()
        self._client.close()

    def _turns(self, place: Place, newest: int | None) -> Sequence[Turn]:
        if newest is not None and newest <= 0:
            return []
        with _translate_errors():
            return [_turn(text) for text in self._client.lrange(_key("turns", place), -(newest or 0), -1)]

    def _find(self, place: Place, key: str) -> Turn | None:
        text = self._script(_FIND, [_key("turns", place), _key("keys", place)], [key])
        return None if text is None else _turn(text)

    def _summary(self, place: Place) -> Summary | None:
        found = self._summaries(place.owner, 1, place.id)
        return found[0] if found else None

    def _list(self, owner: str, limit: int) -> Sequence[Summary]:
        return self._summaries(owner, limit)

    def _delete(self, place: Place) -> bool:
        return bool(self._script(_DELETE, _keys(place), [place.id]))

    def purge(self) -> int:
        """Forget the names of what has expired; Redis itself removed the rest."""
        removed = 0
        with _translate_errors():
            for expiry in self._client.scan_iter("chatgpt:expiry:{*}", count=1000):
                owner = expiry.removeprefix("chatgpt:expiry:{").removesuffix("}")
                keys = [f"chatgpt:index:{{{owner}}}", expiry]
                while some := self._script(_PURGE, keys, [_prefix("state", owner)]):
                    removed += some
        return removed

    def _summaries(self, owner: str, limit: int, conversation_id: str = "") -> list[Summary]:
        found = self._script(
            _SUMMARIES, [f"chatgpt:index:{{{owner}}}"], [_prefix("state", owner), limit, conversation_id]
        )
        return [
            Summary(name, int(turns), float(begun), float(changed), float(expires) / 1000 if expires else None)
            for name, turns, begun, changed, expires in found
        ]

    def _look(self, place: Place) -> tuple[Lease | None, float]:
        now, *lease = self._script(_LOOK, [_key("state", place)], [])
        if not lease or lease[0] is None:
            return None, float(now)
        holder, until, queue, stamp = lease
        return Lease.read(holder, float(until), queue, stamp), float(now)

    def _swap(self, place: Place, old: Lease | None, new: Lease) -> bool:
        values = [old.stamp if old else "", new.holder, repr(new.until), new.queue_text, new.stamp]
        return bool(self._script(_SWAP, _keys(place)[:3], values))

    def _free(self, place: Place, token: str) -> None:
        self._script(_FREE, [_key("state", place)], [token, new_name()])

    def _append(self, place: Place, token: str, draft: Draft, ttl_seconds: float | None) -> Turn:
        document = f'{{"key":{json.dumps(draft.key)},{draft.document[1:]}'
        ttl = "" if ttl_seconds is None else repr(float(ttl_seconds))
        text = self._script(_APPEND, _keys(place), [place.id, token, new_name(), draft.key, ttl, document])
        if text is None:
            raise TurnLost(turn_lost_text(place))
        return _turn(text)

    def _script(self, script: str, keys: list[str], values: list[Any]) -> Any:
        with _translate_errors():
            return self._client.register_script(script)(keys=keys, args=values)


def _prefix(kind: str, owner: str) -> str:
    return f"chatgpt:{kind}:{{{owner}}}:"


def _key(kind: str, place: Place) -> str:
    return _prefix(kind, place.owner) + place.id


def _keys(place: Place) -> list[str]:
    owned = [f"chatgpt:{kind}:{{{place.owner}}}" for kind in ("index", "expiry")]
    return [*(_key(kind, place) for kind in ("state", "turns", "keys")), *owned]


def _turn(text: str) -> Turn:
    kept = json.loads(text)
    return Turn(kept["number"], kept["key"], kept["at"], tuple(kept["messages"]), kept["result"])


def _client(url: str) -> Any:
    """Return a client; it is Any because the driver's own types say of each answer that it may be awaitable."""
    try:
        import redis  # noqa: PLC0415 - an extra, needed by this store only
        from redis.backoff import ConstantBackoff  # noqa: PLC0415 - the same
        from redis.retry import Retry  # noqa: PLC0415 - the same
    except ImportError as error:
        raise InvalidConfig(f"Conversations in Redis need the package redis: {how_to_install('redis')}") from error
    try:
        _check_parts(url)
        client = redis.Redis.from_url(
            url,
            decode_responses=True,
            socket_connect_timeout=_CONNECT_SECONDS,
            socket_timeout=_ANSWER_SECONDS,
            # a connection that had been idle may be dead; every script may run twice
            retry=Retry(ConstantBackoff(0.05), 1),
        )
        client.connection_pool.make_connection()  # connects to nothing yet; an unknown parameter is found only here
    except (TypeError, ValueError, redis.RedisError) as error:
        raise InvalidConfig(
            "The address of the conversations is not a valid one of Redis: redis://user:password@host:6379/0, or "
            "rediss:// for TLS. Check the port, the number of the database and the parameters after the question mark."
        ) from error
    return client


def _check_parts(url: str) -> None:
    """Raise ValueError for what the driver would pass over: it takes database 0 where the path is not a number."""
    parts = urlsplit(url)
    database = parts.path.strip("/")
    if parts.fragment:
        raise ValueError("not a part of such an address")
    if parts.scheme == "unix":
        if not database:
            raise ValueError("no path of a socket")
        return
    if database and not (database.isascii() and database.isdigit() and len(database) <= _LONGEST_NUMBER):
        raise ValueError("not the number of a database")
    if parts.port == 0:
        raise ValueError("not a port")


@contextmanager
def _translate_errors() -> Iterator[None]:
    """Raise Redis' errors as ours, in one line."""
    import redis  # noqa: PLC0415 - an extra, needed by this store only

    try:
        yield
    except (redis.AuthenticationError, redis.exceptions.NoPermissionError) as error:
        raise InvalidConfig(f"Redis does not let this user in: {_first_line(error)}.") from error
    except redis.RedisError as error:
        raise StoreUnavailable(f"The conversations in Redis cannot be reached now: {_first_line(error)}.") from error


def _first_line(error: Exception) -> str:
    return (str(error).splitlines() or [type(error).__name__])[0].rstrip(". ")
