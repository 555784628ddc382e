"""One turn: the question, what goes along with it, the answer, what is kept. Blocking; it runs on a worker thread."""

from __future__ import annotations

import logging
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pysailor import StepError

from .. import conversation
from ..budgets.errors import BudgetSpent
from ..completions.answer.content import join_surrogates
from ..completions.answer.outcome import Outcome
from ..conversation import Memory, TurnOutput
from ..errors.api_error import ApiError
from ..errors.catalog import visitor_text
from .attachments import to_content, to_stored
from .backend import VisitorConnection
from .config.hooks import HookFailed
from .protocol import Answered, Failed

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from ..api.cancel import Cancel
    from ..conversation import ChatMessage, Store
    from .attachments import Attachment
    from .backend import Backend, ChatAnswer
    from .conversation import Chat

_LOG = logging.getLogger(__name__)
_KEPT = (Outcome.COMPLETE, Outcome.TRUNCATED, Outcome.REFUSED)
REMARKS = {
    Outcome.TRUNCATED: "The answer is cut off: it reached the longest length that is set.",
    Outcome.FILTERED: "The provider's content filter stopped the answer; ask in another way.",
    Outcome.REFUSED: "The model refuses to answer this.",
    Outcome.TOOL_CALLS: "The model wants to use a tool ({tools}), and this chat runs none.",
    Outcome.EMPTY: "The model gave an empty answer; ask again.",
}
_NO_ANSWER = "No answer could be had with the url and the key of this address; check both."
"""All that is told of a server that the visitor chose: which of its ports are open is not for a visitor to find out."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked; `replaces` is the number of the kept turn whose answer is not wanted any more."""

    text: str
    replaces: int | None = None
    attachments: tuple[Attachment, ...] = ()


@dataclass(frozen=True, slots=True)
class Done:
    """The result of a turn, and under which number it was kept."""

    event: Answered | Failed
    number: int | None = None


@dataclass(frozen=True, slots=True)
class TurnContext:
    """What every turn needs."""

    store: Store
    backend: Backend
    keep_seconds: float
    wait_seconds: float


def take_turn(
    chat: Chat, question: Question, context: TurnContext, show: Callable[[str], None], cancel: Cancel
) -> Done:
    """Ask and keep; a failure is told in the result and leaves no trace in the conversation."""
    try:
        return _turn(chat, question, context, show, cancel)
    except ApiError as error:
        if error.code == "cancelled" or cancel.is_set():
            return Done(stopped_answer())
        return Done(_refuse(error, chat))
    except StepError as error:
        return Done(_refuse(error, chat))
    except HookFailed as error:
        _LOG.exception("The function %s failed", error.name)
        return Done(Failed("hook_failed", visitor_text("hook_failed", retryable=False)))
    except Exception:  # noqa: BLE001 - a question must not end the server; the log tells the operator
        _LOG.exception("A turn failed")
        return Done(Failed("internal", visitor_text("internal", retryable=False)))


def _turn(chat: Chat, question: Question, context: TurnContext, show: Callable[[str], None], cancel: Cancel) -> Done:
    if cancel.is_set():
        return Done(stopped_answer())

    def ask(before: Sequence[ChatMessage]) -> TurnOutput[Answered]:
        text = _prepare(chat, question.text)
        asked = {"role": "user", "content": to_content(text, question.attachments)}
        kept = {"role": "user", "content": to_content(text, to_stored(question.attachments))}
        if cancel.is_set():
            return TurnOutput(stopped_answer())
        body = {**chat.body, "messages": [*before, asked]}
        pieces: list[str] = []

        def show_and_keep(text: str) -> None:
            pieces.append(text)
            show(text)

        try:
            answer = context.backend.ask(chat.connection, body, chat.timeout, show_and_keep, cancel, chat.answers)
        except ApiError:
            if not cancel.is_set():
                raise
            return _keep_partial(question, kept, pieces)
        if cancel.is_set():
            return _keep_partial(question, kept, pieces)
        said = _modify(chat, answer)
        keeps = answer.outcome in _KEPT and bool(said)
        told = Answered(said, str(answer.outcome), _remark(answer), answer.usage, answer.cost, kept=keeps)
        if not keeps:
            return TurnOutput(told)
        return TurnOutput(told, [kept, {"role": "assistant", "content": said}], _to_result(question, told.outcome))

    memory = Memory(
        context.store,
        *chat.place,
        wait_seconds=context.wait_seconds,
        ttl_seconds=context.keep_seconds if chat.keep_seconds is None else chat.keep_seconds,
        last=chat.max_history,
    )
    taken = conversation.take_turn(memory, ask, system=chat.system, examples=chat.examples, replaces=question.replaces)
    if taken.not_kept is not None:
        raise taken.not_kept
    return Done(taken.value, taken.kept.number if taken.kept else None)


def _keep_partial(question: Question, kept: ChatMessage, pieces: Sequence[str]) -> TurnOutput[Answered]:
    """Return what had come until the visitor stopped the answer; it is kept, but never in place of a whole answer."""
    text = join_surrogates("".join(pieces))
    if not text or question.replaces is not None:
        return TurnOutput(stopped_answer())
    told = replace(stopped_answer(), text=text, kept=True)
    return TurnOutput(told, [kept, {"role": "assistant", "content": text}], _to_result(question, told.outcome))


def _to_result(question: Question, outcome: str) -> dict[str, Any]:
    """Return what is kept beside the messages of a turn: what the page needs to show it again."""
    described = [each.describe() for each in to_stored(question.attachments)]
    result = {"question": question.text, "replaces": question.replaces, "outcome": outcome}
    return {**result, "attachments": described} if described else result


def _prepare(chat: Chat, text: str) -> str:
    hook = chat.hooks.get("prepare")
    prepared = hook.call(message=text, handler=chat.handler) if hook else None
    return text if prepared is None else str(prepared)


def _modify(chat: Chat, answer: ChatAnswer) -> str:
    """Return the answer as the modify hook wants it; well-formed, as some store could not keep half a character."""
    hook = chat.hooks.get("modify")
    modified = hook.call(data=answer.completion, handler=chat.handler) if hook else None
    return join_surrogates(answer.text if modified is None else str(modified))


def _remark(answer: ChatAnswer) -> str:
    remark = REMARKS.get(answer.outcome, "")
    return remark.format(tools=", ".join(_tools(answer))) if remark else ""


def _tools(answer: ChatAnswer) -> list[str]:
    calls = answer.completion["choices"][0].get("message", {}).get("tool_calls") or ()
    kinds = [(call.get("function") or call.get("custom") or {}) for call in calls if isinstance(call, dict)]
    return [str(kind.get("name")) for kind in kinds] or ["unnamed"]


def _refuse(error: StepError, chat: Chat) -> Failed:
    """Return what the visitor reads; the operator's log has the whole sentence."""
    _LOG.warning("A question was not answered (%s): %s", error.code, chat.connection.mask_secrets(str(error)))
    if isinstance(error, ApiError) and isinstance(chat.connection, VisitorConnection):
        return Failed("no_answer", _NO_ANSWER)
    if isinstance(error, BudgetSpent):
        return Failed(error.code, error.visitor)
    return Failed(error.code, visitor_text(error.code, retryable=error.retryable), error.retryable)


def stopped_answer() -> Answered:
    """Return what is told of a turn that the visitor stopped."""
    return Answered("", "stopped", "Stopped.", None, None, kept=False)
