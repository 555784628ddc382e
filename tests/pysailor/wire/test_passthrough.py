"""What travels along, and which bodies are references."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pysailor.message import Message
from pysailor.wire import json_text
from pysailor.wire.passthrough import OBJECT_ID, OWN, Passthrough, lighten, missing, references, resolve, uploads

EARLIER = {"step_0": {"id": "0", "headers": {}, "body": {"n": 0}}}
RECEIVED = Message(body={"in": 1}, headers={"h": "in"}, passthrough=EARLIER, id="r", extra={"query": {"q": 1}})
EMITTED = Message(body={"out": 1}, headers={"h": "out"}, id="e")


def test_the_step_adds_what_it_emits_under_its_own_id() -> None:
    rule = Passthrough("step_2", active=True)
    sent = rule.complete(rule.carry(EMITTED, RECEIVED, "step_1"))
    assert sent.passthrough == {**EARLIER, "step_2": EMITTED.to_json()}
    assert RECEIVED.passthrough == EARLIER


def test_without_itself_the_step_adds_what_it_received_under_the_id_of_the_step_before() -> None:
    rule = Passthrough("step_2", active=True, itself=False)
    sent = rule.complete(rule.carry(EMITTED, RECEIVED, "step_1"))
    assert sent.passthrough == {
        **EARLIER,
        "step_1": {"id": "r", "body": {"in": 1}, "headers": {"h": "in"}, "query": {"q": 1}},
    }


def test_without_itself_and_without_the_name_of_the_step_before_nothing_is_added() -> None:
    rule = Passthrough("step_2", active=True, itself=False)
    assert rule.complete(rule.carry(EMITTED, RECEIVED, None)).passthrough == EARLIER


def test_a_components_own_passthrough_gives_way_if_the_flow_has_one_and_stays_if_not() -> None:
    own = Message(passthrough={"mine": {}})
    assert "mine" not in (Passthrough("s", active=True).carry(own, RECEIVED, None).passthrough or {})
    off = Passthrough("s")
    assert off.complete(off.carry(own, RECEIVED, "step_1")) == own


LIGHT = Message(
    body={},
    headers={OBJECT_ID: "own", "h": 1},
    passthrough={"a": {"headers": {OBJECT_ID: "of-a"}, "body": {}}, "b": {"body": {"b": 1}}, "c": "not a message"},
)


def test_every_reference_is_found() -> None:
    assert references(LIGHT) == {OWN: "own", "a": "of-a"}
    assert references(RECEIVED) == {}


def test_fetched_bodies_take_the_place_of_references() -> None:
    whole = resolve(LIGHT, {OWN: {"x": 1}, "a": {"y": 2}})
    assert whole.body == {"x": 1}
    assert whole.passthrough == {
        "a": {"headers": {OBJECT_ID: "of-a"}, "body": {"y": 2}},
        "b": {"body": {"b": 1}},
        "c": "not a message",
    }
    assert LIGHT.body == {}


def test_a_step_that_hands_its_headers_on_does_not_send_the_old_reference_with_a_new_body() -> None:
    whole = resolve(LIGHT, {OWN: {"x": 1}})
    assert whole.headers == {"h": 1}


def test_only_bodies_that_are_still_references_are_fetched_again_for_a_message_that_goes_out_whole() -> None:
    assert missing(LIGHT) == {"a": "of-a"}
    assert missing(resolve(LIGHT, {"a": {"y": 2}})) == {}


def test_nothing_is_uploaded_up_to_the_threshold_and_everything_beyond() -> None:
    message = Message(body={"a": "xx"}, passthrough={"s": {"body": {"b": "yy"}}})
    together = len('{"a":"xx"}') + len('{"b":"yy"}')
    assert uploads(message, together) is None
    assert uploads(message, together - 1) == {OWN: b'{"a":"xx"}', "s": b'{"b":"yy"}'}


def test_the_threshold_counts_bytes_not_characters() -> None:
    assert uploads(Message(body="ö" * 10), 12 + 9) == {OWN: ('"' + "ö" * 10 + '"').encode()}


def test_what_is_a_reference_already_is_not_uploaded_again() -> None:
    forwarded = Message(
        body={}, headers={OBJECT_ID: "own"}, passthrough={"a": {"headers": {OBJECT_ID: "x"}, "body": 1}}
    )
    assert uploads(forwarded, 0) == {}
    light = lighten(forwarded, {})
    assert light.headers == forwarded.headers
    assert light.passthrough == {"a": {"headers": {OBJECT_ID: "x"}, "body": {}}}


def test_an_uploaded_body_becomes_a_reference_also_in_the_steps_own_passthrough() -> None:
    rule = Passthrough("s", active=True)
    whole = resolve(LIGHT, {OWN: {}, "a": {"y": 2}})
    light = rule.complete(lighten(rule.carry(EMITTED, whole, None), {OWN: "new", "b": "of-b"}))
    assert light.body == {}
    assert light.headers == {"h": "out", OBJECT_ID: "new"}
    assert light.passthrough == {
        "a": {"headers": {OBJECT_ID: "of-a"}, "body": {}},
        "b": {"headers": {OBJECT_ID: "of-b"}, "body": {}},
        "c": "not a message",
        "s": {"id": "e", "headers": {"h": "out", OBJECT_ID: "new"}, "body": {}},
    }


BODIES = st.dictionaries(st.text(max_size=3), st.text(max_size=3) | st.integers(-9, 9), max_size=3)


@given(BODIES, st.dictionaries(st.text(min_size=1, max_size=3), BODIES, max_size=3))
@settings(max_examples=50, deadline=None)
def test_fetching_undoes_uploading(body: dict[str, object], earlier: dict[str, dict[str, object]]) -> None:
    message = Message(body=body, passthrough={step: {"body": each} for step, each in earlier.items()})
    stored = uploads(message, 0) or {}
    light = lighten(message, {key: f"id-{key}" for key in stored})
    assert set(references(light)) == set(stored)
    whole = resolve(light, {key: json_text.read(content) for key, content in stored.items()})
    assert whole.body == message.body
    assert {step: entry["body"] for step, entry in (whole.passthrough or {}).items()} == earlier


def test_the_id_of_an_object_is_text_whatever_a_header_holds() -> None:
    assert references(Message(body={}, headers={OBJECT_ID: 5})) == {OWN: "5"}


@pytest.mark.parametrize(("value", "shown"), [(5, "5"), ({"a": True}, '{"a":true}'), ([None], "[null]")])
def test_an_object_id_that_is_no_text_is_written_as_json(value: object, shown: str) -> None:
    assert references(Message(headers={OBJECT_ID: value})) == {"": shown}
