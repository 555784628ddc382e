"""What GET /models lists, in any of the shapes that servers have; whether there is an API where it lists nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from ..errors.api_error import ApiError
from .servers import MODELS

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .client import CallOptions, Client
    from .endpoint import AnswerFormat

_LISTS = ("data", "models", "result", "model_list", "items", "resources", "results")
_WITHOUT_LIST = (
    *("wrong_address", "unreadable", "server_error", "bad_request", "unsupported", "model_not_found"),
    *("wrong_endpoint", "no_permission", "unknown"),
)
"""How GET /models fails where there may be a server all the same."""
_NOT_THERE = ("wrong_address", "unreadable", "unreachable", "redirected")
_THERE = (
    *("bad_request", "unsupported", "model_not_found", "wrong_endpoint", "context_length", "content_filter"),
    *("server_error", "rate_limit", "overloaded", "model_loading", "conflict", "unknown"),
)


class ModelList(NamedTuple):
    """The entries of a list of models, each an object or a name; `note` is a sentence if there are none."""

    entries: list[Any]
    note: str = ""


def list_models(client: Client, endpoint: AnswerFormat, call: CallOptions) -> ModelList:
    """Return what the credential may use, as GET /models lists it, or a note that this server has no list.

    Where it has none, a request without content to the endpoint tells whether the API is there: it is refused, and
    costs nothing. Raise ApiError.
    """
    name = client.connection.server_name
    try:
        entries = _list_in(client.request("GET", MODELS, call).body)
    except ApiError as error:
        if error.code not in _WITHOUT_LIST:
            raise
        _probe(client, endpoint, call, error)
        return ModelList([], f"{name} does not list its models")
    if isinstance(entries, dict):
        entries = [{"id": name, **(entry if isinstance(entry, dict) else {})} for name, entry in entries.items()]
    if not isinstance(entries, list) or not entries:
        return ModelList([], f"the list of models of {name} is empty")
    return ModelList(entries)


def _probe(client: Client, endpoint: AnswerFormat, call: CallOptions, error: ApiError) -> None:
    """Return if the endpoint is there; raise `error`, or what the endpoint says of the credential."""
    try:
        client.request("POST", endpoint.path, call, b"{}", endpoint.read_stream)
    except ApiError as refused:
        if refused.code in _NOT_THERE:
            raise error from refused
        if refused.code not in _THERE:
            raise


def _list_in(document: Mapping[str, Any]) -> Any:
    """Return the list of models, under whatever name it stands; raise ApiError."""
    for name in _LISTS:
        if name in document:
            held = document[name]
            inner = [held[one] for one in _LISTS if isinstance(held.get(one), list)] if isinstance(held, dict) else []
            return inner[0] if inner else held
    raise ApiError("unreadable", "It holds no list of models.")
