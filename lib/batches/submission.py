"""Who submits a message: one worker at a time, by the store that they share; what came of it is known for a month."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pysailor import Rebound

if TYPE_CHECKING:
    from collections.abc import Iterator

    from pysailor import Context

_KEPT = 30 * 86_400.0  # as long as the service keeps its files
_MARGIN = 60.0
_LONGEST_REST = 60.0


@dataclass(slots=True)
class Submission:
    """The id of the batch that a message became, "" before."""

    batch_id: str = ""


@contextmanager
def submission(ctx: Context, key: str, seconds: float) -> Iterator[Submission]:
    """Yield what is known of this submission, and keep what comes of it.

    Raise Rebound while another worker is at it; one that died is waited for no longer than it may take. Where the
    store is this process's memory, the batch's metadata alone tells other workers.
    """
    name = f"batch {key}"
    held = ctx.store.add(name, b"", seconds + _MARGIN)
    if held == b"":
        raise Rebound("another worker is submitting this very message", longest=_LONGEST_REST)
    found = Submission(held.decode("utf-8", "replace") if held else "")
    try:
        yield found
    except BaseException:
        if held is None:
            ctx.store.delete(name)
        raise
    ctx.store.put(name, found.batch_id.encode(), _KEPT)
