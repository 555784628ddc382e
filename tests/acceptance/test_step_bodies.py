"""What becomes of passthrough and large bodies, seen from the broker (a real one)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.support.platform import FLOW_ID
from tests.support.stage import CIPHER

if TYPE_CHECKING:
    from tests.support.stage import Stage


EARLIER = {"step_0": {"headers": {}, "body": {"earlier": True}}}


def test_passthrough_gets_the_steps_own_message_added(stage: Stage) -> None:
    stage.platform.step["is_passthrough"] = True
    with stage.worker():
        stage.put({"body": {"a": 1}, "passthrough": EARLIER})
        came = stage.one().message()
    assert came["passthrough"] == {**EARLIER, "step_1": {"body": {"a": 1}, "headers": {}}}


def test_passthrough_without_itself_gets_the_message_that_came_in(stage: Stage) -> None:
    stage.platform.step["is_passthrough"] = True
    with stage.worker(NO_SELF_PASSTRHOUGH="true"):
        stage.put({"body": {"do": "many", "times": 1}, "passthrough": EARLIER}, {"stepId": "before"})
        came = stage.one().message()
        assert came["passthrough"] == {**EARLIER, "before": {"body": {"do": "many", "times": 1}, "headers": {}}}
        stage.put({"body": {}, "passthrough": EARLIER})
        assert stage.one().message()["passthrough"] == EARLIER


def test_bodies_are_fetched_before_the_step_sees_them(stage: Stage) -> None:
    stored = stage.platform.objects
    stored.update(own=CIPHER.encode({"large": "own"}, 2), earlier=CIPHER.encode({"large": "earlier"}, 2))
    stage.platform.step["is_passthrough"] = True
    reference = {"x-ipaas-object-storage-id": "earlier"}
    with stage.worker():
        message_id = stage.put(
            {
                "body": {},
                "headers": {"x-ipaas-object-storage-id": "own"},
                "passthrough": {"step_0": {"headers": reference, "body": {}}},
            }
        )
        came = stage.one().message()
    assert came["body"] == {"large": "own"}
    assert came["passthrough"]["step_0"] == {"headers": reference, "body": {"large": "earlier"}}
    assert came["passthrough"]["step_1"]["body"] == {"large": "own"}
    fetched = stage.platform.called("GET", "/objects/")
    assert {call.headers["x-request-id"] for call in fetched} == {f"f:{FLOW_ID};s:step_1;m:{message_id}"}


def test_a_body_that_cannot_be_fetched_fails_the_message(stage: Stage) -> None:
    with stage.worker():
        stage.put({"body": {}, "headers": {"x-ipaas-object-storage-id": "gone"}})
        error = stage.one("error")
    assert error.error()["message"].startswith("Failed to get message body with id=gone")
    assert error.error_input()["headers"] == {"x-ipaas-object-storage-id": "gone"}
    assert stage.nothing_left()


def test_a_step_that_wants_references_gets_them(stage: Stage) -> None:
    with stage.worker(FUNCTION="glance"):
        stage.put({"body": {}, "headers": {"x-ipaas-object-storage-id": "gone"}})
        assert stage.one().message() == {"body": {}, "headers": {"x-ipaas-object-storage-id": "gone"}}


def test_large_bodies_go_out_as_references_and_each_is_stored_once(stage: Stage) -> None:
    stage.platform.step["is_passthrough"] = True
    with stage.worker(EMIT_LIGHTWEIGHT_MESSAGE="true", OBJECT_STORAGE_SIZE_THRESHOLD="100"):
        stage.put({"body": {"text": "x" * 60}, "passthrough": {"step_0": {"headers": {}, "body": {"text": "y" * 60}}}})
        large = stage.one().message()
        stage.put({"body": {"text": "small"}})
        small = stage.one().message()
        stage.platform.answers["POST", "/objects"] = [400, 400]
        stage.put({"body": {"text": "x" * 200}})
        error = stage.one("error").error()
    stored = {key: CIPHER.decode(content, 2) for key, content in stage.platform.objects.items()}
    own, earlier = large, large["passthrough"]["step_0"]
    assert (own["body"], earlier["body"]) == ({}, {})
    assert stored == {
        own["headers"]["x-ipaas-object-storage-id"]: {"text": "x" * 60},
        earlier["headers"]["x-ipaas-object-storage-id"]: {"text": "y" * 60},
    }
    assert large["passthrough"]["step_1"] == {"body": {}, "headers": own["headers"]}
    assert small["body"] == {"text": "small"}
    assert error["message"].startswith("Lightweight message/passthrough body upload error")
