"""What a service says of an answer's price: an amount, searches, and tools that ran there. Pure."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any, Final

from .counts import is_count, member, money, tokens

if TYPE_CHECKING:
    from collections.abc import Mapping
    from decimal import Decimal

_COSTS: Final = ("cost", "total_cost", "cost_in_usd", "cost_usd", "estimated_cost")
_TICKS: Final = "cost_in_usd_ticks"
_TOLD_COSTS: Final = (_TICKS, *_COSTS)
_TICKS_OF_A_DOLLAR: Final = 10_000_000_000
_SEARCHES: Final = ("num_search_queries", "web_search_requests", "num_web_search_requests", "searches", "num_requests")


def read_cost(completion: Any) -> tuple[Decimal, str] | None:
    """Return what the service says that the answer cost, in US$, and under which name; None if it does not say."""
    given = completion.get("usage") if isinstance(completion, dict) else None
    if not isinstance(given, dict) or given.keys().isdisjoint(_TOLD_COSTS):
        return None
    ticks = money(given.get(_TICKS), _TICKS_OF_A_DOLLAR)
    if ticks is not None:
        return ticks, f"usage.{_TICKS}"
    for name in _COSTS:
        told = given.get(name)
        told = told.get("total_cost", told.get("total")) if isinstance(told, dict) else told
        amount = money(told)
        if amount is not None:
            own = _upstream_cost(given)
            return (
                (amount, f"usage.{name}")
                if own is None
                else (amount + own, f"usage.{name}, and what your own key paid")
            )
    return None


def _upstream_cost(usage: Mapping[str, Any]) -> Decimal | None:
    """Return what a gateway says that the provider charged to the user's own key there, beside the gateway's fee."""
    details = usage.get("cost_details")
    if usage.get("is_byok") is not True or not isinstance(details, dict):
        return None
    return money(details.get("upstream_inference_cost"))


def count_searches(completion: Any) -> int | None:
    """Return how many searches the web was asked for the answer; None if the answer does not say."""
    given = completion.get("usage") if isinstance(completion, dict) else None
    if not isinstance(given, dict):
        return None
    nested = [given.get(name) for name in ("server_tool_use", "server_tool_use_details", "web_search")]
    for held in (given, *(one for one in nested if isinstance(one, dict))):
        for name in _SEARCHES:
            if name in held:
                return tokens(held[name])
    return None


def count_hosted_calls(completion: Any) -> Counter[str]:
    """Return how often each kind of tool ran at the service for an answer that tells of its items."""
    message = _first_message(completion)
    items = message.get("response_items")
    calls = Counter(
        str(item.get("type")) for item in (items if isinstance(items, list) else ()) if isinstance(item, dict)
    )
    told = member(member(completion, "tool_usage"), "web_search")
    if is_count(member(told, "num_requests")):
        calls["web_search_call"] = tokens(told["num_requests"])
    return calls


def _first_message(completion: Any) -> Mapping[str, Any]:
    choices = member(completion, "choices")
    first = choices[0] if isinstance(choices, list) and choices else None
    message = member(first, "message")
    return message if isinstance(message, dict) else {}
