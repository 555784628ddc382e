"""The most that a request can cost, and the limit that is asked before it is sent."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from pysailor import StepError, frozen

from .price import NO_SURCHARGES, Cost, Surcharges, cost, dollars, has_no_tier_price, price_in
from .usage import Usage

if TYPE_CHECKING:
    from ..models.table import Family


@frozen
class Plan:
    """What is going to be asked for, at most.

    `input` counts tokens, `audio` those of them that are; None means that nobody can count them before sending. Without
    a `cap` an answer is as long as the model allows; `speaks` means that it may be spoken. A round (of repair) follows
    on an answer, a try on one that was lost. The `surcharges` are those of one answer.
    """

    input: int | None
    audio: int = 0
    cap: int | None = None
    answers: int = 1
    speaks: bool = False
    rounds: int = 1
    tries: int = 1
    tier: str | None = None
    surcharges: Surcharges = NO_SURCHARGES


def worst_case(plan: Plan, family: Family | None) -> Cost | None:
    """Return what a plan can cost at most, or None if a price or a limit is not known.

    Every answer is as long as it may be, nothing is read from a cache and everything is written to one, every try but
    the last is lost and billed; each further round sends what the rounds before it answered. An input that cannot be
    counted is as large as the model takes: what is larger is refused, and costs nothing.
    """
    longest = plan.cap if plan.cap is not None else (family.max_output if family else None)
    if family is None or longest is None or plan.surcharges.pictures:
        return None
    longest = max(0, longest)
    total: Cost | None = None
    for number in range(max(1, plan.rounds)):
        one = _worst_round(plan, family, number * longest, longest)
        if one is None:
            return None
        total = one if total is None else total + one
    return replace(total, amount=total.amount * max(1, plan.tries)) if total else None


def _worst_round(plan: Plan, family: Family, answered_before: int, longest: int) -> Cost | None:
    """Return what one round can cost at most."""
    asked, audio = (family.max_input or family.context), plan.audio
    if plan.input is not None:
        asked = plan.input + answered_before
    elif audio:
        audio = asked or 0
    if asked is None:
        return None
    answered = longest * max(1, plan.answers)
    written = Usage(asked, cache_write=asked - audio, completion=answered, total=asked + answered, audio_prompt=audio)
    spoken = [replace(written, audio_completion=answered)] if plan.speaks else []
    extra = replace(plan.surcharges, searches=plan.surcharges.searches * max(1, plan.answers))
    known = [paid for one in (written, *spoken) if (paid := cost(one, family, plan.tier, extra))]
    return max(known, key=lambda paid: paid.amount) if len(known) == 1 + len(spoken) else None


class OverBudget(StepError):
    """The request was not sent: at worst it costs more than is allowed."""

    code = "over_budget"

    def __init__(self, message: str, limit: Decimal, worst: Decimal | None) -> None:
        self.limit, self.worst = limit, worst
        super().__init__(message)

    def to_json(self) -> dict[str, Any]:
        """Return the error's members, with the limit and the worst case."""
        worst = None if self.worst is None else dollars(self.worst)
        return {**super().to_json(), "limit": dollars(self.limit), "worst_case": worst, "currency": "USD"}


def keep_within(limit: Decimal, worst: Cost | None, plan: Plan, model: str, family: Family | None = None) -> None:
    """Raise OverBudget, with the arithmetic, unless the worst case fits; one that is not known does not fit."""
    if worst is None:
        text = f"{explain_unknown(plan, model, family)}, or remove the maximum cost ({dollars(limit)} US$)"
        raise OverBudget(text, limit, None)
    if worst.amount > limit:
        text = (
            f"this may cost {dollars(worst.amount)} US$ ({_describe(plan, family)}; {model}, prices of {worst.as_of}), "
            f"and {dollars(limit)} US$ is allowed; lower max_completion_tokens, shorten the input, or raise the "
            "maximum cost"
        )
        raise OverBudget(text, limit, worst.amount)


def advise_cap(plan: Plan, model: str, family: Family | None) -> str:
    """Return what to set where a worst case is that of the longest answer a model can give, "" elsewhere."""
    if plan.cap is not None or family is None or family.max_output is None:
        return ""
    longest = f"an answer may be as long as {model} allows, {family.max_output} tokens"
    return f"{longest}; max_completion_tokens sets the longest one"


def require_price(limit: Decimal, worst: Cost | None, plan: Plan, model: str, family: Family | None = None) -> None:
    """Raise OverBudget if the worst case is not known: what cannot be counted cannot be kept within a budget."""
    if worst is None:
        text = f"{explain_unknown(plan, model, family)}, or remove the budget ({dollars(limit)} US$)"
        raise OverBudget(text, limit, None)


def explain_unknown(plan: Plan, model: str, family: Family | None) -> str:
    """Return why a worst case is not known, and what to do, without a full stop."""
    if has_no_tier_price(family, plan.tier):
        return (
            f"the price of {model} is known, but not in the tier {plan.tier}; choose another service_tier, add the "
            "tier's price to your own table of models"
        )
    if plan.surcharges.pictures:
        return "what pictures cost that the model makes is not known; leave the tool image_generation out"
    if plan.cap is None and family is not None and family.price is not None and family.max_output is None:
        return (
            f"the price of {model} is known, but not how long its answers may be; set max_completion_tokens, or add "
            "max_output to the model in your own table of models"
        )
    return (
        f"what {model} may cost on this server is not known; add its price and limits to your own table of models, "
        "choose the server in the credential if this address leads to OpenAI"
    )


def _describe(plan: Plan, family: Family | None) -> str:
    """Return the arithmetic of the worst case in words."""
    asked, answered = _rates(plan, family)
    counted = f"about {plan.input} tokens of input"
    if plan.input is None:
        what = "what tools or earlier answers bring" if plan.surcharges.counted_by_items else "files"
        what = "what a search finds" if plan.surcharges.searches else what
        counted = f"{what}, which nobody can count before sending, so the largest input"
    longest = "the model's largest output" if plan.cap is None else f"{plan.cap} tokens of output"
    steps = [
        counted + asked,
        longest + answered,
        f"{plan.answers} answers (n)" if plan.answers > 1 else "",
        "spoken answers at their own price" if plan.speaks else "",
        "recordings at their own price" if plan.audio else "",
        f"up to {plan.surcharges.searches} searches for each answer" + _fee(plan, family)
        if plan.surcharges.searches
        else "",
        f"fees for {plan.surcharges.file_searches} searches of files" if plan.surcharges.file_searches else "",
        f"the fee for {plan.surcharges.containers} container that code runs in" if plan.surcharges.containers else "",
        f"in each of {plan.rounds} rounds, which send the answers before them again" if plan.rounds > 1 else "",
        f"each sent up to {plan.tries} times" if plan.tries > 1 else "",
        "and 10 % on all tokens for the region" if plan.surcharges.regional else "",
    ]
    return ", ".join(filter(None, steps))


def _rates(plan: Plan, family: Family | None) -> tuple[str, str]:
    """Return what a million tokens cost at worst, of input and of output."""
    price = price_in(family, plan.tier)
    if family is None or price is None:
        return "", ""
    asked = plan.input if plan.input is not None else (family.max_input or family.context or 0)
    long = family.long if family.long and asked > family.long.above else None
    into = price.input * plan.surcharges.cache_write(family) * (long.input if long else 1)
    out = price.output * (long.output if long else 1)
    cache = " (written to a cache for 12 hours)" if plan.surcharges.long_cache and family.cache_write else ""
    return f" at {dollars(Decimal(into))} US$ a million{cache}", f" at {dollars(Decimal(out))} US$ a million"


def _fee(plan: Plan, family: Family | None) -> str:
    return f" at {dollars(plan.surcharges.fee(family))} US$" if family else ""
