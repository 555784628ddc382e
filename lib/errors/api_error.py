"""How the API refuses, and what follows from it.

A code in the error body says more than the status (a 429 may be a matter of pace or of money), so it is read first.
Servers that imitate the API differ in every detail; whatever comes, something with a name is made of it.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from pysailor import StepError

from .catalog import CATALOG, NO

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

_LONGEST_TEXT = 500

_BY_CODE = {
    "invalid_api_key": "bad_key",
    "insufficient_quota": "quota",
    "credit_balance_exhausted": "quota",
    "organization_usage_limit_exceeded": "quota",
    "organization_spend_limit_exceeded": "quota",
    "project_spend_limit_exceeded": "quota",
    "billing_hard_limit_reached": "quota",
    "rate_limit_exceeded": "rate_limit",
    "slow_down": "slow_down",
    "server_is_overloaded": "overloaded",
    "server_error": "server_error",
    "model_not_found": "model_not_found",
    "unknown_url": "wrong_address",
    "deploymentnotfound": "model_not_found",
    "context_length_exceeded": "context_length",
    "unsupported_parameter": "unsupported",
    "unsupported_value": "unsupported",
    "unknown_parameter": "unsupported",
    "content_filter": "content_filter",
    "content_policy_violation": "content_filter",
    "unsupported_country_region_territory": "no_permission",
}

_BY_STATUS = {
    400: "bad_request",
    401: "bad_key",
    402: "quota",
    403: "no_permission",
    404: "wrong_address",
    405: "wrong_address",
    408: "server_timeout",
    409: "conflict",
    413: "body_too_large",
    415: "bad_request",
    422: "bad_request",
    429: "rate_limit",
    503: "overloaded",
    529: "overloaded",
}

_BY_TEXT = (
    (re.compile("request too large", re.IGNORECASE), "too_large_for_limit"),
    (re.compile("v1/responses|not a chat model", re.IGNORECASE), "wrong_endpoint"),
    (
        re.compile(
            "(maximum|max) context|context[ _](length|window|size)|prompt is too long|input is too long", re.IGNORECASE
        ),
        "context_length",
    ),
    (re.compile("model.*(not found|not exist|unknown|unavailable)", re.IGNORECASE), "model_not_found"),
    (
        re.compile("(invalid|incorrect|wrong) api[ _-]?key|api[ _-]?key (is )?(not valid|invalid)", re.IGNORECASE),
        "bad_key",
    ),
    (re.compile("insufficient[ _](balance|quota|credit|funds)|exceeded your current quota", re.IGNORECASE), "quota"),
)
_YES_OR_NO = {"true": True, "false": False}
_STATUSES_READ_BY_TEXT = {
    400: ("context_length", "model_not_found", "bad_key", "quota"),
    403: ("quota", "bad_key"),
    404: ("wrong_endpoint", "model_not_found"),
    413: ("context_length",),
    422: ("context_length", "model_not_found"),
    429: ("too_large_for_limit", "quota"),
    500: ("context_length",),
}


@dataclass(frozen=True, slots=True)
class Try:
    """One sending of a request: how it ended, after how many seconds, and the id to tell support."""

    outcome: str
    seconds: float
    request_id: str | None = None


class ApiError(StepError):
    """The API refused, or could not be asked.

    `kind` is from the table, `why` says more. `status` is the HTTP status (None without an answer); `api_code`, `param`
    and `text` are the API's own words; `tries` tells every sending; `retry_after` is the service's hint in seconds,
    `should_retry` its word on trying again. `partial` is the completion as far as a stream had brought it, `characters`
    how much text that was; neither the log nor the error message gets it.
    """

    def __init__(
        self,
        code: str,
        why: str = "",
        *,
        text: str = "",
        status: int | None = None,
        api_code: str | None = None,
        param: str | None = None,
        request_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        self.kind = CATALOG[code]
        self.code = self.kind.code
        self.retryable = self.kind.again != NO
        self.why = why
        self.text = text
        self.status = status
        self.api_code = api_code
        self.param = param
        self.request_id = request_id
        self.retry_after = retry_after
        self.should_retry: bool | None = None
        self.tries: tuple[Try, ...] = ()
        self.partial: dict[str, Any] | None = None
        self.characters = 0
        super().__init__(code)

    def mask(self, mask: Callable[[str], str]) -> None:
        """Let `mask` take secrets out of what the service said: some repeat the key that they refuse."""
        self.text, self.why = mask(self.text), mask(self.why)
        self.api_code = None if self.api_code is None else mask(self.api_code)
        self.param = None if self.param is None else mask(self.param)

    @property
    def begun(self) -> bool:
        """Whether a part of the answer had come, and was shown."""
        return self.characters > 0

    def __str__(self) -> str:
        """Return what happened and what to do; then, in brackets, what support will ask for."""
        why = f" {self.why}" if self.why else ""
        said = f' The service said: "{self.text}"' if self.text else ""
        hint = f" It asks to wait {self.retry_after:g} seconds." if self.retry_after else ""
        return f"{self.kind.meaning}{why}{said}{hint} {self.kind.advice}{self._for_support()}"

    def to_json(self) -> dict[str, Any]:
        """Add the API's own words and the tries."""
        return {
            **super().to_json(),
            "name": self.kind.name,
            "status": self.status,
            "api_code": self.api_code,
            "param": self.param,
            "request_id": self.request_id,
            "retry": self.kind.again,
            "retry_after": self.retry_after,
            "tries": [{"outcome": t.outcome, "seconds": round(t.seconds, 3), "id": t.request_id} for t in self.tries],
        }

    def _for_support(self) -> str:
        facts = {
            "field": self.param,
            "status": self.status,
            "code": self.api_code,
            "request id": self.request_id,
            "tries": len(self.tries) if len(self.tries) > 1 else None,
        }
        told = ", ".join(f"{name} {fact}" for name, fact in facts.items() if fact is not None)
        return f" ({told})" if told else ""


def from_answer(status: int, headers: Mapping[str, str], body: bytes, retry_after: float | None = None) -> ApiError:
    """Make the error that an answer tells, whatever its shape."""
    said = _said(body)
    if status == 200:  # noqa: PLR2004 - a no inside a yes; some servers put the status into the code
        status = _status_inside(said, status)
    api_code = _word(said.get("code")) or _word(said.get("type"))
    text = str(said.get("message") or "")[:_LONGEST_TEXT]
    error = ApiError(
        _code(status, api_code, _word(said.get("type")), text),
        text=text,
        status=status,
        api_code=api_code,
        param=_word(said.get("param")),
        request_id=headers.get("x-request-id"),
        retry_after=retry_after,
    )
    error.should_retry = _YES_OR_NO.get(headers.get("x-should-retry", "").strip().lower())
    return error


def _code(status: int, api_code: str | None, api_type: str | None, text: str) -> str:
    by_text = next((code for words, code in _BY_TEXT if words.search(text)), None)
    if by_text in _STATUSES_READ_BY_TEXT.get(status, ()):
        return str(by_text)
    for word in (api_code, api_type):
        if word is not None and word.lower() in _BY_CODE:
            return _BY_CODE[word.lower()]
    if status in _BY_STATUS:
        return _BY_STATUS[status]
    if 300 <= status < 400:  # noqa: PLR2004 - the class of redirections
        return "redirected"
    return "server_error" if status >= 500 else "unknown"  # noqa: PLR2004 - the class of server errors


def _said(body: bytes) -> Mapping[str, Any]:
    """Return message, type, param and code as far as the body tells them; servers put them in several places."""
    try:
        document = json.loads(body)
    except (ValueError, RecursionError):
        return {"message": _plain(body)}
    if not isinstance(document, dict):
        return {"message": _plain(body)}
    inner = document.get("error") or document.get("errors") or document
    if isinstance(inner, list):
        return {"message": _words(inner)}
    if isinstance(inner, dict):
        told = (_words(inner.get(name)) for name in ("message", "detail", "title", "msg", "error", "errors", "reason"))
        return {**inner, "message": next(filter(None, told), "")}
    return {"message": _words(inner)}


def _words(value: Any) -> str:
    """Return what a person can read in a value of any shape; never Python's own way to write it."""
    if isinstance(value, str):
        return value
    if isinstance(value, list):
        return "; ".join(filter(None, map(_words, value)))
    if isinstance(value, dict):
        told = (_words(value.get(name)) for name in ("message", "msg", "detail", "title", "error", "reason"))
        return next(filter(None, told), "") or json.dumps(value, ensure_ascii=False)
    return "" if value is None else json.dumps(value)


def _plain(body: bytes) -> str:
    """Return a body that is not JSON as one line of text; of a web page only its title."""
    text = " ".join(body[: 4 * _LONGEST_TEXT].decode("utf-8", "replace").split())
    return "" if text.startswith("<") else text


def _status_inside(said: Mapping[str, Any], status: int) -> int:
    code = str(said.get("code"))
    return int(code) if code.isascii() and code.isdigit() and 400 <= int(code) < 600 else status  # noqa: PLR2004


def _word(value: Any) -> str | None:
    return str(value) if isinstance(value, (str, int)) and value != "" else None
