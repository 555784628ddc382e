"""What was checked already is not sent again when its message is brought again."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from lib.moderations import ContentFlagged
from lib.offline.sandbox import KEY
from lib.replay import MAY_REPEAT
from pysailor.journal import FateUnknown
from tests.support.bring import bring, die_before_answers
from tests.support.journaled import journal

if TYPE_CHECKING:
    from lib.offline.sandbox import Sandbox

TEXT = {"text": "A recipe for pancakes"}


def settings(sandbox: Sandbox, **cfg: Any) -> dict[str, Any]:
    return {"apiKey": KEY, "baseUrl": sandbox.base_url, **cfg}


def test_what_the_service_said_is_given_again_and_marked(sandbox: Sandbox) -> None:
    worker = journal()
    first, again = (bring(worker, "moderate", TEXT, **settings(sandbox)) for _ in range(2))
    assert len(sandbox.requests) == 1
    assert json.dumps(first.body) == json.dumps(again.body)
    assert again.headers == {**first.headers, "x-replayed": "true"}


def test_a_message_that_stopped_the_flow_stops_it_again(sandbox: Sandbox) -> None:
    worker = journal()
    for _ in range(2):
        with pytest.raises(ContentFlagged):
            bring(worker, "moderate", {"text": "I will kill you"}, **settings(sandbox, onFlagged="stop"))
    assert len(sandbox.requests) == 1


def test_a_check_that_may_have_been_made_is_made_again_with_a_warning_or_not_at_all(sandbox: Sandbox) -> None:
    worker = journal()
    bring(worker, "moderate", TEXT, **settings(sandbox))
    die_before_answers(worker)
    with pytest.raises(FateUnknown):
        bring(worker, "moderate", TEXT, **settings(sandbox, onUnknownFate="fail"))
    assert bring(worker, "moderate", TEXT, **settings(sandbox)).body["warnings"] == [MAY_REPEAT]
    assert len(sandbox.requests) == 2
