"""Ask: one question, one answer, in plain words; with memory if wanted, and typed if a schema is given."""

from __future__ import annotations

import hashlib
import json
import uuid
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pysailor import Fault, InvalidConfig, InvalidInput, Message, Schema

from ..attachments import NotFetched
from ..budgets import Pays, split_key
from ..completions import answer as answers
from ..completions import prompt as prompts
from ..completions.form_fields import FormFields, use_form_words
from ..completions.preflight import find_missing_sources
from ..completions.unknown_members import list_unknown
from ..conversation import ACCOUNT, Memory, TurnOutput, open_store, owner_of, take_turn
from ..cost.worst_case import OverBudget
from ..fallbacks import Fallbacks
from ..responses.route import CHAT
from ..step_settings import step_settings
from .select_model import guess_model, models, resolve_model

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from pysailor import Context, HttpRequest

    from ..conversation import ChatMessage, Turn
    from ..endpoint import CheckResult
    from ..result import Result

__all__ = ["check", "get_meta_model", "models", "preview", "process"]
_SCHEMAS = Path(__file__).parents[1] / "schemas"
_LONGEST_WINDOW = 1000
_LONGEST_ID = 200
_SECONDS_A_DAY = 86_400
_MOST_DAYS = 36_500


def process(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> Message:
    """Ask and emit the answer.

    Raise InvalidInput or OverBudget before anything is sent, ConversationBusy, NotFetched, ApiError or BadAnswer.
    """
    request = _AskRequest(msg, resolve_model(cfg, ctx), ctx, snapshot)
    return request.ask() if cfg["memory"] == "off" else request.ask_in_conversation()


def check(msg: Message, cfg: Mapping[str, Any], snapshot: Any, ctx: Context) -> CheckResult:
    """Return what is wrong with a question, and what may be, without asking it; what was said before is left out."""
    request = _AskRequest(msg, guess_model(cfg, ctx), ctx, snapshot)
    return request.check()


def preview(msg: Message, cfg: Mapping[str, Any], ctx: Context) -> HttpRequest:
    """Return the request that process would send, without what was said before and before files are fetched."""
    request = _AskRequest(msg, guess_model(cfg, ctx), ctx)
    return request.pipeline.preview(request.body(request.system))


def get_meta_model(cfg: Mapping[str, Any], ctx: Context) -> dict[str, Any]:
    """Return what the step takes, and what it emits with the answer's own fields in it."""
    takes, emits = (json.loads((_SCHEMAS / f"ask.{side}.json").read_text(encoding="utf-8")) for side in ("in", "out"))
    emits["properties"]["answer"]["type"] = ["string", "null"]
    schema = prompts.schema_of(cfg)
    if schema is None and cfg.get("answerAs") not in ("json", "schema"):
        del emits["properties"]["data"]
    elif schema is not None:
        data = emits["properties"]["data"]
        emits["properties"]["data"] = {**Schema.for_mapper(schema), "title": data["title"], "help": data["help"]}
    return {"in": takes, "out": emits}


class _AskRequest:
    """One message on its way to its answer."""

    def __init__(self, msg: Message, cfg: Mapping[str, Any], ctx: Context, snapshot: Any = None) -> None:
        self._msg, self._cfg, self._ctx = msg, cfg, ctx
        self._owner = owner_of(str(cfg.get(ACCOUNT) or step_settings(cfg, ctx).connection.api_key))
        self._conversation = str(msg.body.get("conversationId") or "").strip() or self._new_id()
        pays = Pays(split_key(msg.body)[1], self._conversation)
        self.pipeline = Fallbacks.of_step(CHAT, cfg, ctx, snapshot, msg.attachments, pays)
        family = self.pipeline.environment.models.find(str(cfg["model"]))
        self._prompt = prompts.build(msg.body, cfg, family)
        self.system = [self._prompt.system] if self._prompt.system else []

    def body(self, before: Sequence[ChatMessage]) -> dict[str, Any]:
        """Return what is sent, with what was said before."""
        return {**self._prompt.options, "messages": [*before, self._prompt.user]}

    def check(self) -> CheckResult:
        """Return what is wrong with the question, and what may be, by the fields of the form."""
        fields = self._fields(self.system)
        found = self.pipeline.check(self.body(self.system))
        missing = find_missing_sources(self.body(self.system), self._msg.attachments)
        errors = (*found.errors, *(Fault(pointer, problem) for pointer, problem in missing))
        warnings = tuple(map(fields.fault, found.warnings))
        errors = tuple(map(fields.fault, errors))
        return replace(found, errors=errors, warnings=warnings, advice=use_form_words(found.advice))

    def ask(self, before: Sequence[ChatMessage] | None = None, **more: Any) -> Message:
        """Ask, and return the message with `more` in its body."""
        before = self.system if before is None else before
        fields = self._fields(before)
        with _own_faults(fields):
            result = self.pipeline.result(self.body(before))
        unknown = list_unknown(self._ctx.keep(Schema.load, _SCHEMAS / "ask.in.json"), self._msg.body)
        warnings = (*map(str, unknown), *map(fields.warning, result.warnings))
        result = replace(result, warnings=warnings)
        return Message(body={**_answer(result, [*before, self._prompt.user]), **more}, headers=result.headers())

    def _fields(self, before: Sequence[ChatMessage]) -> FormFields:
        return FormFields(len(before), bool(self.system), len(self._msg.body.get("images") or ()))

    def ask_in_conversation(self) -> Message:
        """Ask with what was said before, and return the answer: also one that could not be kept, for it is paid for."""
        memory, key = self._memory(), self._key

        def ask(before: Sequence[ChatMessage]) -> TurnOutput[Message]:
            message = self.ask(before, conversationId=memory.id)
            if not message.body["answer"]:
                return TurnOutput(message)
            said = [prompts.for_history(self._prompt.user), message.body["messages"][-1]]
            kept = {name: value for name, value in message.body.items() if name != "messages"}  # the turns hold them
            return TurnOutput(message, said, kept)

        turn = take_turn(
            memory, ask, system=self.system, key=key, replay=lambda kept, before: self._replay(kept, before, memory.id)
        )
        return self._with_doubt(turn.value, turn.not_kept) if turn.not_kept else turn.value

    def _memory(self) -> Memory:
        return Memory(
            self._ctx.keep(open_store, self.pipeline.environment.conversations),
            self._owner,
            self._conversation,
            busy=self._cfg["busy"],
            wait_seconds=self.pipeline.seconds_left(),
            ttl_seconds=_seconds(self._cfg["memoryDays"]),
            last=_window(self._cfg["window"]),
        )

    def _replay(self, turn: Turn, before: Sequence[ChatMessage], conversation_id: str) -> Message:
        """Return the answer that this very question got before, so that it is not paid for twice."""
        self._ctx.logger.info("This message was answered before; its answer is given again")
        messages = [*before, self._prompt.user, turn.messages[-1]]
        body = {**turn.result, "conversationId": conversation_id, "messages": messages}
        return Message(body=body, headers={"x-outcome": str(turn.result.get("outcome")), "x-replayed": "true"})

    def _with_doubt(self, message: Message, error: Exception) -> Message:
        """Return the message with a warning: its conversation goes on without it."""
        self._ctx.logger.warning("The turn was not kept: %s", type(error).__name__)
        warning = f"the conversation will not know of this answer: {error}"
        return message.with_body({**message.body, "warnings": [*message.body["warnings"], warning]})

    @property
    def _key(self) -> str | None:
        """What this very question is known by if it is brought again; another question under the same id is another."""
        name = self._ctx.message_id or self._msg.id
        if not name:
            return None
        asked = json.dumps([self._msg.body, sorted(map(str, self._cfg.items()))], sort_keys=True, default=str)
        if len(name) > _LONGEST_ID or not name.isprintable():
            name = _digest(name)[:32]
        return f"{name} {_digest(asked)[:16]}"

    def _new_id(self) -> str:
        """Return a new conversation's id: the same one if the same message is brought again."""
        return str(uuid.uuid5(uuid.NAMESPACE_OID, f"{self._owner}/{self._key}") if self._key else uuid.uuid4())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode(errors="surrogatepass")).hexdigest()


@contextmanager
def _own_faults(fields: FormFields) -> Iterator[None]:
    """Let errors about the request point to the form's own fields, by its own words."""
    try:
        yield
    except InvalidInput as error:
        error.faults = tuple(map(fields.fault, error.faults))
        error.args = ("\n".join(map(str, error.faults)),)
        raise
    except NotFetched as error:
        error.fault = fields.fault(error.fault)
        error.args = (str(error.fault),)
        raise
    except OverBudget as error:
        error.args = (use_form_words(str(error)),)
        raise


def _answer(result: Result, messages: list[Any]) -> dict[str, Any]:
    """Return the emitted body."""
    report = result.to_json()
    answer = answers.text_of_first(result.completion) or None
    body = {
        "answer": answer,
        "outcome": report["outcome"],
        "usage": report["usage"],
        "cost": report["cost"],
        "warnings": report["warnings"],
        "messages": [*messages, {"role": "assistant", "content": answer}] if answer else messages,
    }
    extra = {"data": "parsed", "refusal": "refusal", "parse_error": "parse_error", "answered_by": "answered_by"}
    return {**body, **{name: report[source] for name, source in extra.items() if source in report}}


def _window(messages: float) -> int:
    if messages not in range(_LONGEST_WINDOW + 1):
        raise InvalidConfig(
            f"found {messages:g}, allowed: a whole number from 0 to {_LONGEST_WINDOW}", pointer="/window"
        )
    return int(messages)


def _seconds(days: float) -> float | None:
    """Return how long a conversation is kept, None for ever."""
    if not 0 <= days <= _MOST_DAYS:
        raise InvalidConfig(
            f"found {days:g}, allowed: a number of days up to {_MOST_DAYS}, or 0 for ever", pointer="/memoryDays"
        )
    return days * _SECONDS_A_DAY if days else None
