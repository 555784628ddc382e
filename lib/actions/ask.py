"""Ask: one question, one answer, in plain words; with memory if wanted, and typed if a schema is given."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pysailor import InvalidConfig, Message, Schema

from .. import question, request
from ..client import Client
from ..connection import Connection
from ..conversation import open_store, owner_of
from ..exchange import Exchange, Terms
from ..model_choice import models
from ..surroundings import Surroundings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from pysailor import Context

    from ..conversation import Conversation, Turn
    from ..exchange import Result
    from ..question import Question
    from ..request import Request, Verdict

__all__ = ["check", "get_meta_model", "models", "process"]
_SCHEMAS = Path(__file__).parents[1] / "schemas"
_LONGEST_WINDOW = 1000
_SECONDS_A_DAY = 86_400


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Message:
    """Ask and emit the answer; raise InvalidInput, OverBudget, ApiError, BadAnswer or ConversationBusy."""
    asking = _Asking(msg, cfg, snapshot, ctx)
    if cfg.get("memory", "off") == "off":
        return asking.answered(None)
    with asking.conversation() as talk:
        done = talk.find(msg.id) if msg.id else None
        return asking.again(talk, done) if done else asking.answered(talk)


def check(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Verdict:
    """Say what is wrong with a question, and what may be, without asking it; what was said before is left out."""
    return _Asking(msg, cfg, snapshot, ctx).verdict()


def get_meta_model(cfg: Mapping[str, Any], ctx: Context) -> dict[str, Any]:
    """Give what the step takes, and what it gives with the answer's own fields in it."""
    takes, gives = (json.loads((_SCHEMAS / f"ask.{side}.json").read_text(encoding="utf-8")) for side in ("in", "out"))
    schema = question.schema_of(cfg)
    if schema is None and cfg.get("answerAs", "text") == "text":
        del gives["properties"]["data"]
    elif schema is not None:
        data = gives["properties"]["data"]
        gives["properties"]["data"] = {**Schema.for_mapper(schema), "title": data["title"], "help": data["help"]}
    return {"in": takes, "out": gives}


class _Asking:
    """One message on its way to its answer."""

    def __init__(self, msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> None:
        self._msg, self._cfg, self._ctx = msg, cfg, ctx
        self._connection = Connection.of(cfg)
        self._surroundings = ctx.keep(Surroundings)
        self._terms = Terms.of(cfg)
        client = ctx.keep(Client, self._connection)
        self._exchange = Exchange(client, self._terms, ctx, snapshot, msg.attachments)

    def conversation(self) -> AbstractContextManager[Conversation]:
        """Give the conversation, held for this turn."""
        owner = owner_of(str(self._cfg.get("_account") or self._connection.api_key))
        store = self._ctx.keep(open_store, self._surroundings.conversations)
        return store.conversation(
            owner,
            str(self._msg.body.get("conversationId") or self._new_id(owner)),
            busy=self._cfg.get("busy", "wait"),
            wait_seconds=self._ctx.seconds_left(self._terms.limits.timeout),
            ttl_seconds=_seconds(self._cfg),
        )

    def verdict(self) -> Verdict:
        """Judge the question alone."""
        asked = self._question()
        return self._exchange.verdict(self._request(asked, [asked.system] if asked.system else []))

    def answered(self, talk: Conversation | None) -> Message:
        """Ask, keep the turn, and give the message."""
        asked = self._question()
        system = [asked.system] if asked.system else []
        before = talk.messages(system, last=_window(self._cfg)) if talk else system
        result = self._exchange.result(self._request(asked, before))
        body = _told(result, [*before, asked.user])
        if talk is not None:
            body["conversationId"] = talk.id
            if body["answer"]:
                said = {"role": "assistant", "content": body["answer"]}
                talk.append([question.for_history(asked.user), said], key=self._msg.id, result=body)
        return Message(body=body, headers=result.headers())

    def again(self, talk: Conversation, done: Turn) -> Message:
        """Give the answer that this very message got before; it is not paid for twice."""
        self._ctx.logger.info("This message was answered before; its answer is given again")
        return Message(body={**(done.result or {}), "conversationId": talk.id}, headers={"x-replayed": "true"})

    def _question(self) -> Question:
        return question.build(self._msg.body, self._cfg, self._surroundings.models.find(str(self._cfg["model"])))

    def _request(self, asked: Question, before: list[Any]) -> Request:
        body = {**asked.options, "messages": [*before, asked.user]}
        return request.build(body, self._cfg, self._surroundings.models, self._connection.server)

    def _new_id(self, owner: str) -> str:
        """Give a new conversation's id: the same one if the same message is brought again."""
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{owner}/{self._msg.id}") if self._msg.id else uuid.uuid4())


def _told(result: Result, messages: list[Any]) -> dict[str, Any]:
    """Give the emitted body."""
    told = result.to_json()
    choices: list[dict[str, Any]] = result.completion["choices"]
    answer = choices[0]["message"].get("content") if choices else None
    body = {
        "answer": answer,
        "outcome": told["outcome"],
        "usage": told["usage"],
        "cost": told["cost"],
        "warnings": told["warnings"],
        "messages": [*messages, {"role": "assistant", "content": answer}] if answer else messages,
    }
    extra = {"data": "parsed", "refusal": "refusal", "parse_error": "parse_error"}
    return {**body, **{name: told[source] for name, source in extra.items() if source in told}}


def _window(cfg: Mapping[str, Any]) -> int:
    window = cfg.get("window", 20)
    if window not in range(_LONGEST_WINDOW + 1):
        raise InvalidConfig(f"found {window:g}, allowed: a whole number from 0 to {_LONGEST_WINDOW}", pointer="/window")
    return int(window)


def _seconds(cfg: Mapping[str, Any]) -> float | None:
    """Give how long a conversation is kept, None for ever."""
    days = cfg.get("memoryDays", 30)
    if days < 0:
        raise InvalidConfig(f"found {days:g}, allowed: a number of days, or 0 for ever", pointer="/memoryDays")
    return days * _SECONDS_A_DAY if days else None
