"""Finds explanations by whatever a person has of an error: its code, a status, a part of the message, a few words."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from pysailor.contract import Explanation

_AROUND = " \t\r\n'\"`():;,."  # what may be copied along with a code
_SUGGESTED, _MOST = 3, 4
_NEAR = 0.7
_LONGEST = 2000
_SHORTEST_PART = 3
_WORD = re.compile(r"\w+")
_FILLING = frozenset(
    "a an and any are as at be been but by can could did do does for from has have how in is it its me my no not of on "  # noqa: SIM905 - words, to be read
    "or so that the this to was what when which why with".split()
)
_OF_BROKERS = (
    (r"access_refused|\bvhost\b|rabbitmq|amqps?\b", "unreachable"),
    ("no queue", "input_missing"),
    ("no exchange|no_route|unroutable", "unroutable"),
)
"""Words of RabbitMQ, and the code of what they led to."""


def find_by_code(text: str, known: Sequence[Explanation]) -> list[Explanation]:
    """Return those of the code or the name; a hyphen or a blank stands for the underscore."""
    asked = text.strip(_AROUND).lower()
    code = re.sub(r"[\s-]+", "_", asked)
    return [each for each in known if code == each.code.lower() or asked == each.name.lower()]


def find_by_words(
    text: str, known: Sequence[Explanation], recognize: Callable[[str], Sequence[str]]
) -> list[Explanation]:
    """Return what a message, a status or words can mean, the likeliest first; not more than a person can read at once.

    A code within the text decides; then what the component recognizes, then the words of the explanations.
    """
    text = text[:_LONGEST]
    for find in (_find_mentioned, _find_of_broker):
        if found := find(text, known):
            return found[:_MOST]
    codes = dict.fromkeys(recognize(text))
    recognized = [each for code in codes for each in known if each.code == code]
    return (recognized or _find_by_wording(text, known))[:_MOST]


def suggest_codes(text: str, known: Iterable[Explanation]) -> list[str]:
    """Return the codes that were perhaps meant: those written nearly so, or with one of the words in them."""
    asked = text[:_LONGEST].strip(_AROUND).lower()
    words = {word.lower(): each.code for each in known for word in (each.code, each.name)}
    near = get_close_matches(re.sub(r"[\s-]+", "_", asked), words, _SUGGESTED, _NEAR) if " " not in asked else []
    holding = (word for part in _words(asked) for word in words if part in word)
    return list(dict.fromkeys(words[word] for word in (*near, *holding)))[:_SUGGESTED]


def _words(text: str) -> list[str]:
    words = _WORD.findall(text.lower())
    return [word for word in words if word not in _FILLING and len(word) >= _SHORTEST_PART]


def _find_mentioned(text: str, known: Sequence[Explanation]) -> list[Explanation]:
    """Return those whose code or name stands in the text; a code that is a plain word may mean anything."""
    words = set(_WORD.findall(text))
    return [each for each in known if each.name in words or ("_" in each.code and each.code in words)]


def _find_of_broker(text: str, known: Sequence[Explanation]) -> list[Explanation]:
    codes = [code for pattern, code in _OF_BROKERS if re.search(pattern, text, re.IGNORECASE)]
    runtime = {each.code: each for each in known}  # its codes come last
    return [runtime[code] for code in codes[-1:] if code in runtime]


def _find_by_wording(text: str, known: Sequence[Explanation]) -> list[Explanation]:
    """Return those that say it in so many words, else those with all the words, in what they mean or advise."""
    words = _words(text)
    if not words:
        return []
    ranked = sorted((rank, at) for at, each in enumerate(known) if (rank := _rank(text, words, each)) is not None)
    best = [rank for rank, _ in ranked][:1]
    return [known[at] for rank, at in ranked if [rank] == best or rank == 0]


def _rank(text: str, words: Sequence[str], each: Explanation) -> int | None:
    """Return how well it fits, 0 best, None if not at all."""
    said = " ".join(f"{each.meaning} {each.advice}".lower().split())
    if len(words) > 1 and " ".join(text.lower().split()) in said:
        return 0
    named = f"{each.code} {each.name}".lower()
    in_meaning = f"{named} {each.meaning}".lower()
    for rank, where in enumerate((named, in_meaning, f"{in_meaning} {said}"), 1):
        if all(re.search(rf"(?:\b|_){re.escape(word.rstrip('s'))}", where) for word in words):
            return rank
    return None
