"""Turns that tests of conversations keep, and a bounded wait for what only time brings."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from lib.conversation import Store

CHAT = "chat-1"


def said(text: str) -> list[dict[str, Any]]:
    return [{"role": "user", "content": text}, {"role": "assistant", "content": f"re: {text}"}]


def keep(store: Store, owner: str, text: str, *, chat: str = CHAT, **options: Any) -> None:
    key = options.pop("key", None)
    with store.conversation(owner, chat, **options) as conversation:
        conversation.append(said(text), key=key, result={"usage": {"total_tokens": 7}})


def eventually(claim: Callable[[], bool]) -> bool:
    """Wait, bounded, for what only time brings."""
    ends = time.monotonic() + 60
    while not claim():
        if time.monotonic() > ends:
            return False
        time.sleep(0.02)
    return True
