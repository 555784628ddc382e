"""What is wrong with a request that was built from a form, pointing to the form's own fields. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from pysailor import Fault

if TYPE_CHECKING:
    from collections.abc import Mapping

_MESSAGE = re.compile(r"/messages/(\d+)(?:/content(?:/(\d+))?)?(?:/|$)")
_FIELDS: Mapping[str, str] = {
    "messages": "/prompt",
    "response_format": "/schema",
    "verbosity": "/length",
    "temperature": "/creativity",
}
_WORDS = (
    (re.compile(r"\blower max_completion_tokens\b"), "choose a model with lower prices"),
    (
        re.compile(r"\bmax_completion_tokens sets the longest one$"),
        "this step has no setting for that, Send Request has (max_completion_tokens)",
    ),
    (re.compile(r"\bset max_completion_tokens, or "), ""),
    (re.compile(r"\bmax_completion_tokens\b(?!\)$)"), "the longest answer"),
    (re.compile(r"\bverbosity\b"), "Length"),
    (re.compile(r"\btemperature\b"), "Creativity"),
    (re.compile(r"\bresponse_format\b"), "Answer as"),
    (re.compile(r"\b(an|as|the)? ?image_url( part)?\b"), " Pictures"),
    (re.compile(r"\b(as )?(a )?(file part|file_url|file_data)\b"), "under Files"),
    (re.compile(r"\bthe messages\b"), "the prompt"),
)
_WARNING = re.compile(r"(/\S*): ")


@dataclass(frozen=True, slots=True)
class FormFields:
    """Where the parts of the form stand in the request: so many messages come before the question.

    `has_instructions` says that the first of them is the instructions; `pictures` counts the pictures of the question.
    """

    before: int
    has_instructions: bool
    pictures: int

    def fault(self, fault: Fault) -> Fault:
        """Return the fault with the form's own field and words."""
        return Fault(self._pointer(fault.pointer), use_form_words(fault.message))

    def warning(self, text: str) -> str:
        """Return a warning that may begin with a pointer in the same way."""
        found = _WARNING.match(text)
        return str(self.fault(Fault(found[1], text[found.end() :]))) if found else use_form_words(text)

    def _pointer(self, pointer: str) -> str:
        found = _MESSAGE.match(pointer)
        if not found:
            return _FIELDS.get(pointer[1:].partition("/")[0], pointer)
        index, part = int(found[1]), int(found[2] or 0)
        if index != self.before:
            return "/instructions" if index == 0 and self.has_instructions else "/conversationId"
        if part == 0:
            return "/prompt"
        return f"/images/{part - 1}" if part <= self.pictures else f"/files/{part - 1 - self.pictures}"


def use_form_words(text: str) -> str:
    """Return a sentence with the names that the form has for the API's fields."""
    for pattern, word in _WORDS:
        text = pattern.sub(word, text)
    return text
