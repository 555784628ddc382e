"""The money of one message: the most that its requests can cost, the budget they keep to, what an answer did cost."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from ..budgets import NO_BUDGET, claim, compare
from ..cost.price import as_used, cost, cost_told_by, has_no_tier_price, keep_if_priced
from ..cost.worst_case import keep_within, require_price, worst_case

if TYPE_CHECKING:
    from collections.abc import Mapping

    from pysailor import Context

    from ..api.client import Client
    from ..budgets import BudgetHold, Comparison, NoBudget, Payer
    from ..cost.price import Cost, Surcharges
    from ..cost.usage import Usage
    from ..cost.worst_case import Plan
    from ..endpoint import BuiltRequest, Endpoint
    from ..environment import Environment
    from ..models.table import Family
    from ..step_settings import StepSettings


class Spending:
    """What one message may spend at a server, and who pays; amounts are in US$."""

    __slots__ = ("_client", "_environment", "_payer", "_settings")

    def __init__(self, client: Client, settings: StepSettings, environment: Environment, payer: Payer) -> None:
        self._client, self._settings, self._environment, self._payer = client, settings, environment, payer

    @property
    def is_limited(self) -> bool:
        """Whether there is a maximum cost, or a budget, that the message must keep to."""
        return self._settings.max_cost is not None or bool(self._settings.budget)

    def paid(
        self, endpoint: Endpoint, request: BuiltRequest, answer: Mapping[str, Any], used: Usage
    ) -> tuple[Cost | None, tuple[str, ...]]:
        """Return what the answer cost, None if that is not known, and why not where only its tier has no price."""
        told = cost_told_by(answer, datetime.now(tz=UTC).date())
        if told is not None:
            return told, ()
        if not used.known:
            return None, ()
        answered = self._environment.models.find(str(answer.get("model")))
        family = self._with_prices(answered) or self._with_prices(request.family)
        if family is None:
            return None, ()
        tier = answer.get("service_tier")
        if has_no_tier_price(family, tier):
            return None, (f"the price of {family.label} in the tier {tier} is not known, and so is not the cost",)
        extra = self._surcharges(endpoint.surcharges(request))
        return cost(used, family, tier, as_used(extra, answer)), ()

    def worst(self, endpoint: Endpoint, request: BuiltRequest) -> tuple[Cost | None, Plan, str]:
        """Return the most that a request can cost, how that is counted, and a sentence if it was counted poorly."""
        plan, note = endpoint.plan(request, 1 + self._settings.repairs, self._most_tries)
        plan = replace(plan, surcharges=self._surcharges(plan.surcharges))
        return worst_case(plan, self._with_prices(request.family)), plan, note

    def compare(self, worst: Cost | None, model: str) -> Comparison:
        """Return a worst case beside what the step allows."""
        return compare(worst, model, self._settings.max_cost, self._settings.budget)

    def claim(
        self, endpoint: Endpoint, request: BuiltRequest, ctx: Context, seconds: float
    ) -> tuple[tuple[str, ...], BudgetHold | NoBudget]:
        """Raise OverBudget unless the request fits at worst; return a sentence if counted poorly, and the claim.

        `seconds` is for how long it may be needed.
        """
        most, budget = self._settings.max_cost, self._settings.budget
        if most is None and budget is None:
            return (), NO_BUDGET
        worst, plan, note = self.worst(endpoint, request)
        family, tries = self._with_prices(request.family), self._most_tries
        if most is not None:
            keep_within(most, worst, plan, request.model, family)
        if budget is not None:
            require_price(budget.limit, worst, plan, request.model, family)
        hold = claim(budget, self._payer, worst.amount if worst else None, tries, ctx, seconds)
        return (note,) if note else (), hold

    @property
    def _most_tries(self) -> int:
        """How often a request may be paid for: a try that timed out may have been answered."""
        limits = self._settings.limits
        return 1 + limits.max_retries if limits.after_timeout else 1

    def _with_prices(self, family: Family | None) -> Family | None:
        return keep_if_priced(family, self_hosted=self._client.server.self_hosted)

    def _surcharges(self, extra: Surcharges) -> Surcharges:
        return replace(extra, regional=self._client.connection.regional)
