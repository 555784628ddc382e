"""What the operator should know about the models that a file names. Pure, but for the table of models that it reads."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ...models.table import Models
from .route import DEFAULT_MODEL

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .load import Config


def of_models(config: Config, is_offline: bool) -> Iterator[str]:
    """Return a sentence for each route without a model, and for each model with a known day of shutdown."""
    if is_offline:
        return
    models = Models.load()
    for route in config.routes:
        model = route.kwargs.get("model", DEFAULT_MODEL)
        if "model" not in route.kwargs:
            yield f'"{route.name}" names no model: OPENAI_MODEL is asked, or else {DEFAULT_MODEL}'
        family = models.find(model) if isinstance(model, str) else None
        if family is not None and family.gone is not None:
            yield f'"{route.name}": {model} is shut down on {family.gone}; name another model in good time'
