"""Ask: one question, one answer, in plain words; with memory if wanted, and typed if a schema is given."""

from __future__ import annotations

import hashlib
import json
import uuid
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pysailor import InvalidConfig, Message, Schema

from ..api.client import Client
from ..completions import answer as answers
from ..completions import prompt as question
from ..completions import request
from ..completions.pipeline import Exchange
from ..conversation import StoreUnavailable, TurnLost, TurnTooLarge, open_store, owner_of
from ..environment import Surroundings
from ..setup import setup
from .select_model import models

if TYPE_CHECKING:
    from collections.abc import Mapping
    from contextlib import AbstractContextManager

    from pysailor import Context, HttpRequest

    from ..completions.prompt import Question
    from ..completions.request import Request, Verdict
    from ..completions.result import Result
    from ..conversation import Conversation

__all__ = ["check", "get_meta_model", "models", "preview", "process"]
_SCHEMAS = Path(__file__).parents[1] / "schemas"
_LONGEST_WINDOW = 1000
_LONGEST_ID = 200
_SECONDS_A_DAY = 86_400


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Message:
    """Ask and emit the answer.

    Raise InvalidInput or OverBudget before anything is sent, ConversationBusy, NotFetched, ApiError or BadAnswer.
    """
    asking = _Asking(msg, cfg, snapshot, ctx)
    if cfg.get("memory", "off") == "off":
        return asking.answered(None)
    message = None
    try:
        with asking.conversation() as talk:
            message = asking.answered_before(talk)
            if message is None:
                message = asking.answered(talk)
                asking.keep(talk, message)
    except (StoreUnavailable, TurnLost, TurnTooLarge) as error:
        if message is None:
            raise
        return asking.not_kept(message, error)  # it is paid for: better handed on than lost
    return message


def check(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Verdict:
    """Say what is wrong with a question, and what may be, without asking it; what was said before is left out."""
    return _Asking(msg, cfg, snapshot, ctx).verdict()


def preview(msg: Message, cfg: Mapping[str, Any], ctx: Context) -> HttpRequest:
    """Give the request that process would send, without what was said before and before files are fetched."""
    return _Asking(msg, cfg, {}, ctx).preview()


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
        given = setup(cfg, ctx)
        self._connection = given.connection
        self._surroundings = ctx.keep(Surroundings)
        client = ctx.keep(Client, self._connection)
        self._exchange = Exchange(client, given.terms, ctx, snapshot, msg.attachments)

    def conversation(self) -> AbstractContextManager[Conversation]:
        """Give the conversation, held for this turn."""
        owner = owner_of(str(self._cfg.get("_account") or self._connection.api_key))  # the platform's credential id
        store = self._ctx.keep(open_store, self._surroundings.conversations)
        return store.conversation(
            owner,
            str(self._msg.body.get("conversationId") or self._new_id(owner)),
            busy=self._cfg.get("busy", "wait"),
            wait_seconds=self._exchange.seconds_left(),
            ttl_seconds=_seconds(self._cfg),
        )

    def verdict(self) -> Verdict:
        """Judge the question alone."""
        return self._exchange.verdict(self._alone())

    def preview(self) -> HttpRequest:
        """Show the question alone."""
        return self._ctx.keep(Client, self._connection).preview(self._alone().body)

    def answered(self, talk: Conversation | None) -> Message:
        """Ask, keep the turn, and give the message."""
        asked = self._question()
        system = [asked.system] if asked.system else []
        before = talk.messages(system, last=_window(self._cfg)) if talk else system
        result = self._exchange.result(self._request(asked, before))
        body = _told(result, [*before, asked.user])
        if talk is not None:
            body["conversationId"] = talk.id
        return Message(body=body, headers=result.headers())

    def keep(self, talk: Conversation, message: Message) -> None:
        """Have the turn kept when the conversation is let go; an answer without words leaves no trace."""
        if message.body["answer"]:
            said = [question.for_history(self._question().user), message.body["messages"][-1]]
            result = {name: value for name, value in message.body.items() if name != "messages"}  # the turns hold them
            talk.append(said, key=self._key, result=result)

    def answered_before(self, talk: Conversation) -> Message | None:
        """Give the answer that this very question got before, so that it is not paid for twice."""
        done = talk.find(self._key) if self._key else None
        if done is None:
            return None
        self._ctx.logger.info("This message was answered before; its answer is given again")
        system = self._question().system
        messages = [*([system] if system else []), *done.messages]
        body = {**done.result, "conversationId": talk.id, "messages": messages}
        return Message(body=body, headers={"x-replayed": "true"})

    def not_kept(self, message: Message, error: Exception) -> Message:
        """Give the message with a warning: its conversation goes on without it."""
        self._ctx.logger.warning("The turn was not kept: %s", type(error).__name__)
        told = f"the conversation will not know of this answer: {error}"
        return message.with_body({**message.body, "warnings": [*message.body["warnings"], told]})

    @property
    def _key(self) -> str | None:
        """What this very question is known by if it is brought again; another question under the same id is another."""
        name = self._ctx.message_id or self._msg.id
        if not name:
            return None
        asked = json.dumps([self._msg.body, sorted(map(str, self._cfg.items()))], sort_keys=True, default=str)
        return f"{name[:_LONGEST_ID]} {hashlib.sha256(asked.encode()).hexdigest()[:16]}"

    def _alone(self) -> Request:
        asked = self._question()
        return self._request(asked, [asked.system] if asked.system else [])

    def _question(self) -> Question:
        return question.build(self._msg.body, self._cfg, self._surroundings.models.find(str(self._cfg["model"])))

    def _request(self, asked: Question, before: list[Any]) -> Request:
        body = {**asked.options, "messages": [*before, asked.user]}
        return request.build(body, self._cfg, self._surroundings.models, self._connection.server)

    def _new_id(self, owner: str) -> str:
        """Give a new conversation's id: the same one if the same message is brought again."""
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{owner}/{self._key}") if self._key else uuid.uuid4())


def _told(result: Result, messages: list[Any]) -> dict[str, Any]:
    """Give the emitted body."""
    told = result.to_json()
    answer = answers.text_of_first(result.completion) or None
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
