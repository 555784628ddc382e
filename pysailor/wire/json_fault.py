"""Where a text stops being JSON, in words for who wrote it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from json import JSONDecodeError

_IN_PLAIN_WORDS: Final = {
    "Expecting value": "a value is missing here, or not written as JSON has it (text stands in double quotes)",
    "Expecting property name enclosed in double quotes": "a name in double quotes is missing here, or a comma is "
    "too many",
    "Expecting ':' delimiter": "a colon is missing here",
    "Expecting ',' delimiter": "a comma or a closing bracket is missing here",
    "Illegal trailing comma before end of object": "this comma is too many",
    "Illegal trailing comma before end of array": "this comma is too many",
    "Extra data": "the JSON ends before this; what follows is too much",
    "Unterminated string starting at": "this text has no closing quote",
    "Invalid control character at": "a line break or tab cannot stand within text; write \\n or \\t",
}


def explain(error: JSONDecodeError) -> str:
    """Return the line and column, from 1, and what is wrong there."""
    return f"line {error.lineno}, column {error.colno}: {_IN_PLAIN_WORDS.get(error.msg, error.msg)}"
