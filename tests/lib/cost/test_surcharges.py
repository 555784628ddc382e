"""What is more than tokens stands in the cost, in the worst case, and in the arithmetic of the refusal."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from lib.api.connection import PUBLIC_API
from lib.api.servers import is_regional
from lib.cost.price import Surcharges, cost
from lib.cost.reported import count_searches, read_cost
from lib.cost.usage import Usage, usage_of
from lib.cost.worst_case import OverBudget, Plan, keep_within, worst_case
from lib.models.table import Models
from tests.support.send_request import HELLO, completion, emitted

from ...support.fake_api import FakeApi

if TYPE_CHECKING:
    from pathlib import Path

MODELS = Models.load()
ENDPOINT = "/chat/completions"
MARKED = {
    "messages": [
        {
            "role": "user",
            "content": [{"type": "text", "text": "Hi", "prompt_cache_breakpoint": {"mode": "explicit", "ttl": "12h"}}],
        }
    ]
}


def amount(usage: Usage, model: str, **extra: Any) -> Decimal:
    found = cost(usage, MODELS.find(model), None, Surcharges(**extra))
    assert found is not None
    return found.amount


def test_a_cache_that_lives_twelve_hours_costs_two_and_a_half_times_the_input_to_write() -> None:
    usage = Usage(prompt=100_000, cache_write=100_000)
    assert amount(usage, "gpt-5.6-sol") == Decimal("0.5")
    assert amount(usage, "gpt-5.6-sol", long_cache=True) == Decimal("1.0")
    assert amount(usage, "gpt-5.4", long_cache=True) == amount(usage, "gpt-5.4")  # writing is free there


def test_a_region_costs_ten_percent_more() -> None:
    assert amount(Usage(prompt=1_000_000), "gpt-4o", regional=True) == Decimal("2.75")


@pytest.mark.parametrize(
    ("address", "regional"),
    [
        (PUBLIC_API, False),
        ("https://eu.api.openai.com/v1", True),
        ("https://us.api.openai.com/v1", True),
        ("https://in.api.openai.com/v1", True),
        ("https://eu.api.openai.com.example/v1", False),
        ("http://127.0.0.1:1/v1", False),
    ],
)
def test_the_address_tells_whether_it_is_a_region(address: str, *, regional: bool) -> None:
    assert is_regional(address) is regional


def test_searches_have_a_fee() -> None:
    assert amount(Usage(), "gpt-5-search-api", searches=3) == Decimal("0.03")


@pytest.mark.parametrize(
    ("extra", "note"),
    [
        ({"regional": True}, "with 10 % for the region"),
        ({"searches": 2}, "with the fee for 2 searches of the web"),
        ({}, "plus a fee for each search"),
    ],
)
def test_a_cost_notes_what_it_holds_beside_the_tokens(extra: dict[str, Any], note: str) -> None:
    found = cost(Usage(prompt=10), MODELS.find("gpt-5-search-api"), None, Surcharges(**extra))
    assert found is not None
    assert note in found.notes


def refusal(body: dict[str, Any], **cfg: Any) -> str:
    with FakeApi(), pytest.raises(OverBudget) as refused:
        emitted({**HELLO, "max_completion_tokens": 100, **body}, maxCost="0.000001", **cfg)
    return str(refused.value)


@pytest.mark.parametrize(
    ("body", "cfg", "words"),
    [
        ({}, {"model": "gpt-4o"}, ["tokens of input at 2.5 US$ a million", "100 tokens of output at 10 US$ a million"]),
        ({"n": 4}, {"model": "gpt-4o"}, ["4 answers (n)"]),
        (MARKED, {"model": "gpt-5.6-sol"}, ["at 10 US$ a million (written to a cache for 12 hours)"]),
        ({}, {"model": "gpt-5.6-sol"}, ["at 5 US$ a million"]),
        ({"service_tier": "flex"}, {"model": "gpt-5.1"}, ["at 0.625 US$ a million", "at 5 US$ a million"]),
        ({}, {"model": "gpt-5-search-api"}, ["what a search finds", "up to 10 searches for each answer at 0.01 US$"]),
        ({}, {"model": "gpt-4o", "baseUrl": "https://eu.api.openai.com/v1"}, ["10 % on all tokens for the region"]),
        ({}, {"model": "gpt-5.1", "repairs": 2}, ["in each of 3 rounds"]),
    ],
)
def test_the_refusal_writes_its_arithmetic(body: dict[str, Any], cfg: dict[str, Any], words: list[str]) -> None:
    text = refusal(body, **cfg)
    for word in words:
        assert word in text


def test_every_surcharge_raises_the_worst_case() -> None:
    plain = worst_case(Plan(1000, cap=100), MODELS.find("gpt-5.6-sol"))
    assert plain is not None
    for more in (
        Plan(1000, cap=100, answers=2),
        Plan(1000, cap=100, surcharges=Surcharges(regional=True)),
        Plan(1000, cap=100, surcharges=Surcharges(long_cache=True)),
        Plan(1000, cap=100, surcharges=Surcharges(searches=1)),
    ):
        worst = worst_case(more, MODELS.find("gpt-5.6-sol"))
        assert worst is not None
        assert worst.amount > plain.amount


def test_searches_are_counted_for_every_answer() -> None:
    one = worst_case(Plan(0, cap=0, surcharges=Surcharges(searches=10)), MODELS.find("gpt-5-search-api"))
    two = worst_case(Plan(0, cap=0, answers=2, surcharges=Surcharges(searches=10)), MODELS.find("gpt-5-search-api"))
    assert one is not None
    assert two is not None
    assert (one.amount, two.amount) == (Decimal("0.1"), Decimal("0.2"))


def test_a_tier_without_a_price_is_told_as_that() -> None:
    plan = Plan(10, cap=10, tier="flex")
    with pytest.raises(OverBudget, match="the price of gpt-4o is known, but not in the tier flex"):
        keep_within(Decimal(1), worst_case(plan, MODELS.find("gpt-4o")), plan, "gpt-4o", MODELS.find("gpt-4o"))
    with FakeApi() as api:
        api.post(PUBLIC_API + ENDPOINT, json={**completion("Hi"), "model": "gpt-4o", "service_tier": "scale"})
        (message,) = emitted(HELLO, model="gpt-4o")
    assert message.body["result"]["cost"] is None
    assert any("gpt-4o in the tier scale" in warning for warning in message.body["result"]["warnings"])


# --- servers of others -------------------------------------------------------------------------------------------


def test_the_table_s_prices_are_not_those_of_a_foreign_server() -> None:
    address = "http://gw.example/v1"
    with FakeApi() as api:
        api.post(address + ENDPOINT, json={**completion("Hi"), "model": "gpt-4o"})
        (message,) = emitted(HELLO, model="gpt-4o", baseUrl=address)
        assert message.body["result"]["cost"] is None
    assert "on this server is not known" in refusal({}, model="gpt-4o", baseUrl=address)


def test_a_gateway_to_openai_that_the_credential_names_as_that_has_its_prices() -> None:
    address = "http://gw.example/v1"
    with FakeApi() as api:
        api.post(address + ENDPOINT, json={**completion("Hi"), "model": "gpt-4o"})
        (message,) = emitted(HELLO, model="gpt-4o", baseUrl=address, server="openai")
    assert message.body["result"]["cost"]["amount"] > 0


def test_a_price_of_one_s_own_holds_on_every_server(tmp_path: Path) -> None:
    table = tmp_path / "models.json"
    own = {"gpt-4o": {"price": {"input": 7, "output": 7}}, "gpt-4.1": {"max_output": 9}}
    table.write_text(json.dumps({"models": own}), encoding="utf-8")
    models = Models.load(table)
    for name, is_own in (("gpt-4o", True), ("gpt-4.1", False), ("gpt-5", False)):
        family = models.find(name)
        assert family is not None
        assert family.own_price is is_own


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({"cost": 0.0015}, ("0.0015", "usage.cost")),
        ({"total_cost": "0.0015"}, ("0.0015", "usage.total_cost")),
        ({"cost": {"total_cost": 0.006, "input_tokens_cost": 0.001}}, ("0.006", "usage.cost")),
        ({"estimated_cost": 0}, ("0", "usage.estimated_cost")),
        ({"cost": "much"}, None),
        ({"cost": -1}, None),
        ({"cost": float("nan")}, None),
        ({"cost": True}, None),
        ({}, None),
    ],
)
def test_what_the_service_says_that_it_cost_is_read(usage: dict[str, Any], expected: tuple[str, str] | None) -> None:
    found = read_cost({"usage": usage})
    assert (None if found is None else (str(found[0]), found[1])) == expected


def test_the_service_s_own_cost_stands_above_the_table_s() -> None:
    address = "http://gw.example/v1"
    document = completion("Hi")
    document["usage"]["cost"] = 0.25
    with FakeApi() as api:
        api.post(address + ENDPOINT, json=document)
        (message,) = emitted(HELLO, model="gpt-4o", baseUrl=address)
    assert message.body["result"]["cost"]["exact"] == "0.25"
    assert message.body["result"]["cost"]["notes"] == ["as the service told it (usage.cost)"]


# --- usage by other names ----------------------------------------------------------------------------------------


ASKED = {"prompt_tokens": 10, "completion_tokens": 2}


@pytest.mark.parametrize(
    ("usage", "expected"),
    [
        ({**ASKED, "prompt_cache_hit_tokens": 6}, (10, 6, 0, 2, 0)),
        ({**ASKED, "cached_tokens": 6}, (10, 6, 0, 2, 0)),
        ({**ASKED, "cache_read_input_tokens": 6}, (10, 6, 0, 2, 0)),
        (
            {"input_tokens": 4, "output_tokens": 2, "cache_read_input_tokens": 5, "cache_creation_input_tokens": 1},
            (10, 5, 1, 2, 0),
        ),
        ({"input_tokens": 10, "output_tokens": 2, "input_tokens_details": {"cached_tokens": 6}}, (10, 6, 0, 2, 0)),
        (
            {"promptTokenCount": 10, "candidatesTokenCount": 2, "thoughtsTokenCount": 3, "cachedContentTokenCount": 6},
            (10, 6, 0, 5, 3),
        ),
        (
            {
                "prompt_tokens": 10,
                "completion_tokens": 2,
                "prompt_tokens_details": {"cached_tokens": 0},
                "cached_tokens": 6,
            },
            (10, 6, 0, 2, 0),
        ),
    ],
)
def test_vendors_names_for_cached_and_thought_tokens_are_read(usage: dict[str, Any], expected: tuple[int, ...]) -> None:
    found = usage_of({"usage": usage})
    assert (found.prompt, found.cached, found.cache_write, found.completion, found.reasoning) == expected


@pytest.mark.parametrize(
    ("usage", "searches"),
    [
        ({"num_search_queries": 2}, 2),
        ({"server_tool_use": {"web_search_requests": 3}}, 3),
        ({"server_tool_use": None}, None),
        ({}, None),
    ],
)
def test_searches_are_counted_where_the_usage_tells_them(usage: dict[str, Any], searches: int | None) -> None:
    assert count_searches({"usage": usage}) == searches
