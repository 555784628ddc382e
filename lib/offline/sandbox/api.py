"""Request in, reply out: everything that the API decides, without a socket."""

from __future__ import annotations

import json
from collections import OrderedDict
from dataclasses import dataclass, replace
from hashlib import sha256
from threading import Lock
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from . import errors as refusals
from .answers import completion, prompt_tokens, token_cap
from .chunks import pieces
from .errors import Refusal
from .models import ANSWER_TOKENS, CONTEXT_TOKENS, Model, offered
from .reply import EVENTS, Reply, encoded
from .rules import first_refusal
from .scenarios import SCENARIOS, TABLE, Scenario
from .schema_check import Judgement

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

SCENARIO_HEADER = "x-sandbox-scenario"
_SCENARIO_PATH = "/scenarios/"
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
class Call:
    """One HTTP request; header names are in lower case, `path` is without its query."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Pace:
    """How long what is slow takes, and the wait before each piece of a stream, in seconds."""

    slow: float
    piece: float


class Api:
    """The stand-in without its socket. It remembers only which requests it failed once, for scenarios that say so."""

    def __init__(self, keys: tuple[str, ...], models: tuple[str, ...], pace: Pace, today: date) -> None:
        self._keys = frozenset(keys)
        self._models = offered(today, models)
        self._pace = pace
        self._judgement = Judgement()
        self._failed: OrderedDict[bytes, None] = OrderedDict()
        self._lock = Lock()

    def reply(self, call: Call) -> Reply:
        """Give what the API would reply; a request that it refuses gets its error body."""
        try:
            return self._answer(call)
        except Refusal as refusal:
            return refusal.reply()
        except RecursionError:  # the request is nested too deeply, or its schema is
            return refusals.no_json().reply()

    def _answer(self, call: Call) -> Reply:
        name, path = scenario_and_path(call)
        if name is not None and name not in TABLE:
            raise refusals.unknown_scenario(name, ", ".join(SCENARIOS))
        scenario = _PLAIN if name is None else TABLE[name]
        _check_address(call.method, path, call.path)
        self._check_key(call.headers)
        if scenario.instead and not (scenario.is_once and self._has_failed(name or "", call)):
            return scenario.instead()
        if path == "/v1/chat/completions":
            return self._chat(call, scenario, is_streamed=name != "stream_ignored")
        reply = Reply(body=encoded(self._listed(path)))
        return scenario.damages(reply, self._pace.slow) if scenario.damages else reply

    def _check_key(self, headers: Mapping[str, str]) -> None:
        scheme, _, bearer = headers.get("authorization", "").partition(" ")
        key = bearer.strip() if scheme.lower() == "bearer" else headers.get("api-key", "")
        if not key:
            raise refusals.no_key()
        if key not in self._keys:
            raise refusals.wrong_key(key)

    def _has_failed(self, name: str, call: Call) -> bool:
        """Say whether this very request was failed before, and forget it; else remember that it is failed now."""
        mark = sha256(f"{name} {call.method} {call.path} ".encode() + call.body).digest()
        with self._lock:
            if mark in self._failed:
                del self._failed[mark]
                return True
            self._failed[mark] = None
            if len(self._failed) > _MOST_FAILED:
                self._failed.popitem(last=False)
            return False

    def _listed(self, path: str) -> dict[str, Any]:
        if path == "/v1/models":
            return {"object": "list", "data": [model.to_json() for model in self._models.values()]}
        return self._model(unquote(path.removeprefix("/v1/models/"))).to_json()

    def _model(self, name: str) -> Model:
        if name not in self._models:
            raise refusals.unknown_model(name)
        return self._models[name]

    def _chat(self, call: Call, scenario: Scenario, *, is_streamed: bool) -> Reply:
        request = self._accepted(call)
        model = self._model(request["model"])
        if model.answers_as is None:
            raise refusals.no_chat_model()
        _check_room(request)
        refusal = scenario.refuses(request) if scenario.refuses else None
        if refusal:
            raise refusal
        answer = completion(request, call.body, model.answers_as)
        spent = answer["usage"]["total_tokens"]
        if scenario.changes:
            answer = scenario.changes(request, answer)
        reply = self._sent(request, answer, scenario, is_streamed=is_streamed and "choices" in answer)
        return _with_limits(reply, spent)

    def _accepted(self, call: Call) -> dict[str, Any]:
        request = parsed(call)
        refusal = self._judgement.refusal(request) or first_refusal(request)
        if refusal:
            raise refusal
        return dict(request)

    def _sent(
        self, request: Mapping[str, Any], answer: Mapping[str, Any], scenario: Scenario, *, is_streamed: bool
    ) -> Reply:
        if is_streamed and request.get("stream"):
            events = pieces(request, answer, self._pace.piece)
            return (
                scenario.streams(events, self._pace.slow)
                if scenario.streams
                else Reply(media=EVENTS, pieces=tuple(events))
            )
        reply = Reply(body=encoded(answer))
        return scenario.damages(reply, self._pace.slow) if scenario.damages else reply


def scenario_and_path(call: Call) -> tuple[str | None, str]:
    """Give the scenario's name, from the header before the address, and the path as the API has it."""
    name, path = None, call.path
    if path.startswith(_SCENARIO_PATH):
        name, _, rest = path.removeprefix(_SCENARIO_PATH).partition("/")
        name, path = unquote(name), f"/{rest}"
    return call.headers.get(SCENARIO_HEADER, name), path


def parsed(call: Call) -> Any:
    """Give the JSON of the body, or raise the refusal."""
    media = call.headers.get("content-type", "application/json")
    if media.partition(";")[0].strip().lower() != "application/json":
        raise refusals.wrong_media(media)
    try:
        return json.loads(call.body, parse_constant=_no_constant)
    except ValueError as error:
        raise refusals.no_json() from error


def _no_constant(name: str) -> Any:
    raise ValueError(f"{name} is Python's, not JSON's")


def _check_address(method: str, path: str, shown: str) -> None:
    if path == "/v1/chat/completions":
        allowed = "POST"
    elif path == "/v1/models" or path.startswith("/v1/models/"):
        allowed = "GET"
    else:
        raise refusals.unknown_url(method, shown)
    if method != allowed and not (method == "HEAD" and allowed == "GET"):
        raise refusals.wrong_method(method, shown, allowed)


def _check_room(request: Mapping[str, Any]) -> None:
    """Refuse a cap above what a model may answer, and a conversation that leaves no room for it."""
    cap = token_cap(request) or 0
    if cap > ANSWER_TOKENS:
        name = "max_tokens" if request.get("max_tokens") else "max_completion_tokens"
        raise Refusal(
            f"{name} is too large: {cap}. This model supports at most {ANSWER_TOKENS} completion tokens, whereas you "
            f"provided {cap}.",
            param=name,
            code="invalid_value",
        )
    prompt = prompt_tokens(request)
    if prompt + cap > CONTEXT_TOKENS:
        raise refusals.context_exceeded(CONTEXT_TOKENS, prompt, cap)


def _with_limits(reply: Reply, spent: int) -> Reply:
    left = max(0, _TOKENS_A_MINUTE - spent)
    limits = {
        **_LIMITS,
        "x-ratelimit-remaining-tokens": str(left),
        "x-ratelimit-reset-tokens": f"{-(-spent * 60_000 // _TOKENS_A_MINUTE)}ms",
    }
    return replace(reply, headers={**limits, **reply.headers})
