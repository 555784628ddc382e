"""Where something stands in a file, as editors and compilers write it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, order=True)
class Position:
    """A file, a line and a column, both counted from 1."""

    file: str = ""
    line: int = 1
    column: int = 1

    def __str__(self) -> str:
        """Return file:line:column, which terminals and editors turn into a link."""
        return f"{self.file}:{self.line}:{self.column}"
