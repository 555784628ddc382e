"""An account without money: the first message says so, the others are put off and say why; none runs into the wall."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from lib.offline.sandbox import KEY
from tests.support.broker import eventually

if TYPE_CHECKING:
    from lib.offline.sandbox import Sandbox
    from tests.support.stage import Stage

ROOT = Path(__file__).parents[2]
QUESTION = {"body": {"messages": [{"role": "user", "content": "Hello"}]}}


@pytest.mark.parametrize("store", ["off", "sqlite"])
def test_messages_are_rebound_by_all_workers_while_the_account_is_empty(
    stage: Stage, sandbox: Sandbox, store: str
) -> None:
    address = sandbox.base_url_of("quota")
    stage.platform.step["config"] = {"apiKey": KEY, "baseUrl": address, "model": "gpt-sandbox-2"}
    url = "off" if store == "off" else f"sqlite:///{stage.file('journal.sqlite')}"
    env = stage.env(FUNCTION="sendRequest", PYSAILOR_JOURNAL=url)
    with stage.start(env, cwd=ROOT) as first:
        stage.put(QUESTION)
        assert stage.one("error").error()["code"] == "quota"
        if store == "off":
            stage.put(QUESTION)
            assert "nothing is sent until" in stage.one("rebound").headers["reboundReason"]
    if store == "sqlite":
        with stage.start(env, cwd=ROOT) as second:
            stage.put(QUESTION)
            assert "nothing is sent until" in stage.one("rebound").headers["reboundReason"]
            eventually(lambda: second.said("rebound"))
    assert first.said("failed")
    assert len(sandbox.requests) == 1
