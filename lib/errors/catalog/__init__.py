"""Every way to fail that this component knows, by its code: one module for each family."""

from __future__ import annotations

from typing import TYPE_CHECKING

from .answer import ANSWER
from .attachment import ATTACHMENT
from .batch import BATCH
from .chat import CHAT
from .conversation import CONVERSATION
from .cost import COST
from .service import SERVICE
from .spec import BILLED, NO, YES, ErrorSpec

if TYPE_CHECKING:
    from collections.abc import Mapping

__all__ = ("ASK_OPERATOR", "BILLED", "CATALOG", "FAMILIES", "NO", "TRY_AGAIN", "YES", "ErrorSpec", "visitor_text")

ASK_OPERATOR = "The assistant cannot answer at the moment; whoever runs this chat finds the reason in the log."
TRY_AGAIN = "The assistant is not available just now; try again in a minute."

FAMILIES: Mapping[str, tuple[ErrorSpec, ...]] = {
    "Asking the service": SERVICE,
    "The answer": ANSWER,
    "Batches": BATCH,
    "Pictures, files and recordings": ATTACHMENT,
    "Cost": COST,
    "Conversations": CONVERSATION,
    "The chat server": CHAT,
}
CATALOG: Mapping[str, ErrorSpec] = {spec.code: spec for family in FAMILIES.values() for spec in family}


def visitor_text(code: str, *, retryable: bool) -> str:
    """Return what a visitor of a chat reads of a failure: what a visitor can do, and nothing of the operator's."""
    spec = CATALOG.get(code)
    if spec is not None and spec.visitor:
        return spec.visitor
    return TRY_AGAIN if retryable else ASK_OPERATOR
