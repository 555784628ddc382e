"""What a stream has brought of a response so far: its items by their places, and the pieces of text for watchers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Final

from ..api.stream import Piece
from ..completions.answer.content import join_surrogates, read_index

if TYPE_CHECKING:
    from collections.abc import Mapping

_TEXTS: Final[Mapping[str, tuple[str, str, str]]] = {
    "response.output_text": ("output_text", "text", "content"),
    "response.refusal": ("refusal", "refusal", "refusal"),
    "response.reasoning_summary_text": ("summary_text", "text", "reasoning"),
    "response.reasoning_text": ("reasoning_text", "text", "reasoning"),
    "response.function_call_arguments": ("arguments", "arguments", "tool_call"),
    "response.custom_tool_call_input": ("input", "input", "tool_call"),
}
"""Events that bring text: the part it belongs to, the member that holds the whole, the kind of piece."""
_PARTS: Final = {"output_text": "text", "refusal": "refusal", "reasoning_text": "text"}
_KINDS: Final = {"output_text": "content", "refusal": "refusal", "reasoning_text": "reasoning"}
_IN_CALLS: Final = ("arguments", "input")
_LONGEST_ID: Final = 100
_MOST_PLACES: Final = 10_000
"""So many texts a stream may keep open: places are numbers that a server writes."""


@dataclass(slots=True)
class _Text:
    """One text in the making: what has come, and half a character that waits for its other half."""

    pieces: list[str] = field(default_factory=list)
    half: str = ""

    def add(self, text: str) -> str:
        self.pieces.append(text)
        text, self.half = self.half + text, ""
        if text and "\ud800" <= text[-1] <= "\udbff":
            self.half, text = text[-1], text[:-1]
        return join_surrogates(text)

    def rest_of(self, whole: str) -> str:
        """Return what the whole text holds beyond what has come."""
        so_far = "".join(self.pieces)
        return whole[len(so_far) :] if whole.startswith(so_far) else ""

    def whole(self) -> str:
        return join_surrogates("".join(self.pieces))


class ResponseProgress:
    """A response in the making. `characters` counts the text so far, of every kind."""

    def __init__(self) -> None:
        self.characters = 0
        self._head: dict[str, Any] = {}
        self._items: dict[int, dict[str, Any]] = {}
        self._done: dict[int, dict[str, Any]] = {}
        self._texts: dict[tuple[int, int, str], _Text] = {}

    @property
    def has_items(self) -> bool:
        """Whether an item has come whole."""
        return bool(self._done)

    @property
    def kept_as(self) -> str:
        """The id under which the service keeps the answer, "" if it does not say so."""
        name = self._head.get("id")
        is_kept = self._head.get("store") is True or self._head.get("background") is True
        return name[:_LONGEST_ID] if is_kept and isinstance(name, str) else ""

    def keep(self, response: Mapping[str, Any]) -> None:
        """Keep what an event says of the response itself."""
        self._head.update((name, value) for name, value in response.items() if name != "output" and value is not None)

    def add(self, kind: str, event: Mapping[str, Any]) -> list[Piece]:
        """Take an event and return the text that it brought; one that is not known brings none."""
        place = read_index(event.get("output_index")) or 0
        stem, _, verb = kind.rpartition(".")
        if stem in _TEXTS and verb in ("delta", "done"):
            part, member, shown = _TEXTS[stem]
            inner = read_index(event.get("content_index", event.get("summary_index"))) or 0
            text = event.get("delta" if verb == "delta" else member)
            return self._add_text((place, inner, part), shown, text, is_whole=verb == "done")
        if kind == "response.content_part.done" and isinstance(event.get("part"), dict):
            return self._add_part(place, read_index(event.get("content_index")) or 0, event["part"])
        if stem == "response.output_item" and isinstance(event.get("item"), dict):
            return self._add_item(place, event["item"], is_whole=verb == "done")
        return []

    def complete(self, response: dict[str, Any]) -> dict[str, Any]:
        """Return the response of the terminal event; with the items that came, where it holds none of them."""
        return response if response.get("output") else {**response, "output": self._output()}

    def response(self) -> dict[str, Any]:
        """Return the response as far as it has come, without a status."""
        head = {name: value for name, value in self._head.items() if name != "status"}
        return {**head, "output": self._output()}

    def _output(self) -> list[dict[str, Any]]:
        texts: dict[int, dict[tuple[int, str], _Text]] = {place: {} for place in self._items}
        for (place, inner, part), text in self._texts.items():
            texts.setdefault(place, {})[inner, part] = text
        return [self._done.get(place) or self._item(place, texts[place]) for place in sorted(texts)]

    def _item(self, place: int, texts: Mapping[tuple[int, str], _Text]) -> dict[str, Any]:
        """Return an item that has not come whole, with the text that has."""
        item = dict(self._items.get(place) or {"type": "message", "role": "assistant"})
        content = [{"type": part, _PARTS[part]: text.whole()} for (_, part), text in _in_order(texts) if part in _PARTS]
        summary = [
            {"type": part, "text": text.whole()} for (_, part), text in _in_order(texts) if part == "summary_text"
        ]
        calls = {part: text.whole() for (_, part), text in texts.items() if part in _IN_CALLS}
        more = {"content": content, "summary": summary}
        return {**item, **calls, **{name: value for name, value in more.items() if value}}

    def _add_item(self, place: int, item: dict[str, Any], *, is_whole: bool) -> list[Piece]:
        if len(self._items) < _MOST_PLACES or place in self._items:
            self._items[place] = item
        if not is_whole or place not in self._items:
            return []
        self._done[place] = item
        pieces: list[Piece] = []
        content = item.get("content")
        for inner, part in enumerate(content if isinstance(content, list) else ()):
            if isinstance(part, dict):
                pieces += self._add_part(place, inner, part)
        for member in _IN_CALLS:
            if item.get("type") in ("function_call", "custom_tool_call") and isinstance(item.get(member), str):
                pieces += self._add_text((place, 0, member), "tool_call", item[member], is_whole=True)
        return pieces

    def _add_part(self, place: int, inner: int, part: Mapping[str, Any]) -> list[Piece]:
        kind = part.get("type")
        if not isinstance(kind, str) or kind not in _PARTS:
            return []
        return self._add_text((place, inner, kind), _KINDS[kind], part.get(_PARTS[kind]), is_whole=True)

    def _add_text(self, key: tuple[int, int, str], shown: str, text: Any, *, is_whole: bool) -> list[Piece]:
        if not isinstance(text, str) or (key not in self._texts and len(self._texts) >= _MOST_PLACES):
            return []
        held = self._texts.setdefault(key, _Text())
        new = held.rest_of(text) if is_whole else text
        if not new:
            return []
        self.characters += len(new)
        shown = (
            "reasoning" if shown == "content" and self._items.get(key[0], {}).get("phase") == "commentary" else shown
        )
        piece = held.add(new)
        return [Piece(0, shown, piece)] if piece else []


def _in_order(texts: Mapping[tuple[int, str], _Text]) -> list[tuple[tuple[int, str], _Text]]:
    return sorted(texts.items(), key=lambda entry: entry[0])
