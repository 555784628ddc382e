"""Conversations that last: append-only turns, one at a time, in a store that several workers share."""

from ..owner import ACCOUNT, LOCAL_ACCOUNT, owner_of
from .errors import ConversationBusy, StoreUnavailable, TurnLost, TurnTooLarge
from .store import LEASE_SECONDS, Busy, Conversation, Store
from .stores.open import open_store
from .take_turn import Memory, TurnOutput, TurnResult, drop_replaced, take_turn
from .turn import LARGEST_TURN, Summary, Turn
from .window import ChatMessage, Count, window

__all__ = [
    "ACCOUNT",
    "LARGEST_TURN",
    "LEASE_SECONDS",
    "LOCAL_ACCOUNT",
    "Busy",
    "ChatMessage",
    "Conversation",
    "ConversationBusy",
    "Count",
    "Memory",
    "Store",
    "StoreUnavailable",
    "Summary",
    "Turn",
    "TurnLost",
    "TurnOutput",
    "TurnResult",
    "TurnTooLarge",
    "drop_replaced",
    "open_store",
    "owner_of",
    "take_turn",
    "window",
]
