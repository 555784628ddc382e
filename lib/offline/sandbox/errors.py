"""The API's errors: status, headers and `{"error": {"message", "type", "param", "code"}}`.

The texts are those that people quote from the API, so that a client which reads them works here too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from .reply import SandboxReply, encode

if TYPE_CHECKING:
    from collections.abc import Mapping

_KEYS_PAGE = "https://platform.openai.com/account/api-keys"
_SHOWN_AT_START, _SHOWN_AT_END = 8, 4
_QUOTED = 100


class ErrorReply(Exception):
    """An error that the API answers with, raised where it is found."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        param: str | None = None,
        code: str | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(message)
        self.status = status
        self.headers = dict(headers or {})
        self.error = {"message": message, "type": kind, "param": param, "code": code}

    def reply(self) -> SandboxReply:
        """Return the response that carries it."""
        return SandboxReply(self.status, encode({"error": self.error}), headers=self.headers)


# --- who asks, and for what ----------------------------------------------------------------------------------------


def no_key() -> ErrorReply:
    return ErrorReply(
        "You didn't provide an API key. You need to provide your API key in an Authorization header using Bearer auth "
        f"(i.e. Authorization: Bearer YOUR_KEY). You can obtain an API key from {_KEYS_PAGE}.",
        status=401,
        headers={"WWW-Authenticate": 'Bearer realm="sandbox"'},
    )


def wrong_key(key: str) -> ErrorReply:
    return ErrorReply(
        f"Incorrect API key provided: {mask_key(key)}. You can find your API key at {_KEYS_PAGE}.",
        status=401,
        code="invalid_api_key",
        headers={"WWW-Authenticate": 'Bearer realm="sandbox", error="invalid_token"'},
    )


def mask_key(key: str) -> str:
    """Return the key as the API quotes it: the first and the last few characters; of a short one the first two."""
    if len(key) <= 2 * (_SHOWN_AT_START + _SHOWN_AT_END):
        return key[:2] + "*" * (len(key) - 2)
    hidden = len(key) - _SHOWN_AT_START - _SHOWN_AT_END
    return f"{key[:_SHOWN_AT_START]}{'*' * hidden}{key[-_SHOWN_AT_END:]}"


def unknown_url(method: str, path: str) -> ErrorReply:
    return ErrorReply(f"Invalid URL ({method} {path})", status=404, code="unknown_url")


def wrong_method(method: str, path: str, allowed: str) -> ErrorReply:
    return ErrorReply(
        f"Not allowed to {method} on {path}. (HINT: Perhaps you meant to make your HTTP request with {allowed}?)",
        status=405,
        code="method_not_supported",
        headers={"Allow": allowed},
    )


def unknown_scenario(name: str, known: str) -> ErrorReply:
    return ErrorReply(
        f"The sandbox has no scenario {name[:_QUOTED]!r}. There are: {known}.",
        param="scenario",
        code="unknown_scenario",
    )


def unknown_model(name: str) -> ErrorReply:
    return ErrorReply(
        f"The model `{name[:_QUOTED]}` does not exist or you do not have access to it.",
        status=404,
        code="model_not_found",
    )


def no_chat_model() -> ErrorReply:
    return ErrorReply(
        "This is not a chat model and thus not supported in the v1/chat/completions endpoint. "
        "Did you mean to use v1/completions?",
        status=404,
        param="model",
    )


def only_at_responses() -> ErrorReply:
    return ErrorReply(
        "This model is only supported in v1/responses and not in v1/chat/completions.", status=404, param="model"
    )


def tools_at_responses(model: str) -> ErrorReply:
    return ErrorReply(
        f"Function tools with reasoning_effort are not supported for {model} in /v1/chat/completions. "
        "Please use /v1/responses instead.",
        param="reasoning_effort",
    )


# --- a body that cannot be read --------------------------------------------------------------------------------------


def bad_http(status: int, message: str) -> ErrorReply:
    return ErrorReply(message, status=status, code="bad_request" if status < 500 else None)  # noqa: PLR2004 - HTTP's classes


def too_large(limit: int) -> ErrorReply:
    return ErrorReply(f"Request body is larger than {limit} bytes.", status=413, code="request_too_large")


def no_json() -> ErrorReply:
    return ErrorReply(
        "We could not parse the JSON body of your request. (HINT: This likely means you aren't using your HTTP library "
        "correctly. The OpenAI API expects a JSON payload, but what was sent was not valid JSON.)"
    )


def wrong_media(media: str) -> ErrorReply:
    return ErrorReply(
        f"Unsupported content type: '{media[:_QUOTED]}'. This API method only accepts 'application/json' requests.",
        code="unsupported_content_type",
    )


# --- a field that is wrong -------------------------------------------------------------------------------------------


def missing(param: str) -> ErrorReply:
    return ErrorReply(f"Missing required parameter: '{param}'.", param=param, code="missing_required_parameter")


def unknown_parameter(param: str) -> ErrorReply:
    return ErrorReply(f"Unknown parameter: '{param[:_QUOTED]}'.", param=param[:_QUOTED], code="unknown_parameter")


def wrong_type(param: str, expected: str, found: str) -> ErrorReply:
    where = f"'{param}'" if param else "the request body"
    return ErrorReply(
        f"Invalid type for {where}: expected {expected}, but got {found} instead.",
        param=param or None,
        code="invalid_type",
    )


def wrong_choice(param: str, found: str, allowed: str) -> ErrorReply:
    return ErrorReply(
        f"Invalid value: {found[:_QUOTED]}. Supported values are: {allowed}.", param=param, code="invalid_value"
    )


def out_of_bounds(param: str, value: float, bound: float, side: str, kind: str = "integer") -> ErrorReply:
    """Return the error for a number; `side` is "above" or "below", `kind` "integer" or "decimal"."""
    word, sign, short = ("maximum", "<=", "max") if side == "above" else ("minimum", ">=", "min")
    return ErrorReply(
        f"Invalid '{param}': {kind} {side} {word} value. Expected a value {sign} {bound}, but got {value} instead.",
        param=param,
        code=f"{kind}_{side}_{short}_value",
    )


def empty_array(param: str) -> ErrorReply:
    return ErrorReply(
        f"Invalid '{param}': empty array. Expected an array with minimum length 1, but got an empty array instead.",
        param=param,
        code="empty_array",
    )


def too_long(param: str, kind: str, length: int, limit: int) -> ErrorReply:
    """Return the error for an array or a string with too much in it; `kind` is the word for it."""
    return ErrorReply(
        f"Invalid '{param}': {kind} too long. Expected {'an' if kind == 'array' else 'a'} {kind} with maximum length "
        f"{limit}, but got {'an' if kind == 'array' else 'a'} {kind} with length {length} instead.",
        param=param,
        code=f"{kind}_above_max_length",
    )


def wrong_pattern(param: str, pattern: str) -> ErrorReply:
    return ErrorReply(
        f"Invalid '{param}': string does not match pattern. Expected a string that matches the pattern '{pattern}'.",
        param=param,
        code="invalid_value",
    )


def unsupported_parameter(param: str, instead: str) -> ErrorReply:
    return ErrorReply(
        f"Unsupported parameter: '{param}' is not supported with this model. Use '{instead}' instead.",
        param=param,
        code="unsupported_parameter",
    )


def unsupported_value(param: str, found: str, default: str) -> ErrorReply:
    return ErrorReply(
        f"Unsupported value: '{param}' does not support {found} with this model. {default}",
        param=param,
        code="unsupported_value",
    )


def context_exceeded(limit: int, prompt: int, answer: int) -> ErrorReply:
    asked = f" ({prompt} in the messages, {answer} in the completion)" if answer else ""
    return ErrorReply(
        f"This model's maximum context length is {limit} tokens. However, you requested {prompt + answer} "
        f"tokens{asked}. Please reduce the length of the messages or completion.",
        param="messages",
        code="context_length_exceeded",
    )


# --- not now, not you ----------------------------------------------------------------------------------------------


def rate_limited(headers: Mapping[str, str]) -> ErrorReply:
    return ErrorReply(
        "Rate limit reached for gpt-sandbox in organization org-sandbox on requests per min (RPM): Limit 3, Used 3, "
        f"Requested 1. Please try again in {headers['x-ratelimit-reset-requests']}.",
        status=429,
        kind="requests",
        code="rate_limit_exceeded",
        headers=headers,
    )


def no_quota() -> ErrorReply:
    return ErrorReply(
        "You exceeded your current quota, please check your plan and billing details.",
        status=429,
        kind="insufficient_quota",
        code="insufficient_quota",
    )


def forbidden() -> ErrorReply:
    return ErrorReply(
        "You have insufficient permissions for this operation. Missing scopes: model.request. Check that you have the "
        "correct role in your organization and project, and that your API key has the necessary scopes.",
        status=403,
    )


def broken_server() -> ErrorReply:
    return ErrorReply(
        "The server had an error while processing your request. Sorry about that!", status=500, kind="server_error"
    )


def overloaded() -> ErrorReply:
    return ErrorReply(
        "The server is currently overloaded. Please try again later.",
        status=503,
        kind="service_unavailable_error",
        code="server_is_overloaded",
    )
