r"""A text that matches a regular expression, short and the same each time, for patterns as people write them.

Understood: literals, classes, \d \w \s, `.`, groups, alternatives, quantifiers, anchors. A pattern with more in it
(look-around, back references) gets a best guess.
"""

from __future__ import annotations

import re

_SAMPLES = {"d": "1", "w": "a", "s": " ", "D": "a", "W": "-", "S": "a", "t": "\t", "n": "\n", "b": "", "B": ""}
_MOST_REPEATS = 1000
_LONGEST = 20_000
_QUANTIFIER = re.compile(r"[*+?]\??|\{(\d+)(?:,(\d*))?\}\??")
_OPERATORS = re.compile(r"(\\.)|[\[&~|]|-(?=-)", re.DOTALL)
_LIKELY = "a1-_. :/@AZ09~!#"


def text_for(pattern: str) -> str:
    """Return a text that the pattern finds itself in; where it is beyond this module, the best guess."""
    try:
        return _Reader(pattern).alternatives()
    except (IndexError, RecursionError, ValueError):
        return ""


class _Reader:
    """Reads a pattern from left to right and writes the text as it goes."""

    def __init__(self, pattern: str) -> None:
        self._pattern, self._at = pattern, 0

    def alternatives(self) -> str:
        """Read to the end of the group; give the first alternative's text."""
        first = self._sequence()
        while self._peek() == "|":
            self._at += 1
            self._sequence()
        return first

    def _peek(self) -> str:
        return self._pattern[self._at : self._at + 1]

    def _take(self) -> str:
        self._at += 1
        return self._pattern[self._at - 1]

    def _sequence(self) -> str:
        text = []
        while self._peek() not in ("", "|", ")"):
            atom = self._atom()
            text.append(atom * min(self._least(), _LONGEST // max(1, len(atom))))
        return "".join(text)

    def _least(self) -> int:
        """Read a quantifier, if there is one; give how often it asks for the atom at least."""
        match = _QUANTIFIER.match(self._pattern, self._at)
        if match is None:
            return 1
        self._at = match.end()
        if match[1] is not None:
            return min(int(match[1]), _MOST_REPEATS)
        return 1 if match[0].startswith("+") else 0

    def _atom(self) -> str:
        character = self._take()
        if character in "^$":
            return ""
        if character == "(":
            return self._group()
        if character == "[":
            return self._class()
        if character == "\\":
            escaped = self._take()
            return _SAMPLES.get(escaped, escaped)
        return "a" if character == "." else character

    def _group(self) -> str:
        if self._peek() == "?":
            opening = re.compile(r"\?(?::|P?<\w+>|[=!]|<[=!])").match(self._pattern, self._at)
            self._at = opening.end() if opening else self._at + 1
        is_empty = self._pattern[: self._at].endswith(("?=", "?!", "?<=", "?<!"))
        text = self.alternatives()
        self._take()
        return "" if is_empty else text

    def _class(self) -> str:
        """Read a character class; give the likeliest character that it takes."""
        start = self._at - 1
        self._at += self._peek() == "^"
        self._at += self._peek() == "]"
        while self._take() != "]":
            self._at += self._pattern[self._at - 1] == "\\"
        try:
            takes = re.compile(_plain_class(self._pattern[start : self._at]))
        except re.error as error:
            raise ValueError(str(error)) from error
        candidates = _LIKELY + "".join(map(chr, range(32, 127)))
        return next((candidate for candidate in candidates if takes.match(candidate)), "")


def _plain_class(text: str) -> str:
    """Return a character class in which nothing looks like the set operations that Python may have one day."""
    return text[0] + _OPERATORS.sub(lambda found: found[1] or f"\\{found[0]}", text[1:])
