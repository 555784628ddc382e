"""What may become of a batch besides answers."""

from __future__ import annotations

from typing import Any, Final

from pysailor import StepError

from ..errors.catalog import CATALOG, NO

_REFUSED: Final = ("batch_failed", "batch_queue_full")


class BatchError(StepError):
    """A batch, or one line of it, without an answer. `ids` is what finds it again at the service."""

    def __init__(self, code: str, why: str = "", **ids: Any) -> None:
        self.kind = CATALOG[code]
        self.code = code
        self.retryable = self.kind.again != NO
        self.ids = {name: value for name, value in ids.items() if value}
        told = f" ({', '.join(f'{name} {value}' for name, value in self.ids.items())})" if self.ids else ""
        super().__init__(" ".join(filter(None, (self.kind.meaning, why, self.kind.advice))) + told)

    @property
    def is_free(self) -> bool:
        """Whether the service refused the batch as a whole: nothing of it was run or billed."""
        return self.code in _REFUSED

    def to_json(self) -> dict[str, Any]:
        """Return the error's members, with the ids."""
        return {**super().to_json(), "name": self.kind.name, **self.ids}
