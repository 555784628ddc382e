"""What may go wrong with a real server, by name, so that it can be tried without one.

A scenario says at which point it steps in: instead of any work, before the answer is made, in the answer, or on its way
through the socket. Each is one entry of the table at the end; the names and their help are `SCENARIOS`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from . import batches, embeddings, errors, moderations
from .answers import MARK, call, prompt_tokens, question, text_choice, usage
from .chunks import DONE
from .models import CONTEXT_TOKENS
from .reply import EVENTS, HTML, Packet, SandboxReply, encode

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .errors import ErrorReply

    Json = dict[str, Any]
    Packets = list[Packet]

_BEATS_A_STALL = 20
_AWKWARD_BYTES = 61  # in a packet
_FIRST_OF_SEVERAL = 0xC0  # UTF-8: here begins a character of several bytes
_LOOK_UP = {
    "type": "function",
    "function": {
        "name": "look_up",
        "parameters": {"type": "object", "properties": {"query": {"type": "string"}}, "required": ["query"]},
    },
}


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


# --- instead of an answer ---------------------------------------------------------------------------------------------


def _refuse_rate() -> SandboxReply:
    headers = {
        "retry-after-ms": "50",
        "retry-after": "1",
        "x-ratelimit-remaining-requests": "0",
        "x-ratelimit-reset-requests": "50ms",
    }
    return errors.rate_limited(headers).reply()


def _rate_limited_for_an_hour() -> SandboxReply:
    headers = {"retry-after": "3600", "x-ratelimit-remaining-requests": "0", "x-ratelimit-reset-requests": "1h0m0s"}
    return errors.rate_limited(headers).reply()


def _page(status: int, title: str) -> SandboxReply:
    page = f"<!DOCTYPE html><html><head><title>{title}</title></head><body><h1>{title}</h1><hr>proxy</body></html>\n"
    return SandboxReply(status, page.encode(), HTML)


def _error_in_a_200() -> SandboxReply:
    return replace(errors.overloaded().reply(), status=200)


def _refuse_in_stream() -> SandboxReply:
    told = errors.rate_limited({"x-ratelimit-reset-requests": "50ms"}).error
    error = {"type": "error", "error": told, "sequence_number": 0}
    return SandboxReply(media=EVENTS, packets=(Packet(b"event: error\ndata: %b\n\n" % encode(error)),))


# --- an error that depends on the request -----------------------------------------------------------------------------


def _too_much_context(request: Mapping[str, Any]) -> ErrorReply:
    return errors.context_exceeded(CONTEXT_TOKENS, CONTEXT_TOKENS + prompt_tokens(request), 0)


def _tools_elsewhere(request: Mapping[str, Any]) -> ErrorReply | None:
    return errors.tools_at_responses(request["model"]) if request.get("tools") else None


def _like_a_reasoning_model(request: Mapping[str, Any]) -> ErrorReply | None:
    if request.get("max_tokens") is not None:
        return errors.unsupported_parameter("max_tokens", "max_completion_tokens")
    for name in ("temperature", "top_p"):
        if request.get(name) not in (None, 1):
            default = "Only the default (1) value is supported."
            return errors.unsupported_value(name, str(request[name]), default)
    return None


# --- another answer ---------------------------------------------------------------------------------------------------


def _with_choices(request: Mapping[str, Any], completion: Json, choices: list[Json]) -> Json:
    return {**completion, "choices": choices, "usage": usage(prompt_tokens(request), choices)}


def _refuse(request: Mapping[str, Any], completion: Json) -> Json:
    message = {"role": "assistant", "content": None, "refusal": f"{MARK} I'm sorry, I can't assist with that request."}
    choices = [
        {**choice, "message": message, "logprobs": None, "finish_reason": "stop"} for choice in completion["choices"]
    ]
    return _with_choices(request, completion, choices)


def _half(request: Mapping[str, Any], completion: Json, reason: str) -> Json:
    choices = []
    for choice in completion["choices"]:
        text = choice["message"]["content"] or f"{MARK} An answer that breaks off."
        choices.append({**text_choice(request, choice["index"], text[: len(text) // 2]), "finish_reason": reason})
    return _with_choices(request, completion, choices)


def _truncate(request: Mapping[str, Any], completion: Json) -> Json:
    return _half(request, completion, "length")


def _filter_content(request: Mapping[str, Any], completion: Json) -> Json:
    return _half(request, completion, "content_filter")


def _call_tool(request: Mapping[str, Any], completion: Json) -> Json:
    """Call the first tool of the request; one of the sandbox's own if it brings none."""
    tool = (request.get("tools") or [_LOOK_UP])[0]
    calls = [call(tool, f"call_{completion['id'][9:31]}", question(request))]
    message = {"role": "assistant", "content": None, "refusal": None, "annotations": [], "tool_calls": calls}
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": "tool_calls"}
    return _with_choices(request, completion, [choice])


def _without_choices(_request: Mapping[str, Any], completion: Json) -> Json:
    return {key: value for key, value in completion.items() if key != "choices"}


# --- on its way -------------------------------------------------------------------------------------------------------


def _late(reply: SandboxReply, slow: float) -> SandboxReply:
    return replace(reply, wait=slow)


def _broken_json(reply: SandboxReply, _slow: float) -> SandboxReply:
    return replace(reply, body=reply.body[: len(reply.body) // 2])


def _send_half(reply: SandboxReply, _slow: float) -> SandboxReply:
    return replace(reply, sent=len(reply.body) // 2)


def _build_stream(packets: Packets, *, hangs_up: bool = False) -> SandboxReply:
    return SandboxReply(media=EVENTS, packets=tuple(packets), hangs_up=hangs_up)


def _first_half(packets: Packets) -> Packets:
    return packets[: max(1, len(packets) // 2)]


def _late_stream(packets: Packets, slow: float) -> SandboxReply:
    return replace(_build_stream(packets), wait=slow)


def _stall(packets: Packets, slow: float) -> SandboxReply:
    start = _first_half(packets)
    return _build_stream([*start, replace(packets[len(start)], wait=slow), *packets[len(start) + 1 :]])


def _stalled_with_comments(packets: Packets, slow: float) -> SandboxReply:
    start = _first_half(packets)
    beats = [Packet(b": keep-alive\n\n", slow / _BEATS_A_STALL)] * _BEATS_A_STALL
    return _build_stream([*start, *beats, *packets[len(start) :]])


def _cut_off(packets: Packets, _slow: float) -> SandboxReply:
    return _build_stream(_first_half(packets), hangs_up=True)


def _ended_early(packets: Packets, _slow: float) -> SandboxReply:
    return _build_stream(_first_half(packets))


def _error_within(packets: Packets, _slow: float) -> SandboxReply:
    error = encode({"error": errors.overloaded().error})
    return _build_stream([*_first_half(packets), Packet(b"data: %b\n\n" % error)])


def _without_done(packets: Packets, _slow: float) -> SandboxReply:
    return _build_stream([packet for packet in packets if packet.data != DONE])


def _send_comments(packets: Packets, _slow: float) -> SandboxReply:
    """Send the same stream as awkwardly as the rules allow: CRLF, comments, packets that end inside a character."""
    lines = b": sandbox, not a model\r\n\r\n" + b"".join(
        b": still working\r\n" + packet.data.replace(b"\n", b"\r\n") for packet in packets
    )
    first = next((at for at, byte in enumerate(lines) if byte >= _FIRST_OF_SEVERAL), 0)
    cuts = [0, *range((first + 1) % _AWKWARD_BYTES or _AWKWARD_BYTES, len(lines), _AWKWARD_BYTES)]
    return _build_stream([Packet(lines[start:end]) for start, end in zip(cuts, [*cuts[1:], len(lines)], strict=True)])


def _with_awkward_text(request: Mapping[str, Any], completion: Json) -> Json:
    """Add text that a careless reader of streams breaks: other line ends, and characters of two to four bytes."""
    choices = [
        choice
        if choice["message"]["content"] is None
        else text_choice(
            request, choice["index"], choice["message"]["content"] + " Naïve café\u2028日本語\u0085🙂🙃 end."
        )
        for choice in completion["choices"]
    ]
    return _with_choices(request, completion, choices)


TABLE: Mapping[str, Scenario] = MappingProxyType(
    {
        "refusal": Scenario("the model refuses: message.refusal is set and content is null", changes=_refuse),
        "truncated": Scenario("the answer breaks off, finish_reason is length", changes=_truncate),
        "content_filter": Scenario("the answer breaks off, finish_reason is content_filter", changes=_filter_content),
        "tool_call": Scenario("the answer calls the first tool (look_up if there is none)", changes=_call_tool),
        "no_choices": Scenario("200, but the JSON has no choices", changes=_without_choices),
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
        "rate_limit_long": Scenario("429 each time, with a Retry-After of an hour", _rate_limited_for_an_hour),
        "server_error": Scenario(
            "500, then success on the same request", lambda: errors.broken_server().reply(), is_once=True
        ),
        "server_error_always": Scenario("500 each time", lambda: errors.broken_server().reply()),
        "overloaded": Scenario(
            "503 server_is_overloaded, then success on the same request",
            lambda: errors.overloaded().reply(),
            is_once=True,
        ),
        "context_length": Scenario("400 context_length_exceeded", refuses=_too_much_context),
        "unsupported_parameter": Scenario(
            "refuses max_tokens, and a temperature or top_p other than 1, as reasoning models do",
            refuses=_like_a_reasoning_model,
        ),
        "tools_at_responses": Scenario(
            "chat: refuses tools, which this model takes over Responses only", refuses_chat=_tools_elsewhere
        ),
        "error_in_ok": Scenario("200 whose JSON is an error body", _error_in_a_200),
        "html": Scenario("502 with a proxy's HTML page", lambda: _page(502, "502 Bad Gateway")),
        "html_ok": Scenario("200 with an HTML page, as a login portal sends", lambda: _page(200, "Please log in")),
        "empty": Scenario("200 with nothing in it", SandboxReply),
        "invalid_json": Scenario("200 with JSON that breaks off", damages=_broken_json),
        "slow": Scenario("the answer takes some seconds to begin", damages=_late, streams=_late_stream),
        "drops": Scenario("the connection is closed without an answer", lambda: SandboxReply(sent=-1)),
        "drops_once": Scenario(
            "the connection is closed without an answer, then success on the same request",
            lambda: SandboxReply(sent=-1),
            is_once=True,
        ),
        "drops_midway": Scenario("the connection is closed within the body", damages=_send_half, streams=_cut_off),
        "stream_stall": Scenario("stream: nothing comes for some seconds, then the rest", streams=_stall),
        "stream_stall_comments": Scenario(
            "stream: only keep-alive comments come for some seconds, then the rest", streams=_stalled_with_comments
        ),
        "stream_cut": Scenario("stream: the connection is closed midway", streams=_cut_off),
        "stream_ends_early": Scenario("stream: it ends midway, in good order but unfinished", streams=_ended_early),
        "stream_error": Scenario("stream: an error event comes midway", streams=_error_within),
        "stream_refused": Scenario(
            "stream: a rate limit is its first event, then success on the same request", _refuse_in_stream, is_once=True
        ),
        "stream_comments": Scenario(
            "stream: comments, CRLF, U+2028, and packets that end inside a character",
            changes=_with_awkward_text,
            streams=_send_comments,
        ),
        "stream_no_done": Scenario("stream: complete, but without [DONE]", streams=_without_done),
        "stream_ignored": Scenario("stream was asked for, plain JSON comes"),
    }
)

SCENARIOS: Mapping[str, str] = MappingProxyType({name: scenario.help for name, scenario in TABLE.items()})
