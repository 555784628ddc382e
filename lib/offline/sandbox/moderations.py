"""The sandbox's moderation: it knows a few words, and no picture."""

from __future__ import annotations

import hashlib
import json
import re
from typing import TYPE_CHECKING, Any

from . import errors
from .errors import ErrorReply

if TYPE_CHECKING:
    from collections.abc import Mapping

MODELS = ("omni-moderation-latest", "omni-moderation-2024-09-26", "omni-moderation-sandbox")
_WORDS: Mapping[str, tuple[str, ...]] = {
    "harassment": ("idiot", "stupid"),
    "harassment/threatening": (),
    "hate": ("hate",),
    "hate/threatening": (),
    "illicit": ("steal", "explosives"),
    "illicit/violent": ("explosives",),
    "self-harm": (),
    "self-harm/intent": (),
    "self-harm/instructions": (),
    "sexual": (),
    "sexual/minors": (),
    "violence": ("kill", "blood", "explosives"),
    "violence/graphic": ("blood",),
}
_OF_PICTURES = ("self-harm", "self-harm/intent", "self-harm/instructions", "sexual", "violence", "violence/graphic")
_HIGH, _LOW = 0.93, 0.0002


def moderate(request: Any) -> dict[str, Any]:
    """Return the answer to a request; raise ErrorReply for one that the API refuses."""
    if not isinstance(request, dict):
        raise errors.wrong_type("", "an object", type(request).__name__)
    if "input" not in request:
        raise errors.missing("input")
    model = str(request.get("model") or MODELS[0])
    if model not in MODELS:
        raise errors.unknown_model(model)
    digest = hashlib.sha256(json.dumps(request, sort_keys=True).encode()).hexdigest()
    return {"id": f"modr-{digest[:24]}", "model": model, "results": [_result(one) for one in _inputs(request["input"])]}


def _inputs(given: Any) -> list[list[dict[str, Any]]]:
    """Return the parts that each result is about."""
    if isinstance(given, str):
        return [[{"type": "text", "text": given}]]
    if isinstance(given, list) and given and all(isinstance(one, str) for one in given):
        return [[{"type": "text", "text": one}] for one in given]
    if isinstance(given, list) and given and all(map(_is_part, given)):
        if sum(part["type"] == "image_url" for part in given) > 1:
            raise ErrorReply("Invalid 'input': only one image is supported per request.", param="input")
        return [given]
    raise ErrorReply("'$.input' is invalid. Please check the API reference.", param="input")


def _is_part(part: Any) -> bool:
    if not isinstance(part, dict):
        return False
    image = part.get("image_url")
    is_image = part.get("type") == "image_url" and isinstance(image, dict) and isinstance(image.get("url"), str)
    return is_image or (part.get("type") == "text" and isinstance(part.get("text"), str))


def _result(parts: list[dict[str, Any]]) -> dict[str, Any]:
    words = {word for part in parts for word in re.findall(r"[a-z]+", str(part.get("text", "")).lower())}
    kinds = [kind for kind, name in (("text", "text"), ("image", "image_url")) if any(p["type"] == name for p in parts)]
    categories = {name: not words.isdisjoint(known) for name, known in _WORDS.items()}
    return {
        "flagged": any(categories.values()),
        "categories": categories,
        "category_scores": {name: _HIGH if is_so else _LOW for name, is_so in categories.items()},
        "category_applied_input_types": {
            name: [kind for kind in kinds if kind == "text" or name in _OF_PICTURES] for name in categories
        },
    }


# --- what scenarios make of an answer ---------------------------------------------------------------------------------


def flag(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer that flags everything as violence."""
    results = [
        {
            **result,
            "flagged": True,
            "categories": {**result["categories"], "violence": True},
            "category_scores": {**result["category_scores"], "violence": _HIGH},
        }
        for result in answer["results"]
    ]
    return {**answer, "results": results}


def lose_scores(answer: dict[str, Any]) -> dict[str, Any]:
    """Return an answer without scores."""
    return {**answer, "results": [{**result, "category_scores": {}} for result in answer["results"]]}
