"""Which bodies are fetched and stored, and what the message looks like then."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from pysailor.message import Message
from pysailor.platform.object_storage import ObjectStorage, ObjectStorageError
from pysailor.platform.rest import Tries
from pysailor.platform.variables import Storage
from pysailor.wire.cipher import RAW
from pysailor.wire.passthrough import OBJECT_ID
from pysailor.worker.bodies import Bodies
from tests.support.stage import CIPHER
from tests.support.web import Web

if TYPE_CHECKING:
    from collections.abc import Iterator

OBJECTS = "/objects"
BODY = {"text": "x" * 100}


@contextmanager
def bodies(threshold: int | None = None, *, resolves: bool = True) -> Iterator[tuple[Bodies, Web]]:
    with (
        Web() as web,
        ObjectStorage(Storage(f"{web.base}/", "token"), CIPHER, "flow", "step_1", tries=Tries(1, 0.0)) as storage,
    ):
        yield Bodies(storage, threshold, resolves), web


def reference(object_id: str) -> dict[str, Any]:
    return {"body": {}, "headers": {OBJECT_ID: object_id}}


def stored(web: Web, **objects: Any) -> None:
    for object_id, body in objects.items():
        web.get(f"{OBJECTS}/{object_id}", body=CIPHER.encode(body, RAW))


def test_every_body_that_a_message_refers_to_is_fetched_before_a_step_sees_it() -> None:
    message = Message(headers={OBJECT_ID: "own", "kept": 1}, passthrough={"before": reference("theirs")})
    with bodies() as (moving, web):
        stored(web, own={"a": 1}, theirs={"b": 2})
        whole = moving.incoming(message, "m")
    assert (whole.body, whole.headers) == ({"a": 1}, {"kept": 1})
    assert whole.passthrough == {"before": {"body": {"b": 2}, "headers": {OBJECT_ID: "theirs"}}}


def test_a_step_that_wants_references_gets_them_and_nothing_is_fetched() -> None:
    message = Message(headers={OBJECT_ID: "own"})
    with bodies(resolves=False) as (moving, _):
        assert moving.incoming(message, "m") is message


def test_a_message_without_references_costs_no_request() -> None:
    message = Message(body=BODY)
    with bodies() as (moving, _):
        assert moving.incoming(message, "m") is message
        assert moving.outgoing(message, "m") is message


def test_a_large_body_goes_to_the_storage_and_the_message_with_its_id() -> None:
    with bodies(threshold=50) as (moving, web):
        web.post(OBJECTS, status=201, json={"objectId": "new"})
        light = moving.outgoing(Message(body=BODY), "m")
        assert web.calls[0].body == CIPHER.encode(BODY, RAW)
    assert (light.body, light.headers) == ({}, {OBJECT_ID: "new"})


@pytest.mark.parametrize("threshold", [None, 1000])
def test_a_body_that_may_stay_in_the_message_stays_there(threshold: int | None) -> None:
    with bodies(threshold) as (moving, _):
        assert moving.outgoing(Message(body=BODY), "m").body == BODY


def test_an_earlier_body_is_fetched_for_a_message_that_goes_out_whole() -> None:
    with bodies() as (moving, web):
        stored(web, theirs={"b": 2})
        whole = moving.outgoing(Message(passthrough={"before": reference("theirs")}), "m")
    assert whole.passthrough is not None
    assert whole.passthrough["before"]["body"] == {"b": 2}


def test_more_bodies_than_are_moved_at_a_time_all_come_each_to_its_step() -> None:
    steps = {f"step_{number}": reference(f"id{number}") for number in range(20)}
    with bodies() as (moving, web):
        stored(web, **{f"id{number}": {"n": number} for number in range(20)})
        whole = moving.incoming(Message(passthrough=steps), "m")
    assert [entry["body"]["n"] for entry in (whole.passthrough or {}).values()] == list(range(20))


def test_one_body_that_cannot_be_had_fails_the_message() -> None:
    message = Message(headers={OBJECT_ID: "own"}, passthrough={"before": reference("theirs")})
    with bodies() as (moving, web):
        stored(web, own={"a": 1})
        web.get(f"{OBJECTS}/theirs", status=404)
        with pytest.raises(ObjectStorageError, match="theirs"):
            moving.incoming(message, "m")
