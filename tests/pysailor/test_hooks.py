"""What a component does around its messages: init, startup, shutdown."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from pysailor.component.component import Component
from pysailor.context import HttpReply, Keys, Partial, Snapshot
from pysailor.errors import Defect
from pysailor.hooks import Hooks, keys_only
from pysailor.step import Step

from .conftest import ECHO, MakeComponent

if TYPE_CHECKING:
    from collections.abc import Mapping

HOOKED = f"""{ECHO}

CALLS = []


def init(cfg, ctx):
    CALLS.append(("init", cfg["times"]))


def startup(cfg, ctx):
    ctx.update_keys({{"token": "fresh"}})
    return {{"id": 7}}


def shutdown(cfg, started, ctx):
    CALLS.append(("shutdown", started))
    ctx.emit_snapshot({{}})
"""


def hooks(make_component: MakeComponent, stored: list[Mapping[str, Any]], code: str = ECHO) -> tuple[Hooks, Any]:
    function = Component(make_component(echo=code)).function("echo")
    return Hooks(Step(function, {"password": "x"}), stored.append), function.module


def test_a_component_without_hooks_has_nothing_to_do(make_component: MakeComponent) -> None:
    made, _ = hooks(make_component, [])
    made.init()
    assert made.startup() is None
    made.shutdown(None)


def test_each_hook_gets_the_bound_settings_and_shutdown_what_startup_returned(make_component: MakeComponent) -> None:
    stored: list[Mapping[str, Any]] = []
    made, module = hooks(make_component, stored, HOOKED)
    made.init()
    started = made.startup()
    with pytest.raises(Defect, match="Snapshot cannot be emitted"):
        made.shutdown(started)
    assert module.CALLS == [("init", 1), ("shutdown", {"id": 7})]
    assert stored == [{"token": "fresh"}]


@pytest.mark.parametrize("event", [Snapshot({}), HttpReply(200, None, {})])
def test_where_there_is_no_message_only_keys_can_be_emitted(event: Any) -> None:
    stored: list[Mapping[str, Any]] = []
    emit = keys_only(stored.append)
    emit(Keys({"a": 1}))
    emit(Partial("shown to nobody"))
    assert stored == [{"a": 1}]
    with pytest.raises(Defect, match="cannot be emitted"):
        emit(event)
