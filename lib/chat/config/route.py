"""One address at which visitors talk, and the settings that it may have."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pysailor import Schema

from ..answer_settings import SCHEMA as ANSWER_SCHEMA
from ..attachments import LARGEST_TOTAL
from .expression import Expression, NotComputed

if TYPE_CHECKING:
    from collections.abc import Mapping

    from .handler import Handler
    from .hooks import Hook

DEFAULT_MODEL = "gpt-5.4-mini"
"""It takes every field that such a file may hold."""
LONGEST_TIMEOUT = 3600
INDEX = "index.html"
OWN = frozenset(
    {"attachments", "key", "url", "keep", "max_history", "owner", "page", "system", "title", "timeout", *ANSWER_SCHEMA}
)
SECRET = frozenset({"key", "url"})
"""What is not quoted in any sentence: an address may hold a password or a key."""
_NOT_SETTABLE = frozenset({"messages", "stream_options"})

OWN_SCHEMA: Mapping[str, Any] = MappingProxyType(
    {
        "attachments": {
            "type": ["boolean", "object"],
            "properties": {
                "images": {"type": "boolean"},
                "files": {"type": "boolean"},
                "most": {"type": "integer", "minimum": 1, "maximum": 50},
                "most_bytes": {"type": "integer", "minimum": 1, "maximum": LARGEST_TOTAL},
            },
            "additionalProperties": False,
        },
        **ANSWER_SCHEMA,
        "key": {"type": "string", "minLength": 1},
        "url": {"type": "string", "minLength": 1},
        "max_history": {"type": "integer", "minimum": 0},
        "keep": {"type": "number", "exclusiveMinimum": 0},
        "owner": {"type": "string", "minLength": 1},
        "page": {"type": "string", "minLength": 1},
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
    page: Path | None = None
    """The operator's own page: a file, or the index.html of a folder."""

    @property
    def title(self) -> str:
        """What the page is called."""
        given = self.kwargs.get("title")
        return given if isinstance(given, str) and given else self._default_title

    def title_for(self, handler: Handler) -> str:
        """Return what the page is called for this request; the default where its function gives nothing."""
        given = self.kwargs.get("title")
        if not isinstance(given, Expression):
            return self.title
        try:
            return str(given.value(handler) or self._default_title)
        except NotComputed:
            return self._default_title

    @property
    def may_take_attachments(self) -> bool:
        """Whether some visitor may send pictures or files along."""
        return bool(self.kwargs.get("attachments"))

    @property
    def _default_title(self) -> str:
        return self.name.rsplit("/", 1)[-1].replace("_", " ").capitalize()

    def file(self, path: str) -> Path | None:
        """Return the file that lies beside the operator's own page, for a path beside the route's; None without one."""
        if self.page is None or self.page.name != INDEX or self.address is None:
            return None
        base = self.address.rpartition("/")[0] + "/"
        if not path.startswith(base) or any(part.startswith(".") for part in path.split("/")):
            return None
        folder = self.page.parent.resolve()
        found = (folder / path.removeprefix(base)).resolve()
        return found if found.is_file() and found.is_relative_to(folder) else None

    @property
    def address(self) -> str | None:
        """The path to open in a browser, where the pattern is one plain path."""
        return self.text if re.escape(self.text) == self.text.replace("-", r"\-").replace(".", r"\.") else None


@cache
def request_schema() -> Schema:
    """Return the schema of a route's kwargs: what the API takes, as Send Request declares it, and our own settings."""
    declared = Schema.load(Path(__file__).parents[2] / "schemas" / "sendRequest.in.json").document
    taken = {name: schema for name, schema in declared["properties"].items() if name not in _NOT_SETTABLE}
    return Schema({**declared, "properties": {**taken, **OWN_SCHEMA}})
