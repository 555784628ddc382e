"""What is known about models: the fields that each family takes, limits, prices, the day it goes.

`models.json` is dated and names its source. A user's file of the same shape stands above it, entry by entry.
A model that is in neither is unknown, and nothing is refused for it.
"""

from __future__ import annotations

import json
import re
from dataclasses import field, fields, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from pysailor import InvalidConfig, frozen

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

ROUTER = re.compile(r"^(openrouter/)?(openai|azure)/")
"""What routers put before a model's own id."""
MARKED_DAYS_BEFORE = 120
"""So many days before its shutdown a model is marked where one is chosen: the choice is to last."""
WARNED_DAYS_BEFORE = 30
"""So many days before it every message warns: earlier, months of warnings would not be read."""
_MOST_FOUND = 1000  # remembered at most; names of models may come from data
_VARIANT = re.compile(r":(free|online|nitro|floor|extended|beta)$")
_DATED = re.compile(r"^(.+)-\d{4}-\d{2}-\d{2}$")


@frozen
class Price:
    """US$ per million tokens; what is not known is None."""

    input: Decimal
    output: Decimal
    cached: Decimal | None = None
    audio_input: Decimal | None = None
    audio_output: Decimal | None = None


@frozen
class LongContext:
    """Above so many input tokens, the whole request costs these factors more."""

    above: int
    input: Decimal
    output: Decimal


@frozen
class Image:
    """How pictures are counted: `base` and so many a `tile`, or 32-pixel patches, at most so many, times `factor`."""

    base: int = 0
    tile: int = 0
    factor: Decimal = Decimal(0)
    patches: int = 0
    original: int = 0
    auto: str = "high"


@frozen
class Family:
    """What is known about one model: its family's rules, and above them the row of the model itself.

    `model` is the row that was found, or None when only the family is known. `certain` says whether the rules were
    published or seen; else they are inferred.
    The names are those of models.json, where they are explained. `own_price` says that the user gave the price, so that
    it holds on whatever server.
    """

    name: str
    as_of: date
    model: str | None = None
    fine_tuned: bool = False
    certain: bool = True
    endpoint: str = "chat"
    reasons: bool = False
    token_cap: str = "either"
    tools: str = "yes"
    custom_tools: bool = True
    audio: bool = False
    effort: tuple[str, ...] = ()
    default_effort: str | None = None
    refuses: frozenset[str] = frozenset()
    effort_none_only: frozenset[str] = frozenset()
    takes_only: frozenset[str] = frozenset()
    only: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    context: int | None = None
    max_input: int | None = None
    max_output: int | None = None
    dimensions: int | None = None
    encoding: str = "o200k_base"
    tool_tokens: int = 7
    image: Image | None = None
    price: Price | None = None
    cache_write: Decimal | None = None
    search: Decimal | None = None
    tiers: Mapping[str, Decimal | Price] = field(default_factory=dict)
    long: LongContext | None = None
    gone: date | None = None
    note: str = ""
    own_price: bool = False

    @property
    def label(self) -> str:
        """The name to call it in a sentence: the model's own, if it has a row."""
        return self.model or self.name


@frozen
class Models:
    """The whole table."""

    as_of: date
    source: str
    families: Mapping[str, tuple[re.Pattern[str], Family]]
    rows: Mapping[str, Mapping[str, Any]]
    _found: dict[str, Family | None] = field(default_factory=dict, init=False, repr=False, compare=False)

    @classmethod
    def load(cls, user_file: Path | None = None) -> Self:
        """Read the table, with the user's file above it; raise InvalidConfig, naming file and entry, if it is wrong."""
        shipped = Path(__file__).with_name("models.json")
        document = _read(shipped)
        if user_file is not None:
            document = _merge_tables(document, _read(user_file))
        try:
            families = _families(document)
            rows = {name: _row(name, members) for name, members in document["models"].items()}
            _check_families_named(rows, families)
            return cls(date.fromisoformat(document["as_of"]), str(document["source"]), families, rows)
        except (KeyError, TypeError, ValueError, ArithmeticError, AttributeError, re.error) as error:
            raise InvalidConfig(f"the table of models ({user_file or shipped}) cannot be used: {error}") from error

    def find(self, model_id: str) -> Family | None:
        """Return what is known about a model, None if nothing is; router prefixes, `ft:` and dates are seen through."""
        found = self._found.get(model_id, self)  # itself stands for what was not looked up yet
        if not isinstance(found, Models):
            return found
        if len(self._found) >= _MOST_FOUND:
            self._found.clear()
        found = self._found[model_id] = self._look_up(model_id)
        return found

    def _look_up(self, model_id: str) -> Family | None:
        plain = _VARIANT.sub("", ROUTER.sub("", model_id))
        fine_tuned = plain.startswith("ft:")
        base = plain.split(":")[1] if fine_tuned else plain
        undated = _DATED.sub(r"\1", base)
        names = [f"ft:{base}", f"ft:{undated}"] if fine_tuned else [base, undated]
        found = next((name for name in names if name in self.rows), None)
        members = self.rows.get(found or undated, {})
        family = self.families[members["family"]][1] if "family" in members else self._match(undated)
        if family is None and found is None:
            return None
        family = family or Family(undated, self.as_of, certain=False)
        known = {key: value for key, value in members.items() if key != "family"}
        if found is None:  # a fine-tuned model without a row of its own: the base's limits hold, its price does not
            known = {key: value for key, value in known.items() if key not in _OF_THIS_MODEL_ONLY}
        return replace(family, model=found, fine_tuned=fine_tuned, **known)

    def _match(self, base: str) -> Family | None:
        return next((family for pattern, family in self.families.values() if pattern.fullmatch(base)), None)


_OF_THIS_MODEL_ONLY = ("price", "tiers", "gone", "note")


# --- the file ----------------------------------------------------------------------------------------------------


def _read(path: Path) -> dict[str, Any]:
    try:
        document = json.loads(path.read_text(encoding="utf-8"), parse_float=Decimal)
    except OSError as error:
        raise InvalidConfig(f"the table of models {path} cannot be read: {error.strerror}") from error
    except ValueError as error:
        raise InvalidConfig(f"the table of models {path} is not JSON: {error}") from error
    parts = [document.get(part, {}) for part in ("families", "models")] if isinstance(document, dict) else [None]
    if not all(isinstance(part, dict) and all(isinstance(entry, dict) for entry in part.values()) for part in parts):
        raise InvalidConfig(f'the table of models {path} must be {{"families": {{…}}, "models": {{…}}}}')
    return dict(document)


def _merge_tables(table: dict[str, Any], user: dict[str, Any]) -> dict[str, Any]:
    """Put the user's entries over the table's; the user's families are asked first, and its rows carry its date."""
    dated = {"as_of": user["as_of"]} if "as_of" in user else {}
    merged = dict(table)
    for part, extra in (("families", {}), ("models", dated)):
        own = {
            name: {**table[part].get(name, {}), **extra, "own_price": "price" in entry, **entry}
            for name, entry in user.get(part, {}).items()
        }
        merged[part] = {**own, **{name: entry for name, entry in table[part].items() if name not in own}}
    return merged


def _families(document: Mapping[str, Any]) -> dict[str, tuple[re.Pattern[str], Family]]:
    entries = document["families"]
    as_of = date.fromisoformat(document["as_of"])
    found = {}
    for name, entry in entries.items():
        members = _inherit(name, entries)
        patterns = "|".join(f"(?:{pattern})" for pattern in entry.get("match", ())) or r"(?!)"
        known = {key: value for key, value in members.items() if key not in ("match", "like")}
        found[name] = (re.compile(patterns), Family(name, **{"as_of": as_of, **_row(name, known)}))
    return found


def _inherit(name: str, entries: Mapping[str, Any], seen: tuple[str, ...] = ()) -> dict[str, Any]:
    entry = entries.get(name)
    if entry is None or name in seen:
        raise ValueError(f'"like" leads from {seen[-1] if seen else name} to {name}, which is no other family')
    base = _inherit(entry["like"], entries, (*seen, name)) if "like" in entry else {}
    return {**base, **entry}


def _row(name: str, members: Mapping[str, Any]) -> dict[str, Any]:
    """Turn an entry's members into those of a Family."""
    unknown = [key for key in members if key not in _KNOWN]
    if unknown:
        raise ValueError(f"{name}: {', '.join(unknown)} is not known here; allowed: {', '.join(sorted(_KNOWN))}")
    try:
        return {key: _READERS.get(key, _same)(value) for key, value in members.items()}
    except (TypeError, ValueError, ArithmeticError, AttributeError, KeyError) as error:
        raise ValueError(f"{name}: {error}") from error


def _check_families_named(rows: Mapping[str, Mapping[str, Any]], families: Mapping[str, Any]) -> None:
    for name, members in rows.items():
        if "family" in members and members["family"] not in families:
            raise ValueError(f"{name}: there is no family {members['family']}; there are {', '.join(families)}")


def _same(value: Any) -> Any:
    return value


def _price(value: Mapping[str, Any] | None) -> Price | None:
    return None if value is None else Price(**{key: Decimal(amount) for key, amount in value.items()})


def _tiers(value: Mapping[str, Any]) -> dict[str, Decimal | Price | None]:
    return {name: _price(tier) if isinstance(tier, dict) else Decimal(tier) for name, tier in value.items()}


def _long(value: Mapping[str, Any] | None) -> LongContext | None:
    return None if value is None else LongContext(value["above"], Decimal(value["input"]), Decimal(value["output"]))


def _image(value: Mapping[str, Any] | None) -> Image | None:
    return None if value is None else Image(**{**value, "factor": Decimal(value.get("factor", 0))})


def _number(value: Any) -> Decimal | None:
    return None if value is None else Decimal(value)


def _date(value: str | None) -> date | None:
    if value is None:
        return None
    try:
        return date.fromisoformat(value)  # strptime takes 4 ms to begin with
    except ValueError:
        return datetime.strptime(value, "%Y-%m-%d").replace(tzinfo=UTC).date()


_READERS: Mapping[str, Callable[[Any], Any]] = {
    "as_of": _date,
    "effort": tuple,
    "refuses": frozenset,
    "effort_none_only": frozenset,
    "takes_only": frozenset,
    "only": lambda value: {key: tuple(values) for key, values in value.items()},
    "image": _image,
    "price": _price,
    "cache_write": _number,
    "search": _number,
    "tiers": _tiers,
    "long": _long,
    "gone": _date,
}
_KNOWN = {member.name for member in fields(Family)} - {"name", "model", "fine_tuned"} | {"family"}
