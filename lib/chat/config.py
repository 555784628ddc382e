"""A settings file becomes routes, or the list of everything that is wrong with it, each with its line.

The file is as Gramex has it: `url:`, a name, `pattern`, `handler: ChatGPTHandler`, `kwargs`. What else stands in it is
for other handlers: it is named in the notices and left alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pysailor import Fault, InvalidConfig, Schema

from ..connection import PUBLIC_API, Connection
from .document import BadDocument, Node, read
from .expression import ALLOWED, Expression, NotAllowed
from .hooks import TAKES, BadHook, Hook, Hooks

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HANDLER = "ChatGPTHandler"
DEFAULT_MODEL = "gpt-4o-mini"
"""It takes every field that such a file may hold."""
ENDPOINT = "/chat/completions"
LONGEST_TIMEOUT = 3600
OWN = frozenset({"key", "url", "max_history", "system", "title", "timeout"})
_NOT_SETTABLE = frozenset({"messages", "stream_options"})
_NO_AUTH = "there is no sign-in here; allowed: leave it out, and start with --token to ask visitors for one"
# {function: handler.get_arg('a', 'b')} is how Gramex' guide writes it; to YAML the comma would begin another key
_UNQUOTED = re.compile(
    r"(?m)^(?P<key>\s*[\w-]+:[ \t]*)\{[ \t]*function:[ \t]+(?P<code>[^\s\"'|>&*!].*?)[ \t]*\}[ \t]*(?:#.*)?$"
)
_VARIABLE = re.compile(r"\$(?:\$|\{(?P<braced>\w+)\}|(?P<bare>[A-Za-z_]\w*))")

OWN_SCHEMA: Mapping[str, Any] = MappingProxyType(
    {
        "key": {"type": "string", "minLength": 1},
        "url": {"type": "string", "minLength": 1},
        "max_history": {"type": "integer", "minimum": 0},
        "system": {"type": "string"},
        "title": {"type": "string"},
        "timeout": {"type": "number", "minimum": 1, "maximum": LONGEST_TIMEOUT},
        "n": {"type": "integer", "minimum": 1, "maximum": 1},
    }
)

Value = Any  # what JSON has, or an Expression that gives it


@dataclass(frozen=True, slots=True)
class Route:
    """One address at which visitors talk. `kwargs` are plain values and expressions, by name."""

    name: str
    line: int
    text: str
    pattern: re.Pattern[str]
    kwargs: Mapping[str, Value]
    hooks: Mapping[str, Hook] = field(default_factory=dict)

    @property
    def title(self) -> str:
        """What the page is called."""
        return str(self.kwargs.get("title") or self.name.rsplit("/", 1)[-1].replace("_", " ").capitalize())

    @property
    def address(self) -> str | None:
        """The path to open in a browser, where the pattern is one plain path."""
        return self.text if re.escape(self.text) == self.text.replace("-", r"\-").replace(".", r"\.") else None


@dataclass(frozen=True, slots=True)
class Config:
    """What a file says. `notices` are sentences for the operator, each with file and line."""

    routes: tuple[Route, ...]
    notices: tuple[str, ...] = ()


def load(
    path: Path,
    *,
    environment: Mapping[str, str],
    hooks: Hooks | None = None,
    needs_key: bool = True,
    stand_in: bool = False,
) -> Config:
    """Read the file; raise InvalidConfig with everything that is wrong, each as `file:line: sentence; allowed: …`.

    `environment` gives the values of `$NAME` in the file. With `needs_key` a route without a key is a fault. Where a
    `stand_in` answers, keys and addresses of the file count for nothing and are not looked at.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InvalidConfig(f"{path} cannot be read: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise InvalidConfig(f"{path} is not text in UTF-8") from error
    return parse(
        text, str(path), environment=environment, hooks=hooks or Hooks(), needs_key=needs_key, stand_in=stand_in
    )


def parse(
    text: str, name: str, *, environment: Mapping[str, str], hooks: Hooks, needs_key: bool, stand_in: bool = False
) -> Config:
    """Do the same with the file's text; `name` is what the sentences call it."""
    reader = _Reader(environment, hooks, needs_key=needs_key and not stand_in, stand_in=stand_in)
    try:
        routes = tuple(reader.routes(read(_UNQUOTED.sub(_quoted, text))))
    except BadDocument as error:
        raise _invalid(name, error.faults) from error
    if reader.faults:
        raise _invalid(name, sorted(reader.faults))
    return Config(routes, tuple(f"{name}:{line}: {sentence}" for line, sentence in sorted(reader.notices)))


@cache
def request_schema() -> Schema:
    """Give the schema of a route's kwargs: what the API takes, as Send Request declares it, and our own settings."""
    declared = Schema.load(Path(__file__).parents[1] / "schemas" / "sendRequest.in.json").document
    taken = {name: schema for name, schema in declared["properties"].items() if name not in _NOT_SETTABLE}
    return Schema({**declared, "properties": {**taken, **OWN_SCHEMA}})


class _Reader:
    """Collects routes, faults and notices; faults and notices are (line, sentence)."""

    def __init__(self, environment: Mapping[str, str], hooks: Hooks, *, needs_key: bool, stand_in: bool) -> None:
        self.faults: list[tuple[int, str]] = []
        self.notices: list[tuple[int, str]] = []
        self._environment, self._hooks = environment, hooks
        self._needs_key, self._stand_in = needs_key, stand_in

    def routes(self, root: Node) -> Iterator[Route]:
        """Give the routes; what is wrong is collected."""
        if not isinstance(root.value, dict) or "url" not in root.value:
            self._fault(
                root.line, 'there is no "url:"; allowed: url:, below it a name, below that pattern, handler, kwargs'
            )
            return
        for key, node in root.value.items():
            if key != "url":
                self.notices.append((node.line, f'"{key}:" is not for this server and is ignored'))
        entries = root.value["url"]
        named = entries.value if isinstance(entries.value, dict) else {}
        found = [route for name, node in named.items() if (route := self._route(name, node)) is not None]
        if not found and not self.faults:
            self._fault(entries.line, f'no entry below "url:" has handler: {HANDLER}; allowed: at least one')
        yield from found

    def _route(self, name: str, node: Node) -> Route | None:
        if not isinstance(node.value, dict):
            self._fault(node.line, f'"{name}" holds no settings; allowed: pattern, handler, kwargs')
            return None
        handler = node.value.get("handler")
        kind = handler.value if handler else None
        if kind != HANDLER:
            if isinstance(kind, str) and get_close_matches(kind, [HANDLER], cutoff=0.8) and handler:
                self._fault(handler.line, f'handler "{kind}" is not known; did you mean {HANDLER}?')
            else:
                self.notices.append((node.line, f'"{name}" is for another handler ({kind}) and is ignored'))
            return None
        for key, member in node.value.items():
            if key not in ("pattern", "handler", "kwargs"):
                self._unknown(key, member.line, ["pattern", "handler", "kwargs"])
        text, pattern = self._pattern(name, node)
        given = node.value.get("kwargs")
        kwargs, hooks = self._kwargs(name, given or Node(node.line, None))
        return Route(name, node.line, text, pattern, kwargs, hooks) if pattern else None

    # --- pattern -----------------------------------------------------------------------------------------------------

    def _pattern(self, name: str, node: Node) -> tuple[str, re.Pattern[str] | None]:
        given = node.value.get("pattern") if isinstance(node.value, dict) else None
        allowed = "allowed: a path such as /chat, or a regular expression such as /chat/(.*)"
        if given is None or not isinstance(given.value, str):
            self._fault((given or node).line, f'"{name}" has no pattern that is text; {allowed}')
            return "", None
        text = re.sub(r"/?\$YAMLURL/?|/?\$\{YAMLURL\}/?", "/", given.value)
        if not text.startswith("/"):
            self._fault(given.line, f'the pattern "{given.value}" does not start with /; {allowed}')
            return "", None
        if text.startswith("/-/"):
            self._fault(
                given.line, f'the pattern "{given.value}" starts with /-/, where the page\'s own files are; {allowed}'
            )
            return "", None
        try:
            return text, re.compile(text)
        except (re.error, OverflowError, RecursionError) as error:
            self._fault(given.line, f'the pattern "{given.value}" is no regular expression: {error}; {allowed}')
            return "", None

    # --- kwargs ------------------------------------------------------------------------------------------------------

    def _kwargs(self, name: str, node: Node) -> tuple[dict[str, Value], dict[str, Hook]]:
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
                self._unknown(key, member.line, [*request_schema().standard["properties"], *TAKES])
            elif self._stand_in and key in ("key", "url"):
                continue
            elif (value := self._value(key, member)) is not None:
                kwargs[key] = value
        self._check(kwargs, members)
        self._check_connection(name, kwargs, members, node.line)
        return kwargs, hooks

    def _value(self, key: str, node: Node) -> Value:
        if isinstance(node.value, dict) and set(node.value) == {"function"}:
            return self._expression(key, node.value["function"])
        return self._substituted(node)

    def _expression(self, key: str, node: Node) -> Expression | None:
        if not isinstance(node.value, str):
            self._fault(node.line, f'the function of "{key}" is not text; allowed: {ALLOWED}')
            return None
        try:
            return Expression.parse(node.value)
        except NotAllowed as error:
            self._fault(node.line, f'in the function of "{key}": {error}; allowed: {ALLOWED}')
            return None

    def _substituted(self, node: Node) -> Any:
        """Give the plain value with $NAME replaced by the environment's; $$ is a dollar sign."""
        if isinstance(node.value, dict):
            return {key: self._substituted(member) for key, member in node.value.items()}
        if isinstance(node.value, list):
            return [self._substituted(member) for member in node.value]
        if not isinstance(node.value, str):
            return node.value

        def named(match: re.Match[str]) -> str:
            variable = match["braced"] or match["bare"]
            if variable is None:
                return "$"
            if variable not in self._environment:
                self._fault(node.line, f"${variable} is not set; allowed: set it in the environment, or write $$ for $")
            return self._environment.get(variable, "?")

        return _VARIABLE.sub(named, node.value)

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

    def _check(self, kwargs: Mapping[str, Value], members: Mapping[str, Node]) -> None:
        """Hold the plain values against the schema; the others can be held against it only when they are computed."""
        fixed = {key: value for key, value in kwargs.items() if not isinstance(value, Expression)}
        if request_schema().accepts(fixed):
            return
        for fault in request_schema().faults(fixed):
            key, _, inside = fault.pointer.removeprefix("/").partition("/")
            where = f'"{key}" ({inside})' if inside else f'"{key}"'
            self._fault(_line(members[key], inside) if key in members else 1, f"{where}: {_sentence(fault.message)}")

    def _check_connection(self, name: str, kwargs: Mapping[str, Value], members: Mapping[str, Node], line: int) -> None:
        key, url = kwargs.get("key"), kwargs.get("url")
        if key is None and self._needs_key and "key" not in members:
            self._fault(
                line,
                f'"{name}" has no key; allowed: key: sk-… or key: $OPENAI_API_KEY in kwargs, OPENAI_API_KEY in the '
                "environment, or --sandbox or --local to talk to a stand-in",
            )
        if isinstance(url, Expression) and not isinstance(key, Expression):
            self._fault(
                members["url"].line,
                "the visitor may choose the url while the key is yours: it would be sent to any server that a visitor "
                "names; allowed: a plain url, or a key that the visitor brings too",
            )
        if isinstance(url, str) and (fault := fault_of_url(url)):
            self._fault(members["url"].line, f'"url": {fault}')
        if isinstance(key, str) and (faults := list(Connection(api_key=key.strip()).faults())):
            self._fault(members["key"].line, f'"key" {faults[0].message}')

    # --- faults ------------------------------------------------------------------------------------------------------

    def _unknown(self, key: str, line: int, known: list[str]) -> None:
        near = get_close_matches(key, known, 1)
        hint = f"; did you mean {near[0]}?" if near else ""
        self._fault(line, f'"{key}" is not known{hint}; allowed: {", ".join(sorted(known))}')

    def _fault(self, line: int, sentence: str) -> None:
        self.faults.append((line, sentence))


def _quoted(match: re.Match[str]) -> str:
    code = match["code"].replace("'", "''")
    return f"{match['key']}{{function: '{code}'}}"


def fault_of_url(url: str) -> str | None:
    """Say why no request can be sent to this address; None if it can."""
    try:
        Connection.of({"baseUrl": url})
    except InvalidConfig as error:
        return f'found "{url[:100]}"; allowed: an address such as {PUBLIC_API}{ENDPOINT} ({error.faults[0].message})'
    return None


def _line(node: Node, inside: str) -> int:
    """Give the line of what a pointer leads to, or of the last thing on the way that is there."""
    for name in inside.split("/") if inside else ():
        members = node.value
        if isinstance(members, dict) and name in members:
            node = members[name]
        elif isinstance(members, list) and name.isdigit() and int(name) < len(members):
            node = members[int(name)]
    return node.line


def _sentence(message: str) -> str:
    return message.replace(", allowed:", "; allowed:", 1)


def _invalid(name: str, faults: list[tuple[int, str]]) -> InvalidConfig:
    return InvalidConfig(faults=[Fault(f"{name}:{line}", sentence) for line, sentence in faults])
