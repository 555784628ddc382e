"""Rebounds, replies, snapshots and keys, seen from the broker (a real one)."""

from __future__ import annotations

import json
import uuid
from typing import TYPE_CHECKING

from tests.support.stage import CIPHER

if TYPE_CHECKING:
    from tests.support.stage import Stage


def test_a_rebound_brings_the_very_same_message_later_and_the_input_is_done(stage: Stage) -> None:
    with stage.worker():
        message_id = stage.put(
            {"body": {"do": "rebound"}},
            {"custom": "kept", "reboundIteration": 2},
            protocol=2,
            priority=3,
            correlation_id="42",
        )
        came = stage.one("rebound")
    assert CIPHER.decode(came.content, 2) == {"body": {"do": "rebound"}}
    assert came.headers.pop("end") > 0
    assert uuid.UUID(came.headers.pop("x-pysailor-event-id")).version == 5
    assert came.headers == {
        "messageId": message_id,
        "threadId": "the-thread",
        "protocolVersion": 2,
        "custom": "kept",
        "reboundReason": "not now",
        "reboundIteration": 3,
    }
    properties = came.properties
    assert (properties.expiration, properties.priority, properties.correlation_id) == ("60000", 3, "42")
    assert properties.delivery_mode == 2
    assert stage.nothing_left()


def test_beyond_the_limit_of_rebounds_the_message_fails(stage: Stage) -> None:
    with stage.worker(REBOUND_LIMIT="2"):
        stage.put({"body": {"do": "rebound"}}, {"reboundIteration": 2})
        told = stage.one("error").error()
    assert (told["code"], told["message"][:22]) == ("rebound_limit", "Rebound limit exceeded")
    assert stage.nothing_left()


def test_a_rebound_that_no_queue_takes_is_an_error(stage: Stage) -> None:
    stage.channel.queue_unbind(f"{stage.name}.rebound", stage.name, stage.route("rebound"))
    with stage.worker():
        stage.order("rebound")
        assert stage.one("error").error()["code"] == "unroutable"
    assert stage.nothing_left()


def test_an_http_reply_goes_to_whoever_waits(stage: Stage) -> None:
    with stage.worker(PROTOCOL_VERSION="2"):
        stage.put({"body": {"do": "reply"}}, {"reply_to": stage.route("reply")})
        came = stage.one("reply")
        assert came.message() == {
            "statusCode": 201,
            "body": {"said": "so"},
            "headers": {"content-type": "application/json"},
        }
        assert (came.headers["protocolVersion"], "end" in came.headers) == (1, False)
        stage.order("reply")
        assert stage.one("error").error()["code"] == "no_reply_address"
    assert stage.nothing_left()


def test_snapshots_are_published_in_plain_and_kept_for_the_next_message(stage: Stage) -> None:
    stage.platform.step["snapshot"] = {"since": "ever"}
    with stage.worker():
        stage.order("remember")
        delta, before = stage.one("snapshot"), stage.one()
        assert json.loads(delta.content) == {"heard": 1}
        assert delta.headers["snapshotEvent"] == "updateSnapshot"
        assert "end" not in delta.headers
        assert before.body == {"before": {"since": "ever"}}
        stage.order("replace")
        whole, before = stage.one("snapshot"), stage.one()
        assert json.loads(whole.content) == {"all": "new"}
        assert whole.headers["snapshotEvent"] == "snapshot"
        assert before.body == {"before": {"since": "ever", "heard": 1}}
        stage.order("remember")
        assert stage.one().body == {"before": {"all": "new"}}
        stage.one("snapshot")
    assert stage.nothing_left()


def test_fresh_keys_are_stored_in_the_credential(stage: Stage) -> None:
    stage.platform.step["config"]["_account"] = "the-account"
    with stage.worker():
        stage.order("refresh")
        assert stage.one().body == {"refreshed": True}
        (stored,) = stage.platform.called("PUT")
        assert (stored.path, stored.body) == (
            "/v1/accounts/the-account",
            {"keys": {"oauth": {"access_token": "fresh"}}},
        )
        stage.platform.answers["PUT", "/v1/accounts/the-account"] = [404]
        stage.order("refresh")
        assert stage.one("error").error()["code"] == "platform_refused"
    assert stage.nothing_left()
