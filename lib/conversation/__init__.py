"""Conversations that last: append-only turns, one at a time, in a store that several workers share."""

from .errors import ConversationBusy, StoreUnavailable, TurnLost, TurnTooLarge
from .store import LEASE_SECONDS, Busy, Conversation, Store
from .stores.open import DEFAULT_STORE, STORE_VARIABLE, open_store
from .turn import ACCOUNT, LARGEST_TURN, LOCAL_ACCOUNT, Summary, Turn, owner_of
from .window import ChatMessage, Count, window

__all__ = [
    "ACCOUNT",
    "DEFAULT_STORE",
    "LARGEST_TURN",
    "LEASE_SECONDS",
    "LOCAL_ACCOUNT",
    "STORE_VARIABLE",
    "Busy",
    "ChatMessage",
    "Conversation",
    "ConversationBusy",
    "Count",
    "Store",
    "StoreUnavailable",
    "Summary",
    "Turn",
    "TurnLost",
    "TurnTooLarge",
    "open_store",
    "owner_of",
    "window",
]
