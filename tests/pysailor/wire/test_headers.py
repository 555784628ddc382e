"""What headers say, and the headers that go out."""

from __future__ import annotations

from typing import Any

import pytest

from pysailor.platform.variables import StepIdentity
from pysailor.wire.headers import EVENT_ID, Incoming, outgoing
from pysailor.worker.assembly import identity

STEP = StepIdentity("flow", "exec", "step_1", "container", "workspace", "user", "comp", "sendRequest")
ME = identity(STEP, {})
FIXED = {
    "execId": "exec",
    "taskId": "flow",
    "workspaceId": "workspace",
    "containerId": "container",
    "userId": "user",
    "stepId": "step_1",
    "compId": "comp",
    "function": "sendRequest",
}


def read(**headers: Any) -> Incoming:
    return Incoming.read(headers, "fresh")


def test_everything_that_the_platform_sends_is_read() -> None:
    found = read(messageId="m", parentMessageId="p", threadId="t", stepId="before", reply_to="queue", protocolVersion=2)
    assert found == Incoming("m", "t", "m", "p", "before", "queue", 2)


@pytest.mark.parametrize("headers", [None, {}, {"messageId": "", "threadId": "", "reply_to": "", "stepId": ""}])
def test_an_input_without_ids_gets_fresh_ones(headers: dict[str, Any] | None) -> None:
    found = Incoming.read(headers, "fresh")
    assert found == Incoming("fresh", "fresh")
    assert found.ids() == {"threadId": "fresh", "messageId": "fresh", "parentMessageId": "unknown"}


def test_a_fresh_id_does_not_go_out_as_if_somebody_had_sent_it() -> None:
    assert "parentMessageId" not in outgoing(read(), ME, 1)


def test_meta_headers_are_kept_under_lower_case_names_with_their_types() -> None:
    found = read(**{"X-EIO-Meta-Lower": {"a": [1]}, "x-eio-meta-n": 5, "x-eio-routing-key": "no", "other": "no"})
    assert found.meta == {"x-eio-meta-lower": {"a": [1]}, "x-eio-meta-n": 5}


def test_the_thread_comes_from_the_trace_if_no_thread_is_named() -> None:
    assert read(**{"x-eio-meta-trace-id": "trace"}).thread_id == "trace"
    assert read(**{"X-Eio-Meta-Trace-Id": "trace", "threadId": "thread"}).thread_id == "thread"


@pytest.mark.parametrize(
    ("stated", "protocol"),
    [
        (None, 1),
        (0, 1),
        ("", 1),
        (1, 1),
        ("1", 1),
        (1.9, 1),
        (-3, 1),
        (True, 1),
        (2, 2),
        ("2", 2),
        (" 2 ", 2),
        (3, 2),
        (2.0, 2),
        ("two", 2),
        (float("nan"), 2),
        ({"!": "decimal"}, 2),
        ([2], 2),
    ],
)
def test_the_protocol_is_base64_below_two_and_raw_otherwise_even_if_no_number(stated: Any, protocol: int) -> None:
    assert read(protocolVersion=stated).protocol == protocol


def test_what_goes_out_is_what_the_contract_lists() -> None:
    found = read(messageId="m", threadId="t", stepId="before", reply_to="queue", execId="theirs", **{"x-eio-meta-a": 1})
    assert outgoing(found, ME, 12) == {
        **FIXED,
        "x-eio-meta-a": 1,
        "threadId": "t",
        "parentMessageId": "m",
        "reply_to": "queue",
        "start": 12,
    }


def test_additional_headers_can_hide_meta_headers_but_never_the_fixed_ones() -> None:
    mine = identity(STEP, {"x-eio-meta-a": "mine", "execId": "forged", "flowVersion": "7"})
    sent = outgoing(read(**{"x-eio-meta-a": "theirs"}), mine, 1)
    assert (sent["x-eio-meta-a"], sent["execId"], sent["flowVersion"]) == ("mine", "exec", "7")


def test_an_id_that_is_a_number_stays_one_on_the_wire_and_is_text_in_the_log() -> None:
    found = read(messageId=7)
    assert (found.message_id, outgoing(found, ME, 1)["parentMessageId"]) == ("7", 7)


def test_an_id_in_bytes_is_read_as_text() -> None:
    assert read(threadId=b"\xffx").thread_id == "\ufffdx"


def test_a_header_that_is_no_text_is_read_as_json_has_it() -> None:
    given = {"messageId": {"a": True}, "threadId": [1, None], "reply_to": True, "stepId": 5}
    read = Incoming.read(given, "new")
    assert (read.message_id, read.thread_id, read.reply_to, read.step_id) == ('{"a": true}', "[1, null]", "true", "5")


@pytest.mark.parametrize(
    ("headers", "known_as"),
    [
        ({"messageId": "m"}, "m"),
        ({"messageId": "m", EVENT_ID: "e"}, "e"),
        ({EVENT_ID: "e"}, "e"),
        ({"messageId": 7}, "7"),
        ({}, None),
    ],
)
def test_a_message_is_known_by_its_event_before_its_id(headers: dict[str, Any], known_as: str | None) -> None:
    incoming = Incoming.read(headers, "fresh")
    assert incoming.known_as == known_as
    assert EVENT_ID not in outgoing(incoming, {}, 0)
