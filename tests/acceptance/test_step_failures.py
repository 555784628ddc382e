"""What a step does when a message fails, seen from the broker (a real one)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from tests.support.broker import eventually
from tests.support.stage import CIPHER, FIXED

if TYPE_CHECKING:
    from tests.support.stage import Stage


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


@pytest.mark.parametrize(("do", "words"), [("crash", "ZeroDivisionError: by nought"), ("exit", "SystemExit: 7")])
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
