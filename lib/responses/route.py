"""Which endpoint a chat request is sent to: what the step says, else what the model and the request need."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from pysailor import InvalidConfig

from ..api.servers import AZURE_FOUNDRY, OPENAI
from ..completions.endpoint import COMPLETIONS
from ..completions.preflight import API, names_responses
from ..completions.preflight.facts.responses_only import find_responses_only
from ..endpoint import Relaxed
from .endpoint import RESPONSES
from .rules import find_dropped, find_impossible, needs_chat, needs_responses_for_tools, shows_results

if TYPE_CHECKING:
    from collections.abc import Mapping

    from ..api.servers import ServerKind
    from ..endpoint import Endpoint
    from ..errors.api_error import ApiError
    from ..models.table import Family

AUTO, CHAT_ONLY, RESPONSES_ONLY = "auto", "chat", "responses"
_NOTE: Final = "the server answers this model over the Responses API only; the request was sent there"


def choose(
    body: Mapping[str, Any], *, api: str, server: ServerKind, family: Family | None, refusals: tuple[Any, ...]
) -> Endpoint:
    """Return the endpoint; only of OpenAI's own server is it known which models and fields need which."""
    if api == RESPONSES_ONLY:
        check_offered(server)
        return RESPONSES
    if api == CHAT_ONLY:
        return COMPLETIONS
    if refusals and any(fact.field == API for fact in refusals) and not needs_chat(body):
        return RESPONSES
    return RESPONSES if server.name == OPENAI.name and _needs_responses(body, family) else CHAT_FIRST


def check_offered(server: ServerKind) -> None:
    """Raise InvalidConfig for an address that has no such endpoint."""
    if server.deployments or server is AZURE_FOUNDRY:
        raise InvalidConfig(
            f"this address ({server.title}) has no Responses API; use the resource's address that ends in /openai/v1, "
            "or set API to Chat Completions",
            pointer="/api",
        )


def relax(body: Mapping[str, Any], error: ApiError, server: ServerKind) -> Relaxed | None:
    """Return the same request for Responses if that is what the refusal asks for: nothing was generated yet."""
    if says_use_responses(error):
        impossible = next(find_impossible(body), None)
        if impossible is not None:
            error.why = f"It cannot be sent there as it is: {impossible}."
            return None
        return Relaxed(dict(body), server, "; ".join((_NOTE, *find_dropped(body))), RESPONSES)
    return COMPLETIONS.relax(body, error, server)


def says_use_responses(error: ApiError) -> bool:
    """Return whether a refusal names the other endpoint as the one to use."""
    return not error.begun and names_responses(error.status, error.text, error.param)


def _needs_responses(body: Mapping[str, Any], family: Family | None) -> bool:
    answers_there_only = family is not None and family.endpoint == "responses"
    led_there = answers_there_only or any(find_responses_only(body)) or needs_responses_for_tools(body, family)
    return led_there or shows_results(body)


CHAT_FIRST: Final = replace(COMPLETIONS, relax=relax, can_stream=RESPONSES.can_stream)
"""Chat Completions, unless the server points to Responses."""
CHAT: Final = replace(CHAT_FIRST, route=choose)
"""A chat request, sent to whichever endpoint answers it."""
