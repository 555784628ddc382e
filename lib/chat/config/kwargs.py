"""The kwargs of one entry become values, expressions and hooks, or faults. No fault tells a secret."""

from __future__ import annotations

import re
from difflib import get_close_matches
from typing import TYPE_CHECKING, Any

from pysailor import InvalidConfig

from ...api.connection import PUBLIC_API, Connection
from ...responses.route import RESPONSES_ONLY, check_offered
from ..answer_settings import find_amount_faults
from .expression import Expression
from .grammar import ALLOWED, NotAllowed
from .hooks import TAKES, BadHook, Hook, HookFunctions
from .route import SECRET, request_schema

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from .route import Value
    from .yaml_document import Node

_NO_AUTH = "there is no sign-in here; allowed: leave it out, and start with --token to ask visitors for one"
_ENDPOINT = "/chat/completions"
_VARIABLE = re.compile(r"\$(?:\$|\{(?P<braced>\w+)\}|(?P<bare>[A-Za-z_]\w*))")


class KwargsReader:
    """Reads the kwargs of entries; `fault` is called with line and sentence of each fault."""

    def __init__(
        self,
        environment: Mapping[str, str],
        hooks: HookFunctions,
        fault: Callable[[int, str], None],
        *,
        needs_key: bool,
        offline: bool,
    ) -> None:
        self._environment, self._hooks, self._fault = environment, hooks, fault
        self._needs_key, self._offline = needs_key, offline

    def read(self, name: str, node: Node) -> tuple[dict[str, Value], dict[str, Hook]]:
        """Return the values and the hooks of the entry of this name, as far as they can be used."""
        members = node.value if isinstance(node.value, dict) else {}
        if node.value is not None and not isinstance(node.value, dict):
            self._fault(node.line, f'kwargs of "{name}" is not a mapping; allowed: key: …, model: …')
        kwargs: dict[str, Value] = {}
        hooks: dict[str, Hook] = {}
        for key, member in members.items():
            if key in TAKES:
                self._hook(key, member, hooks)
            elif key == "auth":
                self._fault(member.line, f'"auth" is not known: {_NO_AUTH}')
            elif key not in request_schema().standard["properties"]:
                self._fault(member.line, explain_unknown(key, [*request_schema().standard["properties"], *TAKES]))
            elif self._offline and key in SECRET:
                continue
            elif (value := self._value(key, member)) is not None and not _is_blank(key, value):
                kwargs[key] = value
        self._check(kwargs, members)
        self._check_connection(name, kwargs, members, node.line)
        return kwargs, hooks

    # --- values ------------------------------------------------------------------------------------------------------

    def _value(self, key: str, node: Node) -> Value:
        if isinstance(node.value, dict) and set(node.value) == {"function"}:
            return self._expression(key, node.value["function"])
        return self._substitute(node)

    def _expression(self, key: str, node: Node) -> Expression | None:
        if not isinstance(node.value, str):
            self._fault(node.line, f'the function of "{key}" is not text; allowed: {ALLOWED}')
            return None
        try:
            return Expression.parse(node.value)
        except NotAllowed as error:
            found = "something in it is not allowed" if key in SECRET and '"' in str(error) else str(error)
            self._fault(node.line, f'in the function of "{key}": {found}; allowed: {ALLOWED}')
            return None

    def _substitute(self, node: Node) -> Any:
        """Return the plain value with $NAME replaced by the environment's; $$ is a dollar sign."""
        if isinstance(node.value, dict):
            return {key: self._substitute(member) for key, member in node.value.items()}
        if isinstance(node.value, list):
            return [self._substitute(member) for member in node.value]
        if not isinstance(node.value, str):
            return node.value

        def variable_of(match: re.Match[str]) -> str:
            variable = match["braced"] or match["bare"]
            if variable is None:
                return "$"
            if variable not in self._environment:
                self._fault(node.line, f"${variable} is not set; allowed: set it in the environment, or write $$ for $")
            return self._environment.get(variable, "?")

        return _VARIABLE.sub(variable_of, node.value)

    def _hook(self, kind: str, node: Node, hooks: dict[str, Hook]) -> None:
        inner = node.value.get("function", node) if isinstance(node.value, dict) else node
        if not isinstance(inner.value, str):
            self._fault(
                inner.line, f'"{kind}" names no function; allowed: {kind}: hooks.name({", ".join(TAKES[kind])})'
            )
            return
        try:
            hooks[kind] = self._hooks.hook(kind, inner.value)
        except BadHook as error:
            self._fault(inner.line, f'in "{kind}": {error}')

    # --- checks ------------------------------------------------------------------------------------------------------

    def _check(self, kwargs: Mapping[str, Value], members: Mapping[str, Node]) -> None:
        """Hold the plain values against the schema; the others can be held against it only when they are computed."""
        fixed = {key: value for key, value in kwargs.items() if not isinstance(value, Expression)}
        if request_schema().accepts(fixed):
            self._check_amounts(kwargs, members)
            return
        for fault in request_schema().faults(fixed):
            key, _, inside = fault.pointer.removeprefix("/").partition("/")
            where = f'"{key}" ({inside})' if inside and key not in SECRET else f'"{key}"'
            hides = key in SECRET or (key in members and _has_variable(members[key]))
            sentence = _without_value(fault.message) if hides else _format_fault(fault.message)
            self._fault(_line(members[key], inside) if key in members else 1, f"{where}: {sentence}")

    def _check_amounts(self, kwargs: Mapping[str, Value], members: Mapping[str, Node]) -> None:
        for key, sentence in find_amount_faults(kwargs, lambda value: isinstance(value, Expression)):
            told = (_without_value if _has_variable(members[key]) else _format_fault)(sentence)
            self._fault(members[key].line, f'"{key}": {told}')

    def _check_api(self, url: Value, members: Mapping[str, Node]) -> None:
        """Look whether the address has the API that the settings choose."""
        base_url = self._environment.get("OPENAI_BASE_URL", "") if url is None else url
        if self._offline or not isinstance(base_url, str) or _is_wrong_url(base_url):
            return
        try:
            check_offered(Connection.of({"baseUrl": base_url}).server)
        except InvalidConfig as error:
            self._fault(members["api"].line, f'"api": {error.faults[0].message}')

    def _check_connection(self, name: str, kwargs: Mapping[str, Value], members: Mapping[str, Node], line: int) -> None:
        key, url = kwargs.get("key"), kwargs.get("url")
        if key is None and self._needs_key and not _is_function(members.get("key")):
            self._fault(
                members["key"].line if "key" in members else line,
                f'"{name}" has no key; allowed: key: sk-… or key: $OPENAI_API_KEY in kwargs, OPENAI_API_KEY in the '
                "environment, or --sandbox or --local to talk to a sandbox",
            )
        if isinstance(url, Expression) and not (isinstance(key, Expression) and key.is_from_visitor):
            self._fault(
                members["url"].line,
                "the visitor may choose the url while the key is yours: it would be sent to any server that a visitor "
                "names; allowed: a plain url, or a key that only the visitor can bring, without a default of yours",
            )
        if isinstance(url, str) and _is_wrong_url(url):
            self._fault(
                members["url"].line,
                f'"url": no request can be sent to this address; allowed: one such as {PUBLIC_API}{_ENDPOINT}, '
                "without a user name",
            )
        if kwargs.get("api") == RESPONSES_ONLY:
            self._check_api(url, members)
        if isinstance(key, str) and (faults := list(Connection(api_key=key.strip()).faults())):
            self._fault(members["key"].line, f'"key" {faults[0].message}')


def explain_unknown(key: str, known: list[str]) -> str:
    """Return that a setting is not known, and which one was perhaps meant, else all that are."""
    near = get_close_matches(key, known, 1)
    hint = f"did you mean {near[0]}?" if near else f"allowed: {', '.join(sorted(known))}"
    return f'"{key}" is not known; {hint}'


def _is_blank(key: str, value: Value) -> bool:
    return key == "key" and isinstance(value, str) and not value.strip()


def _is_function(node: Node | None) -> bool:
    return node is not None and isinstance(node.value, dict)


def _is_wrong_url(url: str) -> bool:
    try:
        Connection.of({"baseUrl": url})
    except InvalidConfig:
        return True
    return False


def _has_variable(node: Node) -> bool:
    """Return whether any of the value comes from the environment, and may be a secret."""
    if isinstance(node.value, dict):
        return any(map(_has_variable, node.value.values()))
    if isinstance(node.value, list):
        return any(map(_has_variable, node.value))
    return isinstance(node.value, str) and _VARIABLE.search(node.value) is not None


def _line(node: Node, inside: str) -> int:
    """Return the line of what a pointer leads to, or of the last thing on the way that is there."""
    for name in inside.split("/") if inside else ():
        members = node.value
        if isinstance(members, dict) and name in members:
            node = members[name]
        elif isinstance(members, list) and name.isdigit() and int(name) < len(members):
            node = members[int(name)]
    return node.line


def _format_fault(message: str) -> str:
    return message.replace(", allowed:", "; allowed:", 1)


def _without_value(message: str) -> str:
    """Return the sentence without what was found."""
    _, separator, allowed = message.partition("allowed:")
    return f"this value (not shown, it may be a secret) does not fit{'; ' if separator else ''}{separator}{allowed}"
