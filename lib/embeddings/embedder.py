"""One message's way to its vectors: texts found, checked, priced, cut into requests, sent, put together in order."""

from __future__ import annotations

import time
from collections import deque
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from pysailor import Fault, InvalidInput, offload

from ..api.client import CallOptions, Client
from ..api.pacer import shared_pacer
from ..api.timed_call import TimedCall
from ..budgets import NO_BUDGET, Pays, claim, compare, payer_of, split_key
from ..call_settings import call_settings
from ..cost.price import Cost, Surcharges, cost, cost_told_by, dollars, keep_if_priced
from ..cost.usage import Usage
from ..cost.worst_case import OverBudget
from ..endpoint import CheckResult
from ..environment import Environment
from ..errors.api_error import ApiError
from ..replay import ask_whole_once
from .accumulator import Accumulator
from .cutting import cut, most_texts_for
from .dimensions import read_dimensions
from .length import NO_TOKENIZER, TokenCounter, estimate, fit_texts
from .refusals import Base64Refusal, explain, is_too_much, refuses_base64
from .result import read_usage
from .texts import read_texts
from .vectors import EMBEDDINGS, check_lengths, read_vectors

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from pysailor import Context, HttpRequest

    from ..api.client import ApiAnswer
    from ..api.retry import CallLimits
    from ..budgets import BudgetHold, NoBudget
    from ..models.table import Family
    from ..replay import Asked
    from .result import Embeddings
    from .texts import PlacedText


@dataclass(frozen=True, slots=True)
class _Prepared:
    """The texts as they are sent, and what was done to them."""

    texts: tuple[PlacedText, ...]
    notes: tuple[str, ...]
    parts: tuple[range, ...]
    sizes: tuple[int, ...]


class Embedder:
    """Makes the vectors of one message's texts, with the settings of a step."""

    def __init__(self, cfg: Mapping[str, Any], ctx: Context) -> None:
        """Read the settings; the client is kept between messages. Raise InvalidConfig."""
        self._settings = call_settings(cfg, ctx)
        connection = self._settings.connection
        self._client = ctx.keep(Client, connection)
        self._refusal = ctx.keep(Base64Refusal, connection)
        self._ctx = ctx
        self._limits: CallLimits = self._settings.limits
        pacer = shared_pacer(connection, ctx)
        until = ctx.until(self._limits.timeout)
        self._call = CallOptions(self._limits, ctx.logger, until, None, pacer, ctx.report, may_rebound=True)
        self._model = str(cfg["embeddingModel"])
        self._family = ctx.keep(Environment).models.find(self._model)
        self._dimensions = read_dimensions(cfg.get("dimensions"), self._family if connection.public else None)
        self._field = str(cfg["field"])
        self._shortens = cfg["onTooLong"] == "shorten"
        self._cfg = cfg
        self._hold: BudgetHold | NoBudget = NO_BUDGET

    def check(self, body: Mapping[str, Any]) -> CheckResult:
        """Return what is wrong with the texts, without sending them."""
        try:
            prepared = self._prepare(body)
        except InvalidInput as error:
            return CheckResult(tuple(error.faults))
        _, worst, _ = self._worst(prepared)
        allowed = compare(worst, self._model, self._settings.max_cost, self._settings.budget)
        warnings = (*(Fault("", note) for note in prepared.notes), *allowed.warnings)
        return CheckResult((), warnings, worst, cost=allowed.cost)

    def preview(self, body: Mapping[str, Any]) -> HttpRequest:
        """Return the first request that would be sent."""
        prepared = self._prepare(body)
        return self._client.preview(EMBEDDINGS, self._request(prepared.texts, prepared.parts[0]))

    def embed(self, body: Mapping[str, Any]) -> Embeddings:
        """Return the vectors; raise InvalidInput or OverBudget before anything is sent, or ApiError."""
        prepared = self._prepare(body)
        note, self._hold = self._within_budget(prepared, split_key(body)[1])
        found = Accumulator(self._model, self._paid)
        with self._hold as hold:
            self._ask_all(prepared, found)
            low = hold.settle(*found.spent())
        return found.sum_up((*prepared.notes, *note), low)

    def _ask_all(self, prepared: _Prepared, found: Accumulator) -> None:
        parts = deque(prepared.parts)
        while parts:
            part = parts.popleft()
            try:
                self._ask(prepared.texts, part, found)
            except ApiError as error:
                if len(part) > 1 and is_too_much(error):
                    self._ctx.logger.warning("%d texts were too much for one request; trying half", len(part))
                    found.refused += error.tries
                    parts = deque(self._cut_again(prepared.sizes, part.start, len(part) // 2))
                    continue
                raise explain(error, prepared.texts, part, len(found.vectors)) from error
        check_lengths(found.vectors)

    def _prepare(self, body: Mapping[str, Any]) -> _Prepared:
        texts = read_texts(body, self._field)
        notes: tuple[str, ...] = ()
        if self._family is not None and self._family.max_input is not None:
            counter = TokenCounter.of(self._family.encoding)
            texts, notes = fit_texts(texts, self._family.max_input, counter, shorten=self._shortens)
        sizes = tuple(estimate(one.text) for one in texts)
        return _Prepared(texts, notes, tuple(cut(sizes, self._most_texts())), sizes)

    def _most_texts(self) -> int:
        dimensions = self._dimensions or (self._family.dimensions if self._family else None)
        return most_texts_for(dimensions, base64=self._client.connection.public and not self._refusal.is_known)

    @staticmethod
    def _cut_again(sizes: Sequence[int], start: int, most_texts: int) -> list[range]:
        return [range(start + one.start, start + one.stop) for one in cut(sizes[start:], most_texts)]

    def _request(self, texts: Sequence[PlacedText], part: range) -> dict[str, Any]:
        request: dict[str, Any] = {"model": self._model, "input": [texts[index].text for index in part]}
        if not self._refusal.is_known:
            request["encoding_format"] = "base64"
        if self._dimensions is not None:
            request["dimensions"] = self._dimensions
        return request

    def _ask(self, texts: Sequence[PlacedText], part: range, found: Accumulator) -> None:
        """Take in what one request brings, or brought to an earlier attempt at this message; raise ApiError."""
        call = TimedCall(self._ctx, self._client.connection, "embeddings", self._model)
        wanted = [self._client.connection.address, self._model, self._dimensions, [texts[at].text for at in part]]
        try:
            asked = ask_whole_once(self._ctx, self._settings.on_unknown_fate, wanted, partial(self._send, texts, part))
        except ApiError as error:
            call.fail(error)
            raise
        got = asked.answer
        self._report(call, asked)
        try:
            vectors, doubts = read_vectors(got.body, len(part), self._dimensions)
        except ApiError as error:
            error.request_id, error.tries = got.request_id, got.tries
            raise
        self._call = replace(self._call, may_rebound=False)  # what is paid for is not thrown away
        found.add(asked, vectors, doubts)

    def _send(self, texts: Sequence[PlacedText], part: range) -> ApiAnswer:
        """Send one request, once more without base64 if that is refused; raise ApiError."""
        self._hold.take()
        try:
            return self._client.ask(EMBEDDINGS, self._request(texts, part), self._call)
        except ApiError as error:
            if self._refusal.is_known or not refuses_base64(error):
                raise
            self._refusal.is_known = True
            refused = error.tries
        got = self._client.ask(EMBEDDINGS, self._request(texts, part), self._call)
        return replace(got, tries=(*refused, *got.tries))

    def _report(self, call: TimedCall, asked: Asked) -> None:
        used = read_usage(asked.answer.body)
        paid = self._paid(asked.answer.body, used)
        call.done(
            asked.answer.body,
            tries=max(1, len(asked.answer.tries)),
            units=used.to_units(),
            cost=paid.amount if paid else None,
            replayed=asked.replayed,
        )

    def _paid(self, answer: Mapping[str, Any], used: Usage) -> Cost | None:
        """Return what an answer cost: as the service says, or by the table; None if that is not known."""
        told = cost_told_by(answer, datetime.now(tz=UTC).date())
        return told or cost(used, self._family_with_prices(), None, self._surcharges())

    def _family_with_prices(self) -> Family | None:
        return keep_if_priced(self._family, self_hosted=self._client.server.self_hosted)

    def _surcharges(self) -> Surcharges:
        return Surcharges(regional=self._client.connection.regional)

    @property
    def _most_tries(self) -> int:
        return 1 + self._limits.max_retries if self._limits.after_timeout else 1

    def _worst(self, prepared: _Prepared) -> tuple[int, Cost | None, bool]:
        """Return how many tokens all texts have, the most they can cost, and whether they were counted exactly."""
        family = self._family_with_prices()
        tokens = TokenCounter.of(family.encoding) if family else TokenCounter(None)
        count = offload(_count, prepared.texts, tokens)
        once = cost(Usage(prompt=count, total=count), family, None, self._surcharges())
        return count, replace(once, amount=once.amount * self._most_tries) if once else None, tokens.exact is not None

    def _within_budget(self, prepared: _Prepared, key: str) -> tuple[tuple[str, ...], BudgetHold | NoBudget]:
        """Raise OverBudget unless all texts fit at worst; return a sentence if counted poorly, and the claim."""
        limit, budget = self._settings.max_cost, self._settings.budget
        if limit is None and budget is None:
            return (), NO_BUDGET
        count, worst, is_exact = self._worst(prepared)
        tries = self._most_tries
        if worst is None:
            raise OverBudget(
                f"what {self._model} costs on this server is not known; add its price to your own table of models, or "
                + (f"remove the budget ({dollars(budget.limit)} US$)" if limit is None and budget else "")
                + (f"remove the maximum cost ({dollars(limit)} US$)" if limit is not None else ""),
                limit if limit is not None else (budget.limit if budget else Decimal(0)),
                None,
            )
        if limit is not None and worst.amount > limit:
            often = f", each sent up to {tries} times" if tries > 1 else ""
            raise OverBudget(
                f"this may cost {dollars(worst.amount)} US$ (about {count} tokens in {len(prepared.texts)} "
                f"texts{often}; {self._model}, prices of {worst.as_of}), and {dollars(limit)} US$ is allowed; send "
                "fewer or shorter texts, or raise the maximum cost",
                limit,
                worst.amount,
            )
        payer = payer_of(Pays(key), self._cfg, self._ctx, self._client.connection.api_key)
        left = max(0.0, (self._call.deadline or float("inf")) - time.monotonic())
        hold = claim(budget, payer, worst.amount, tries, self._ctx, left)
        return () if is_exact else (NO_TOKENIZER,), hold


def _count(texts: Sequence[PlacedText], tokens: TokenCounter) -> int:
    """Return how many tokens the texts have together."""
    return sum(tokens.count(one.text) if tokens.exact else estimate(one.text) for one in texts)
