"""One HTTP request and its answer, within a time limit, tried again as the step says."""

from __future__ import annotations

import json
import math
import re
import time
from base64 import b64encode
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import SplitResult, unquote, urlsplit, urlunsplit

import requests
import urllib3

from pysailor import InvalidInput, StepError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

LARGEST = 10 * 2**20
_CHUNK = 2**16
_BUSY = (408, 425, 429)
_LONGEST_WAIT = 60.0
_BROKEN_ADDRESS = (
    requests.exceptions.InvalidURL,
    requests.exceptions.MissingSchema,
    requests.exceptions.InvalidSchema,
)


_LOGIN = re.compile(r"//[^/@]*@")
_WORDS: Final[tuple[tuple[Any, str], ...]] = (
    ((requests.Timeout, urllib3.exceptions.TimeoutError), "it does not answer in time"),
    (requests.exceptions.SSLError, "its certificate, or its TLS, is refused"),
    (requests.TooManyRedirects, "it leads from one address to the next, without end"),
    (requests.ConnectionError, "nobody answers there, or not in HTTP"),
    (urllib3.exceptions.DecodeError, "its answer is not compressed as it says"),
    (urllib3.exceptions.HTTPError, "it broke off its answer"),
)


class ServerUnreachable(StepError):
    """The server cannot be reached, or did not answer in time.

    Look at the address, and whether the server is up; for a slow one, raise the field Time limit.
    """

    code = "http_unreachable"
    retryable = True


class AnswerTooLarge(StepError):
    """The server's answer is larger than a step may take.

    Ask for less, for example for a page of results at a time.
    """

    code = "http_answer_too_large"


@dataclass(frozen=True, slots=True)
class HttpCall:
    """What to send: `content` is a text, bytes, or None for nothing."""

    method: str
    url: str
    headers: Mapping[str, str] = field(default_factory=dict)
    content: str | bytes | None = None


@dataclass(frozen=True, slots=True)
class HttpAnswer:
    """What came back; `body` is JSON where it says so, text, or a data URL for other bytes."""

    status: int
    headers: Mapping[str, str]
    body: Any
    wait: float | None = None

    @property
    def may_pass(self) -> bool:
        """Whether the same request may succeed later."""
        return self.status in _BUSY or self.status >= 500  # noqa: PLR2004 - HTTP's own border


class Connections:
    """Connections that are kept between messages; `ctx.keep` makes one for the process."""

    def __init__(self) -> None:
        self._session = requests.Session()
        self._session.auth = _no_login

    def close(self) -> None:
        """Close them."""
        self._session.close()

    def send(self, call: HttpCall, until: float, retries: int, pause_for: Callable[[float], None]) -> HttpAnswer:
        """Return the last answer; raise ServerUnreachable if the last try had none. `pause_for` waits between tries."""
        for left in range(retries, -1, -1):
            try:
                answer = self._send_once(call, until)
            except ServerUnreachable:
                if not left or time.monotonic() >= until:
                    raise
                pause = 1.0
            else:
                if not left or not answer.may_pass:
                    return answer
                pause = answer.wait if answer.wait is not None else float(2 ** (retries - left))
                if time.monotonic() + pause >= until:
                    return answer
            pause_for(max(0.0, min(pause, _LONGEST_WAIT, until - time.monotonic())))
        raise AssertionError  # the last try returns or raises

    def _send_once(self, call: HttpCall, until: float) -> HttpAnswer:
        seconds = max(0.001, until - time.monotonic())
        data = call.content.encode() if isinstance(call.content, str) else call.content
        try:
            call = _move_login(call)
            with self._session.request(
                call.method, call.url, headers=dict(call.headers), data=data, timeout=seconds, stream=True
            ) as response:
                return _read(response, until)
        except _BROKEN_ADDRESS as error:
            raise _no_address(call.url) from error
        except requests.exceptions.InvalidHeader as error:
            raise InvalidInput("has a name or a value that HTTP does not allow", pointer="/headers") from error
        except (requests.RequestException, urllib3.exceptions.HTTPError, OSError, UnicodeError) as error:
            raise ServerUnreachable(f"{_host(call.url)} cannot be reached: {_describe(error)}") from error


def split_address(url: str) -> SplitResult:
    """Return the parts of an address; raise InvalidInput for one that has none, such as http://[."""
    try:
        return urlsplit(url)
    except ValueError as error:
        raise _no_address(url) from error


def _no_address(url: str) -> InvalidInput:
    shown = _LOGIN.sub("//", url)
    return InvalidInput(f"{shown!r} is not an address such as https://example.com/api", pointer="/url")


def _move_login(call: HttpCall) -> HttpCall:
    """Return the call with the user and password that its address may have in the header that is for them."""
    parts = split_address(call.url)
    login, at, place = parts.netloc.rpartition("@")
    if not at:
        return call
    headers = dict(call.headers)
    if "authorization" not in {name.lower() for name in headers}:
        user, _, password = login.partition(":")
        headers["Authorization"] = f"Basic {b64encode(f'{unquote(user)}:{unquote(password)}'.encode()).decode()}"
    return replace(call, url=urlunsplit(parts._replace(netloc=place)), headers=headers)


def _no_login(request: requests.PreparedRequest) -> requests.PreparedRequest:
    """Leave the request as it is; without this, a line of ~/.netrc would replace the step's own login."""
    return request


def _read(response: requests.Response, until: float) -> HttpAnswer:
    chunks, size = [], 0
    while chunk := response.raw.read1(_CHUNK, decode_content=True):
        chunks.append(chunk)
        size += len(chunk)
        if size > LARGEST:
            raise AnswerTooLarge(f"{_host(response.url)} answers with more than {LARGEST // 2**20} MiB.")
        if time.monotonic() > until:
            raise ServerUnreachable(f"{_host(response.url)} did not finish its answer in time.")
    headers = {name.lower(): value for name, value in response.headers.items()}
    wait = headers.get("retry-after", "")
    return HttpAnswer(
        response.status_code,
        headers,
        _decode(b"".join(chunks), headers.get("content-type", ""), response.encoding),
        float(wait) if wait.isdecimal() else None,
    )


def _decode(content: bytes, kind: str, encoding: str | None) -> Any:
    media = kind.partition(";")[0].strip().lower()
    if not content:
        return None
    if media.endswith(("/json", "+json")):
        try:
            return json.loads(content, parse_constant=_refuse, parse_float=_read_number)
        except (ValueError, RecursionError):  # it stays text, for no message can hold it as JSON
            return content.decode("utf-8", "replace")
    if media.startswith("text/") or not media or media.endswith(("xml", "javascript", "x-www-form-urlencoded")):
        return content.decode(_encoding_or_utf8(encoding), "replace")
    return f"data:{media};base64,{b64encode(content).decode()}"


def _refuse(word: str) -> float:
    raise ValueError(word)


def _read_number(text: str) -> float:
    number = float(text)
    return number if math.isfinite(number) else _refuse(text)


def _encoding_or_utf8(encoding: str | None) -> str:
    try:
        "".encode(encoding or "utf-8")
    except LookupError:
        return "utf-8"
    return encoding or "utf-8"


def _host(url: str) -> str:
    """Return an address without what may be secret in it."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}{parts.path}"


def _describe(error: Exception) -> str:
    return next((words for kinds, words in _WORDS if isinstance(error, kinds)), type(error).__name__)
