"""What an answer of HTTP means for a flow: a result, an error, or trying the message again later."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from pysailor import InvalidConfig, Message, Rebound, StepError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .exchange import HttpAnswer

_REFUSED = 400


class RequestFailed(StepError):
    """The server answers with an error status.

    The message has the status and the beginning of the answer. Choose another error policy to get it as a result.
    """

    code = "http_status"

    def __init__(self, message: str, status: int) -> None:
        super().__init__(message)
        self.status = status

    def to_json(self) -> dict[str, Any]:
        """Add the status."""
        return {**super().to_json(), "status": self.status}


class RequestFailedForNow(RequestFailed):
    """The server answers that it is busy or broken: the same request may succeed later.

    Send the message again later, or raise Retries in the step.
    """

    code = "http_status_for_now"
    retryable = True


def apply_policy(answer: HttpAnswer, cfg: Mapping[str, Any]) -> Message:
    """Return the answer as a message; raise what the step's policy makes of an error status."""
    policy = cfg["errorPolicy"]
    if policy == "emit" or not is_error(answer.status, cfg.get("errorCodes", "")):
        return to_message(answer)
    told = f"The server answers with status {answer.status}{_begin(answer.body)}"
    if policy == "rebound" or (policy == "byComponent" and answer.status == 429):  # noqa: PLR2004 - too many requests
        raise Rebound(told)
    kind = RequestFailedForNow if answer.may_pass else RequestFailed
    raise kind(told, answer.status)


def to_message(answer: HttpAnswer) -> Message:
    """Return `{"statusCode", "HTTPHeaders", "responseBody"}`."""
    return Message(body={"statusCode": answer.status, "HTTPHeaders": dict(answer.headers), "responseBody": answer.body})


def is_error(status: int, codes: str) -> bool:
    """Return whether a status counts as an error: 400 and above, or one of `404, 500-599`."""
    if not codes.strip():
        return status >= _REFUSED
    try:
        ranges = [[int(end) for end in part.split("-")] for part in codes.split(",") if part.strip()]
    except ValueError as error:
        raise InvalidConfig(f"{codes!r} are not statuses such as 404, 500-599", pointer="/errorCodes") from error
    return any(ends[0] <= status <= ends[-1] for ends in ranges)


def _begin(body: Any) -> str:
    if body is None:
        return "."
    text = body if isinstance(body, str) else json.dumps(body, ensure_ascii=False)
    return ": " + text[:300] + ("…" if len(text) > 300 else "")  # noqa: PLR2004 - as many as were taken
