"""The most that a request can cost, and the limit that is asked before it is sent."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from pysailor import StepError

from .price import Cost, cost, dollars
from .usage import Usage

if TYPE_CHECKING:
    from decimal import Decimal

    from ..models.table import Family


@dataclass(frozen=True, slots=True)
class Plan:
    """What is going to be asked for, at most.

    `input` counts tokens, `audio` those of them that are; None means that nobody can count them before sending. Without
    a `cap` an answer is as long as the model allows; `speaks` means that it may be spoken. A round (of repair) follows
    on an answer, a try on one that was lost.
    """

    input: int | None
    audio: int = 0
    cap: int | None = None
    answers: int = 1
    speaks: bool = False
    rounds: int = 1
    tries: int = 1
    tier: str | None = None


def worst_case(plan: Plan, family: Family | None) -> Cost | None:
    """Return what a plan can cost at most, or None if a price or a limit is not known.

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
    known = [paid for one in (written, *spoken) if (paid := cost(one, family, plan.tier))]
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
            f"this may cost {dollars(worst.amount)} US$ ({_describe(plan)}; {model}, prices of {worst.as_of}), and "
            f"{dollars(limit)} US$ is allowed; lower max_completion_tokens, shorten the input, or raise the maximum "
            "cost"
        )
        raise OverBudget(text, limit, worst.amount)


def _describe(plan: Plan) -> str:
    counted = f"about {plan.input} tokens of input"
    asked = "files, which nobody can count before sending, so the largest input" if plan.input is None else counted
    answered = "the model's largest output" if plan.cap is None else f"{plan.cap} tokens of output"
    repeated = f" in each of {plan.rounds} rounds" if plan.rounds > 1 else ""
    lost = f", each sent up to {plan.tries} times" if plan.tries > 1 else ""
    return f"{asked}, {answered}{repeated}{lost}"
