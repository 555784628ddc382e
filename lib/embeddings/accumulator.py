"""What the requests of a message have brought so far. Pure."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from ..cost.usage import Usage, despite_lost
from .result import Embeddings, read_usage

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from ..api.client import ApiAnswer
    from ..cost.price import Cost
    from ..errors.api_error import Try
    from ..replay import Asked


@dataclass(slots=True)
class Accumulator:
    """Vectors in the order of the texts, and the answers that they came in. `paid` finds what an answer cost."""

    model: str
    paid: Callable[[Mapping[str, Any], Usage], Cost | None]
    vectors: list[list[float]] = field(default_factory=list)
    answers: list[ApiAnswer] = field(default_factory=list)
    refused: tuple[Try, ...] = ()
    doubts: dict[str, None] = field(default_factory=dict)
    replays: list[bool] = field(default_factory=list)

    def add(self, asked: Asked, vectors: list[list[float]], doubts: Iterable[str]) -> None:
        """Take in one answer, without the megabytes that are not needed again."""
        got = asked.answer
        self.vectors.extend(vectors)
        self.answers.append(replace(got, body={**got.body, "data": None}))
        self.replays.append(asked.replayed)
        self.doubts.update(dict.fromkeys((*got.warnings, *doubts, *asked.notes)))

    def spent(self) -> tuple[Cost | None, tuple[Try, ...]]:
        """Return the cost, None if it is not known, and the tries of what was asked now.

        Where all answers are given again, it is what an earlier attempt spent.
        """
        new = [got for got, again in zip(self.answers, self.replays, strict=True) if not again] or self.answers
        return self._cost(new), (*self.refused, *(one for got in new for one in got.tries))

    def sum_up(self, notes: tuple[str, ...], low: tuple[str, ...]) -> Embeddings:
        """Return the vectors with what all requests took; `low` are sentences on the budget."""
        used = Usage()
        for got in self.answers:
            used += read_usage(got.body)
        tries = (*self.refused, *(one for got in self.answers for one in got.tries))
        used, lost = despite_lost(used, tries)
        last = self.answers[-1]
        return Embeddings(
            self.vectors,
            str(last.body.get("model") or self.model),
            used,
            self._cost(self.answers),
            (*notes, *self.doubts, *lost, *low),
            tries,
            len(self.answers),
            last.request_id,
            sum(got.seconds for got in self.answers),
            all(self.replays),
        )

    def _cost(self, answers: Iterable[ApiAnswer]) -> Cost | None:
        total: Cost | None = None
        for got in answers:
            amount = self.paid(got.body, read_usage(got.body))
            if amount is None:
                return None
            total = amount if total is None else total + amount
        return total
