"""Request in, reply out: everything that the API decides, without a socket."""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import dataclass, replace
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from . import errors
from .answers import completion, prompt_tokens, token_cap
from .batches import Batches
from .chunks import stream_packets
from .embeddings import embed
from .errors import ErrorReply
from .incoming import IncomingRequest, parse_body, scenario_and_path
from .models import ANSWER_TOKENS, CONTEXT_TOKENS, Model, list_models
from .moderations import moderate
from .reply import EVENTS, SandboxReply, encode
from .responses.exchange import PATH as RESPONSES
from .responses.exchange import Responses
from .rules import first_error
from .scenarios import SCENARIOS, TABLE, Scenario
from .schema_check import SchemaCheck

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

_MOST_FAILED = 10_000
_PLAIN = Scenario("as usual")
_REQUESTS_A_MINUTE, _TOKENS_A_MINUTE = 10_000, 2_000_000
_LIMITS = {
    "x-ratelimit-limit-requests": str(_REQUESTS_A_MINUTE),
    "x-ratelimit-limit-tokens": str(_TOKENS_A_MINUTE),
    "x-ratelimit-remaining-requests": str(_REQUESTS_A_MINUTE - 1),
    "x-ratelimit-reset-requests": "6ms",
}


@dataclass(frozen=True, slots=True)
class Delays:
    """How long what is slow takes, and the wait before each packet of a stream, in seconds."""

    slow: float
    packet: float


class Api:
    """The sandbox without its socket. It remembers only which requests it failed once, for scenarios that say so."""

    def __init__(self, keys: tuple[str, ...], models: tuple[str, ...], delays: Delays, today: date) -> None:
        self._keys = frozenset(keys)
        self._models = list_models(today, models)
        self._delays = delays
        self._schema_check = SchemaCheck()
        self._responses = Responses(delays.packet, delays.slow)
        self._failed: OrderedDict[bytes, None] = OrderedDict()
        self._lock = Lock()
        self._batches = Batches(self._run_line)

    def reply(self, call: IncomingRequest) -> SandboxReply:
        """Return what the API would reply; a request that it refuses gets its error body."""
        try:
            return self._answer(call)
        except ErrorReply as error:
            return error.reply()
        except RecursionError:  # the request is nested too deeply, or its schema is
            return errors.no_json().reply()

    def _answer(self, call: IncomingRequest) -> SandboxReply:
        name, path = scenario_and_path(call)
        if name is not None and name not in TABLE:
            raise errors.unknown_scenario(name, ", ".join(SCENARIOS))
        scenario = _PLAIN if name is None else TABLE[name]
        _check_address(call.method, path, call.path)
        self._check_key(call.headers)
        if scenario.instead and not (scenario.is_once and self._has_failed(name or "", call)):
            return scenario.instead()
        if path == "/v1/chat/completions" or path.startswith(RESPONSES):
            speak = self._chat if path.startswith("/v1/chat") else self._respond
            return speak(call, path, scenario, is_streamed=name != "stream_ignored")
        if path == "/v1/embeddings":
            return self._embed(call, scenario)
        if path == "/v1/moderations":
            return self._moderate(call, scenario)
        if path.startswith(("/v1/files", "/v1/batches")):
            reply = self._batches.reply(call, path, name)
            if name == "batch_file_slow" and path.endswith("/content"):
                reply = replace(reply, wait=self._delays.slow)
            return scenario.damages(reply, self._delays.slow) if scenario.damages else reply
        reply = SandboxReply(body=encode(self._list_models(path)))
        return scenario.damages(reply, self._delays.slow) if scenario.damages else reply

    def _check_key(self, headers: Mapping[str, str]) -> None:
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        key = bearer.strip() if scheme.lower() == "bearer" else headers.get("api-key", "")
        if not key:
            raise errors.no_key()
        if key not in self._keys:
            raise errors.wrong_key(key)

    def _has_failed(self, name: str, call: IncomingRequest) -> bool:
        """Return whether this very request was failed before, and forget it; else remember that it is failed now."""
        mark = sha256(f"{name} {call.method} {call.path} ".encode() + call.body).digest()
        with self._lock:
            if mark in self._failed:
                del self._failed[mark]
                return True
            self._failed[mark] = None
            if len(self._failed) > _MOST_FAILED:
                self._failed.popitem(last=False)
            return False

    def _list_models(self, path: str) -> dict[str, Any]:
        if path == "/v1/models":
            return {"object": "list", "data": [model.to_json() for model in self._models.values()]}
        return self._model(unquote(path.removeprefix("/v1/models/"))).to_json()

    def _model(self, name: str) -> Model:
        if name not in self._models:
            raise errors.unknown_model(name)
        return self._models[name]

    def _chat(self, call: IncomingRequest, _path: str, scenario: Scenario, *, is_streamed: bool) -> SandboxReply:
        request = self._accept(call)
        model = self._model(request["model"])
        if model.answers_as is None:
            raise errors.no_chat_model()
        if not model.on_chat:
            raise errors.only_at_responses()
        _check_context(request)
        refuses = scenario.refuses or scenario.refuses_chat
        error = refuses(request) if refuses else None
        if error:
            raise error
        answer = completion(request, call.body, model.answers_as)
        spent = answer["usage"]["total_tokens"]
        if scenario.changes:
            answer = scenario.changes(request, answer)
        reply = self._reply_with(request, answer, scenario, is_streamed=is_streamed and "choices" in answer)
        return _with_limits(reply, spent)

    def _run_line(self, url: str, body: Any) -> tuple[int, Any]:
        """Return the status and the answer of one line of a batch."""
        headers = {"authorization": f"Bearer {next(iter(self._keys))}"}
        reply = self.reply(IncomingRequest("POST", url, headers, encode(body)))
        return reply.status, json.loads(reply.body)

    def _respond(self, call: IncomingRequest, path: str, scenario: Scenario, *, is_streamed: bool) -> SandboxReply:
        if path != RESPONSES:
            return self._responses.serve_stored(call.method, path)
        body = parse_body(call)
        reply, spent = self._responses.create(body, call.body, scenario, self._models, is_streamed=is_streamed)
        return _with_limits(reply, spent)

    def _embed(self, call: IncomingRequest, scenario: Scenario) -> SandboxReply:
        answer = embed(parse_body(call))
        if scenario.changes_vectors:
            answer = scenario.changes_vectors(answer)
        reply = SandboxReply(body=encode(answer))
        reply = scenario.damages(reply, self._delays.slow) if scenario.damages else reply
        return _with_limits(reply, answer["usage"]["total_tokens"])

    def _moderate(self, call: IncomingRequest, scenario: Scenario) -> SandboxReply:
        answer = moderate(parse_body(call))
        if scenario.changes_moderation:
            answer = scenario.changes_moderation(answer)
        reply = SandboxReply(body=encode(answer))
        return scenario.damages(reply, self._delays.slow) if scenario.damages else reply

    def _accept(self, call: IncomingRequest) -> dict[str, Any]:
        request = parse_body(call)
        error = self._schema_check.first_error(request) or first_error(request)
        if error:
            raise error
        return dict(request)

    def _reply_with(
        self, request: Mapping[str, Any], answer: Mapping[str, Any], scenario: Scenario, *, is_streamed: bool
    ) -> SandboxReply:
        if is_streamed and request.get("stream"):
            events = stream_packets(request, answer, self._delays.packet)
            return (
                scenario.streams(events, self._delays.slow)
                if scenario.streams
                else SandboxReply(media=EVENTS, packets=tuple(events))
            )
        reply = SandboxReply(body=encode(answer))
        return scenario.damages(reply, self._delays.slow) if scenario.damages else reply


def _check_address(method: str, path: str, shown: str) -> None:
    if path.startswith(f"{RESPONSES}/"):
        return
    if path in ("/v1/chat/completions", RESPONSES, "/v1/embeddings", "/v1/moderations"):
        allowed = "POST"
    elif path == "/v1/models" or path.startswith("/v1/models/"):
        allowed = "GET"
    elif path in ("/v1/files", "/v1/batches") or (path.startswith("/v1/batches/") and path.endswith("/cancel")):
        allowed = "GET" if method == "GET" and path == "/v1/batches" else "POST"
    elif path.startswith(("/v1/files/", "/v1/batches/")):
        allowed = "DELETE" if method == "DELETE" and path.startswith("/v1/files/") else "GET"
    else:
        raise errors.unknown_url(method, shown)
    if method != allowed and not (method == "HEAD" and allowed == "GET"):
        raise errors.wrong_method(method, shown, allowed)


def _check_context(request: Mapping[str, Any]) -> None:
    """Refuse a cap above what a model may answer, and a conversation that leaves no room for it."""
    cap = token_cap(request) or 0
    if cap > ANSWER_TOKENS:
        name = "max_tokens" if request.get("max_tokens") else "max_completion_tokens"
        raise ErrorReply(
            f"{name} is too large: {cap}. This model supports at most {ANSWER_TOKENS} completion tokens, whereas you "
            f"provided {cap}.",
            param=name,
            code="invalid_value",
        )
    prompt = prompt_tokens(request)
    if prompt + cap > CONTEXT_TOKENS:
        raise errors.context_exceeded(CONTEXT_TOKENS, prompt, cap)


def _with_limits(reply: SandboxReply, spent: int) -> SandboxReply:
    left = max(0, _TOKENS_A_MINUTE - spent)
    limits = {
        **_LIMITS,
        "x-ratelimit-remaining-tokens": str(left),
        "x-ratelimit-reset-tokens": f"{-(-spent * 60_000 // _TOKENS_A_MINUTE)}ms",
    }
    return replace(reply, headers={**limits, **reply.headers})
