"""What tools that run at the service may add to the price of an answer. Pure."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from ..completions import request as chat
from ..completions.answer.outcome import objects
from ..completions.preflight.facts.responses_only import HOSTED
from .items import ITEMS
from .request import is_continued

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..cost.price import Surcharges
    from ..cost.worst_case import Plan
    from ..endpoint import BuiltRequest

_MOST_CALLS: Final = 10
"""Nothing limits the calls of an answer unless max_tool_calls does; a few are usual."""
_CHARACTERS_A_TOKEN: Final = 3
_READING: Final = (*HOSTED, "mcp", "image_generation")
"""Tools whose results are input, which nobody can count before."""


def surcharges(request: BuiltRequest) -> Surcharges:
    """Return what may make an answer more expensive than its tokens, at worst."""
    kinds = kinds_of_tools(request.body)
    limit = request.body.get("max_tool_calls")
    most = limit if limit.__class__ is int and limit >= 0 else _MOST_CALLS
    searches = any(kind.startswith("web_search") for kind in kinds) or isinstance(
        request.body.get("web_search_options"), dict
    )
    return replace(
        chat.surcharges(request),
        searches=most if searches else 0,
        file_searches=most if "file_search" in kinds else 0,
        containers=1 if "code_interpreter" in kinds else 0,
        pictures="image_generation" in kinds,
        counted_by_items=True,
    )


def plan(request: BuiltRequest, rounds: int, tries: int) -> tuple[Plan, str]:
    """Return what the request may take at worst, and a sentence if that was counted poorly."""
    planned, note = chat.plan(request, rounds, tries)
    extra = surcharges(request)
    reads = extra.searches or any(kind in _READING for kind in kinds_of_tools(request.body))
    continued = is_continued(request.body) or request.body.get("prompt") is not None
    counted = None if planned.input is None or reads or continued else planned.input + _reasoning_tokens(request.body)
    return replace(planned, surcharges=extra, input=counted), note


def _reasoning_tokens(body: Mapping[str, Any]) -> int:
    """Return how many tokens the reasoning of earlier answers may have: it is encrypted, and paid for as input."""
    messages = objects(body.get("messages"))
    thoughts = [item.get("encrypted_content") for message in messages for item in objects(message.get(ITEMS))]
    return sum(len(text) // _CHARACTERS_A_TOKEN for text in thoughts if isinstance(text, str))


def kinds_of_tools(body: Mapping[str, Any]) -> set[str]:
    """Return the kinds of the tools that a request offers."""
    return {str(tool.get("type")) for tool in objects(body.get("tools"))}
