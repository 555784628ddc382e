"""What a flow loses on its way from one form to another."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Note:
    """One thing that is not the same afterwards: the member, and what became of it."""

    path: str
    message: str

    def __str__(self) -> str:
        """Return the line that a person reads."""
        return f"{self.path}: {self.message}" if self.path else self.message
