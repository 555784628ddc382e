"""A budget as somebody uses it: messages on the command line spend it, `pysailor budget` shows it and raises it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lib.offline.sandbox import KEY

if TYPE_CHECKING:
    from collections.abc import Callable

    from lib.offline.sandbox import Sandbox

    Run = Callable[..., subprocess.CompletedProcess[str]]

ROOT = Path(__file__).parents[2]
MODEL = "gpt-sandbox-2"
PRICES = {"models": {MODEL: {"price": {"input": 100, "output": 100}}}}
BODY = json.dumps({"messages": [{"role": "user", "content": "Hello"}], "max_completion_tokens": 100})
CFG = ("--cfg", f"model={MODEL}", "--cfg", "budget=0.02", "--cfg", "budgetName=try")


@pytest.fixture
def run(tmp_path: Path, sandbox: Sandbox) -> Run:
    prices = tmp_path / "models.json"
    prices.write_text(json.dumps(PRICES))
    kept = {name: value for name, value in os.environ.items() if not name.startswith(("OPENAI", "PYSAILOR"))}
    told = {
        "PYSAILOR_JOURNAL": f"sqlite:///{tmp_path}/journal.sqlite",
        "CHATGPT_MODELS_FILE": str(prices),
        "OPENAI_API_KEY": KEY,
        "OPENAI_BASE_URL": sandbox.base_url,
    }

    def call(*words: str, given: str = "") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [Path(sys.executable).parent / "pysailor", *words],
            env={**kept, **told},
            cwd=ROOT,
            input=given,
            capture_output=True,
            text=True,
            check=False,
            timeout=60,
        )

    return call


def test_messages_of_several_processes_spend_one_budget_until_it_is_spent_and_raised(run: Run) -> None:
    assert run("budget", "show").stderr.startswith("no budgets yet")
    for _ in range(20):
        done = run("process", "sendRequest", "-", *CFG, given=BODY)
        if done.returncode:
            break
    assert 'the budget "try"' in done.stderr
    assert "UTC" in done.stderr
    shown = json.loads(run("budget", "show", "try", "--json").stdout)
    assert 0 < float(shown["spent"]) <= 0.02
    assert shown["held"] == "0"
    assert run("budget", "set", "try", "1").returncode == 0
    assert run("process", "sendRequest", "-", *CFG, given=BODY).returncode == 0
