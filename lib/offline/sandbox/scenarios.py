"""What may go wrong with a real server, by name, so that it can be tried without one.

A scenario says at which point it steps in: instead of any work, before the answer is made, in the answer, or on its way
through the socket. Each is one entry of the table at the end; the names and their help are `SCENARIOS`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from . import alterations, batches, embeddings, errors, moderations, transit
from .answers import prompt_tokens
from .models import CONTEXT_TOKENS
from .reply import EVENTS, HTML, Packet, SandboxReply, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .errors import ErrorReply

    Json = dict[str, Any]
    Packets = list[Packet]


@dataclass(frozen=True, slots=True)
class Scenario:
    """One thing that goes wrong; what it does not name stays as it is.

    `instead` replies without any work, at every address; with `is_once` only to the first of two equal requests.
    `refuses` looks at a chat request, by whichever endpoint it came, `refuses_chat` only at one that did not come by
    Responses, `changes` at its completion, `changes_vectors` at an
    answer of embeddings, `changes_moderation` at one of moderations. `damages` is done to a reply that is no stream and
    `streams` to the packets of one; both get the seconds that something slow takes.
    """

    help: str
    instead: Callable[[], SandboxReply] | None = None
    is_once: bool = False
    refuses: Callable[[Mapping[str, Any]], ErrorReply | None] | None = None
    refuses_chat: Callable[[Mapping[str, Any]], ErrorReply | None] | None = None
    changes: Callable[[Mapping[str, Any], Json], Json] | None = None
    changes_vectors: Callable[[Json], Json] | None = None
    changes_moderation: Callable[[Json], Json] | None = None
    damages: Callable[[SandboxReply, float], SandboxReply] | None = None
    streams: Callable[[Packets, float], SandboxReply] | None = None


def _refuse_rate() -> SandboxReply:
    headers = {
        "retry-after-ms": "50",
        "retry-after": "1",
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "50ms",
    }
    return errors.rate_limited(headers).reply()


def _refuse_for_an_hour() -> SandboxReply:
    headers = {"retry-after": "3600", "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1h0m0s"}
    return errors.rate_limited(headers).reply()


def _build_page(status: int, title: str) -> SandboxReply:
    page = f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1><hr>proxy</body></html>\n"
    return SandboxReply(status, page.encode(), HTML)


def _send_error_as_ok() -> SandboxReply:
    return replace(errors.overloaded().reply(), status=200)


def _refuse_in_stream() -> SandboxReply:
    told = errors.rate_limited({"x-ratelimit-reset-requests": "50ms"}).error
    error = {"type": "error", "error": told, "sequence_number": 0}
    return SandboxReply(media=EVENTS, packets=(Packet(b"event: error\ndata: %b\n\n" % encode(error)),))


def _exceed_context(request: Mapping[str, Any]) -> ErrorReply:
    return errors.context_exceeded(CONTEXT_TOKENS, CONTEXT_TOKENS + prompt_tokens(request), 0)


def _refuse_tools(request: Mapping[str, Any]) -> ErrorReply | None:
    return errors.tools_at_responses(request["model"]) if request.get("tools") else None


def _refuse_sampling(request: Mapping[str, Any]) -> ErrorReply | None:
    if request.get("max_tokens") is not None:
        return errors.unsupported_parameter("max_tokens", "max_completion_tokens")
    for name in ("temperature", "top_p"):
        if request.get(name) not in (None, 1):
            default = "Only the default (1) value is supported."
            return errors.unsupported_value(name, str(request[name]), default)
    return None


TABLE: Mapping[str, Scenario] = MappingProxyType(
    {
        "refusal": Scenario(
            "the model refuses: message.refusal is set and content is null", changes=alterations.refuse
        ),
        "truncated": Scenario("the answer breaks off, finish_reason is length", changes=alterations.truncate),
        "content_filter": Scenario(
            "the answer breaks off, finish_reason is content_filter", changes=alterations.filter_content
        ),
        "tool_call": Scenario(
            "the answer calls the first tool (look_up if there is none)", changes=alterations.call_tool
        ),
        "no_choices": Scenario("200, but the JSON has no choices", changes=alterations.drop_choices),
        "vectors_reversed": Scenario(
            "embeddings: the vectors come in another order, with their numbers", changes_vectors=embeddings.reverse
        ),
        "vectors_missing": Scenario(
            "embeddings: one vector fewer than there are texts", changes_vectors=embeddings.lose_one
        ),
        "vectors_broken": Scenario(
            "embeddings: vectors in which a number is none", changes_vectors=embeddings.break_numbers
        ),
        "moderation_flagged": Scenario(
            "moderations: everything is flagged as violence", changes_moderation=moderations.flag
        ),
        "moderation_broken": Scenario(
            "moderations: the scores are missing", changes_moderation=moderations.lose_scores
        ),
        **{name: Scenario(told) for name, told in batches.SCENARIOS.items()},
        "bad_key": Scenario("401 invalid_api_key, whatever the key", instead=lambda: errors.wrong_key("sk-").reply()),
        "forbidden": Scenario("403: the key lacks a permission", instead=lambda: errors.forbidden().reply()),
        "quota": Scenario("429 insufficient_quota: no money left", instead=lambda: errors.no_quota().reply()),
        "rate_limit": Scenario("429 with Retry-After-Ms, then success on the same request", _refuse_rate, is_once=True),
        "rate_limit_always": Scenario("429 each time", _refuse_rate),
        "rate_limit_long": Scenario("429 each time, with a Retry-After of an hour", _refuse_for_an_hour),
        "server_error": Scenario(
            "500, then success on the same request", lambda: errors.broken_server().reply(), is_once=True
        ),
        "server_error_always": Scenario("500 each time", lambda: errors.broken_server().reply()),
        "overloaded": Scenario(
            "503 server_is_overloaded, then success on the same request",
            lambda: errors.overloaded().reply(),
            is_once=True,
        ),
        "context_length": Scenario("400 context_length_exceeded", refuses=_exceed_context),
        "unsupported_parameter": Scenario(
            "refuses max_tokens, and a temperature or top_p other than 1, as reasoning models do",
            refuses=_refuse_sampling,
        ),
        "tools_at_responses": Scenario(
            "chat: refuses tools, which this model takes over Responses only", refuses_chat=_refuse_tools
        ),
        "error_in_ok": Scenario("200 whose JSON is an error body", _send_error_as_ok),
        "html": Scenario("502 with a proxy's HTML page", lambda: _build_page(502, "502 Bad Gateway")),
        "html_ok": Scenario(
            "200 with an HTML page, as a login portal sends", lambda: _build_page(200, "Please log in")
        ),
        "empty": Scenario("200 with nothing in it", SandboxReply),
        "invalid_json": Scenario("200 with JSON that breaks off", damages=transit.break_json),
        "slow": Scenario("the answer takes some seconds to begin", damages=transit.delay, streams=transit.delay_stream),
        "drops": Scenario("the connection is closed without an answer", lambda: SandboxReply(sent=-1)),
        "drops_once": Scenario(
            "the connection is closed without an answer, then success on the same request",
            lambda: SandboxReply(sent=-1),
            is_once=True,
        ),
        "drops_midway": Scenario(
            "the connection is closed within the body", damages=transit.send_half, streams=transit.cut_stream
        ),
        "stream_stall": Scenario("stream: nothing comes for some seconds, then the rest", streams=transit.stall),
        "stream_stall_comments": Scenario(
            "stream: only keep-alive comments come for some seconds, then the rest", streams=transit.stall_with_comments
        ),
        "stream_cut": Scenario("stream: the connection is closed midway", streams=transit.cut_stream),
        "stream_ends_early": Scenario(
            "stream: it ends midway, in good order but unfinished", streams=transit.end_early
        ),
        "stream_error": Scenario("stream: an error event comes midway", streams=transit.insert_error),
        "stream_refused": Scenario(
            "stream: a rate limit is its first event, then success on the same request", _refuse_in_stream, is_once=True
        ),
        "stream_comments": Scenario(
            "stream: comments, CRLF, U+2028, and packets that end inside a character",
            changes=alterations.add_awkward_text,
            streams=transit.send_comments,
        ),
        "stream_no_done": Scenario("stream: complete, but without [DONE]", streams=transit.drop_done),
        "stream_ignored": Scenario("stream was asked for, plain JSON comes"),
    }
)

SCENARIOS: Mapping[str, str] = MappingProxyType({name: scenario.help for name, scenario in TABLE.items()})
