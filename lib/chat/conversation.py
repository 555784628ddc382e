"""The settings of one socket, computed once, when it opens, from the route and the visitor's request."""

from __future__ import annotations

import logging
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from pysailor import InvalidConfig

from ..api.connection import Connection
from ..conversation import owner_of
from ..errors.catalog import ASK_OPERATOR
from .answer_settings import USUAL, AnswerSettings
from .attachments import AttachmentRules
from .backend import VisitorConnection
from .config.expression import Expression, NotComputed
from .config.route import DEFAULT_MODEL, OWN, SECRET, request_schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from pysailor import Fault

    from .config.handler import Handler
    from .config.hooks import Hook
    from .config.route import Route

_LOG = logging.getLogger(__name__)
_SYSTEM = ("system", "developer")
_SECONDS = 60.0


@dataclass(frozen=True, slots=True)
class Service:
    """What answers: the operator's own credential, or a sandbox. `source` is api, sandbox or local."""

    connection: Connection
    model: str = DEFAULT_MODEL
    source: str = "api"
    note: str = ""

    @property
    def is_offline(self) -> bool:
        """Whether key, address and model of the settings file count for nothing."""
        return self.source != "api"


@dataclass(frozen=True, slots=True)
class Chat:
    """One visitor's conversation: where it is kept, whom it asks and how."""

    owner: str
    conversation: str
    connection: Connection
    body: Mapping[str, Any]
    system: Sequence[Mapping[str, Any]]
    examples: Sequence[Mapping[str, Any]]
    """What the open hook put in beside the system text: the conversation begins with it."""
    handler: Handler
    title: str
    hooks: Mapping[str, Hook] = field(default_factory=dict)
    max_history: int | None = None
    timeout: float = _SECONDS
    answers: AnswerSettings = USUAL
    """Which further models are asked, over which API, what answers may cost."""
    keep_seconds: float | None = None
    """How long after its last turn it is kept, where the settings say that for the route."""
    attachments: AttachmentRules | None = None
    """What visitors may send along, if anything."""

    @property
    def place(self) -> tuple[str, str]:
        """Where it is kept: its owner and its id."""
        return self.owner, self.conversation

    @property
    def model(self) -> str:
        """The model that is asked."""
        return str(self.body["model"])

    @property
    def streams(self) -> bool:
        """Whether the answer comes in pieces."""
        return bool(self.body.get("stream"))


class NotOpened(Exception):
    """This visitor's socket cannot be used; `code` is stable, the text says what to do.

    `reason` is for the operator's log, where that needs to know more.
    """

    def __init__(self, code: str, message: str, reason: str = "") -> None:
        super().__init__(message)
        self.code, self.reason = code, reason


def open_chat(route: Route, handler: Handler, service: Service, conversation: str, *, streams: bool) -> Chat:
    """Compute the settings and call the open hook; raise NotOpened, or HookFailed.

    `streams` is for a route that does not say whether it streams.
    """
    values = _values(route, handler, service)
    own = {name: values.pop(name) for name in list(values) if name in OWN}
    values.setdefault("stream", streams or "stream" in handler.args)
    connection = _connection(route, own, service)
    values["model"] = service.model if service.is_offline else values.get("model", service.model)
    messages = [{"role": "system", "content": own["system"]}] if own.get("system") else []
    body, messages = _call_open_hook(route, handler, values, messages)
    owner = owner_at(route, connection, service.source, str(own.get("owner", "")))
    return Chat(
        owner,
        conversation,
        connection,
        body,
        [message for message in messages if message.get("role") in _SYSTEM],
        [message for message in messages if message.get("role") not in _SYSTEM],
        handler,
        str(own.get("title") or route.title),
        route.hooks,
        own.get("max_history"),
        float(own.get("timeout", _SECONDS)),
        _answer_settings(own, service).paid_by(
            connection.api_key, route.name, (owner, conversation), own.get("budgetKey")
        ),
        float(own["keep"]) * 3600 if "keep" in own else None,
        AttachmentRules.of(own.get("attachments")),
    )


def _answer_settings(own: Mapping[str, Any], service: Service) -> AnswerSettings:
    """Return what the settings say; what answers off the API has no other models, and costs nothing."""
    return AnswerSettings(api=own.get("api", "auto")) if service.is_offline else AnswerSettings.of(own)


def _values(route: Route, handler: Handler, service: Service) -> dict[str, Any]:
    """Compute the expressions and check everything against the schema; what is None is left out."""
    values: dict[str, Any] = {}
    for name, given in route.kwargs.items():
        if name in ("key", "url") and service.is_offline:
            continue
        value = _compute(name, given, handler) if isinstance(given, Expression) else given
        if name == "stream" and not isinstance(value, bool):
            value = str(value).lower() not in ("", "0", "false", "none")
        if value is not None:
            values[name] = value
    if "key" in values and not values["key"]:
        raise NotOpened("no_key", "The address names no API key; add ?key=… to it.")
    return _fit(route, values)


def _compute(name: str, given: Expression, handler: Handler) -> Any:
    """Compute a value; raise NotOpened. The log has the expression, unless it gives a key."""
    try:
        return given.value(handler)
    except NotComputed as error:
        source = "not logged, as it may hold one" if name in SECRET else given.source.strip()
        reason = f'The function of "{name}" gave no value: {error.reason} ({source})'
        raise NotOpened("bad_address", f"{name}: {error}.", reason) from error


def _fit(route: Route, values: dict[str, Any]) -> dict[str, Any]:
    """Return the settings, where numbers may have come as text; raise NotOpened for what the API would refuse."""
    fitting, faults = request_schema().fit(values)
    if faults:
        hidden = [fault.pointer if _setting(fault) in SECRET else str(fault) for fault in faults]
        reason = f"The settings of a request do not fit: {'; '.join(hidden)}"
        told = dict.fromkeys(_describe(fault, route) for fault in faults)
        message = f"This address asks for the impossible: {'; '.join(told)}."
        raise NotOpened("bad_address", message, reason)
    return dict(fitting)


def _describe(fault: Fault, route: Route) -> str:
    """Return a fault for the visitor; a value that the settings may have brought is not quoted."""
    setting = _setting(fault)
    given = route.kwargs.get(setting)
    if setting in SECRET or not isinstance(given, Expression) or not given.is_from_visitor:
        _, separator, allowed = fault.message.partition("allowed:") if setting not in SECRET else ("", "", "")
        return f"{setting}: this address gives no value that can be used{'; ' if separator else ''}{separator}{allowed}"
    return f"{fault.pointer.lstrip('/')}: {fault.message}"


def _setting(fault: Fault) -> str:
    return fault.pointer.lstrip("/").partition("/")[0]


def _connection(route: Route, own: Mapping[str, Any], service: Service) -> Connection:
    if service.is_offline:
        return service.connection
    url, key = own.get("url"), own.get("key")
    if key is None and url is not None and isinstance(route.kwargs.get("url"), Expression):
        # whatever key the server has for itself, it does not go to a server that a visitor names
        raise NotOpened("no_key", "The address names a server, and no API key for it; add the key to the address.")
    if key is not None:
        kind = VisitorConnection if _is_foreign(route, url) else Connection
        base_url = service.connection.base_url if url is None else str(url)
        return _read_connection({"baseUrl": base_url, "apiKey": str(key)}, kind)
    if not service.connection.api_key:
        raise NotOpened("no_key", "No API key is set for this chat.")
    if url is None:
        return service.connection
    return replace(service.connection, base_url=_read_connection({"baseUrl": str(url)}).base_url)


def _is_foreign(route: Route, url: Any) -> bool:
    """Return whether the visitor chose the server; not so where the settings name it as one to choose from."""
    given = route.kwargs.get("url")
    return url is not None and isinstance(given, Expression) and url not in given.texts


def _read_connection(cfg: Mapping[str, str], kind: type[Connection] = Connection) -> Connection:
    try:
        return kind.of(cfg)
    except InvalidConfig as error:
        told = "; ".join(f"{fault.pointer.lstrip('/')} {fault.message}" for fault in error.faults)
        reason = f"No request can be made: {told}"
        raise NotOpened(
            "bad_address", "No request can be made with the url and the key of this address.", reason
        ) from error


def _call_open_hook(
    route: Route, handler: Handler, values: dict[str, Any], messages: list[dict[str, Any]]
) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """Let the open hook change request and messages."""
    hook = route.hooks.get("open")
    if hook is None:
        return values, messages
    params = {**values, "messages": messages}
    hook.call(params=params, handler=handler)
    said = params.pop("messages", [])
    if not isinstance(said, list) or not all(isinstance(one, Mapping) and one.get("role") for one in said):
        _LOG.error('The function "%s" left no list of messages', hook.name)
        raise NotOpened("hook_failed", ASK_OPERATOR)
    changed = _fit(route, {name: value for name, value in params.items() if value is not None and name not in OWN})
    return {"model": values["model"], "stream": values["stream"], **changed}, [dict(one) for one in said]


def owner_at(route: Route, connection: Connection, source: str, owner: str) -> str:
    """Return the namespace of conversations at a route: of the owner who is named, or else of the credential.

    A sandbox has another key each time it starts, so there it is of the sandbox.
    """
    if owner:
        return owner_of("chat", route.name, "owner", owner)
    if source != "api":
        return owner_of("chat", route.name, source)
    return owner_of("chat", route.name, connection.base_url, connection.api_key)


def check_conversation(name: str) -> str:
    """Return the id if it may resume a conversation; raise NotOpened. A short id could be guessed by others."""
    if not 16 <= len(name) <= 255 or not name.isprintable():  # noqa: PLR2004 - as the sentence says
        raise NotOpened(
            "bad_conversation",
            "The id of a conversation is 16 to 255 printable characters: whoever knows it can read the conversation.",
        )
    return name
