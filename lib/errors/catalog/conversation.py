"""A turn of a conversation that cannot be begun or kept."""

from __future__ import annotations

from .spec import YES, ErrorSpec

CONVERSATION = (
    ErrorSpec(
        "conversation_busy",
        "ConversationBusy",
        "Another question of the same conversation is being answered.",
        "Try again in a moment, or let the step wait.",
        YES,
        visitor="Another message of this conversation is still being answered. Send this one again when that is done.",
    ),
    ErrorSpec(
        "turn_lost",
        "TurnLost",
        "The conversation went on without this question, or was deleted; its answer was not kept.",
        "Ask again. The answer may have been paid for.",
        YES,
        visitor="The conversation went on elsewhere, or was deleted, before this "
        "answer could be kept; send the message again.",
    ),
    ErrorSpec(
        "turn_too_large",
        "TurnTooLarge",
        "The question and its answer are larger than a conversation keeps.",
        "Send smaller pictures or texts, or switch the memory off.",
        visitor="This message is too large to be kept; send a smaller one.",
    ),
    ErrorSpec(
        "conversation_store_unavailable",
        "StoreUnavailable",
        "The place where conversations are kept does not answer.",
        "Ask the operator of the component to look at CHATGPT_CONVERSATIONS.",
        YES,
        visitor="Conversations cannot be read or kept just now; try again in a minute.",
    ),
)
