"""What `pysailor check` says of the worst case of a message beside what its step allows."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from pysailor.cli import main

ROOT = Path(__file__).parents[3]
MODEL = ("--cfg", "model=gpt-4o")
STEPS = {
    "sendRequest": (str(ROOT / "samples/sendRequest/hello.json"), *MODEL),
    "ask": (str(ROOT / "samples/ask/hello.json"), *MODEL),
    "embed": (str(ROOT / "samples/embed/one-text.json"), "--cfg", "embeddingModel=text-embedding-3-small"),
    "batchSubmit": (str(ROOT / "samples/batchSubmit/texts.json"), *MODEL),
}


def check(capsys: pytest.CaptureFixture[str], step: str, *cfg: str) -> dict[str, Any]:
    settings = [word for setting in cfg for word in ("--cfg", setting)]
    assert main(["--component", str(ROOT), "check", step, *STEPS[step], *settings]) == 0
    return dict(json.loads(capsys.readouterr().out))


@pytest.mark.parametrize("step", STEPS)
def test_a_worst_case_stands_beside_what_is_allowed(step: str, capsys: pytest.CaptureFixture[str]) -> None:
    told = check(capsys, step, "maxCost=20", "budget=50", "budgetPeriod=month")
    assert told["cost"].startswith("costs at most 0.")
    assert told["cost"].endswith("; the maximum cost is 20 US$; the budget is 50 US$ a month")
    assert told["warnings"] == []


@pytest.mark.parametrize("step", STEPS)
@pytest.mark.parametrize("limit", ["maxCost", "budget"])
def test_what_would_not_be_sent_for_its_cost_is_told(step: str, limit: str, capsys: pytest.CaptureFixture[str]) -> None:
    (warning,) = check(capsys, step, f"{limit}=0.00000001")["warnings"]
    assert warning["pointer"] == f"/cfg/{limit}"
    assert "and 0.00000001 US$ is allowed, so the step would not send it" in warning["message"]


@pytest.mark.parametrize("cfg", [(), ("maxCost=1", "model=unheard-of")])
def test_nothing_is_said_where_one_of_both_is_not_known(
    cfg: tuple[str, ...], capsys: pytest.CaptureFixture[str]
) -> None:
    assert "cost" not in check(capsys, "sendRequest", *cfg)
