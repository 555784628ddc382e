"""Few values for each label, whatever comes."""

from __future__ import annotations

from typing import Final

OTHER: Final = "other"
_MOST_VALUES: Final = 100
_LONGEST_VALUE: Final = 120


class LabelValues:
    """The values that a label has had; beyond a hundred they are all "other": each costs memory, here and there."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def limit(self, value: str) -> str:
        """Return the value, or what stands for it; a sign that moves a terminal's cursor, or hides others, is a "?"."""
        value = value[:_LONGEST_VALUE]
        if not value.isprintable():
            value = "".join(sign if sign.isprintable() else "?" for sign in value)
        if value not in self._known:
            if len(self._known) >= _MOST_VALUES:
                return OTHER
            self._known.add(value)
        return value
