"""Makes a new body of the old one by a JSONata expression."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pysailor import Context, Message

from .expression import MISSING, Expression

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Iterator[Message]:
    """Yield an object as a body, a list as a body for each of its objects; nothing else makes a message."""
    made = Expression.of(cfg["expression"], ctx).evaluate(msg, ctx)
    items = made if isinstance(made, list) else [made]
    for item in items:
        if isinstance(item, dict) and item:
            yield Message(body=item, headers=msg.headers, attachments=msg.attachments)
        elif item not in (MISSING, None, {}):
            ctx.logger.warning("The expression gives %s, which makes no message: objects do", json.dumps(item)[:80])
