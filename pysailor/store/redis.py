"""Values in Redis, shared by any number of workers; what a write survives is set there (appendonly, appendfsync)."""

from __future__ import annotations

import random
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final, Self

from ..errors import InvalidSettings, StoreUnavailable
from .absence import Absence
from .group import GroupCommit

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from .write import Write

_PREFIX: Final = "pysailor:"
_CONNECT_SECONDS: Final = 5.0
_ANSWER_SECONDS: Final = 10.0
_AWAY_SECONDS: Final = 30.0
_TITLE: Final = "The store in Redis"
_LONGEST_STRIFE: Final = 30.0
_SCANNED_AT_ONCE: Final = 500
_WRITE: Final = """
local found = {}
for number, key in ipairs(KEYS) do
    local kind, value, left = ARGV[3 * number - 2], ARGV[3 * number - 1], ARGV[3 * number]
    local there = kind == 'add' and redis.call('GET', key)
    if kind == 'touch' then redis.call('PEXPIRE', key, left)
    elseif kind == 'delete' then redis.call('DEL', key)
    elseif not there then redis.call('SET', key, value, 'PX', left) end
    found[number] = there
end
return found
"""
_SWAP: Final = """
if redis.call('GET', KEYS[1]) ~= (ARGV[1] == '1' and ARGV[2]) then return 0 end
if ARGV[3] == '1' then redis.call('SET', KEYS[1], ARGV[4], 'PX', ARGV[5]) else redis.call('DEL', KEYS[1]) end
return 1
"""


class RedisValues(GroupCommit):
    """Values under the prefix `pysailor:`; Redis removes what has expired."""

    def __init__(self, url: str) -> None:
        """Connect to nothing yet; raise InvalidSettings if the address or the driver is not one."""
        super().__init__()
        self._client = _client(url)
        self._absence = Absence(_TITLE, _AWAY_SECONDS)

    def get(self, key: str) -> bytes | None:
        """Return the value, None if there is none or it has expired."""
        with self._asking():
            found: bytes | None = self._client.get(_PREFIX + key)
            return found

    def update(self, key: str, change: Callable[[bytes | None], bytes | None], seconds: float) -> bytes | None:
        """Replace the value by `change` of it if nobody has changed it meanwhile; else begin again."""
        ends = time.monotonic() + _LONGEST_STRIFE
        with self._asking():
            while time.monotonic() < ends:
                old = self._client.get(_PREFIX + key)
                new = change(old)
                arguments = ((old is not None and 1) or 0, old or b"", (new is not None and 1) or 0, new or b"")
                if self._client.eval(_SWAP, 1, _PREFIX + key, *arguments, _milliseconds(seconds)):
                    return new
                time.sleep(random.random() / 500)  # noqa: S311 - so that those who collided do not do so again
        raise StoreUnavailable("A value in Redis is changed by others all the time; the change was given up.")

    def scan(self, prefix: str) -> Iterator[tuple[str, bytes]]:
        """Yield what begins with the prefix."""
        pattern = _PREFIX + "".join(f"\\{sign}" if sign in "*?[]^\\" else sign for sign in prefix) + "*"
        with self._asking():
            for name in set(self._client.scan_iter(pattern, _SCANNED_AT_ONCE)):
                value = self._client.get(name)
                if value is not None:
                    yield name.decode().removeprefix(_PREFIX), value

    def purge(self) -> int:
        """Leave it to Redis."""
        return 0

    def now(self) -> float:
        """Return the server's time."""
        with self._asking():
            whole, micros = self._client.time()
            return float(whole) + float(micros) / 1e6

    def close(self) -> None:
        """Write what was begun, and close the connections."""
        super().close()
        self._client.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _commit(self, writes: Sequence[Write]) -> None:
        keys = [_PREFIX + write.key for write in writes]
        values = [part for each in writes for part in (each.kind.value, each.value, _milliseconds(each.seconds))]
        with self._asking():
            found = self._client.eval(_WRITE, len(keys), *keys, *values)
        for write, there in zip(writes, found, strict=True):
            write.result = there

    @contextmanager
    def _asking(self) -> Iterator[None]:
        """Raise Redis' errors as ours, in one line; after one that did not answer, do not ask for a while."""
        import redis  # noqa: PLC0415 - an extra, needed by this store only

        self._absence.check()
        is_silent = False
        try:
            yield
        except redis.RedisError as error:
            is_silent = isinstance(error, redis.TimeoutError)
            reason = next(iter(str(error).splitlines()), type(error).__name__).rstrip(". ")
            raise StoreUnavailable(f"{_TITLE} cannot be used now: {reason}.") from error
        finally:
            self._absence.begin() if is_silent else self._absence.end()


def _milliseconds(seconds: float) -> int:
    """Return the time to live as Redis takes it; it refuses 0."""
    return max(1, round(seconds * 1000))


def _client(url: str) -> Any:
    try:
        import redis  # noqa: PLC0415 - an extra, needed by this store only
    except ImportError as error:
        raise InvalidSettings("A store in Redis needs the package redis: the extra [redis].") from error
    from redis.backoff import NoBackoff  # noqa: PLC0415 - as above
    from redis.retry import Retry  # noqa: PLC0415 - as above

    try:
        return redis.Redis.from_url(
            url,
            socket_connect_timeout=_CONNECT_SECONDS,
            socket_timeout=_ANSWER_SECONDS,
            retry=Retry(NoBackoff(), 1, (redis.ConnectionError,)),  # whoever did not answer is not asked twice
        )
    except ValueError as error:
        raise InvalidSettings("The address of the store is not one of Redis: redis://host:6379/0.") from error
