"""A message's body and the step's settings become the exact request."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pysailor import InvalidConfig

if TYPE_CHECKING:
    from collections.abc import Mapping


def build(body: Mapping[str, Any], cfg: Mapping[str, Any]) -> dict[str, Any]:
    """Give what is sent: what the user set and nothing else, with the model of the body or else of the step.

    Members that nobody knows pass through. Raise InvalidConfig if no model is named anywhere.
    """
    model = body.get("model") or cfg.get("model")
    if not model:
        raise InvalidConfig(
            '"Model" is missing; choose one on the step, or map a model in the message', pointer="/model"
        )
    sent = {name: value for name, value in body.items() if value is not None and name != "model"}
    return {"model": model, **sent}
