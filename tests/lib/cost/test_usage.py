"""Usage as answers tell it, what it costs, and budgets that hold before anything is sent."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lib.cost.price import Cost, cost
from lib.cost.reported import read_cost
from lib.cost.usage import Usage, usage_of
from lib.cost.worst_case import OverBudget, Plan, keep_within, worst_case
from lib.models.table import Models
from pysailor import StepError

MODELS = Models.load()

FULL = {
    "usage": {
        "prompt_tokens": 1000,
        "completion_tokens": 500,
        "total_tokens": 1500,
        "prompt_tokens_details": {"cached_tokens": 400, "cache_write_tokens": 100, "audio_tokens": 0},
        "completion_tokens_details": {"reasoning_tokens": 300, "audio_tokens": 0},
    },
}


def test_usage_is_read_with_its_details() -> None:
    assert usage_of(FULL) == Usage(prompt=1000, cached=400, cache_write=100, completion=500, reasoning=300, total=1500)


@pytest.mark.parametrize("completion", [None, 7, {}, {"usage": None}, {"usage": []}, {"usage": "many"}])
def test_an_answer_without_usage_is_told_apart_from_one_that_used_nothing(completion: Any) -> None:
    assert usage_of(completion) == Usage(known=False)


def test_a_missing_total_is_added_up() -> None:
    assert usage_of({"usage": {"prompt_tokens": 3, "completion_tokens": 4.0}}).total == 7


def test_counts_that_came_as_text_are_counts() -> None:
    usage = usage_of({"usage": {"prompt_tokens": "8", "completion_tokens": "3"}})
    assert (usage.prompt, usage.completion, usage.total, usage.known) == (8, 3, 11, True)


@pytest.mark.parametrize("count", [None, "many", [], True])
def test_a_usage_without_counts_is_not_known(count: Any) -> None:
    assert not usage_of({"usage": {"prompt_tokens": count, "completion_tokens": 3}}).known


def test_details_never_exceed_what_they_are_part_of() -> None:
    details = {"cached_tokens": 9, "cache_write_tokens": 9, "audio_tokens": 9}
    usage = usage_of({"usage": {"prompt_tokens": 10, "completion_tokens": 0, "prompt_tokens_details": details}})
    assert usage.cached + usage.cache_write + usage.audio_prompt == 10


counts = st.none() | st.booleans() | st.integers(-5, 10**9) | st.floats() | st.text(max_size=3)
usages = st.builds(Usage, *[st.integers(0, 10**6)] * 8, known=st.booleans())


@given(st.dictionaries(st.sampled_from(list(FULL["usage"])), counts | st.dictionaries(st.text(max_size=3), counts)))
def test_no_usage_makes_it_raise(given_usage: dict[str, Any]) -> None:
    usage = usage_of({"usage": given_usage})
    assert 0 <= usage.cached <= usage.prompt
    assert 0 <= usage.reasoning <= usage.completion


@given(usages, usages, usages)
def test_usage_adds_up_in_any_order(one: Usage, two: Usage, three: Usage) -> None:
    assert (one + two) + three == one + (two + three)
    assert one + two == two + one
    assert one + Usage() == one


# --- cost --------------------------------------------------------------------------------------------------------


def costs(usage: Usage, model: str, tier: str | None = None) -> str | None:
    found = cost(usage, MODELS.find(model), tier)
    return None if found is None else str(found.amount.normalize())


@pytest.mark.parametrize(
    ("usage", "model", "tier", "amount"),
    [
        (Usage(prompt=1_000_000), "gpt-4o", None, "2.5"),
        (Usage(prompt=100_000, completion=100_000), "gpt-5.1", "default", "1.125"),
        (Usage(prompt=100_000, cached=60_000), "gpt-5.1", None, "0.0575"),
        (Usage(prompt=100_000, completion=100_000), "gpt-5.1", "flex", "0.5625"),
        (Usage(prompt=100_000, completion=100_000), "gpt-5.5", "priority", "8.75"),
        (Usage(prompt=100_000), "gpt-5.4", "fast", "0.5"),
        (Usage(prompt=1_000_000), "gpt-4o-mini", "priority", "0.25"),
        (Usage(prompt=100_000, cache_write=100_000), "gpt-6-sol", None, "0.25"),
        (Usage(prompt=100_000, cache_write=100_000), "gpt-5.4", None, "0.25"),
        (Usage(prompt=272_000, completion=1000), "gpt-5.4", None, "0.695"),
        (Usage(prompt=272_001, cached=1, completion=1000), "gpt-5.4", None, "1.3825005"),
        (Usage(prompt=300_000, completion=1000), "gpt-5.1", None, "0.385"),
        (Usage(prompt=1000, audio_prompt=1000, completion=1000, audio_completion=900), "gpt-audio-1.5", None, "0.0906"),
        (Usage(), "gpt-4o", None, "0"),
    ],
)
def test_the_amount_follows_price_tier_cache_and_length(
    usage: Usage,
    model: str,
    tier: str | None,
    amount: str,
) -> None:
    assert Decimal(costs(usage, model, tier) or "nan") == Decimal(amount)


@pytest.mark.parametrize(
    ("usage", "model", "tier"),
    [
        (Usage(prompt=5), "llama", None),
        (Usage(prompt=5), "gpt-5-pro", None),
        (Usage(prompt=5), "gpt-4o", "flex"),
        (Usage(prompt=5), "gpt-4o", "scale"),
        (Usage(prompt=5, known=False), "gpt-4o", None),
        (Usage(prompt=5, audio_prompt=5), "gpt-4o", None),
    ],
)
def test_where_a_price_is_unknown_there_is_no_amount(usage: Usage, model: str, tier: str | None) -> None:
    assert costs(usage, model, tier) is None


def test_a_cost_is_told_with_currency_and_date() -> None:
    told = cost(Usage(prompt=1000, completion=10), MODELS.find("gpt-4o"))
    assert told is not None
    expected = {"amount": 0.0026, "exact": "0.0026", "currency": "USD", "as_of": MODELS.as_of.isoformat()}
    assert told.to_json() == expected


def test_what_a_cost_leaves_out_is_noted() -> None:
    search = cost(Usage(prompt=10), MODELS.find("gpt-5-search-api"))
    unknown = cost(Usage(prompt=10, cached=5), MODELS.find("gpt-6.2-sol"))
    assert search is not None
    assert unknown is not None
    assert search.to_json()["notes"] == ["plus a fee for each search"]
    assert unknown.notes == ("cached tokens at the full price",)


def test_the_older_prices_date_a_sum() -> None:
    old, new = Cost(Decimal(1), date(2026, 1, 1), ("a",)), Cost(Decimal(2), date(2026, 2, 1), ("a", "b"))
    assert new + old == Cost(Decimal(3), date(2026, 1, 1), ("a", "b"))


# --- worst case and budget ---------------------------------------------------------------------------------------


def worst(model: str = "gpt-5.1", **plan: Any) -> Decimal | None:
    found = worst_case(Plan(**{"input": 100_000, "cap": 10_000, **plan}), MODELS.find(model))
    return None if found is None else found.amount


@pytest.mark.parametrize(
    ("amount", "plan"),
    [
        ("0.225", {}),
        ("0.325", {"answers": 2}),
        ("0.4625", {"rounds": 2}),
        ("0.1125", {"tier": "flex"}),
        ("1.405", {"cap": None}),
        ("0.125", {"cap": 0}),
        ("0.125", {"cap": -5}),
        ("0.35", {"model": "gpt-6-sol"}),
        ("0.675", {"tries": 3}),
        ("1.3875", {"rounds": 2, "tries": 3}),
    ],
)
def test_the_worst_case_counts_cap_answers_rounds_tries_and_tier(amount: str, plan: dict[str, Any]) -> None:
    assert worst(**plan) == Decimal(amount)


@pytest.mark.parametrize(
    ("amount", "plan"),
    [
        ("0.012500", {"input": 1000}),
        ("0.066500", {"input": 1000, "speaks": True}),
        ("0.024300", {"input": 1000, "audio": 400}),
    ],
)
def test_what_is_heard_and_spoken_is_priced_as_sound(amount: str, plan: dict[str, Any]) -> None:
    assert worst("gpt-audio-1.5", **{"cap": 1000, **plan}) == Decimal(amount)


def test_speech_from_a_model_without_a_price_for_it_is_unknown() -> None:
    assert worst("gpt-4o", speaks=True) is None
    assert worst("gpt-4o", audio=10) is None


def test_an_input_that_cannot_be_counted_is_as_large_as_the_model_takes() -> None:
    assert worst("gpt-4o", input=None, cap=0) == Decimal("0.32")
    assert worst("gpt-4o", input=None, cap=0, rounds=2) == Decimal("0.64")
    audio = MODELS.find("gpt-audio-1.5")
    assert audio is not None
    assert audio.context is not None
    assert worst("gpt-audio-1.5", input=None, audio=1, cap=0) == Decimal(audio.context) * 32 / 1_000_000
    assert worst_case(Plan(None, cap=0), replace(audio, context=None)) is None


@pytest.mark.parametrize("model", ["llama", "gpt-5-pro"])
def test_the_worst_case_of_an_unknown_model_is_unknown(model: str) -> None:
    assert worst(model) is None


@given(
    st.integers(0, 10**6), st.integers(0, 10**5), st.integers(0, 10**6), st.integers(0, 10**5), st.integers(0, 10**5)
)
def test_no_answer_within_the_limits_costs_more_than_the_worst_case(
    prompt: int, cached: int, cap: int, used: int, spoken: int
) -> None:
    completion = min(used, cap)
    usage = Usage(prompt=prompt, cached=min(cached, prompt), completion=completion)
    heard = Usage(prompt=prompt, audio_prompt=min(cached, prompt), completion=completion)
    heard = replace(heard, audio_completion=min(spoken, completion))
    for one, model in ((usage, "gpt-5.6-sol"), (heard, "gpt-audio-1.5")):
        plan = Plan(prompt, one.audio_prompt, cap, speaks=one.audio_completion > 0)
        family = MODELS.find(model)
        paid, most = cost(one, family), worst_case(plan, family)
        assert paid is not None
        assert most is not None
        assert paid.amount <= most.amount


def check(limit: str, amount: str | None, **plan: Any) -> None:
    most = None if amount is None else Cost(Decimal(amount), date(2026, 11, 20))
    keep_within(Decimal(limit), most, Plan(**{"input": 900, "cap": 50, **plan}), "gpt-5.1")


def test_what_fits_passes_to_the_last_cent() -> None:
    check("0.10", "0.10")
    check("0", "0")


def test_what_does_not_fit_is_refused_with_the_numbers() -> None:
    with pytest.raises(OverBudget) as refused:
        check("0.08", "0.090", rounds=3, tries=2)
    text = str(refused.value)
    assert isinstance(refused.value, StepError)
    for number in ("0.09 US$", "900 tokens of input", "50 tokens of output", "3 rounds", "up to 2 times", "0.08 US$"):
        assert number in text
    document = refused.value.to_json()
    assert (document["code"], document["limit"], document["worst_case"]) == ("over_budget", "0.08", "0.09")
    assert document["retryable"] is False


def test_what_cannot_be_counted_is_named_in_the_refusal() -> None:
    with pytest.raises(OverBudget, match="files, which nobody can count before sending"):
        check("0.01", "0.32", input=None)


def test_a_cost_that_cannot_be_known_does_not_fit() -> None:
    with pytest.raises(OverBudget, match=r"is not known; add its price .* or remove the maximum cost \(5 US"):
        check("5", None)


@pytest.mark.parametrize("counts", [(0, 0), (-1, 5), (5, -1)])
def test_counts_that_cannot_be_true_are_not_known(counts: tuple[int, int]) -> None:
    assert not usage_of({"usage": {"prompt_tokens": counts[0], "completion_tokens": counts[1]}}).known


def test_a_cost_in_ticks_is_told_in_dollars() -> None:
    assert read_cost({"usage": {"cost_in_usd_ticks": 37_000}}) == (Decimal("0.0000037"), "usage.cost_in_usd_ticks")


def test_what_the_provider_charged_to_an_own_key_is_part_of_the_cost() -> None:
    usage = {"cost": 0.001, "is_byok": True, "cost_details": {"upstream_inference_cost": 0.01}}
    assert read_cost({"usage": usage}) == (Decimal("0.011"), "usage.cost, and what your own key paid")
    assert read_cost({"usage": {**usage, "is_byok": False}}) == (Decimal("0.001"), "usage.cost")


@pytest.mark.parametrize("tier", [None, "", ["x"], {}, 1, True])
def test_a_tier_that_is_no_name_is_the_usual_one(tier: Any) -> None:
    family = MODELS.find("gpt-4o-mini")
    assert cost(Usage(1000, completion=500), family, tier) == cost(Usage(1000, completion=500), family)
