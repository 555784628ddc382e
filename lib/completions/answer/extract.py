"""The JSON in what a model wrote around it: thoughts, code fences, words before and after."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any, Final

from ...api import lenient_json

if TYPE_CHECKING:
    from collections.abc import Iterator

THOUGHTS: Final = "thoughts stood before the JSON of the answer; they were left out"
FENCE: Final = "the JSON of the answer stood in a code fence, which was left out"
TEXT_AROUND: Final = "text stood around the JSON of the answer; it was left out"
ENCODED_TWICE: Final = "the JSON of the answer was encoded twice; it was decoded once more"
CONTROL_CHARACTERS: Final = "the JSON of the answer held control characters that JSON does not allow; they were kept"

_NAMES: Final = "think|thinking|thought|thoughts|reasoning|reflection|analysis|scratchpad"
_THOUGHTS_END: Final = re.compile(
    rf"^.*(?:</(?:\w+:)?(?:{_NAMES})>|\[/THINK\]|◁/think▷|<\|/?(?:message|end_of_thought|end_think)\|>)", re.DOTALL
)
_FENCED: Final = re.compile(r"^[ \t]*(```+|~~~+)[^\n`]*\n(.*?)^[ \t]*\1[ \t]*$", re.DOTALL | re.MULTILINE)
_FENCE_LINE: Final = re.compile(r"^[ \t]*(?:```+|~~~+)[^\n`{\[]*$", re.MULTILINE)
_INLINE_FENCE: Final = re.compile(
    r"^(?:```+|~~~+)(?:json[a-z0-9]*)?\s*(.*?)\s*(?:```+|~~~+)?$", re.DOTALL | re.IGNORECASE
)
_BEGINS: Final = re.compile(r"[{\[]")
_BEGINS_JSON: Final = re.compile(r'[{\[]\s*["{\[]')
_MOST_STARTS: Final = 50
_LENIENT: Final = json.JSONDecoder(strict=False, parse_constant=float)


def candidates(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield the texts that may be the JSON meant, the likeliest first, each with remarks on what was left out."""
    remarks: tuple[str, ...] = ()
    plain = text.lstrip("\ufeff\u200b\u2060").strip()
    bare = _THOUGHTS_END.sub("", plain).strip()
    if bare and bare != plain:
        plain, remarks = bare, (THOUGHTS,)
    yield plain, remarks
    yield from ((found, (*remarks, ENCODED_TWICE)) for found in _within_text(plain))
    yield from ((found, (*remarks, *around)) for found, around in _find_fenced(plain))
    yield from ((found, (*remarks, TEXT_AROUND)) for found in _find_within(plain))


def _within_text(text: str) -> Iterator[str]:
    """Yield the JSON object or list that is written out within a JSON text."""
    if not text.startswith('"'):
        return
    try:
        inner = json.loads(text)
    except ValueError:
        return
    if isinstance(inner, str) and inner.lstrip().startswith(("{", "[")):
        yield inner


def _find_fenced(text: str) -> Iterator[tuple[str, tuple[str, ...]]]:
    """Yield what stands in code fences; of several the last is the likeliest."""
    if "```" not in text and "~~~" not in text:
        return
    lines = _FENCE_LINE.sub("", text).strip()  # double fences, and a fence that is never closed
    yield lines, (FENCE,)
    inline = _INLINE_FENCE.match(text)
    if inline:
        yield inline[1], (FENCE,)
    for found in reversed(_FENCED.findall(text)):
        yield found[1].strip(), (FENCE, TEXT_AROUND)


def _find_within(text: str) -> Iterator[str]:
    """Yield the one JSON object or list that stands among words; none if there are several, for who knows which."""
    found: list[str] = []
    place = 0
    for _ in range(_MOST_STARTS):
        begin = _BEGINS.search(text, place)
        if begin is None:
            break
        try:
            value, end = _LENIENT.raw_decode(text, begin.start())
        except (ValueError, RecursionError):
            if _BEGINS_JSON.match(text, begin.start()):
                return  # broken JSON: what stands within it is not what was meant
            place = begin.end()
            continue
        if isinstance(value, dict) or any(isinstance(item, (dict, list)) for item in value) or not found:
            found.append(text[begin.start() : end])
        place = end
    objects = [one for one in found if one.startswith("{")] or found
    if len(set(objects)) == 1:
        yield objects[0]


def parse_leniently(text: str) -> tuple[Any, tuple[str, ...]]:
    """Return the value of JSON that holds control characters, and a remark; raise ValueError or RecursionError."""
    value, remarks = lenient_json.parse(text)
    if remarks != (lenient_json.CONTROL_CHARACTERS,):
        raise ValueError("is not JSON")
    return value, (CONTROL_CHARACTERS,)
