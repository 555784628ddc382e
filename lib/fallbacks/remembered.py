"""How far an earlier attempt at a message had come, so that what is paid for already is not asked for elsewhere."""

from __future__ import annotations

import hashlib
import json
from contextlib import suppress
from typing import TYPE_CHECKING, Any

from pysailor import StoreUnavailable

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pysailor import Context

_KEPT = 7 * 86_400.0  # as long as the journal's answers, which it goes with


class Reached:
    """The alternative that a message had come to, kept where the journal keeps its answers."""

    def __init__(self, ctx: Context, body: Mapping[str, Any]) -> None:
        self._ctx, self._body = ctx, body
        self._is_kept = ctx.journal.remembers and bool(ctx.message_id)

    def start(self) -> int:
        """Return which alternative to begin with: the first, unless the message is brought again."""
        if not (self._is_kept and self._ctx.redelivered):
            return 0
        try:
            number, opened = json.loads(self._ctx.store.get(self._key()) or b"[0, 0]")
        except (ValueError, TypeError, StoreUnavailable):  # the journal says what is done without its store
            return 0
        for _ in range(int(opened)):  # the journal tells calls apart by their order: those that failed had one, too
            with self._ctx.journal.open(b"a call that is not made again") as entry:
                entry.forget()
        return int(number)

    def note(self, number: int, opened: int) -> None:
        """Keep that this alternative is asked next, after so many calls that failed."""
        if self._is_kept:
            with suppress(StoreUnavailable):
                self._ctx.store.put(self._key(), json.dumps([number, opened]).encode(), _KEPT)

    def _key(self) -> str:
        asked = json.dumps([self._ctx.step, self._ctx.message_id, self._body], sort_keys=True, default=str)
        return f"fallback {hashlib.sha256(asked.encode(errors='surrogatepass')).hexdigest()[:40]}"
