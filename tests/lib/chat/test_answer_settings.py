"""What a settings file says of the API to ask and of money, checked when the chat starts."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

import pytest

from lib.api.cancel import Cancel
from lib.api.connection import Connection
from lib.chat import command
from lib.chat.answer_settings import AnswerSettings
from lib.chat.backend import ApiBackend
from lib.chat.budget_store import of_budgets
from lib.chat.config.hooks import HookFunctions
from lib.chat.config.load import Config, parse
from lib.chat.config.warnings import of_models
from lib.offline.sandbox import KEY, Sandbox
from pysailor import InvalidConfig

if TYPE_CHECKING:
    from pathlib import Path

AZURE = "https://contoso.openai.azure.com/openai/deployments/gpt/chat/completions"
CHAT, RESPONSES = "/v1/chat/completions", "/v1/responses"
HELLO = [{"role": "user", "content": "Hello"}]


def read(kwargs: str, **environment: str) -> Config:
    text = f"url: {{chat: {{pattern: /chat, handler: ChatGPTHandler, kwargs: {{key: sk-1, {kwargs}}}}}}}"
    return parse(text, "chat.yaml", environment=environment, hooks=HookFunctions(), needs_key=True)


@pytest.mark.parametrize(
    ("kwargs", "told"),
    [
        ("api: response", '"api": found text "response"; allowed: auto, chat, responses'),
        (f"api: responses, url: '{AZURE}'", '"api": this address (Azure OpenAI (deployments and api-version))'),
        ("budget: a lot", '"budget": found "a lot"; allowed: an amount in US$'),
        ("budget: -1", '"budget": found "-1"; allowed: an amount in US$'),
        ("maxCost: 1e30", '"maxCost": found 1.000e+30; allowed: 0, or from'),
        ("budget: $BUDGET", '"budget": this value (not shown, it may be a secret) does not fit; allowed: an amount'),
        ("budget: 1, budgetPeriod: run", '"budgetPeriod": found text "run"; allowed: day, month, conversation'),
        ("budgetKey: anna", '"budgetKey": without a budget it means nothing'),
        ("budget: {function: handler.get_arg('b')}", '"budget": a function gives it; allowed: a plain value'),
    ],
)
def test_what_cannot_be_meant_is_told_at_the_start(kwargs: str, told: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        read(kwargs, BUDGET="secret words")
    assert told in str(caught.value)
    assert "secret words" not in str(caught.value)


@pytest.mark.parametrize("budget", ["20", "'20'", "$$20", "0.5"])
def test_an_amount_may_be_written_as_a_step_takes_it(budget: str) -> None:
    route = read(f"budget: {budget}, budgetKey: {{function: \"handler.session['id']\"}}").routes[0]
    settings = AnswerSettings.of({"budget": route.kwargs["budget"]})
    assert settings.budget is not None
    assert str(settings.budget.limit) == budget.strip("'$")


def test_a_model_without_a_known_price_is_told_at_the_start_where_money_is_limited() -> None:
    (told,) = of_models(read("model: my-own-model, maxCost: 1, budget: 2"), is_offline=False)
    assert "my-own-model costs is not known, so with maxCost and budget no question is answered" in told
    assert not list(of_models(read("model: gpt-5.4-mini, max_tokens: 500, budget: 2"), is_offline=False))


def test_a_length_that_is_not_known_is_told_at_the_start_where_money_is_limited(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = tmp_path / "models.json"
    table.write_text('{"models": {"my-own": {"price": {"input": 1, "output": 1}}}}')
    monkeypatch.setenv("CHATGPT_MODELS_FILE", str(table))
    (told,) = of_models(read("model: my-own, budget: 2"), is_offline=False)
    assert "how long an answer of my-own may be is not known" in told
    assert "set max_completion_tokens" in told
    assert not list(of_models(read("model: my-own, max_tokens: 500, budget: 2"), is_offline=False))


def test_what_the_longest_answer_sets_aside_is_told_at_the_start() -> None:
    (told,) = of_models(read("model: gpt-5.4-mini, budget: 2"), is_offline=False)
    assert "an answer may be as long as gpt-5.4-mini allows, so 0.576 US$ and more are set aside for each" in told


def test_a_route_that_names_no_model_is_told_of_the_one_that_is_asked() -> None:
    first, told = of_models(read("budget: 2"), is_offline=False, usual="my-own-model")
    assert "names no model" in first
    assert "what my-own-model costs is not known" in told


def test_a_budget_that_ends_with_the_server_is_told() -> None:
    config = read("model: gpt-5.4-mini, budget: 2")
    assert ["PYSAILOR_JOURNAL=sqlite" in told for told in of_budgets(config, {})] == [True]
    assert not list(of_budgets(config, {"PYSAILOR_JOURNAL": "sqlite:///a.sqlite"}))


def test_a_store_that_cannot_be_meant_ends_the_command(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("PYSAILOR_JOURNAL", "mysql://secret@host")
    file = tmp_path / "chat.yaml"
    file.write_text("url: {chat: {pattern: /chat, handler: ChatGPTHandler, kwargs: {key: k, model: m}}}")
    assert command.main([str(file), "--port", "0"]) == command.MISUSED
    told = capsys.readouterr().err
    assert "PYSAILOR_JOURNAL: This is not the address of a store" in told
    assert "secret" not in told


@pytest.mark.parametrize(
    ("api", "model", "paths"),
    [
        ("auto", "gpt-sandbox-2", [CHAT, CHAT]),
        ("chat", "gpt-sandbox-2", [CHAT, CHAT]),
        ("responses", "gpt-sandbox-2", [RESPONSES, RESPONSES]),
        ("auto", "gpt-sandbox-2-pro", [CHAT, RESPONSES, RESPONSES]),
    ],
)
def test_the_api_is_asked_that_the_settings_choose_and_what_a_server_says_of_it_is_remembered(
    api: str, model: str, paths: list[str]
) -> None:
    with Sandbox() as sandbox, closing(ApiBackend()) as backend:
        connection, answers = Connection(sandbox.base_url, KEY), AnswerSettings(api=api)
        for _ in range(2):
            answer = backend.ask(connection, {"model": model, "messages": HELLO}, 30, print, Cancel(), answers)
            assert answer.text
        assert [one.path for one in sandbox.requests] == paths
