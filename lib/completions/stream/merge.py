"""Chunks to one completion: the same object as the answer that is not streamed.

What the API documents is merged by its meaning: text is joined, lists are appended, ids and names stand once. What it
does not document is kept, the last value winning; the one thing dropped is `obfuscation`, which is padding.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from ..answer.content import read_index
from .choice import ChoiceMerger

if TYPE_CHECKING:
    from ...api.stream import Piece

_FIRST_WINS: Final = ("id", "created")
_CHUNK_ONLY: Final = frozenset({"choices", "object", "obfuscation", "usage", "error"})


class Completion:
    """One completion in the making: add chunks as they come, then finish.

    `characters` counts the text so far, of every kind; `remarks` tells what was odd.
    """

    def __init__(self) -> None:
        self.characters = 0
        self.remarks: dict[str, None] = {}
        self._fields: dict[str, Any] = {}
        self._usage: Any = None
        self._choices: dict[int, ChoiceMerger] = {}

    def add(self, chunk: dict[str, Any]) -> list[Piece]:
        """Merge a chunk and return the text that it brought."""
        if chunk.get("usage") is not None:
            self._usage = _join_usage(self._usage, chunk["usage"])
        self._keep(chunk)
        pieces: list[Piece] = []
        choices = chunk.get("choices")
        for position, choice in enumerate(choices if isinstance(choices, list) else ()):
            if isinstance(choice, dict):
                pieces += self._choice(choice, position).add(choice)
        for piece in pieces:
            self.characters += len(piece.text)
        return pieces

    def finish(self) -> dict[str, Any]:
        """Return the completion so far; it may be asked for at any time."""
        return {
            "id": None,
            "object": "chat.completion",
            **self._fields,
            "choices": [self._choices[index].to_json() for index in sorted(self._choices)],
            "usage": self._usage,
        }

    @property
    def unfinished(self) -> list[int]:
        """The choices that have no finish_reason yet."""
        return sorted(index for index, choice in self._choices.items() if choice.finish_reason is None)

    @property
    def ends_early(self) -> bool:
        """Whether a choice went on after its finish_reason, so that having one does not mean that it is whole."""
        return any(choice.went_on for choice in self._choices.values())

    @property
    def has_content(self) -> bool:
        """Whether any part of an answer has come, beyond the announcement of its role."""
        return not all(choice.is_blank() for choice in self._choices.values())

    def _keep(self, chunk: dict[str, Any]) -> None:
        fields = self._fields
        for key, value in chunk.items():
            if key in _CHUNK_ONLY or (fields.get(key) and (key in _FIRST_WINS or value in (None, ""))):
                continue
            fields[key] = value

    def _choice(self, choice: dict[str, Any], position: int) -> ChoiceMerger:
        index = read_index(choice.get("index"))
        if index is None:
            index = position
        found = self._choices.get(index)
        if found is None:
            found = self._choices[index] = ChoiceMerger(index, self.remarks)
        return found


def _join_usage(before: Any, now: Any) -> Any:
    """Return the usage told last; what only an earlier chunk counted is kept."""
    if not isinstance(before, dict) or not isinstance(now, dict):
        return now
    kept = {key: value for key, value in before.items() if value and key != "total_tokens" and not now.get(key)}
    if not kept:
        return now
    return {**now, **kept, "total_tokens": now.get("total_tokens") or None}
