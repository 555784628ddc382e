"""What servers have refused before: facts that are learned from their answers, and told the next time.

Pure values. Who keeps them between runs, and where, is not known here; `to_json` and `from_json` are for that.
"""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

MOST = 1000
"""So many facts are kept; then the oldest goes."""

_OF_A_FIELD = ("unsupported_parameter", "unknown_parameter")
_OF_A_VALUE = ("unsupported_value", "invalid_parameter")
_UNRECOGNISED = re.compile(r"[Uu]nrecogni[sz]ed request arguments? supplied: (\w+)")
_EXTRA = re.compile(r"[Ee]xtra (?:fields|inputs) (?:are )?not permitted")
_LONGEST = 200
_REFUSING = (400, 404, 422)


@dataclass(frozen=True, slots=True)
class Refusal:
    """One fact: this server refused this field for this model, in these words, on that day.

    With `any_value` false only `value` was refused: another one may pass.
    """

    base_url: str
    model: str
    field: str
    message: str
    seen: str
    any_value: bool = True
    value: Any = None

    @property
    def key(self) -> tuple[str, str, str]:
        """What the fact is about: there is one for each server, model and field."""
        return self.base_url, self.model, self.field

    def speaks_of(self, body: Mapping[str, Any]) -> bool:
        """Say whether a request would meet the same refusal."""
        given = body.get(self.field)
        return given is not None and (self.any_value or given == self.value)


@dataclass(frozen=True, slots=True)
class Learned:
    """All facts, the oldest first."""

    refusals: Mapping[tuple[str, str, str], Refusal] = field(default_factory=dict)

    def about(self, base_url: str, model: str) -> tuple[Refusal, ...]:
        """Give what this server refused for this model."""
        server = _server(base_url)
        return tuple(fact for fact in self.refusals.values() if (fact.base_url, fact.model) == (server, model))

    def adding(self, refusal: Refusal) -> Learned:
        """Give the facts with this one, which takes the place of an older one about the same."""
        others = [fact for key, fact in self.refusals.items() if key != refusal.key]
        return Learned({fact.key: fact for fact in [*others, refusal][-MOST:]})

    def to_json(self) -> list[dict[str, Any]]:
        """Give the facts as a list of objects."""
        return [asdict(fact) for fact in self.refusals.values()]

    @classmethod
    def from_json(cls, facts: Iterable[Mapping[str, Any]]) -> Learned:
        """Read what `to_json` gave."""
        refusals = (Refusal(**fact) for fact in facts)
        return cls({fact.key: fact for fact in refusals})


def learn(
    base_url: str,
    body: Mapping[str, Any],
    *,
    status: int,
    code: str | None,
    param: str | None,
    message: str,
    today: str,
) -> Refusal | None:
    """Give the fact that an error answer tells about one field of the request, or None if it tells none."""
    text = " ".join(message.split())[:_LONGEST]
    name, any_value = _refused_field(code, param, text)
    model = body.get("model")
    if status not in _REFUSING or name is None or body.get(name) is None or not isinstance(model, str):
        return None
    return Refusal(_server(base_url), model, name, text, today, any_value, None if any_value else body[name])


def _refused_field(code: str | None, param: str | None, text: str) -> tuple[str | None, bool]:
    unrecognised = _UNRECOGNISED.search(text)
    if unrecognised:
        return unrecognised[1], True
    name = param.split(".")[0].split("[")[0] if param else None
    if name in (None, "", "messages", "model"):
        return None, True
    if code in _OF_A_VALUE:
        return name, False
    return (name, True) if code in _OF_A_FIELD or _EXTRA.search(text) else (None, True)


def _server(base_url: str) -> str:
    return base_url.rstrip("/").casefold()
