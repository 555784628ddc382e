"""How the API refuses, and what follows from it.

A code in the error body says more than the status (a 429 may be a matter of pace or of money), so it is read first.
Servers that imitate the API differ in every detail; whatever comes, something with a name is made of it.
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

from pysailor import StepError, frozen

from . import requested_wait, service_words
from .catalog import CATALOG, NO
from .service_words import is_error

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

__all__ = ["ApiError", "Try", "from_answer", "is_error", "unreadable"]

_YES_OR_NO = {"true": True, "false": False}
_REQUEST_IDS = ("x-request-id", "request-id", "apim-request-id", "x-ms-request-id", "x-amzn-requestid", "cf-ray")
_LONGEST_CODE = 120


@frozen
class Try:
    """One sending of a request: how it ended, after how many seconds, and the id to tell support."""

    outcome: str
    seconds: float
    request_id: str | None = None

    @property
    def is_lost(self) -> bool:
        """Whether its answer never came whole, so that it may have been billed for nothing."""
        return self.outcome in ("timeout", "cut_off", "dropped")


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

    def sentence(self) -> str:
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


def from_answer(status: int, headers: Mapping[str, str], body: bytes, now: float | None = None) -> ApiError:
    """Return the error that an answer tells, whatever its shape; `now`, in seconds since the epoch, is for dates."""
    from .classify import classify  # noqa: PLC0415 - its many patterns are for refusals, which a worker need not meet

    said = service_words.read(body)
    if status == 200 and said.status is not None:  # noqa: PLR2004 - a refusal inside a good answer
        status = said.status
    now = time.time() if now is None else now
    in_body = requested_wait.from_body(said.document, said.text, now)
    in_headers = requested_wait.from_headers(headers, now, status)
    error = ApiError(
        classify(status, said.codes, said.text, in_body),
        text=said.text,
        status=status,
        api_code=said.codes[0][:_LONGEST_CODE] if said.codes else None,
        param=said.param,
        request_id=next((headers[name] for name in _REQUEST_IDS if headers.get(name)), None),
    )
    if error.kind.again != NO:
        error.retry_after = max((wait for wait in (in_body, in_headers) if wait is not None), default=None)
    error.should_retry = _YES_OR_NO.get(headers.get("x-should-retry", "").strip().lower())
    return error


def unreadable(why: str, status: int, headers: Mapping[str, str], body: bytes) -> ApiError:
    """Return the error for a good answer that is not JSON, with what it says: a page's title, or a refusal in words."""
    from .phrases import class_of_text  # noqa: PLC0415 - as above

    error = from_answer(status, headers, body)
    if class_of_text(error.text) is None or len(body) > 2 * service_words.LONGEST_TEXT:
        error = ApiError("unreadable", text=error.text, status=status, request_id=error.request_id)
    error.why = why
    return error
