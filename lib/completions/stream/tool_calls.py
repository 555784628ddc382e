"""Pieces of tool calls to whole tool calls, on every server's habits.

A piece belongs to the call with its index. Servers leave the index out, send 0 for every call, send a call in one
piece, or repeat id and name in every piece; so a piece opens a new call when its id and name say that it is another,
and otherwise goes on with the one that is open. Two pieces of one chunk that both have a name are two calls.
"""

from __future__ import annotations

import json
from typing import Any, Final

from ..answer.calls import ARGUMENTS_AS_OBJECT, FLAT_CALL, write_arguments
from ..answer.content import join_surrogates, read_index

_PARTS: Final = (("function", "arguments"), ("custom", "input"))


class PartialToolCall:
    """One tool call in the making."""

    __slots__ = ("extra", "id", "index", "is_typed", "kind", "name", "pieces", "whole")

    def __init__(self, index: int) -> None:
        self.index = index
        self.id: str | None = None
        self.kind = "function"
        self.is_typed = False  # a piece has told the type, which only the first one does
        self.name = ""
        self.pieces: list[str] = []
        self.whole: str | None = None  # arguments that came as an object, written out
        self.extra: dict[str, Any] = {}

    def has_arguments(self) -> bool:
        """Return whether any arguments have come."""
        return bool(self.pieces) or self.whole is not None

    def text(self) -> str:
        """Return the arguments as text, as the API would."""
        return join_surrogates("".join(self.pieces)) or self.whole or ""

    def to_json(self) -> dict[str, Any]:
        """Return the call as it stands in an answer that is not streamed."""
        text = "input" if self.kind == "custom" else "arguments"
        return {**self.extra, "id": self.id, "type": self.kind, self.kind: {"name": self.name, text: self.text()}}


class ToolCallMerger:
    """The tool calls of one choice."""

    def __init__(self, remarks: dict[str, None]) -> None:
        self._remarks = remarks
        self._calls: list[PartialToolCall] = []
        self._open: dict[int, PartialToolCall] = {}
        self._by_id: dict[tuple[int | None, str], PartialToolCall] = {}

    def __len__(self) -> int:
        return len(self._calls)

    def add(self, pieces: list[Any]) -> list[str]:
        """Put the pieces of one chunk where they belong and return the texts that they added to the arguments."""
        touched: list[PartialToolCall] = []
        return [self._add(piece, touched) for piece in pieces if isinstance(piece, dict)]

    def _add(self, piece: dict[str, Any], touched: list[PartialToolCall]) -> str:
        part, text = self._part(piece)
        call = self._call(piece, part, text, touched)
        touched.append(call)
        if "id" in piece or "name" in part or len(piece) > 2:  # noqa: PLR2004 - more than an index and a text
            self._describe(call, piece, part)
        if isinstance(text, dict):
            call.whole = write_arguments(text)
            self._remarks[ARGUMENTS_AS_OBJECT] = None
        elif isinstance(text, str) and text:
            call.pieces.append(text)
            return text
        return ""

    def to_json(self) -> list[dict[str, Any]]:
        """Return the calls in the order of their indices."""
        return [call.to_json() for call in sorted(self._calls, key=lambda call: call.index)]

    def _call(
        self, piece: dict[str, Any], part: dict[str, Any], text: Any, touched: list[PartialToolCall]
    ) -> PartialToolCall:
        index, given = _index(piece), _word(piece.get("id"))
        known = self._by_id.get((index, given)) if given else None
        if known:
            return known
        current = self._open.get(index) if index is not None else self._last()
        name = _word(part.get("name"))
        in_same_chunk = current in touched
        is_headed = current is not None and current.is_typed and "type" in piece
        if current is None or _is_another(current, given, name, text, in_same_chunk=in_same_chunk, is_headed=is_headed):
            current = self._open_call(len(self._calls) if index is None else index)
        if given and current.id is None:
            current.id = given
            self._by_id[index, given] = current
        return current

    def _part(self, piece: dict[str, Any]) -> tuple[dict[str, Any], Any]:
        """Return the member that holds name and text, and the text; some servers put both into the piece itself."""
        for member, text in _PARTS:
            part = piece.get(member)
            if isinstance(part, dict):
                return part, part.get(text)
        if "name" not in piece and "arguments" not in piece:
            return {}, None
        self._remarks[FLAT_CALL] = None
        return piece, piece.get("arguments", piece.get("input"))

    def _open_call(self, index: int) -> PartialToolCall:
        call = PartialToolCall(index)
        self._calls.append(call)
        self._open[index] = call
        return call

    def _last(self) -> PartialToolCall | None:
        return self._calls[-1] if self._calls else None

    @staticmethod
    def _describe(call: PartialToolCall, piece: dict[str, Any], part: dict[str, Any]) -> None:
        name = _word(part.get("name"))
        if name != call.name and not call.has_arguments():
            call.name += name
        if "custom" in piece or piece.get("type") == "custom":
            call.kind = "custom"
        call.is_typed = call.is_typed or "type" in piece
        known = ("index", "arguments", "input", "name") if part is piece else ("index",)
        known = (*known, "id", "type", "function", "custom")
        call.extra.update((key, value) for key, value in piece.items() if key not in known)


def _is_another(
    call: PartialToolCall, given: str, name: str, text: Any, *, in_same_chunk: bool, is_headed: bool
) -> bool:
    """Return whether a piece that names a call opens a new one beside the one that is open."""
    if not name:
        return False  # every call has a name, so this goes on with one
    if given and call.id is not None:
        return True  # the open call's own id would have been found
    if name != call.name:
        return (
            bool(call.name and (in_same_chunk or is_headed)) or call.has_arguments()
        )  # before any arguments it is the rest of the name
    return in_same_chunk or (
        _begins_arguments(text) and _is_whole(call)
    )  # the same function again, or only its name repeated


def _begins_arguments(text: Any) -> bool:
    return isinstance(text, dict) or (isinstance(text, str) and text.lstrip().startswith("{"))


def _is_whole(call: PartialToolCall) -> bool:
    try:
        json.loads(call.text())
    except (ValueError, RecursionError):
        return False
    return True


def _index(piece: dict[str, Any]) -> int | None:
    return read_index(piece.get("index"))


def _word(value: Any) -> str:
    return str(value) if isinstance(value, (str, int)) and not isinstance(value, bool) else ""
