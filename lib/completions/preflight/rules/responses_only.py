"""What only the Responses API takes, and the public API refuses here."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..facts.responses_only import FIELDS, find_responses_only
from ..rule import Rule

if TYPE_CHECKING:
    from collections.abc import Iterator

    from ..rule import Breach, RequestFacts


def _responses_only(facts: RequestFacts) -> Iterator[Breach]:
    if facts.public_api:  # others know fields of these names on this endpoint
        for pointer in find_responses_only(facts.body):
            yield pointer, "is taken by the Responses API only", "set API to automatic or to Responses, or remove it"


RULES = (Rule("responses_only", _responses_only, "unknown_parameter, or invalid_value", about=(*FIELDS, "tools")),)
