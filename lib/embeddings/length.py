"""How long the texts are, against what the model reads of one. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from pysailor import Fault, InvalidInput, offload

from ..tokens.tokenizer import counter, estimate_by_characters

if TYPE_CHECKING:
    from collections.abc import Sequence
    from typing import Self

    from ..tokens.tokenizer import Count
    from .texts import PlacedText

_BYTES_PER_TOKEN = 3  # fewer than in most texts, so that an estimate is rather too high
_SURE_BYTES_PER_TOKEN = 2  # for shortening without a tokenizer: nobody can look again
_SHORTER = 0.98
_MOST_FAULTS = 100
_MOST_NAMED = 5
NO_TOKENIZER = "no tokenizer is installed (extra: tokens), so that tokens were estimated from characters"


@dataclass(frozen=True, slots=True)
class TokenCounter:
    """Counts the tokens of texts; `exact` is None where there is no tokenizer."""

    exact: Count | None

    @classmethod
    def of(cls, encoding: str) -> Self:
        """Return the counter of an encoding."""
        return cls(counter(encoding))

    def count(self, text: str) -> int:
        """Return how many tokens a text has."""
        return self.exact(text) if self.exact else estimate_by_characters(text)

    def count_above(self, text: str, limit: int) -> int | None:
        """Return how many tokens a text has if they are more than `limit`; no token is shorter than a byte."""
        if size(text) <= limit:
            return None
        tokens = self.count(text)
        return tokens if tokens > limit else None

    def shorten(self, text: str, limit: int) -> str:
        """Return the beginning of a text that has at most `limit` tokens."""
        if self.exact is None:
            return text.encode("utf-8", "surrogatepass")[: limit * _SURE_BYTES_PER_TOKEN].decode("utf-8", "ignore")
        while len(text) > 1 and (tokens := self.count_above(text, limit)) is not None:
            text = text[: max(1, int(len(text) * limit / tokens * _SHORTER))]
        return text


def size(text: str) -> int:
    """Return how many bytes a text has on the wire, at least."""
    return len(text) if text.isascii() else len(text.encode("utf-8", "surrogatepass"))


def estimate(text: str) -> int:
    """Return about how many tokens a text has, rather too many than too few."""
    return -(-size(text) // _BYTES_PER_TOKEN)


def _find_long(texts: Sequence[PlacedText], limit: int, tokens: TokenCounter) -> dict[int, int]:
    """Return the token counts of those that are too long, by their index."""
    return {index: found for index, one in enumerate(texts) if (found := tokens.count_above(one.text, limit))}


def fit_texts(
    texts: Sequence[PlacedText], limit: int, tokens: TokenCounter, *, shorten: bool
) -> tuple[tuple[PlacedText, ...], tuple[str, ...]]:
    """Return the texts, none longer than `limit` tokens, and what was done to them in sentences.

    Raise InvalidInput with the place of each that is too long, unless they are to be shortened.
    """
    long = offload(_find_long, texts, limit, tokens)  # many texts take the tokenizer a while
    if not long:
        return tuple(texts), ()
    if not shorten:
        about = "" if tokens.exact else "about "
        raise InvalidInput(
            faults=[
                Fault(
                    texts[index].pointer,
                    f"has {about}{found} tokens, and the model reads {limit} of one text; split it, or let the step "
                    "shorten texts that are too long",
                )
                for index, found in list(long.items())[:_MOST_FAULTS]
            ]
        )
    fitting = tuple(
        one._replace(text=tokens.shorten(one.text, limit)) if index in long else one for index, one in enumerate(texts)
    )
    named = ", ".join(texts[index].pointer for index in list(long)[:_MOST_NAMED])
    more = f" and {len(long) - _MOST_NAMED} more" if len(long) > _MOST_NAMED else ""
    notes = (f"shortened to {limit} tokens: {named}{more}", *(() if tokens.exact else (NO_TOKENIZER,)))
    return fitting, notes
