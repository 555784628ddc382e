"""Responses, as the endpoint that the pipeline and the client are handed: chat requests in, chat completions out."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any, Final

from ..completions import request as chat
from ..completions.answer import Outcome
from ..completions.answer.outcome import choices, message_of, objects
from ..completions.endpoint import COMPLETIONS
from ..endpoint import BuiltRequest, CheckResult, Relaxed
from ..errors.api_error import ApiError
from .answer import PENDING, read_answer
from .fees import plan, surcharges
from .items import ITEMS
from .places import chat_field
from .request import is_continued, write
from .rules import find_dropped, find_impossible
from .schema import find_odd
from .stream import ResponseStream

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ..api.servers import ServerKind
    from ..completions.preflight import KnownRejection
    from ..models.table import Family, Models

_THOUGHTS: Final = "reasoning.encrypted_content"
_NOT_HERE: Final = frozenset(
    (
        *("another_endpoint", "effort_max", "metadata_without_store", "prediction_excludes"),
        *("prediction_beside_max_tokens", "audio_settings_missing", "audio_not_asked_for", "responses_only"),
        *("assistant_says_nothing", "call_id_length", "tool_result_parts"),
    )
)
"""Rules of Chat Completions that do not hold over Responses, or are said better by its own."""
_OF_A_WHOLE_CHAT: Final = frozenset({"tool_message_without_call"})
_ANY_CAP: Final = "either"
_AT_CAP: Final = "the answer is said to be complete, but it has all the tokens it may have; it counts as cut off"
_NOT_ENDED: Final = "the service says that it is still making the answer; what came of it counts as cut off"
_LONGEST_ID: Final = 200
_BAD_THOUGHTS: Final = "invalid_encrypted_content"
_NOT_OFFERED: Final = "This server may not have the Responses API; if so, set API to Chat Completions."
_WITHOUT_THOUGHTS: Final = "the service could not use the reasoning of an earlier answer; it was sent without"


def build(body: Mapping[str, Any], model: str | None, models: Models, server: ServerKind) -> BuiltRequest:
    """Return the request as for Chat Completions, asking for the reasoning that a further round with tools needs."""
    request = chat.build(body, model, models, replace(server, takes_usage_option=False))
    sent = request.body
    if request.family is not None and request.family.reasons and sent.get("tools") and sent.get("store") is not True:
        given = sent.get("include")
        if given is None or (isinstance(given, list) and _THOUGHTS not in given):
            sent = {**sent, "include": [*(given or ()), _THOUGHTS]}
    return replace(request, body=sent, notes=(*request.notes, *find_dropped(sent)))


def check(
    request: BuiltRequest,
    *,
    public_api: bool,
    strict: bool = False,
    refusals: tuple[KnownRejection, ...] = (),
    now: datetime | None = None,
) -> CheckResult:
    """Return what the rules of both endpoints find: a request that cannot be made over Responses is not sent."""
    without = _NOT_HERE | (_OF_A_WHOLE_CHAT if is_continued(request.body) else frozenset())
    impossible = tuple(find_impossible(request.body, request.family))
    here = replace(request, family=_as_here(request.family))
    found = chat.check(here, public_api=public_api, strict=strict, refusals=refusals, now=now, without=without)
    odd = tuple(find_odd(request.body)) if public_api and not impossible else ()
    told = {fault.pointer for fault in impossible}
    errors = (*impossible, *(fault for fault in found.errors if fault.pointer not in told))
    told |= {fault.pointer for fault in found.errors}
    doubts = tuple({fault.pointer: fault for fault in (*odd, *found.warnings) if fault.pointer not in told}.values())
    return CheckResult((*errors, *doubts), ()) if strict and odd else CheckResult(errors, doubts)


def _as_here(family: Family | None) -> Family | None:
    """Return what is known of the model as it holds over Responses: tools are taken, the cap has one name."""
    if family is None or family.takes_only:
        return family
    refused = family.refuses - {"web_search_options"}
    return replace(family, endpoint="chat", tools="yes", token_cap=_ANY_CAP, refuses=refused)


def report(completion: Mapping[str, Any], body: Mapping[str, Any]) -> dict[str, Any]:
    """Return what stands beside the completion; one that was asked for in the background may be pending.

    Raise ApiError for one that is not made yet, though somebody waits for it.
    """
    told = {**COMPLETIONS.report(completion, body), "api": "responses"}
    if told["outcome"] == Outcome.EMPTY.value and _holds_picture(completion):
        told["outcome"] = Outcome.COMPLETE.value
    if completion.get("status") not in PENDING:
        return _cut_off(told, _AT_CAP) if _reaches_cap(completion, body) else told
    if body.get("background") is True:
        return {"outcome": Outcome.PENDING.value, "api": "responses"}
    if told["outcome"] == Outcome.EMPTY.value:
        raise _put_off(completion)
    return _cut_off(told, _NOT_ENDED)


def _put_off(completion: Mapping[str, Any]) -> ApiError:
    """Return the error for an answer that is not made yet, with the id that it will have."""
    name = str(completion.get("id") or "")[:_LONGEST_ID] or "without an id"
    error = ApiError("response_pending", f"It is {completion.get('status')}: response {name}.")
    error.partial = dict(completion)
    return error


def _holds_picture(completion: Mapping[str, Any]) -> bool:
    """Return whether a picture was made: it stands among the items, since a chat has no place for it."""
    items = [item for choice in choices(completion) for item in objects(message_of(choice).get(ITEMS))]
    return any(item.get("type") == "image_generation_call" and item.get("result") for item in items)


def _reaches_cap(completion: Mapping[str, Any], body: Mapping[str, Any]) -> bool:
    """Return whether an answer is as long as it may be: some servers say complete of one that they cut."""
    cap = body.get("max_completion_tokens", body.get("max_tokens"))
    return cap.__class__ is int and cap > 0 and COMPLETIONS.usage(completion).completion >= cap


def _cut_off(told: dict[str, Any], why: str) -> dict[str, Any]:
    if told["outcome"] != Outcome.COMPLETE.value:
        return told
    return {**told, "outcome": Outcome.TRUNCATED.value, "warnings": [*told.get("warnings", ()), why]}


def can_stream(body: Mapping[str, Any]) -> bool:
    """Return whether a body says nothing of streaming, and its answer is made while somebody waits."""
    return COMPLETIONS.can_stream(body) and not body.get("background")


def relax(body: Mapping[str, Any], error: ApiError, server: ServerKind) -> Relaxed | None:
    """Return the request without the reasoning of earlier answers if that is what was refused."""
    if error.code == "wrong_address":
        error.why = _NOT_OFFERED
    if error.begun or not _refuses_thoughts(error):
        return None
    messages = [_without_thoughts(message) for message in body.get("messages") or ()]
    return (
        None if messages == body.get("messages") else Relaxed({**body, "messages": messages}, server, _WITHOUT_THOUGHTS)
    )


def _refuses_thoughts(error: ApiError) -> bool:
    not_kept = error.status == 404 and "Item with id" in error.text  # noqa: PLR2004 - HTTP's not found
    return error.api_code == _BAD_THOUGHTS or not_kept


def _without_thoughts(message: Any) -> Any:
    if not isinstance(message, dict) or ITEMS not in message:
        return message
    if not any(item.get("type") == "reasoning" for item in objects(message[ITEMS])):
        return message
    return {**message, ITEMS: [item for item in objects(message[ITEMS]) if item.get("type") != "reasoning"]}


RESPONSES: Final = replace(
    COMPLETIONS,
    path="responses",
    build=build,
    check=check,
    plan=plan,
    surcharges=surcharges,
    read_answer=read_answer,
    read_stream=ResponseStream,
    report=report,
    relax=relax,
    write=write,
    name_field=chat_field,
    can_stream=can_stream,
)
