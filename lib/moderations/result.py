"""The answers of POST /moderations: whether each is whole, and what they say together. Pure."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from ..api.endpoint import WholeAnswerFormat
from ..errors.api_error import ApiError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..errors.api_error import Try


MODERATIONS: Final = WholeAnswerFormat("moderations", "results", "results of a moderation")


@dataclass(frozen=True, slots=True)
class Moderation:
    """What all answers say together: a category counts if it does in one of them, its score is the highest."""

    flagged: bool
    categories: dict[str, bool]
    scores: dict[str, float]
    applied: dict[str, list[str]]
    model: str
    tries: tuple[Try, ...]
    request_id: str | None
    seconds: float
    warnings: tuple[str, ...] = ()
    replayed: bool = False
    """Whether all of it was answered to an earlier attempt at the same message, and nothing was asked now."""

    def to_json(self) -> dict[str, Any]:
        """Return what is emitted."""
        return {
            "flagged": self.flagged,
            "flagged_categories": self.flagged_categories,
            "categories": self.categories,
            "scores": self.scores,
            "applied_input_types": self.applied,
            "model": self.model,
            "tries": len(self.tries),
            **({"warnings": list(self.warnings)} if self.warnings else {}),
        }

    @property
    def flagged_categories(self) -> list[str]:
        """The categories that count, the highest score first."""
        return sorted((name for name, is_so in self.categories.items() if is_so), key=lambda name: -self.scores[name])

    def headers(self) -> dict[str, str]:
        """Return the message headers: what to route on, and what support will ask for."""
        headers = {
            "x-flagged": "true" if self.flagged else "false",
            "x-request-id": self.request_id,
            "x-duration-ms": str(round(self.seconds * 1000)),
            "x-tries": str(len(self.tries)),
            "x-replayed": "true" if self.replayed else None,
        }
        return {name: value for name, value in headers.items() if value is not None}


def read_result(answer: Mapping[str, Any]) -> dict[str, Any]:
    """Return the one result of an answer; raise ApiError (answer_broken): what was not checked must not pass."""
    results = answer["results"]
    if len(results) != 1 or not isinstance(results[0], dict):
        raise _reject(f"It holds {len(results)} results for one input.")
    result = results[0]
    categories, scores = result.get("categories"), result.get("category_scores")
    if type(result.get("flagged")) is not bool or not isinstance(categories, dict) or not isinstance(scores, dict):
        raise _reject("It does not say whether the input is flagged, by category and with scores.")
    known = {name: value for name, value in categories.items() if value is not None}
    wrong = [name for name, value in known.items() if type(value) is not bool or not _is_score(scores.get(name))]
    if wrong or not known:
        raise _reject(f"It lacks what belongs to a category: {', '.join(wrong) or 'there is none'}.")
    return result


def combine(results: Sequence[Mapping[str, Any]], thresholds: Mapping[str, float]) -> dict[str, Any]:
    """Return flagged, categories, scores and applied of all results; a threshold stands above the service's own.

    Raise ApiError if a category with a threshold has no score in one of the results.
    """
    scores: dict[str, float] = {}
    categories: dict[str, bool] = {}
    applied: dict[str, list[str]] = {}
    flagged = False
    for result in results:
        own = {name: value for name, value in result["categories"].items() if value is not None}
        missing = [name for name in thresholds if name not in own]
        if missing:
            raise _reject(f"It has no score for {', '.join(missing)}, for which the step has a threshold.")
        for name, is_so in own.items():
            score = float(result["category_scores"][name])
            counts = score >= thresholds[name] if name in thresholds else is_so
            scores[name] = max(score, scores.get(name, 0.0))
            categories[name] = counts or categories.get(name, False)
        flagged = flagged or (result["flagged"] and not any(own.values()))
        for name, kinds in _read_inputs(result).items():
            applied[name] = sorted({*applied.get(name, ()), *kinds})
    return {
        "flagged": flagged or any(categories.values()),
        "categories": categories,
        "scores": scores,
        "applied": applied,
    }


def _read_inputs(result: Mapping[str, Any]) -> dict[str, list[str]]:
    given = result.get("category_applied_input_types")
    kinds = given.items() if isinstance(given, dict) else ()
    return {name: [str(kind) for kind in value] for name, value in kinds if isinstance(value, list)}


def _is_score(value: Any) -> bool:
    return type(value) in (int, float) and math.isfinite(value) and 0 <= value <= 1


def _reject(why: str) -> ApiError:
    return ApiError("answer_broken", why)
