"""A batch holds its worst case of a budget from before it is uploaded until it is collected."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING, Any

import pytest

from lib.budgets import Ledger
from lib.budgets.account import ZERO
from lib.budgets.errors import BudgetSpent
from lib.cost.worst_case import OverBudget
from lib.offline.sandbox import KEY, Sandbox
from pysailor.context import Data
from pysailor.errors import Rebound, StepError
from pysailor.message import Message
from pysailor.step import Invocation, Step
from pysailor.store.memory import MemoryValues
from tests.support.batches import COMPONENT, QUESTIONS, created
from tests.support.fake_api import FakeApi
from tests.support.send_request import LOGGER

if TYPE_CHECKING:
    from pathlib import Path

    from pysailor.context import Event
    from pysailor.store import Store

LINES = [{**one, "max_completion_tokens": 1000} for one in QUESTIONS]
PRICES = {"models": {"gpt-sandbox-2": {"price": {"input": 0, "output": 100}, "max_output": 16384}}}
FULL = {"code": "token_limit_exceeded", "message": "Enqueued token limit reached."}
WORST = Decimal("0.2")  # four answers of 1,000 tokens at 100 US$ a million, halved


@pytest.fixture(autouse=True)
def _prices(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "models.json").write_text(json.dumps(PRICES))
    monkeypatch.setenv("CHATGPT_MODELS_FILE", str(tmp_path / "models.json"))


class Workers:
    """Steps of one credential that share a store."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox, self.store = sandbox, MemoryValues()

    def run(self, function: str, body: Any, message: str, scenario: str = "", **cfg: Any) -> list[Message]:
        def shared() -> Store:
            return self.store

        address = self.sandbox.base_url_of(scenario) if scenario else self.sandbox.base_url
        settings = {"apiKey": KEY, "baseUrl": address, "maxRetries": 0, **cfg}
        step = Step(COMPONENT.function(function), settings, open_store=shared)
        events: list[Event] = []
        step.process(
            Message(body=body, id=message), Invocation(events.append, LOGGER, None, message, step="flow/step")
        )  # not closed: the store is shared
        return [event.message for event in events if isinstance(event, Data)]

    def submit(self, message: str = "m-1", scenario: str = "", **cfg: Any) -> dict[str, Any]:
        body = {"requests": LINES, "budgetKey": "c1"}
        (made,) = self.run("batchSubmit", body, message, scenario, **{"model": "gpt-sandbox-2", "budget": "0.5", **cfg})
        return dict(made.body)

    def collect(self, batch_id: str) -> list[Message]:
        emitted: list[Message] = []
        while not emitted:
            try:
                emitted = self.run("batchCollect", {"batch_id": batch_id}, "c")
            except Rebound:
                continue
        return emitted

    def account(self) -> tuple[Decimal, Decimal]:
        """Return what is spent and what is held."""
        ((_, account, of),) = Ledger(self.store).accounts()
        assert of["key"] == "c1"
        return account.spent, account.held


@pytest.fixture
def workers(sandbox: Sandbox) -> Workers:
    return Workers(sandbox)


def test_the_worst_case_is_held_at_half_price_until_the_batch_is_collected_once(workers: Workers) -> None:
    made = workers.submit()
    spent, held = workers.account()
    assert (spent, held) == (ZERO, WORST)
    total = workers.collect(made["batch_id"])[-1].body["result"]["cost"]
    after = workers.account()
    assert after == (Decimal(total["exact"]), ZERO)
    assert 0 < after[0] < WORST
    workers.collect(made["batch_id"])
    assert workers.account() == after


def test_a_message_that_is_brought_again_holds_nothing_further(workers: Workers) -> None:
    assert workers.submit()["batch_id"] == workers.submit()["batch_id"]
    assert workers.account() == (ZERO, WORST)
    assert len(created(workers.sandbox)) == 1


def test_what_does_not_fit_is_refused_or_put_off_before_anything_is_sent(workers: Workers) -> None:
    with pytest.raises(BudgetSpent):
        workers.submit(budget="0.1")
    workers.submit("m-1")
    workers.submit("m-2")
    sent = len(workers.sandbox.requests)
    with pytest.raises(Rebound, match="under way"):
        workers.submit("m-3")
    assert [one.method for one in workers.sandbox.requests[sent:] if one.method == "POST"] == []


def test_a_batch_without_a_known_price_is_refused_under_a_budget(workers: Workers) -> None:
    with pytest.raises(OverBudget, match="remove the budget"):
        workers.submit(model="gpt-sandbox-1")
    assert not [one for one in workers.sandbox.requests if one.method == "POST"]


@pytest.mark.parametrize(
    ("told", "code"),
    [
        ({"status": 400, "json": {"error": {"message": "no"}}}, "bad_request"),
        ({"json": {"id": "batch-1", "status": "failed"}}, "batch_failed"),
        ({"json": {"id": "batch-1", "status": "failed", "errors": {"data": [FULL]}}}, "batch_queue_full"),
    ],
)
def test_a_batch_that_the_service_refuses_holds_nothing(workers: Workers, told: dict[str, Any], code: str) -> None:
    address = "https://gw.example/v1"
    with FakeApi() as api:
        api.answer("GET", f"{address}/batches", json={"data": []})
        api.post(f"{address}/files", json={"id": "file-1"})
        api.post(f"{address}/batches", **told)
        with pytest.raises(StepError) as caught:
            workers.submit(baseUrl=address)
    assert caught.value.code == code
    assert workers.account() == (ZERO, ZERO)
