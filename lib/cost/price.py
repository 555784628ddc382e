"""What was used in money: US$ by the table of models, an estimate with that table's date; no amount without a price."""

from __future__ import annotations

from dataclasses import fields, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pysailor import frozen

from .reported import count_hosted_calls, count_searches, read_cost

if TYPE_CHECKING:
    from datetime import date

    from ..models.table import Family, Price
    from .usage import Usage

_MILLION = 1_000_000


_TIER_NAMES = {"fast": "priority", "auto": "default", "": "default"}


_REGIONAL = Decimal("1.1")
_LONG_CACHE = 2  # a cache that lives 12 hours costs 2.5 times the input to write, the usual one 1.25 times
_SEARCH = Decimal("0.01")
_FILE_SEARCH = Decimal("0.0025")
_CONTAINER = Decimal("0.03")


@frozen
class Surcharges:
    """What makes an answer more expensive than its tokens.

    `regional`: a host that keeps the data in a region was asked. `long_cache`: what is written to the cache is to stay
    there for 12 hours. `searches` counts searches of the web, `file_searches` those of files, `containers`
    the places that code ran in; `pictures`: some may be made, whose price is not known. `counted_by_items`: the answer
    lists its calls.
    """

    regional: bool = False
    long_cache: bool = False
    searches: int = 0
    file_searches: int = 0
    containers: int = 0
    pictures: bool = False
    counted_by_items: bool = False

    def cache_write(self, family: Family) -> Decimal:
        """Return by what factor writing to the cache is more expensive than input."""
        if family.cache_write is None:
            return Decimal(1)
        return family.cache_write * (_LONG_CACHE if self.long_cache else 1)

    def region(self) -> Decimal:
        """Return by what factor the region makes all tokens more expensive."""
        return _REGIONAL if self.regional else Decimal(1)

    def fee(self, family: Family) -> Decimal:
        """Return the fee for one search, in US$."""
        return _SEARCH if family.search is None else family.search

    def fees(self, family: Family) -> Decimal:
        """Return all fees, in US$."""
        files = self.file_searches * _FILE_SEARCH + self.containers * _CONTAINER
        return self.searches * self.fee(family) + files

    def notes(self, family: Family) -> tuple[str, ...]:
        """Return what a cost holds beside the tokens, in words."""
        counted = f"{self.searches} searches" if self.searches > 1 else "one search"
        told = {
            "with 10 % for the region": self.regional,
            "with the price of a cache for 12 hours": self.long_cache and family.cache_write is not None,
            f"with the fee for {counted} of the web": self.searches > 0,
            f"with the fee for {self.file_searches} searches of files": self.file_searches > 0,
            f"with the fee for {self.containers} containers that code runs in": self.containers > 0,
            "without the price of pictures": self.pictures,
            "plus a fee for each search": family.search is not None and not self.searches,
        }
        return tuple(note for note, applies in told.items() if applies)


NO_SURCHARGES = Surcharges()


@frozen
class Cost:
    """An amount in US$, by prices of a certain day. `notes` say what it leaves out or assumes."""

    amount: Decimal
    as_of: date
    notes: tuple[str, ...] = ()

    def __add__(self, other: Cost) -> Cost:
        """Return the cost of both rounds, dated by the older prices."""
        notes = tuple(dict.fromkeys(self.notes + other.notes))
        return Cost(self.amount + other.amount, min(self.as_of, other.as_of), notes)

    def to_json(self) -> dict[str, Any]:
        """Return the amount as a number, as exact text, and what it stands on."""
        document: dict[str, Any] = {
            "amount": float(self.amount),
            "exact": dollars(self.amount),
            "currency": "USD",
            "as_of": self.as_of.isoformat(),
        }
        return {**document, "notes": list(self.notes)} if self.notes else document


def cost_told_by(answer: Any, today: date) -> Cost | None:
    """Return what the service says that its answer cost, None if it does not say."""
    told = read_cost(answer)
    return Cost(told[0], today, (f"as the service told it ({told[1]})",)) if told is not None else None


def keep_if_priced(family: Family | None, *, self_hosted: bool) -> Family | None:
    """Return the family if its prices hold on a server: the table's are not those of somebody else's."""
    return family if family is not None and (family.own_price or not self_hosted) else None


def has_no_tier_price(family: Family | None, tier: str | None) -> bool:
    """Return whether a model's price is known, and only that of the tier is not."""
    return family is not None and family.price is not None and price_in(family, tier) is None


def dollars(amount: Decimal) -> str:
    """Return an amount as plain digits."""
    return f"{amount.normalize():f}"


def cost(
    usage: Usage, family: Family | None, tier: str | None = None, surcharges: Surcharges = NO_SURCHARGES
) -> Cost | None:
    """Return what was used in money, or None if a price or the usage is not known.

    `tier` is the answer's service_tier: what was asked for may not be what was given. `usage` is that of one request,
    since a long input makes the whole request more expensive; add the costs of several.
    """
    price = price_in(family, tier)
    if family is None or price is None or not usage.known or _lacks_audio_price(usage, price):
        return None
    long = family.long if family.long and usage.prompt > family.long.above else None
    cached, cached_note = (
        (price.input, "cached tokens at the full price") if price.cached is None else (price.cached, "")
    )
    fresh = usage.prompt - usage.cached - usage.cache_write - usage.audio_prompt
    asked = (
        fresh * price.input
        + usage.cached * cached
        + usage.cache_write * price.input * surcharges.cache_write(family)
        + usage.audio_prompt * (price.audio_input or 0)
    )
    written = usage.completion - usage.audio_completion
    answered = written * price.output + usage.audio_completion * (price.audio_output or 0)
    amount = (asked * (long.input if long else 1) + answered * (long.output if long else 1)) / _MILLION
    amount = amount * surcharges.region() + surcharges.fees(family)
    notes = (family.note, cached_note if usage.cached else "", *surcharges.notes(family))
    return Cost(amount, family.as_of, tuple(filter(None, notes)))


def price_in(family: Family | None, tier: str | None) -> Price | None:
    """Return the prices of a tier, or None if they are not known."""
    if family is None or family.price is None:
        return None
    tier = tier if isinstance(tier, str) else ""  # as it came in an answer
    named = _TIER_NAMES.get(tier, tier)
    if named == "default":
        return family.price
    given = family.tiers.get(str(named))
    return _scale(family.price, given) if isinstance(given, Decimal) else given


def _scale(price: Price, factor: Decimal) -> Price:
    amounts = {member.name: getattr(price, member.name) for member in fields(price)}
    return replace(price, **{name: amount * factor for name, amount in amounts.items() if amount is not None})


def as_used(worst: Surcharges, answer: Any) -> Surcharges:
    """Return what made an answer more expensive, of what might have: by the calls that it tells of."""
    if worst.counted_by_items:
        return _count_items(worst, answer)
    searches = count_searches(answer)
    least = 1 if worst.searches else 0
    return replace(worst, searches=least if searches is None else searches)


def _count_items(worst: Surcharges, answer: Any) -> Surcharges:
    calls = count_hosted_calls(answer)
    containers = min(calls["code_interpreter_call"], max(1, worst.containers))
    return replace(
        worst,
        searches=calls["web_search_call"],
        file_searches=calls["file_search_call"],
        containers=containers,
        pictures=calls["image_generation_call"] > 0,
    )


def _lacks_audio_price(usage: Usage, price: Price) -> bool:
    return bool(
        (usage.audio_prompt and price.audio_input is None) or (usage.audio_completion and price.audio_output is None),
    )
