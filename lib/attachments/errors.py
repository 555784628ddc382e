"""What can keep an attachment from going along, by what the flow's designer does next.

InvalidInput
├── AddressRefused   it lies where a flow may not reach
├── NotThere         nothing usable is at the address, or no attachment has the name
├── WrongKind        it is something else than the part says
└── TooLarge         it is larger than the service takes
StepError
└── NotFetched       it could not be had just now, or from here; `retryable` says whether trying again can help
"""

from __future__ import annotations

from typing import Any

from pysailor import Fault, InvalidInput, StepError


class AddressRefused(InvalidInput):
    """The address leads into a network that flows may not reach."""

    code = "address_refused"


class NotThere(InvalidInput):
    """Nothing that can be taken is there."""

    code = "attachment_not_there"


class WrongKind(InvalidInput):
    """The content is of another kind than the part says."""

    code = "attachment_wrong_kind"


class TooLarge(InvalidInput):
    """The content is larger than may be sent."""

    code = "attachment_too_large"


class NotFetched(StepError):
    """The content could not be fetched."""

    code = "attachment_not_fetched"

    def __init__(self, message: str, *, pointer: str, retryable: bool = True) -> None:
        self.fault = Fault(pointer, message)
        self.retryable = retryable
        super().__init__(str(self.fault))

    def to_json(self) -> dict[str, Any]:
        """Add where it belongs."""
        return {**super().to_json(), "faults": [self.fault.to_json()]}
