"""A settings file becomes routes, or the list of everything that is wrong with it, each with its line.

The file is as Gramex has it: `url:`, a name, `pattern`, `handler: ChatGPTHandler`, `kwargs`. What else stands in it is
for other handlers: it is named in the warnings and left alone.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pysailor import Fault, InvalidConfig

from .hooks import HookFunctions
from .kwargs import KwargsReader, explain_unknown
from .route import INDEX, Route
from .yaml_document import BadDocument, Node, read

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

HANDLER = "ChatGPTHandler"
# {function: handler.get_arg('a', 'b')} is how Gramex' guide writes it; to YAML the comma would begin another key
_UNQUOTED = re.compile(
    r"(?m)^(?P<key>[ \t]*+[\w-]++:[ \t]*+)\{[ \t]*+function:[ \t]++(?P<code>[^\s\"'|>&*!].*?)\}[ \t]*+(?:#.*)?$"
)


@dataclass(frozen=True, slots=True)
class Config:
    """What a file says. `warnings` are sentences for the operator, each with file and line."""

    routes: tuple[Route, ...]
    warnings: tuple[str, ...] = ()


def load(
    path: Path,
    *,
    environment: Mapping[str, str],
    hooks: HookFunctions | None = None,
    needs_key: bool = True,
    offline: bool = False,
) -> Config:
    """Read the file; raise InvalidConfig with everything that is wrong, each as `file:line: sentence; allowed: …`.

    `environment` gives the values of `$NAME` in the file. With `needs_key` a route without a key is a fault. Where a
    `offline` answers, keys and addresses of the file count for nothing and are not looked at.
    """
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise InvalidConfig(f"{path} cannot be read: {error.strerror}{_near(path)}") from error
    except UnicodeDecodeError as error:
        raise InvalidConfig(f"{path} is not text in UTF-8; save it so") from error
    return parse(
        text, str(path), environment=environment, hooks=hooks or HookFunctions(), needs_key=needs_key, offline=offline
    )


def _near(path: Path) -> str:
    """Return a question with the file beside it that is probably meant, "" if there is none."""
    if path.exists() or not path.parent.is_dir():
        return ""
    names = [file.name for file in path.parent.iterdir() if file.is_file()]
    close = get_close_matches(path.name, names, 1)
    return f"; did you mean {path.with_name(close[0])}?" if close else ""


def parse(
    text: str,
    name: str,
    *,
    environment: Mapping[str, str],
    hooks: HookFunctions,
    needs_key: bool,
    offline: bool = False,
) -> Config:
    """Parse the file's text as `load` does; `name` stands for the file in the sentences."""
    reader = _Reader(environment, hooks, Path(name).parent, needs_key=needs_key and not offline, offline=offline)
    try:
        routes = tuple(reader.routes(read(_UNQUOTED.sub(_quote, text))))
    except BadDocument as error:
        raise _invalid(name, error.faults) from error
    if reader.faults:
        raise _invalid(name, sorted(reader.faults))
    return Config(routes, tuple(f"{name}:{line}: {sentence}" for line, sentence in sorted(reader.warnings)))


class _Reader:
    """Collects routes, faults and warnings; faults and warnings are (line, sentence)."""

    def __init__(
        self, environment: Mapping[str, str], hooks: HookFunctions, folder: Path, *, needs_key: bool, offline: bool
    ) -> None:
        self._folder = folder
        self.faults: list[tuple[int, str]] = []
        self.warnings: list[tuple[int, str]] = []
        self._kwargs = KwargsReader(environment, hooks, self._fault, needs_key=needs_key, offline=offline)

    def routes(self, root: Node) -> Iterator[Route]:
        """Return the routes; what is wrong is collected."""
        if not isinstance(root.value, dict) or "url" not in root.value:
            self._fault(
                root.line, 'there is no "url:"; allowed: url:, below it a name, below that pattern, handler, kwargs'
            )
            return
        for key, node in root.value.items():
            if key != "url":
                self.warnings.append((node.line, f'"{key}:" is not for this server and is ignored'))
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
                self.warnings.append((node.line, f'"{name}" is for another handler ({kind}) and is ignored'))
            return None
        for key, member in node.value.items():
            if key not in ("pattern", "handler", "kwargs"):
                self._fault(member.line, explain_unknown(key, ["pattern", "handler", "kwargs"]))
        text, pattern = self._pattern(name, node)
        given = node.value.get("kwargs")
        kwargs, hooks = self._kwargs.read(name, given or Node(node.line, None))
        page = self._page(kwargs, given)
        return Route(name, node.line, text, pattern, kwargs, hooks, page) if pattern else None

    def _page(self, kwargs: Mapping[str, Any], given: Node | None) -> Path | None:
        """Return the file of the operator's own page."""
        named = kwargs.get("page")
        if named is None or given is None or not isinstance(given.value, dict):
            return None
        path = self._folder / named if isinstance(named, str) else None
        if path is not None and path.is_dir():
            path /= INDEX
        if path is None or not path.is_file():
            self._fault(
                given.value["page"].line,
                f"there is no such page; allowed: page: FILE.html, or a folder with {INDEX}, beside this file",
            )
            return None
        return path

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
            self._fault(
                given.line, f'the pattern "{given.value}" is not a valid regular expression: {error}; {allowed}'
            )
            return "", None

    def _fault(self, line: int, sentence: str) -> None:
        self.faults.append((line, sentence))


def _quote(match: re.Match[str]) -> str:
    code = match["code"].rstrip().replace("'", "''")
    return f"{match['key']}{{function: '{code}'}}"


def _invalid(name: str, faults: list[tuple[int, str]]) -> InvalidConfig:
    return InvalidConfig(faults=[Fault(f"{name}:{line}", sentence) for line, sentence in faults])
