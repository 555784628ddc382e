"""What a request used, what that costs, and what it may cost at worst.

Money is in US$ by the table of models, an estimate with that table's date; where a price is not known there is no
amount. A budget asks before sending.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, fields, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pysailor import StepError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date

    from .models import Family, Price

_MILLION = 1_000_000
_TIER_NAMES = {"fast": "priority", "auto": "default", "": "default"}


@dataclass(frozen=True, slots=True)
class Usage:
    """Tokens of one answer, or of several added up.

    `cached`, `cache_write` and `audio_prompt` are part of `prompt`; `reasoning` and `audio_completion` are part of
    `completion`. `known` is false if an answer said nothing about its usage: then these are lower bounds.
    """

    prompt: int = 0
    cached: int = 0
    cache_write: int = 0
    completion: int = 0
    reasoning: int = 0
    total: int = 0
    audio_prompt: int = 0
    audio_completion: int = 0
    known: bool = True

    def __add__(self, other: Usage) -> Usage:
        """Add the usage of another round or try."""
        sums = {name: getattr(self, name) + getattr(other, name) for name in _COUNTS}
        return Usage(**sums, known=self.known and other.known)

    def to_json(self) -> dict[str, Any]:
        """Give the members by their names."""
        return {name: getattr(self, name) for name in _MEMBERS}


_MEMBERS = tuple(member.name for member in fields(Usage))
_COUNTS = tuple(name for name in _MEMBERS if name != "known")


def usage_of(completion: Any) -> Usage:
    """Read the usage of an answer; what is absent or makes no sense counts as 0. Never raises."""
    given = completion.get("usage") if isinstance(completion, dict) else None
    if not isinstance(given, dict):
        return Usage(known=False)
    asked, answered = _details(given, "prompt_tokens_details"), _details(given, "completion_tokens_details")
    prompt, spoken = _tokens(given.get("prompt_tokens")), _tokens(given.get("completion_tokens"))
    cached = min(_tokens(asked.get("cached_tokens")), prompt)
    audio = min(_tokens(asked.get("audio_tokens")), prompt - cached)
    return Usage(
        prompt=prompt,
        cached=cached,
        cache_write=min(_tokens(asked.get("cache_write_tokens")), prompt - cached - audio),
        completion=spoken,
        reasoning=min(_tokens(answered.get("reasoning_tokens")), spoken),
        total=_tokens(given.get("total_tokens")) or prompt + spoken,
        audio_prompt=audio,
        audio_completion=min(_tokens(answered.get("audio_tokens")), spoken),
        known="prompt_tokens" in given and "completion_tokens" in given,
    )


def _details(usage: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    details = usage.get(name)
    return details if isinstance(details, dict) else {}


def _tokens(value: Any) -> int:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return 0
    return max(0, int(value)) if isinstance(value, int) or math.isfinite(value) else 0


# --- cost --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cost:
    """An amount in US$, by prices of a certain day. `notes` say what it leaves out or assumes."""

    amount: Decimal
    as_of: date
    notes: tuple[str, ...] = ()

    def __add__(self, other: Cost) -> Cost:
        """Add another round's cost; the older prices date the sum."""
        notes = tuple(dict.fromkeys(self.notes + other.notes))
        return Cost(self.amount + other.amount, min(self.as_of, other.as_of), notes)

    def to_json(self) -> dict[str, Any]:
        """Give the amount as a number, as exact text, and what it stands on."""
        document: dict[str, Any] = {
            "amount": float(self.amount),
            "exact": dollars(self.amount),
            "currency": "USD",
            "as_of": self.as_of.isoformat(),
        }
        return {**document, "notes": list(self.notes)} if self.notes else document


def dollars(amount: Decimal) -> str:
    """Give an amount as plain digits."""
    return f"{amount.normalize():f}"


def cost(usage: Usage, family: Family | None, tier: str | None = None) -> Cost | None:
    """Give what was used in money, or None if a price or the usage is not known.

    `tier` is the answer's service_tier: what was asked for may not be what was given. `usage` is that of one request,
    since a long input makes the whole request dearer; add the costs of several.
    """
    price = _price(family, tier)
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
        + usage.cache_write * price.input * (family.cache_write or 1)
        + usage.audio_prompt * (price.audio_input or 0)
    )
    written = usage.completion - usage.audio_completion
    answered = written * price.output + usage.audio_completion * (price.audio_output or 0)
    amount = (asked * (long.input if long else 1) + answered * (long.output if long else 1)) / _MILLION
    return Cost(amount, family.as_of, tuple(filter(None, (family.note, cached_note if usage.cached else ""))))


def _price(family: Family | None, tier: str | None) -> Price | None:
    """Give the prices of a tier, or None if they are not known."""
    if family is None or family.price is None:
        return None
    named = _TIER_NAMES.get(tier or "", tier)
    if named == "default":
        return family.price
    given = family.tiers.get(str(named))
    return _scaled(family.price, given) if isinstance(given, Decimal) else given


def _scaled(price: Price, factor: Decimal) -> Price:
    amounts = {member.name: getattr(price, member.name) for member in fields(price)}
    return replace(price, **{name: amount * factor for name, amount in amounts.items() if amount is not None})


def _lacks_audio_price(usage: Usage, price: Price) -> bool:
    return bool(
        (usage.audio_prompt and price.audio_input is None) or (usage.audio_completion and price.audio_output is None),
    )


# --- before sending ----------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Plan:
    """What is going to be asked for, at most.

    `input` counts tokens, `sound` those of them that are; None means that nobody can count them before sending. Without
    a `cap` an answer is as long as the model allows; `speaks` means that it may be spoken. A round (of repair) follows
    on an answer, a try on one that was lost.
    """

    input: int | None
    sound: int = 0
    cap: int | None = None
    answers: int = 1
    speaks: bool = False
    rounds: int = 1
    tries: int = 1
    tier: str | None = None


def worst_case(plan: Plan, family: Family | None) -> Cost | None:
    """Give what a plan can cost at most, or None if a price or a limit is not known.

    Every answer is as long as it may be, nothing is read from a cache and everything is written to one, every try but
    the last is lost and billed; each further round sends what the rounds before it answered. An input that cannot be
    counted is as large as the model takes: what is larger is refused, and costs nothing.
    """
    longest = plan.cap if plan.cap is not None else (family.max_output if family else None)
    if family is None or longest is None:
        return None
    longest = max(0, longest)
    total: Cost | None = None
    for number in range(max(1, plan.rounds)):
        one = _dearest(plan, family, number * longest, longest)
        if one is None:
            return None
        total = one if total is None else total + one
    return replace(total, amount=total.amount * max(1, plan.tries)) if total else None


def _dearest(plan: Plan, family: Family, answered_before: int, longest: int) -> Cost | None:
    """Give what one round can cost at most."""
    asked, sound = (family.max_input or family.context), plan.sound
    if plan.input is not None:
        asked = plan.input + answered_before
    elif sound:
        sound = asked or 0
    if asked is None:
        return None
    answered = longest * max(1, plan.answers)
    written = Usage(asked, cache_write=asked - sound, completion=answered, total=asked + answered, audio_prompt=sound)
    spoken = [replace(written, audio_completion=answered)] if plan.speaks else []
    known = [paid for one in (written, *spoken) if (paid := cost(one, family, plan.tier))]
    return max(known, key=lambda paid: paid.amount) if len(known) == 1 + len(spoken) else None


class OverBudget(StepError):
    """The request was not sent: at worst it costs more than is allowed."""

    code = "over_budget"

    def __init__(self, message: str, limit: Decimal, worst: Decimal | None) -> None:
        self.limit, self.worst = limit, worst
        super().__init__(message)

    def to_json(self) -> dict[str, Any]:
        """Add the numbers."""
        worst = None if self.worst is None else dollars(self.worst)
        return {**super().to_json(), "limit": dollars(self.limit), "worst_case": worst, "currency": "USD"}


def keep_within(limit: Decimal, worst: Cost | None, plan: Plan, model: str) -> None:
    """Raise OverBudget, with the numbers, unless the worst case fits; one that is not known does not fit."""
    if worst is None:
        text = (
            f"what {model} may cost is not known, and {dollars(limit)} US$ is allowed; add its price and limits to "
            "your own table of models, or remove the maximum cost"
        )
        raise OverBudget(text, limit, None)
    if worst.amount > limit:
        text = (
            f"this may cost {dollars(worst.amount)} US$ ({_told(plan)}; {model}, prices of {worst.as_of}), and "
            f"{dollars(limit)} US$ is allowed; lower max_completion_tokens, shorten the input, or raise the maximum "
            "cost"
        )
        raise OverBudget(text, limit, worst.amount)


def _told(plan: Plan) -> str:
    counted = f"about {plan.input} tokens of input"
    asked = "files, which nobody can count before sending, so the largest input" if plan.input is None else counted
    answered = "the model's largest output" if plan.cap is None else f"{plan.cap} tokens of output"
    repeated = f" in each of {plan.rounds} rounds" if plan.rounds > 1 else ""
    lost = f", each sent up to {plan.tries} times" if plan.tries > 1 else ""
    return f"{asked}, {answered}{repeated}{lost}"
