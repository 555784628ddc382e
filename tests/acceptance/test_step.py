"""What a step does with messages, seen from the broker: the worker is a process, the broker and the HTTP are real."""

from __future__ import annotations

import json
import time
from typing import TYPE_CHECKING

import pytest

from tests.support.broker import eventually
from tests.support.platform import FLOW_ID, KEY, TOKEN
from tests.support.stage import CIPHER, FIXED, IV, PASSWORD

if TYPE_CHECKING:
    from tests.support.stage import Stage


@pytest.mark.parametrize("protocol", [1, 2])
@pytest.mark.parametrize("emitted", [1, 2])
def test_a_message_goes_through_in_either_protocol_with_exactly_these_headers(
    stage: Stage, protocol: int, emitted: int
) -> None:
    began = time.time() * 1000
    sent = {
        "parentMessageId": "the-grandparent",
        "stepId": "step_0",
        "X-EIO-Meta-Colour": "blue",
        "x-eio-meta-table": {"a": [1, "2", True]},
        "reply_to": "somebody",
        "execId": "of the step before",
        "nobody-knows-this": "dropped",
    }
    with stage.worker(PROTOCOL_VERSION=str(emitted)):
        message_id = stage.put({"body": {"grüße": "привет 😀", "n": 1.5}}, sent, protocol=protocol)
        came = stage.one()
    assert came.message() == {"body": {"grüße": "привет 😀", "n": 1.5}, "headers": {"reply_to": "somebody"}}
    start, end, own_id = (came.headers.pop(name) for name in ("start", "end", "messageId"))
    assert began - 1 <= start <= end <= time.time() * 1000
    assert own_id not in (message_id, "")
    assert came.headers == {
        **FIXED,
        "threadId": "the-thread",
        "parentMessageId": message_id,
        "reply_to": "somebody",
        "x-eio-meta-colour": "blue",
        "x-eio-meta-table": {"a": [1, "2", True]},
        "protocolVersion": emitted,
    }
    properties = {name: value for name, value in vars(came.properties).items() if value is not None}
    del properties["headers"]
    assert properties == {"content_type": "application/json", "content_encoding": "utf8", "delivery_mode": 2}
    assert stage.nothing_left()


def test_an_input_without_any_header_is_done_like_any_other(stage: Stage) -> None:
    import pika  # noqa: PLC0415 - collecting tests must not need it

    with stage.worker():
        stage.channel.basic_publish("", stage.queue, CIPHER.encode({"body": {"a": 1}}), pika.BasicProperties())
        came = stage.one()
    assert came.body == {"a": 1}
    assert "parentMessageId" not in came.headers
    assert came.headers["threadId"]
    assert stage.nothing_left()


def test_a_step_may_emit_many_messages_each_with_an_id_of_its_own(stage: Stage) -> None:
    with stage.worker():
        message_id = stage.order("many", times=5)
        came = stage.take(count=5)
    assert [each.body["number"] for each in came] == [0, 1, 2, 3, 4]
    assert {each.headers["parentMessageId"] for each in came} == {message_id}
    assert len({each.headers["messageId"] for each in came}) == 5


def test_a_message_may_choose_its_route_and_its_id(stage: Stage) -> None:
    with stage.worker():
        stage.order("route", to=stage.route("reply"))
        came = stage.one("reply")
    assert came.headers["messageId"] == "of-its-own"
    assert came.message()["headers"] == {}
    assert stage.nothing_left()


def test_additional_variables_travel_as_headers(stage: Stage) -> None:
    names = "FLOW_VERSION, ELASTICIO_SECOND_VAR,NOT_SET"
    with stage.worker(ADDITIONAL_VARS_FOR_HEADERS=names, SECOND_VAR="two"):
        stage.put({"body": {}})
        assert stage.one().headers["secondVar"] == "two"


def test_flow_variables_reach_the_step(stage: Stage) -> None:
    stage.platform.step["variables"] = {"colour": "blue"}
    with stage.worker():
        stage.order("variables")
        assert stage.one().body == {"colour": "blue"}


# --- failures ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("protocol", [1, 2])
def test_a_failure_is_told_to_the_flow_and_to_whoever_waits_and_the_input_is_rejected(
    stage: Stage, protocol: int
) -> None:
    with stage.worker() as worker:
        message_id = stage.put({"body": {"do": "fail"}}, {"reply_to": stage.route("reply")}, protocol=protocol)
        error, reply = stage.one("error"), stage.one("reply")
        assert stage.nothing_left()
    told = error.error()
    assert (told["name"], told["message"], told["code"]) == ("InvalidInput", "/do: that will not do", "invalid_input")
    assert "_fail" in told["stack"]
    assert error.error_input() == {"body": {"do": "fail"}}
    assert CIPHER.decode(reply.content) == told
    assert reply.headers == {**error.headers, "x-eio-error-response": True}
    assert "protocolVersion" not in error.headers
    assert error.headers["parentMessageId"] == message_id
    assert error.headers["end"] >= error.headers["start"]
    (said,) = worker.said("failed: InvalidInput (invalid_input) at /do")
    assert (said["level"], said["messageId"], said["threadId"]) == (50, message_id, "the-thread")


def test_error_replies_can_be_turned_off(stage: Stage) -> None:
    with stage.worker(NO_ERROR_REPLIES="true"):
        stage.put({"body": {"do": "fail"}}, {"reply_to": stage.route("reply")})
        stage.one("error")
        stage.put({"body": {}}, {"reply_to": stage.route("reply")})
        stage.one()
        assert stage.nothing_left()


def test_somebody_who_no_longer_waits_does_not_keep_the_error_back(stage: Stage) -> None:
    with stage.worker() as worker:
        stage.put({"body": {"do": "fail"}}, {"reply_to": "nobody"})
        stage.one("error")
        eventually(lambda: worker.said("the error cannot be sent to whoever waits for a reply"))
    assert stage.nothing_left()


@pytest.mark.parametrize(("do", "words"), [("crash", "ZeroDivisionError: by nought"), ("exit", "SystemExit(7)")])
def test_a_defect_fails_its_message_and_the_worker_lives_on(stage: Stage, do: str, words: str) -> None:
    with stage.worker():
        stage.order(do)
        told = stage.one("error").error()
        assert (told["code"], words in told["message"]) == ("defect", True)
        stage.put({"body": {}})
        stage.one()


@pytest.mark.parametrize(
    "content",
    [b"", b"#!", b"AAAA", CIPHER.encode("text"), CIPHER.encode(None), CIPHER.encode(7), CIPHER.encrypt(b"{")],
    ids=["empty", "no base64", "no block", "text", "null", "number", "no JSON, and raw"],
)
def test_what_cannot_be_read_is_rejected_logged_with_ids_and_told_to_nobody(stage: Stage, content: bytes) -> None:
    with stage.worker() as worker:
        message_id = stage.put(content)
        stage.put({"body": {"after": "it"}})
        assert stage.one().body == {"after": "it"}
        (said,) = eventually(lambda: worker.said("rejected:"))
    assert (said["level"], said["messageId"], said["threadId"]) == (50, message_id, "the-thread")
    assert stage.nothing_left()


def test_a_message_that_is_too_large_to_go_on_fails_and_says_so(stage: Stage) -> None:
    with stage.worker():
        stage.put({"body": {"text": "x" * 11_000_000}})
        error = stage.one("error")
        assert error.error()["code"] == "message_too_large"
        assert error.error()["errorInputLeftOut"]
        assert len(error.content) < 200_000
        stage.order("blow up", bytes=8_000_000)
        assert "Outgoing message size " in stage.one("error").error()["message"]
    assert stage.nothing_left()


def test_an_unroutable_message_is_an_error_even_if_the_component_does_not_care(stage: Stage) -> None:
    with stage.worker():
        for order in ("route", "shrug"):
            stage.order(order, to="nowhere")
            told = stage.one("error").error()
            assert told["code"] == "unroutable"
            assert "'nowhere'" in told["message"]
    assert stage.nothing_left()


def test_an_error_that_nobody_takes_holds_its_input_until_somebody_does(stage: Stage) -> None:
    stage.channel.queue_unbind(f"{stage.name}.error", stage.name, stage.route("error"))
    with stage.worker() as worker:
        stage.order("fail")
        eventually(lambda: worker.said("the error message is not taken"))
        stage.declare("error")
        stage.one("error")
    assert stage.nothing_left()


def test_an_error_that_nobody_takes_gives_its_input_back_when_the_worker_stops(stage: Stage) -> None:
    stage.channel.queue_unbind(f"{stage.name}.error", stage.name, stage.route("error"))
    with stage.worker() as worker:
        stage.order("fail")
        eventually(lambda: worker.said("the error message is not taken"))
    assert stage.count() == 1


def test_the_input_of_an_error_handler_is_an_error(stage: Stage) -> None:
    with stage.worker():
        stage.order("fail")
        failed = stage.one("error")
    with stage.worker(INPUT_FORMAT="error"):
        stage.put(failed.content, failed.headers)
        came = stage.one()
        assert came.body["error"]["code"] == "invalid_input"
        assert came.body["errorInput"] == {"body": {"do": "fail"}}
        assert came.message()["headers"]["execId"] == FIXED["execId"]
        stage.put({"body": {}})  # a message is no error
        stage.put(failed.content, failed.headers)
        stage.one()
    assert stage.nothing_left()


# --- what else a step emits ----------------------------------------------------------------------------------------


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


# --- passthrough and large bodies ----------------------------------------------------------------------------------

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


# --- how fast, and in what order -----------------------------------------------------------------------------------


def test_a_rate_that_the_platform_sets_is_kept(stage: Stage) -> None:
    with stage.worker(DATA_RATE_LIMIT="2", RATE_INTERVAL="200"):
        stage.order("many", times=5)
        ends = [each.headers["end"] for each in stage.take(count=5)]
    assert ends[4] - ends[0] >= 190
    assert ends == sorted(ends)


def test_with_a_prefetch_of_one_the_order_is_kept(stage: Stage) -> None:
    with stage.worker(RABBITMQ_PREFETCH_SAILOR="1"):
        for number in range(50):
            stage.put({"body": {"number": number}})
        assert [each.body["number"] for each in stage.take(count=50)] == list(range(50))


def test_log_lines_carry_the_ids_and_no_secret(stage: Stage) -> None:
    stage.platform.step["config"] |= {"password": "the-secret-word", "_account": "a"}
    with stage.worker(LOG_LEVEL="trace") as worker:
        message_id = stage.put({"body": {"do": "log", "word": "the-secret-word"}}, {"parentMessageId": "the-parent"})
        stage.one()
        (said,) = worker.said("heard")
        stage.order("refresh")
        stage.one()
    assert said["msg"] == "heard ***"
    assert {name: said[name] for name in ("name", "level", "messageId", "threadId", "parentMessageId", "tag")} == {
        "name": "component",
        "level": 30,
        "messageId": message_id,
        "threadId": "the-thread",
        "parentMessageId": "the-parent",
        "tag": FLOW_ID,
    }
    for secret in ("the-secret-word", KEY, PASSWORD, IV, TOKEN, "guest:guest"):
        assert secret not in worker.text + worker.errors
