"""`pysailor flow check`: what the component's steps cost at most, by model and budget."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from pysailor.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable

ROOT = Path(__file__).parents[2]
FLOW = """\
flow: 1
name: costs
components: {{message: {{builtin: message}}, chat: {{path: {root}}}}}
credentials: {{key: {{component: chat, from: {{apiKey: KEY}}}}}}
steps:
  a: {{run: "message:fixed", fields: {{message: {{n: 1}}}}, sample: {{n: 1}}}}
  b: {{run: "chat:ask", after: a, credential: key, fields: {{{fields}}}, set: {{prompt: hello}}}}
"""


@pytest.fixture
def told(tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> Callable[[str], str]:
    monkeypatch.setenv("KEY", "sk-x")

    def check(fields: str) -> str:
        (tmp_path / "flow.yaml").write_text(FLOW.format(root=ROOT, fields=fields))
        main(["flow", "check", str(tmp_path / "flow.yaml"), "--messages", "100"])
        printed = capsys.readouterr()
        return printed.out + printed.err

    return check


def test_a_model_without_a_price_is_named_with_its_step_and_what_to_do(told: Callable[[str], str]) -> None:
    found = told("model: nobodys-model")
    assert "b: what nobodys-model may cost on this server is not known" in found
    assert "add its price and limits to your own table of models" in found


def test_a_budget_that_is_used_up_is_told_with_how_far_it_goes(told: Callable[[str], str]) -> None:
    found = told("model: gpt-4.1-mini, budget: 0.01, budgetPeriod: run")
    assert "b: 100 messages like the sample cost at most $" in found
    assert ", the budget is $0.01 a run: it may stop after " in found
