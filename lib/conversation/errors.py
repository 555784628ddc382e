"""What can go wrong with a conversation, by what happens next."""

from __future__ import annotations

from pysailor import StepError


class ConversationBusy(StepError):
    """Another turn of the same conversation is being made, and this one may not wait (any longer)."""

    code = "conversation_busy"
    retryable = True


class TurnLost(StepError):
    """The conversation went on without this turn, or was deleted; the turn was not kept."""

    code = "turn_lost"
    retryable = True


class TurnTooLarge(StepError):
    """The turn's messages are larger than a conversation keeps."""

    code = "turn_too_large"


class StoreUnavailable(StepError):
    """The place where conversations are kept does not answer."""

    code = "conversation_store_unavailable"
    retryable = True
