"""A chat whose answers share a budget: refused before anything is asked, seen by `pysailor budget`."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import ExitStack, closing
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

import pytest

from lib.api.cancel import Cancel
from lib.api.connection import PUBLIC_API, Connection
from lib.budgets import Ledger
from lib.budgets.account import Reservation
from lib.budgets.errors import BudgetHeld, BudgetSpent
from lib.chat.answer_settings import AnswerSettings
from lib.chat.backend import ApiBackend
from lib.chat.conversation import Service
from lib.chat.server.listener import Listener
from lib.conversation import open_store as open_conversations
from lib.cost.worst_case import OverBudget
from pysailor import StoreUnavailable, open_store
from pysailor.cli import main
from pysailor.store.memory import MemoryValues
from tests.support.chat_client import event, events, settings, socket, turn
from tests.support.fake_api import FakeApi
from tests.support.played import routes
from tests.support.send_request import completion

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from websockets.sync.client import ClientConnection

ENDPOINT = f"{PUBLIC_API}/chat/completions"
BODY = {"model": "gpt-4.1", "max_tokens": 100, "messages": [{"role": "user", "content": "Hello"}]}
COST = Decimal("0.00006")  # 10 tokens in and 5 out of gpt-4.1, at 2 and 8 US$ a million
Chat = Callable[[str], Listener]


@pytest.fixture
def store_url(tmp_path: Path) -> str:
    return f"sqlite:///{tmp_path}/budgets.sqlite"


@pytest.fixture
def backend(store_url: str) -> Iterator[ApiBackend]:
    with closing(ApiBackend(open_store=partial(open_store, store_url))) as opened:
        yield opened


@pytest.fixture
def chat(backend: ApiBackend) -> Iterator[Chat]:
    service = Service(Connection(PUBLIC_API, "sk-of-the-operator"))
    with ExitStack() as stack:
        conversations = stack.enter_context(open_conversations("memory:"))

        def start(kwargs: str) -> Listener:
            text = settings(f"model: gpt-4.1, max_tokens: 100, {kwargs}")
            return stack.enter_context(Listener(routes(text), service, backend, conversations))

        yield start


class Away(MemoryValues):
    """A store that cannot be reached."""

    def update(self, *_: object) -> None:
        raise StoreUnavailable("no route to it")


def ask(backend: ApiBackend, own: Mapping[str, Any], key: Any = None, seconds: float = 30) -> str:
    answers = AnswerSettings.of(own).paid_by("sk-1", "help", ("owner", "conversation-1"), key)
    return backend.ask(Connection(PUBLIC_API, "sk-1"), BODY, seconds, print, Cancel(), answers).text


def test_a_question_that_does_not_fit_is_refused_before_anything_is_asked(backend: ApiBackend) -> None:
    with FakeApi() as api:
        api.post(ENDPOINT, json=completion("Hi"))
        with pytest.raises(BudgetSpent):
            ask(backend, {"budget": 0.0001})
        with pytest.raises(OverBudget):
            ask(backend, {"maxCost": "0.0001"})
        assert not api.received
        assert ask(backend, {"budget": 0.01, "maxCost": 0.01}) == "Hi"


def test_what_answers_cost_is_spent_for_each_key_of_its_own(backend: ApiBackend, store_url: str) -> None:
    with FakeApi() as api:
        api.post(ENDPOINT, json=completion("Hi"))
        for key in ("anna", "anna", 7):
            ask(backend, {"budget": 1, "budgetName": "support"}, key)
    with open_store(store_url) as store:
        spent = {(of["name"], of["key"]): account.spent for _, account, of in Ledger(store).accounts()}
    assert spent == {("support", "anna"): 2 * COST, ("support", "7"): COST}


def test_what_calls_under_way_hold_is_told_as_a_matter_of_a_minute(backend: ApiBackend, store_url: str) -> None:
    own = {"budget": 0.0015}
    with FakeApi() as api:
        api.post(ENDPOINT, json=completion("Hi"))
        ask(backend, own)
        with open_store(store_url) as store:
            ledger = Ledger(store)
            budget = AnswerSettings.of(own).budget
            assert budget is not None
            payer = AnswerSettings().paid_by("sk-1", "help", ("owner", "conversation-1"), None).payer
            held = Reservation(Decimal("0.001"), ledger.now() + 600)
            ledger.reserve(budget.budget(payer, ledger.now()), "another", held)
        with pytest.raises(BudgetHeld) as caught:
            ask(backend, own, seconds=1)
    assert caught.value.retryable
    assert len(api.received) == 1


def test_a_store_that_is_away_is_told_as_that() -> None:
    with FakeApi(), closing(ApiBackend(open_store=Away)) as backend:
        with pytest.raises(StoreUnavailable) as caught:
            ask(backend, {"budget": 1})
        assert caught.value.retryable


def test_a_visitor_reads_when_the_chat_answers_again_and_no_amounts(chat: Chat) -> None:
    with FakeApi(), socket(chat("budget: 0.0001, budgetPeriod: month")) as ws:
        (told,) = turn(ws, "Hello")
    assert told.startswith("[ERROR] What this chat may still cost does not cover the question; there is more from ")
    assert "US$" not in told


def test_each_conversation_may_have_a_budget_of_its_own(
    chat: Chat, store_url: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with FakeApi() as api:
        server = chat("budget: 0.00085, budgetPeriod: conversation, stream: false")
        api.post(ENDPOINT, json=completion("Hi"))
        with socket(server, "?format=json") as ws:
            name = event(ws)["conversation"]
            first, second = (_ask(ws), _ask(ws))
        with socket(server) as other:
            assert turn(other, "Hello") == ["Hi"]
    assert first[-1]["text"] == "Hi"
    (error,) = (one for one in second if one["type"] == "error")
    assert (error["code"], error["message"]) == (
        "budget_spent",
        "What this conversation may still cost does not cover the question; begin a new one.",
    )
    assert main(["budget", "show", "--store", store_url, "--json"]) == 0
    shown = capsys.readouterr().out
    assert shown.count('"budget": "chat/chat"') == 2
    assert name not in shown, "whoever knows the id of a conversation can read it"


def _ask(ws: ClientConnection) -> list[dict[str, Any]]:
    ws.send(json.dumps({"type": "ask", "text": "Hello"}))
    return events(ws)
