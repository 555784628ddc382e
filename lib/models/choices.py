"""Which models to choose from: what GET /models answered, filtered, ordered, and marked with the day each goes."""

from __future__ import annotations

import re
from datetime import date
from typing import TYPE_CHECKING, Any

from .table import MARKED_DAYS_BEFORE, ROUTER

if TYPE_CHECKING:
    from collections.abc import Iterator

    from .table import Models

_OPENAI = re.compile(
    r"^(ft:|gpt-|o\d|chatgpt-|text-|tts-|whisper|dall-e|davinci|babbage|omni-|sora|codex|computer-use)",
)
_CHAT = re.compile(r"^(gpt-|o\d|chatgpt-)")
_NOT_CHAT = re.compile(
    r"embedding|whisper|tts|transcribe|realtime|live|image|dall-e|sora|moderation|davinci|babbage|computer-use"
    r"|-instruct|deep-research|search(?!-api)",
)
_BY_RESPONSES = re.compile(r"codex|-pro(?![a-z])")
"""Models that the public API answers for by its other endpoint; a step finds that by itself there only."""

_EMBEDDING = re.compile(
    r"embed|(^|[/:_-])(bge|e5|gte|gtr|jina|minilm|nomic|voyage|stella|arctic|instructor)([-_:.0-9]|$)", re.IGNORECASE
)

_NAMES = ("id", "name", "model", "model_id", "modelId", "model_name", "slug")


def chat_models(listing: Any, today: date, models: Models, *, public_api: bool = True) -> dict[str, str]:
    """Return `{id: label}` of the models to choose from, newest first, out of what GET /models answered.

    What is not for chat is left out, as far as the id tells; away from the public API only ids that look like
    OpenAI's are checked. A label tells when the model goes, if that is near or past; the table's dates are those of the
    public API.
    """
    entries = [entry for entry in _entries(listing) if _is_for_chat(entry[0], public_api=public_api)]
    entries.sort(key=lambda entry: -entry[1])
    return {
        name: _label(name, gone or (_shutdown_day(name, models) if public_api else None), today)
        for name, _, gone in entries
    }


def list_embedding_models(listing: Any) -> dict[str, str]:
    """Return `{id: id}` of the models that make vectors, by their names, newest first; all if no name tells."""
    entries = sorted(_entries(listing), key=lambda entry: -entry[1])
    names = [name for name, _, _ in entries]
    return {name: name for name in [name for name in names if _EMBEDDING.search(name)] or names}


def _shutdown_day(name: str, models: Models) -> date | None:
    family = models.find(name)
    return family.gone if family else None


def _entries(listing: Any) -> Iterator[tuple[str, float, date | None]]:
    """Read id, time of creation and shutdown date of each model, from any of the shapes that servers answer."""
    items = (listing.get("data") or listing.get("models")) if isinstance(listing, dict) else listing
    for item in items if isinstance(items, list) else ():
        entry = item if isinstance(item, dict) else {"id": item}
        name = next(filter(None, map(entry.get, _NAMES)), None)
        created = entry.get("created")
        if isinstance(name, str) and name:
            yield name, created if isinstance(created, (int, float)) else 0, _day(entry.get("shutdown_date"))


def _day(value: Any) -> date | None:
    try:
        return date.fromisoformat(value[:10])
    except (TypeError, ValueError):
        return None


def _is_for_chat(name: str, *, public_api: bool) -> bool:
    plain = ROUTER.sub("", name)
    if not public_api and not _OPENAI.match(plain):
        return True
    base = plain.split(":")[1] if plain.startswith("ft:") and ":" in plain[3:] else plain.removeprefix("ft:")
    is_elsewhere = _NOT_CHAT.search(base) or (not public_api and _BY_RESPONSES.search(base))
    return bool(_CHAT.match(base)) and not is_elsewhere


def _label(name: str, gone: date | None, today: date) -> str:
    if gone is None or (gone - today).days > MARKED_DAYS_BEFORE:
        return name
    return f"{name} (gone {'since' if gone <= today else 'on'} {gone})"
