"""Which pool a worker gets."""

from __future__ import annotations

import importlib.util
import json
from typing import TYPE_CHECKING

import pytest

from pysailor.component.descriptor import find_faults
from pysailor.errors import InvalidSettings
from pysailor.platform.environment import variable
from pysailor.platform.variables import Behaviour
from pysailor.worker.pool_choice import PoolChoice, choose

if TYPE_CHECKING:
    from pathlib import Path

ASKED = {"PYSAILOR_POOL": "greenlets", "ELASTICIO_FUNCTION": "greet"}


@pytest.fixture(autouse=True)
def gevent() -> None:
    pytest.importorskip("gevent")


def component(folder: Path, **functions: object) -> Path:
    (folder / "component.json").write_text(json.dumps({"actions": functions}))
    return folder


def test_threads_are_what_nobody_need_ask_for(tmp_path: Path) -> None:
    there = component(tmp_path, greet={"cooperative": True})
    assert choose({"ELASTICIO_FUNCTION": "greet"}, there) == PoolChoice("threads")


def test_greenlets_are_for_a_function_that_declares_to_be_cooperative(tmp_path: Path) -> None:
    assert choose(ASKED, component(tmp_path, greet={"cooperative": True})) == PoolChoice("greenlets")


@pytest.mark.parametrize("declared", [{}, {"cooperative": False}, {"cooperative": "yes"}, "text", None])
def test_any_other_gets_threads_and_a_warning_that_names_it(tmp_path: Path, declared: object) -> None:
    choice = choose(ASKED, component(tmp_path, greet=declared, other={"cooperative": True}))
    assert choice.name == "threads"
    assert "greet" in choice.warning
    assert not choice.refusal


@pytest.mark.parametrize("text", ["", "[", "[]", '{"actions": 1}'])
def test_a_declaration_that_cannot_be_read_is_told_elsewhere(tmp_path: Path, text: str) -> None:
    (tmp_path / "component.json").write_text(text)
    assert choose(ASKED, tmp_path).name == "threads"


def test_the_platforms_path_to_the_component_begins_at_the_working_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "inside").mkdir()
    component(tmp_path / "inside", greet={"cooperative": True})
    monkeypatch.chdir(tmp_path)
    assert choose(ASKED | {"ELASTICIO_COMPONENT_PATH": "/inside"}).name == "greenlets"


def test_a_missing_gevent_is_refused_with_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(importlib.util, "find_spec", lambda _: None)
    choice = choose(ASKED, component(tmp_path, greet={"cooperative": True}))
    assert choice.name == "threads"
    assert "[greenlets]" in choice.refusal


@pytest.mark.parametrize(
    ("found", "words"),
    [
        ("greenlet", "did you mean greenlets?"),
        ("Threads", "did you mean threads?"),
        ("asyncio", "It can be threads or greenlets"),
    ],
)
def test_a_pool_that_is_not_known_is_refused_with_those_there_are(found: str, words: str) -> None:
    with pytest.raises(InvalidSettings, match="PYSAILOR_POOL") as refused:
        variable(Behaviour, "pool").read({"PYSAILOR_POOL": found}, lambda _: None)
    assert words in str(refused.value)


def test_a_declaration_that_is_neither_yes_nor_no_is_found_by_lint() -> None:
    greet = {"title": "Greet", "main": "./lib/greet.py", "cooperative": "yes"}
    faults = find_faults({"title": "Tiny", "description": "small", "actions": {"greet": greet}}, is_strict=True)
    assert "/actions/greet/cooperative" in [fault.pointer for fault in faults]
