"""An answer that comes in pieces, taken whole."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple, TypeVar

if TYPE_CHECKING:
    from collections.abc import Callable, Generator


Whole = TypeVar("Whole")


class Piece(NamedTuple):
    """Text that a chunk added to a choice.

    `kind` is content, refusal, reasoning, tool_call (arguments) or transcript (of spoken words).
    """

    choice: int
    kind: str
    text: str


def drain(pieces: Generator[Piece, None, Whole], show: Callable[[str], None] | None = None) -> Whole:
    """Return what the pieces become; `show` gets the words of the first choice as they come."""
    try:
        while True:
            try:
                piece = next(pieces)
            except StopIteration as end:
                whole: Whole = end.value
                return whole
            if show is not None and piece.choice == 0 and piece.kind in ("content", "refusal"):
                show(piece.text)
    finally:
        pieces.close()
