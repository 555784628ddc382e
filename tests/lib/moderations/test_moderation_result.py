"""Results are combined on the safe side, and a broken answer never passes for a clean one."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.errors.api_error import ApiError
from lib.moderations.result import combine, read_result

SCORE = st.floats(0, 1)


def result(violence: float = 0.0, hate: float = 0.0, *, flagged: bool = False) -> dict[str, Any]:
    scores = {"violence": violence, "hate": hate}
    return {"flagged": flagged, "categories": dict.fromkeys(scores, False), "category_scores": scores}


@given(scores=st.lists(st.tuples(SCORE, SCORE), min_size=1, max_size=4), threshold=SCORE)
def test_a_category_counts_from_its_threshold_on_in_whichever_result(
    scores: list[tuple[float, float]], threshold: float
) -> None:
    combined = combine([result(*one) for one in scores], {"violence": threshold})
    highest = max(violence for violence, _ in scores)
    assert combined["scores"]["violence"] == highest
    assert combined["flagged"] is combined["categories"]["violence"] is (highest >= threshold)
    assert combined["categories"]["hate"] is False


def test_a_threshold_stands_above_the_service_s_own() -> None:
    flagged = {**result(0.5, flagged=True), "categories": {"violence": True, "hate": False}}
    assert combine([flagged], {})["flagged"] is True
    assert combine([flagged], {"violence": 0.9})["flagged"] is False


def test_flagged_without_a_category_stays_flagged() -> None:
    assert combine([result(flagged=True)], {"violence": 0.9})["flagged"] is True


def test_a_threshold_without_a_score_is_an_error() -> None:
    with pytest.raises(ApiError, match="no score for sexual"):
        combine([result()], {"sexual": 0.1})


@pytest.mark.parametrize(
    "results",
    [
        [],
        [None],
        [result(), result()],
        [{}],
        [{**result(), "flagged": None}],
        [{**result(), "categories": {}}],
        [{**result(), "categories": {"violence": "no"}}],
        [{**result(), "category_scores": {}}],
        [result(math.nan)],
        [result(1.5)],
        [result(True)],
    ],
)
def test_a_broken_answer_is_named(results: list[Any]) -> None:
    with pytest.raises(ApiError) as refused:
        read_result({"results": results})
    assert refused.value.code == "answer_broken"


def test_a_category_that_old_models_leave_out_is_left_out() -> None:
    old = {**result(), "categories": {"violence": False, "illicit": None}}
    assert "illicit" not in combine([read_result({"results": [old]})], {})["categories"]
