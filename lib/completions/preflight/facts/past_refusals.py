"""What servers have refused before: facts that are learned from their answers, and told the next time.

Pure values. Who keeps them between runs, and where, is not known here; `to_json` and `from_json` are for that.
"""

from __future__ import annotations

import json
import math
import re
from dataclasses import asdict, field, fields
from typing import TYPE_CHECKING, Any

from pysailor import frozen

from .fields import known_fields

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOST_BYTES = 4000
"""So large all facts together may become, as JSON: the platform keeps 5 KB of a step's memory."""
_BYTES_BESIDE = 40  # what the memory needs for each fact around it

_OF_A_FIELD = ("unsupported_parameter", "unknown_parameter")
_OF_A_VALUE = ("unsupported_value", "invalid_parameter")
_UNRECOGNISED = re.compile(r"[Uu]nrecogni[sz]ed request arguments? supplied: (\w+)")
_EXTRA = re.compile(r"[Ee]xtra (?:fields|inputs) (?:are )?not permitted")
_REFUSING = (400, 404, 422)
_USE_RESPONSES = re.compile(
    r"\b(use|only|instead|switch|via|through|migrate|requires?)\b.{0,80}(\bv1/responses\b|(?<![\w.-])/responses\b"
    r"|\bresponses (api|endpoint)\b)|(\bv1/responses\b|(?<![\w.-])/responses\b|\bresponses (api|endpoint)\b)"
    r".{0,40}\b(only|instead)\b",
    re.IGNORECASE | re.DOTALL,
)
_LINK = re.compile(r"https?://\S+")
"""An error may link to a page about responses that has nothing to do with the endpoint."""
_REDIRECTING = (400, 404)
_NAME = re.compile(r"[A-Za-z_][\w.-]{0,63}", re.ASCII)
_LONGEST_NAME = 200
API = "api"
"""The fact about a model that another endpoint is to be asked stands under this name, which is no field."""
_CHOSEN = ("reasoning_effort", "verbosity", "service_tier", "prompt_cache_retention", "tool_choice", "function_call")
"""The fields whose text is one of a few words."""
_HIGHEST = 10**9


@frozen
class KnownRejection:
    """One fact: this server refused this field for this model, with this code, on that day.

    With `any_value` false only `value` was refused: another one may pass. Nothing in it is what a user wrote.
    """

    base_url: str
    model: str
    field: str
    code: str
    seen: str
    any_value: bool = True
    value: Any = None

    @property
    def key(self) -> tuple[str, str, str]:
        """What the fact is about: there is one for each server, model and field."""
        return self.base_url, self.model, self.field

    def speaks_of(self, body: Mapping[str, Any]) -> bool:
        """Return whether a request would meet the same refusal."""
        given = body.get(self.field)
        return given is not None and (self.any_value or given == self.value)


_TEXTS = ("base_url", "model", "field", "code", "seen")
_MEMBERS = tuple(member.name for member in fields(KnownRejection))


@frozen
class PastRefusals:
    """All facts, the oldest first."""

    refusals: Mapping[tuple[str, str, str], KnownRejection] = field(default_factory=dict)

    def about(self, base_url: str, model: str) -> tuple[KnownRejection, ...]:
        """Return what this server refused for this model."""
        server = _server(base_url)
        return tuple(fact for fact in self.refusals.values() if (fact.base_url, fact.model) == (server, model))

    def add(self, refusal: KnownRejection) -> PastRefusals:
        """Return the facts with this one, which takes the place of an older one about the same."""
        others = [fact for key, fact in self.refusals.items() if key != refusal.key]
        return PastRefusals({fact.key: fact for fact in [*others, refusal]})

    def has_room_for(self, refusal: KnownRejection) -> bool:
        """Return whether the facts stay small enough with this one."""
        return sum(map(_size, self.add(refusal).refusals.values())) <= MOST_BYTES

    def to_json(self) -> list[dict[str, Any]]:
        """Return the facts as a list of objects."""
        return [asdict(fact) for fact in self.refusals.values()]

    @classmethod
    def from_json(cls, facts: Iterable[Any]) -> PastRefusals:
        """Read what `to_json` gave; what is no such fact, or an older version's, is passed over."""
        refusals = (KnownRejection(**fact) for fact in facts if _is_fact(fact))
        return cls({fact.key: fact for fact in refusals})


def _size(fact: KnownRejection) -> int:
    return len(json.dumps(asdict(fact))) + _BYTES_BESIDE


def _is_fact(given: Any) -> bool:
    return (
        isinstance(given, dict)
        and all(name in _MEMBERS for name in given)
        and all(isinstance(given.get(name), str) for name in _TEXTS)
    )


def learn(
    base_url: str,
    body: Mapping[str, Any],
    *,
    status: int,
    code: str | None,
    param: str | None,
    message: str,
    today: str,
) -> KnownRejection | None:
    """Return the fact that an error answer tells about one field of the request, or None if it tells none.

    The fact outlives the request, so nothing of the messages may be in it: neither the server's words, which may quote
    them, nor a value, unless it is a number, yes or no, or one of a field's few words.
    """
    name, kind = _refused_field(code, param, message)
    model, value = body.get("model"), body.get(name or "")
    any_value = kind in _OF_A_FIELD
    if status not in _REFUSING or name is None or value is None or not isinstance(model, str):
        return None
    if not _NAME.fullmatch(name) or len(model) > _LONGEST_NAME or not (any_value or _may_be_kept(name, value)):
        return None
    return KnownRejection(_server(base_url), model, name, kind, today, any_value, None if any_value else value)


def names_responses(status: int | None, text: str, param: str | None = None) -> bool:
    """Return whether a refusal names the Responses API as the one to use; one about a message may quote it."""
    return (
        not (param or "").startswith("messages")
        and status in _REDIRECTING
        and _USE_RESPONSES.search(_LINK.sub("", text)) is not None
    )


def learn_api(base_url: str, body: Mapping[str, Any], today: str) -> KnownRejection | None:
    """Return the fact that this server answers a model over the Responses API, None for a name that is none."""
    model = body.get("model")
    if not isinstance(model, str) or len(model) > _LONGEST_NAME:
        return None
    return KnownRejection(_server(base_url), model, API, "use_responses", today)


def _refused_field(code: str | None, param: str | None, text: str) -> tuple[str | None, str]:
    """Return the field that was refused, if one was, and with which code."""
    unrecognised = _UNRECOGNISED.search(text)
    if unrecognised:
        return unrecognised[1], "unknown_parameter"
    name = param.split(".")[0].split("[")[0] if param else None
    if name in (None, "", "messages", "model"):
        return None, ""
    if code in (*_OF_A_VALUE, *_OF_A_FIELD):
        return name, code
    return (name, "unknown_parameter") if _EXTRA.search(text) else (None, "")


def _may_be_kept(name: str, value: Any) -> bool:
    if isinstance(value, str):
        return name in _CHOSEN and _NAME.fullmatch(value) is not None
    if not isinstance(value, (bool, int, float)) or name not in known_fields():
        return False
    return math.isfinite(value) and abs(value) < _HIGHEST


def _server(base_url: str) -> str:
    return base_url.rstrip("/").casefold()
