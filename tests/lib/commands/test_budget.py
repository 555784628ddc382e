"""`pysailor budget` shows what is spent, raises a limit for now, and names what it does not find."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import TYPE_CHECKING

import pytest

from lib.budgets import BudgetSettings, Ledger, Payer
from lib.budgets.account import Reservation
from lib.owner import owner_of
from pysailor import open_store
from pysailor.cli import main

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def run(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> Callable[..., tuple[int, str, str]]:
    url = f"sqlite:///{tmp_path}/journal.sqlite"
    monkeypatch.setenv("PYSAILOR_JOURNAL", url)
    with open_store(url) as store:
        ledger = Ledger(store)
        for key in ("", "customer 7"):
            payer = Payer(owner_of("sk-1"), "flow/step", key=key)
            budget = BudgetSettings(Decimal(20), name="support").budget(payer, ledger.now())
            ledger.reserve(budget, "a", Reservation(Decimal(5), ledger.now() + 60))
            ledger.settle(budget, "a", Decimal("1.25"))
            ledger.reserve(budget, "b", Reservation(Decimal(5), ledger.now() + 60))

    def call(*words: str) -> tuple[int, str, str]:
        code = main(["budget", *words])
        out, err = capsys.readouterr()
        return code, out, err

    return call


def test_it_shows_what_is_spent_held_and_left(run: Callable[..., tuple[int, str, str]]) -> None:
    code, out, _ = run("show")
    header, *lines = out.splitlines()
    assert code == 0
    assert header.split() == ["budget", "for", "spent", "held", "limit", "left", "calls"]
    assert lines[0].split()[-5:] == ["1.25", "5", "20", "13.75", "1"]
    assert "customer 7" in lines[1]


def test_a_program_gets_json(run: Callable[..., tuple[int, str, str]]) -> None:
    _, out, _ = run("show", "support", "--key", "customer 7", "--json")
    told = json.loads(out)
    assert (told["budget"], told["key"], told["spent"], told["limit"]) == ("support", "customer 7", "1.25", "20")


def test_a_limit_that_is_set_holds_until_it_is_taken_back(run: Callable[..., tuple[int, str, str]]) -> None:
    assert "40 (set)" in run("set", "support", "40", "--key", "customer 7")[1]
    assert json.loads(run("show", "--key", "customer 7", "--json")[1])["left"] == "33.75"
    assert "(set)" not in run("set", "support", "-")[1]


def test_a_reset_spends_nothing_and_keeps_what_calls_under_way_hold(run: Callable[..., tuple[int, str, str]]) -> None:
    told = json.loads(run("reset", "support", "--key", "customer 7", "--json")[1])
    assert (told["spent"], told["held"]) == ("0", "5")


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("show", "suport"), 1, "did you mean support?"),
        (("show", "zzz"), 1, "there are: support"),
        (("set", "support"), 2, "pysailor budget set support 40"),
        (("set", "support", "much"), 2, 'found "much"'),
        (("set", "support", "-5"), 2, "-5"),
        (("reset",), 2, "which one to reset?"),
        (("show", "support", "5"), 2, "takes no amount"),
        (("show", "--api-key", "sk-2"), 0, "no budgets yet"),
        (("show", "--store", "off"), 1, "PYSAILOR_JOURNAL"),
        (("show", "--store", "mongodb://x"), 1, "not the address of a store"),
    ],
)
def test_what_is_wrong_is_said_with_what_to_do(
    run: Callable[..., tuple[int, str, str]], words: tuple[str, ...], code: int, said: str
) -> None:
    found, out, err = run(*words)
    assert (found, out) == (code, "")
    assert said in err
