"""Tools that run at the service: their fees stand in the worst case and in the cost."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest

from lib.cost.worst_case import OverBudget
from tests.support.fake_api import FakeApi
from tests.support.response_events import MESSAGE, response
from tests.support.send_request import HELLO, emitted

BASE = "https://api.openai.com/v1"
USAGE = {"input_tokens": 1_000_000, "output_tokens": 0, "total_tokens": 1_000_000}
CFG = {"model": "gpt-4.1", "baseUrl": BASE}  # 2 US$ a million tokens of input, 8 of output
SEARCH = {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "search", "query": "x"}}
FILES = {"type": "file_search_call", "id": "fs_1", "status": "completed", "queries": ["x"]}
CODE = {"type": "code_interpreter_call", "id": "ci_1", "container_id": "c", "code": "1", "status": "completed"}


HI = {"type": "output_text", "text": "Hi", "annotations": []}


def cost_of(*items: dict[str, Any], tools: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
    with FakeApi() as api:
        api.post(
            f"{BASE}/responses", json=response(output=[*items, MESSAGE], model="gpt-4.1", **{"usage": USAGE, **more})
        )
        (message,) = emitted({**HELLO, "tools": tools}, **CFG)
    found: dict[str, Any] = message.body["result"]["cost"]
    return found


@pytest.mark.parametrize(
    ("items", "tool", "exact"),
    [
        ((), {"type": "web_search"}, "2"),
        ((SEARCH, SEARCH), {"type": "web_search"}, "2.02"),
        ((FILES,), {"type": "file_search", "vector_store_ids": ["vs_1"]}, "2.0025"),
        ((CODE, CODE), {"type": "code_interpreter", "container": {"type": "auto"}}, "2.03"),
    ],
)
def test_the_cost_holds_the_fees_of_what_ran(
    items: tuple[dict[str, Any], ...], tool: dict[str, Any], exact: str
) -> None:
    assert Decimal(cost_of(*items, tools=[tool])["exact"]) == Decimal(exact)


def test_the_count_that_the_service_bills_goes_before_the_items() -> None:
    cost = cost_of(SEARCH, tools=[{"type": "web_search"}], tool_usage={"web_search": {"num_requests": 3}})
    assert Decimal(cost["exact"]) == Decimal("2.03")
    assert "3 searches" in " ".join(cost["notes"])


def test_pictures_are_not_in_the_cost_and_it_says_so() -> None:
    made = {"type": "image_generation_call", "id": "ig_1", "status": "completed", "result": ""}
    assert "without the price of pictures" in cost_of(made, tools=[{"type": "image_generation"}])["notes"]


@pytest.mark.parametrize(
    ("tool", "words"),
    [
        ({"type": "web_search"}, "up to 10 searches"),
        ({"type": "file_search", "vector_store_ids": ["vs_1"]}, "10 searches of files"),
        ({"type": "code_interpreter", "container": {"type": "auto"}}, "container"),
        ({"type": "image_generation"}, "pictures"),
    ],
)
def test_the_worst_case_holds_them(tool: dict[str, Any], words: str) -> None:
    with FakeApi(), pytest.raises(OverBudget, match=words):
        emitted({**HELLO, "tools": [tool], "max_completion_tokens": 100}, **CFG, maxCost="0.01")


def test_a_limit_of_calls_lowers_the_worst_case() -> None:
    body = {**HELLO, "tools": [{"type": "web_search"}], "max_completion_tokens": 100, "max_tool_calls": 2}
    with FakeApi(), pytest.raises(OverBudget, match="up to 2 searches"):
        emitted(body, **CFG, maxCost="0.01")


def test_reasoning_that_goes_back_counts_as_input() -> None:
    thought = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x" * 300_000}
    said = {"role": "assistant", "content": "Hi", "response_items": [thought, {**MESSAGE, "content": [HI]}]}
    body = {"messages": [*HELLO["messages"], said, *HELLO["messages"]], "max_completion_tokens": 16}
    cfg = {"model": "gpt-4.1", "baseUrl": BASE, "api": "responses", "maxCost": "0.1"}
    with FakeApi(), pytest.raises(OverBudget, match="about 1000"):
        emitted(body, **cfg)
