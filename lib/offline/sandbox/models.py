"""The models that the sandbox lists; none of them is one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

OWNER = "sandbox-not-a-model"
CONTEXT_TOKENS = 128_000
ANSWER_TOKENS = 16_384
_NEAR = timedelta(days=30)


@dataclass(frozen=True, slots=True)
class Model:
    """One entry of the list; `answers_as` is the dated id that a completion names, None for what cannot chat.

    One that `reasons` puts a reasoning item before its answers; one that is not `on_chat` answers at /responses only.
    """

    id: str
    created: date
    answers_as: str | None = None
    shutdown: date | None = None
    reasons: bool = False
    on_chat: bool = True

    def to_json(self) -> dict[str, Any]:
        """Return the API's model object."""
        midnight = datetime(self.created.year, self.created.month, self.created.day, tzinfo=UTC)
        return {
            "id": self.id,
            "object": "model",
            "created": int(midnight.timestamp()),
            "owned_by": OWNER,
            "shutdown_date": self.shutdown.isoformat() if self.shutdown else None,
        }


def list_models(today: date, others: tuple[str, ...] = ()) -> dict[str, Model]:
    """Return the models by id, in no useful order, as the API does; `others` are ids that the owner wants taken too."""
    models = [
        Model("text-embedding-sandbox", date(2024, 1, 25)),
        Model("gpt-sandbox-1", date(2025, 4, 14), "gpt-sandbox-1-2025-04-14", today + _NEAR),
        Model("gpt-sandbox-2", date(2026, 8, 7), "gpt-sandbox-2-2026-08-07"),
        Model("gpt-sandbox-2-pro", date(2026, 8, 9), "gpt-sandbox-2-pro-2026-08-09", reasons=True, on_chat=False),
        Model("whisper-sandbox", date(2023, 2, 27)),
        Model("gpt-sandbox-1-mini", date(2025, 7, 18), "gpt-sandbox-1-mini-2025-07-18", date(2099, 1, 1)),
        Model("gpt-sandbox-2-2026-08-07", date(2026, 8, 7), "gpt-sandbox-2-2026-08-07"),
        Model("gpt-sandbox-transcribe", date(2025, 3, 15)),
        Model("o9-sandbox", date(2026, 2, 3), "o9-sandbox-2026-02-03"),
        Model("omni-moderation-sandbox", date(2024, 11, 15)),
        *(Model(name, date(2026, 1, 1), name) for name in others),
    ]
    return {model.id: model for model in models}
