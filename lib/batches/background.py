"""A response that is made in the background, by what the service says of it: how far it is, and the answer. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from ..cost.price import has_no_tier_price
from ..errors.api_error import Try
from ..responses.answer import PENDING
from ..responses.endpoint import RESPONSES
from ..result import Result
from .price import background_cost
from .results import as_chat, fees_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from ..models.table import Family

_ENDED = ("completed", "incomplete", "failed", "cancelled", "of no status")
KEPT_BRIEFLY = 240.0
"""Seconds between two looks at most: what is not stored is gone about ten minutes after it was made."""


@dataclass(frozen=True, slots=True)
class BackgroundResponse:
    """The response object."""

    document: Mapping[str, Any]

    @property
    def status(self) -> str:
        """The service's word for how far it is."""
        return str(self.document.get("status") or "of no status").lower()

    @property
    def is_pending(self) -> bool:
        """Whether it is still being made."""
        return self.status in PENDING or (self.status not in _ENDED and not self.document.get("output"))

    @property
    def model(self) -> str:
        """The model that answers."""
        return str(self.document.get("model") or "")

    @property
    def longest_rest(self) -> float:
        """How many seconds at most may pass until the next look, so that the answer is still there."""
        return float("inf") if self.document.get("store") is True else KEPT_BRIEFLY

    def result(self, family_of: Callable[[str], Family | None], *, regional: bool) -> Result:
        """Return what Send Request would have returned; raise ApiError if it failed or was cancelled."""
        completion, doubts = RESPONSES.read_answer(dict(self.document))
        report = RESPONSES.report(completion, as_chat(self.document))
        used, family, tier = RESPONSES.usage(completion), family_of(self.model), self.document.get("service_tier")
        extra = replace(fees_of(RESPONSES, completion, {"model": "", **self.document}, family), regional=regional)
        options = self.document.get("background_options")
        window = options.get("completion_window") if isinstance(options, dict) else None
        window = window if isinstance(window, str) else None
        known = not has_no_tier_price(family, tier)
        paid = background_cost(used, family, tier, extra, window) if known else None
        warnings = (*doubts, *report.pop("warnings", ()))
        return Result(completion, report, used, paid, warnings, (Try("answered", 0.0),), None, 0.0, 1)
