"""A step with a budget: reserved before it is sent, settled after, refused before anything is sent."""

from __future__ import annotations

import json
import logging
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from lib.api.connection import PUBLIC_API
from lib.budgets import BudgetSettings, Ledger, Payer, claim
from lib.budgets.errors import BudgetSpent, BudgetUnreadable
from lib.cost.price import Cost
from lib.cost.worst_case import OverBudget
from lib.errors.api_error import ApiError
from pysailor import InvalidConfig, Measure, Message, Rebound, StoreUnavailable
from pysailor.component.component import Component
from pysailor.context import Context, Data, Event
from pysailor.step import Invocation, Step
from pysailor.store.memory import MemoryValues
from tests.support.fake_api import FakeApi
from tests.support.send_request import HELLO, completion

if TYPE_CHECKING:
    from collections.abc import Iterator

ENDPOINT = f"{PUBLIC_API}/chat/completions"
BODY = {**HELLO, "max_tokens": 100}
COST = Decimal("0.00006")  # 10 tokens in and 5 out of gpt-4.1, at 2 and 8 US$ a million
VECTORS = {
    "data": [{"index": 0, "embedding": [0.5]}],
    "model": "text-embedding-3-small",
    "usage": {"prompt_tokens": 1000, "total_tokens": 1000},
}
COMPONENT = Component(Path(__file__).parents[3])


class Flow:
    """A step that gets messages, of one run of the flow or of several."""

    def __init__(self, function: str = "sendRequest", **cfg: Any) -> None:
        defaults = {"apiKey": "sk-1", "maxRetries": 0, "model": "gpt-4.1"}
        self.step = Step(COMPONENT.function(function), {**defaults, **cfg})
        self.told: list[Any] = []

    def __call__(self, body: Any = BODY, run: str = "run-1") -> dict[str, Any]:
        events: list[Event] = []
        logger = logging.getLogger(__name__)
        told = Invocation(events.append, logger, report=self.told.append, run_id=run, step="flow/step")
        self.step.process(Message(body=body), told)
        (made,) = (event.message.body for event in events if isinstance(event, Data))
        return dict(made)

    @property
    def ledger(self) -> Ledger:
        return Ledger(self.step.context(Invocation(print, logging.getLogger())).store)

    def spent(self) -> dict[str, Decimal]:
        return {of["key"] or of["run"] or of["conversation"]: one.spent for _, one, of in self.ledger.accounts()}

    def hold(self, amount: str, seconds: float = 600) -> None:
        """Let another worker hold so much."""
        from lib.budgets.account import Reservation  # noqa: PLC0415 - only here

        ((place, _, _),) = self.ledger.accounts()
        until = self.ledger.now() + seconds
        self.ledger.change(place, lambda it: it.reserve("other", Reservation(Decimal(amount), until), Decimal(9), 0))


@pytest.fixture
def api() -> Iterator[FakeApi]:
    with FakeApi() as api:
        yield api


def test_what_a_message_cost_is_settled_and_what_was_reserved_beyond_goes_back(api: FakeApi) -> None:
    api.post(ENDPOINT, json=completion("Hi"))
    flow = Flow(budget="0.01")
    assert flow()["result"]["warnings"] == []
    ((_, account, of),) = flow.ledger.accounts()
    assert (account.spent, account.held, of["name"]) == (COST, Decimal(0), "flow/step")
    assert [(one.name, round(one.value, 6)) for one in flow.told if isinstance(one, Measure)][-3:] == [
        ("budget_left", 0.00994),
        ("budget_held", 0.0),
        ("budget_limit", 0.01),
    ]


def test_a_budget_that_is_spent_refuses_before_anything_is_sent_and_says_when_it_begins_anew(api: FakeApi) -> None:
    api.post(ENDPOINT, json=completion("Hi"))
    flow = Flow(budget="0.00085")
    flow()
    with pytest.raises(BudgetSpent, match=r"0\.00006 US\$ are spent.*anew on .* at 00:00 UTC") as caught:
        flow()
    told = caught.value.to_json()
    assert (told["code"], told["spent"], told["limit"], told["retryable"]) == (
        "budget_spent",
        "0.00006",
        "0.00085",
        False,
    )
    assert len(api.received) == 1


def test_from_80_percent_on_each_result_says_so_and_the_log_once(
    api: FakeApi, caplog: pytest.LogCaptureFixture
) -> None:
    answer = completion("Hi")
    answer["usage"] = {"prompt_tokens": 10, "completion_tokens": 100, "total_tokens": 110}
    api.post(ENDPOINT, json=answer)
    flow = Flow(budget="0.0018")
    assert flow()["result"]["warnings"] == []
    (warning,) = flow()["result"]["warnings"]
    assert "0.00164 of 0.0018 US$ are spent" in warning
    assert [record.levelname for record in caplog.records if "More than 80 %" in record.getMessage()] == ["WARNING"]


def test_each_run_and_each_key_has_a_budget_of_its_own(api: FakeApi) -> None:
    post = api.post(ENDPOINT, json=completion("Hi"))
    flow = Flow(budget="0.0009", budgetPeriod="run")
    flow(run="a")
    flow(run="b")
    assert flow.spent() == {"a": COST, "b": COST}
    keyed = Flow(budget="0.0009")
    keyed({**BODY, "budgetKey": "customer 1"})
    keyed({**BODY, "budgetKey": 2})
    assert keyed.spent() == {"customer 1": COST, "2": COST}
    assert all("budgetKey" not in json.loads(one.body) for one in post.received)


def test_steps_share_a_budget_by_its_name_if_their_credential_is_the_same(api: FakeApi) -> None:
    api.post(ENDPOINT, json=completion("Hi"))
    api.post(
        f"{PUBLIC_API}/embeddings",
        json={
            "data": [{"index": 0, "embedding": [0.5]}],
            "model": "text-embedding-3-small",
            "usage": {"prompt_tokens": 1000, "total_tokens": 1000},
        },
    )
    one = Flow(budget="1", budgetName="team")
    one()
    other = Flow("embed", embeddingModel="text-embedding-3-small", budget="1", budgetName="team")
    other.step.kept.close()
    other.step.kept = one.step.kept  # one process
    other({"text": "x" * 4000})
    assert one.spent() == {"": COST + Decimal("0.00002")}
    Flow(budget="1", budgetName="team", apiKey="sk-2")


def test_a_refusal_costs_nothing_and_a_lost_answer_its_worst_case(api: FakeApi) -> None:
    api.post(ENDPOINT, status=500, body="no")
    flow = Flow(budget="1")
    with pytest.raises(ApiError):
        flow()
    assert flow.spent() == {"": Decimal(0)}
    api.post(ENDPOINT, body='{"id": "x", "choi')
    with pytest.raises(ApiError):
        flow()
    assert Decimal("0.0008") <= flow.spent()[""] <= Decimal("0.001")


def test_what_only_calls_under_way_stand_in_the_way_of_is_put_off(api: FakeApi) -> None:
    api.post(ENDPOINT, json=completion("Hi"))
    flow = Flow(budget="0.01", timeout=3)
    flow()
    flow.hold("0.0099")
    with pytest.raises(Rebound, match=r"calls under way hold 0\.0099 US\$") as caught:
        flow()
    assert caught.value.code == "budget_held"
    assert len(api.received) == 1


def test_a_message_waits_a_little_for_calls_that_hold_what_they_do_not_need(api: FakeApi) -> None:
    api.post(ENDPOINT, json=completion("Hi"))
    flow = Flow(budget="0.01", timeout=30)
    flow()
    flow.hold("0.0085", seconds=0.2)  # counted as spent then, and it fits
    assert flow()["result"]["outcome"] == "complete"


def test_a_model_without_a_known_price_is_refused_under_a_budget(api: FakeApi) -> None:
    with pytest.raises(OverBudget, match="remove the budget"):
        Flow(budget="1", model="nobody-knows-it")()


def test_a_budget_that_cannot_be_read_is_no_empty_one(api: FakeApi) -> None:
    api.post(ENDPOINT, json=completion("Hi"))
    flow = Flow(budget="1")
    flow()
    ((place, _, _),) = flow.ledger.accounts()
    flow.ledger._store.put(place, b"x", 60)
    with pytest.raises(BudgetUnreadable):
        flow()


def test_an_answer_that_the_journal_had_settles_what_its_dead_worker_reserved_and_needs_no_budget() -> None:
    ctx = Context(message_id="m-1")
    payer, settings = Payer("owner", "flow/step"), BudgetSettings(Decimal(1))
    dead = claim(settings, payer, Decimal("0.9"), 1, ctx, 60)
    dead.take()
    with claim(settings, payer, Decimal("0.9"), 1, ctx, 60) as hold:
        hold.settle(Cost(Decimal("0.1"), date(2026, 1, 1)))
    ((_, account, _),) = Ledger(ctx.store).accounts()
    assert (account.spent, account.held) == (Decimal("0.1"), Decimal(0))


def test_each_conversation_of_ask_has_a_budget_of_its_own(api: FakeApi, tmp_path: Path) -> None:
    api.post(ENDPOINT, json=completion("Hi"))
    flow = Flow("ask", budget="1", budgetPeriod="conversation", memory="conversation", length="short")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("CHATGPT_CONVERSATIONS", "memory:")
        first = flow({"prompt": "Hello"})["conversationId"]
        flow({"prompt": "And then?", "conversationId": first})
        flow({"prompt": "Hello", "conversationId": "another"})
    assert flow.spent() == {first: 2 * COST, "another": COST}


class Away(MemoryValues):
    """A store that can go away."""

    is_away = False

    def update(self, *told: Any) -> bytes | None:
        if self.is_away:
            raise StoreUnavailable("the store does not answer")
        return super().update(*told)


def test_while_the_store_is_away_nothing_is_sent_and_an_answer_that_came_is_handed_on(api: FakeApi) -> None:
    store = Away()
    ctx = Context(open_store=lambda: store)
    payer, settings = Payer("owner", "flow/step"), BudgetSettings(Decimal(1))
    with claim(settings, payer, Decimal("0.9"), 1, ctx, 60) as hold:
        hold.take()
        store.is_away = True
        assert hold.settle(Cost(Decimal("0.1"), date(2026, 1, 1))) == ()
    with claim(settings, payer, Decimal("0.1"), 1, ctx, 60) as hold, pytest.raises(Rebound, match="nothing was sent"):
        hold.take()
    store.is_away = False
    ((_, account, _),) = Ledger(store).accounts()
    assert account.held == Decimal("0.9")  # until its time is over; then it counts as spent


@pytest.mark.parametrize(
    ("name", "value"),
    [("budget", "much"), ("budget", "-1"), ("budget", "1e99999"), ("budget", "1e-99999"), ("budgetPeriod", "week")],
)
def test_a_setting_that_cannot_be_meant_is_named(name: str, value: str) -> None:
    with pytest.raises(InvalidConfig, match=name):
        Flow(**{"budget": "1", name: value})()
